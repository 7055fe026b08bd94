"""The measurement of servers with one PostgreSQL runs, and the computed hit rates of caches are those of a simulation."""

import math
import os
import random
import re
import subprocess
import sys
import unittest

from postgres import Postgres
from server import BUILD, SECONDS, SOURCE, environment, main

BENCH = os.path.join(SOURCE, "tests/bench")
sys.path.insert(0, BENCH)

import cache_simulation as cache  # noqa: E402


def run(name, *arguments):
    return subprocess.run([sys.executable, "-B", os.path.join(BENCH, name), *arguments], env=environment(), timeout=4 * SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Measurement(unittest.TestCase):
    @unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
    def test_table_has_all_kinds_of_sessions(self):
        done = run("cluster.py", BUILD, "--servers", "2", "--workers", "1", "--accounts", "50", "--sessions", "20", "--rounds",
                   "1", "--recipients", "2", "--message", "100")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^ +accepted +refused +attack +mixed$")
        rows = dict(re.findall(r"(?m)^(\S.*?|  \S.*?)  +([\d.,]+ +[\d.,]+ +[\d.,]+ +[\d.,]+)$", done.stdout))
        for name in ("CPU of the database, us a session", "CPU of the servers, us a session", "  the same with SQLite"):
            self.assertNotIn("0", rows[name].split(), done.stdout)
        of_attack = float(rows["statements for a session"].split()[2])
        self.assertGreaterEqual(of_attack, 1, "names that nobody has named before are in no cache")
        accepted, _, attack, _ = map(float, rows["answers from memory, of 100"].split())
        self.assertTrue(0 < accepted <= 100 and attack < 100, done.stdout)
        self.assertRegex(done.stdout, r"\n[1-9]\d* connections of the database, ")
        self.assertIn("round 1 of 1, mixed", done.stderr)

    def test_wrong_options_are_an_error(self):
        for wrong in (["--servers", "0"], ["--accounts", "many"], ["--nothing"]):
            self.assertEqual(2, run("cluster.py", BUILD, *wrong).returncode)
        self.assertEqual(2, run("cache_simulation.py", "--entries", "0").returncode)
        self.assertEqual(2, run("cache_simulation.py", "--exponents", "x").returncode)

    def test_help_names_the_options(self):
        for name, option in (("cluster.py", "--recipients"), ("cache_simulation.py", "--lifetime")):
            done = run(name, "--help")
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn(option, done.stdout)


class Simulation(unittest.TestCase):
    def test_draws_are_those_of_the_distribution(self):
        for exponent in 0.8, 1.0, 1.2:
            zipf = cache.Zipf(1000, exponent, random.Random(1))
            draws = [zipf.draw() for _ in range(20000)]
            total = sum(rank ** -exponent for rank in range(1, 1001))
            self.assertAlmostEqual(1 / total, draws.count(1) / 20000, delta=0.01)
            self.assertAlmostEqual(10 ** -exponent / total, draws.count(10) / 20000, delta=0.01)
            self.assertLessEqual(max(draws), 1000)

    def test_groups_of_ranks_are_all_accounts(self):
        for accounts in 1, 1000, 1001, 10**8:
            groups = cache.groups(accounts, 1.0)
            self.assertEqual(accounts, sum(size for size, _ in groups))
            self.assertAlmostEqual(1, sum(size * share for size, share in groups))

    def test_computed_hit_rates_are_those_of_a_simulation(self):
        for exponent, entries, lifetime, strange in ((0.8, 512, 10, 0), (1.0, 512, 10, 500), (1.2, 8192, 10, 0)):
            computed = cache.hit_rate(10**5, exponent, 1000, entries, lifetime, strange)
            simulated = cache.simulate(10**5, exponent, 1000, entries, lifetime, strange, questions=20000)
            self.assertAlmostEqual(computed, simulated, delta=0.02)

    def test_cache_that_holds_all_accounts_displaces_none(self):
        self.assertEqual(math.inf, cache.stay([(10, 1.0)], 10, 0.0))
        self.assertAlmostEqual(10 / 11, cache.hit_rate(1, 1.0, 1, 10, 10), places=6)


if __name__ == "__main__":
    main()
