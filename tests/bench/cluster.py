#!/usr/bin/env python3
"""Measures the cost of sessions of several ftgate-smtpd for one PostgreSQL, and for the same servers with SQLite.

Recipients are drawn by a Zipf distribution. Nothing is asserted; the sessions are the same in each run with the same seed.
"""

import argparse
import contextlib
import glob
import json
import os
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

LIMITS = """limits:
  max-sessions: 50000
  max-sessions-per-address: 0
  max-unknown-recipients: 0
  max-relay-attempts: 0
  max-errors: 1000000
  max-recipients-per-hour: 0
"""
DOMAIN_ACCOUNTS = 1000
KINDS = {  # of sessions: share of recipients that do not exist, share of these that nobody has named before
    "accepted": (0, 0),
    "refused": (1, 0),
    "attack": (1, 1),
    "mixed": (0.5, 0.5),
}
STATEMENTS = {  # what pg_stat_statements has of each
    "statements": "SELECT %",
    "NETWORKS": "%JOIN access x ON x.network%",
    "SENDERS": "%FROM access x WHERE x.sender%",
    "NAMES": "%WITH ORDINALITY AS w (domain, local, i)%",
}
ROWS = (  # of the table: what is printed, key of a result, decimals
    ("sessions a second", "rate", 0),
    ("statements for a session", "statements", 2),
    ("  about clients", "NETWORKS", 2),
    ("  about senders", "SENDERS", 2),
    ("  about names", "NAMES", 2),
    ("pages read from memory or disk", "pages", 1),
    ("answers from memory, of 100", "hits", 1),
    ("CPU of the database, us a session", "database", 0),
    ("CPU of the servers, us a session", "servers", 0),
    ("  the same with SQLite", "sqlite", 0),
    ("  times SQLite", "times", 2),
    ("reply, median, us", "half", 0),
    ("reply, 99 of 100, us", "most", 0),
    ("reply, the worst, us", "worst", 0),
    ("  with SQLite, median, us", "sqlite half", 0),
    ("  with SQLite, 99 of 100, us", "sqlite most", 0),
    ("  with SQLite, the worst, us", "sqlite worst", 0),
)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench --cluster", description=__doc__)
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--servers", type=whole, default=4, help="how many ftgate-smtpd run (4)")
    parser.add_argument("--workers", type=whole, default=1, help="workers of each (1)")
    parser.add_argument("--accounts", type=whole, default=100000, help="in domains of 1,000 (100000)")
    parser.add_argument("--sessions", type=whole, default=2000, help="of each kind in each round (2000)")
    parser.add_argument("--recipients", type=whole, default=1, help="of each session, pipelined (1)")
    parser.add_argument("--message", type=int, default=0, help="octets of a message, which a session with a known recipient sends (0)")
    parser.add_argument("--at-a-time", type=whole, default=16, help="sessions at a time (16)")
    parser.add_argument("--exponent", type=float, default=1.0, help="of the Zipf distribution (1.0)")
    parser.add_argument("--clients", type=whole, default=2000, help="addresses of clients, Zipf of exponent 1 (2000)")
    parser.add_argument("--rounds", type=whole, default=3, help="of which medians are taken (3)")
    parser.add_argument("--seed", type=int, default=1, help="of the sessions (1)")
    parser.add_argument("--settings", default="", help="further lines of the configuration of servers with PostgreSQL")
    parser.add_argument("--size", action="store_true", help="only load the accounts into PostgreSQL, and print their size")
    return parser.parse_args()


def whole(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


OPTIONS = arguments()
os.environ["FTGATE_BUILD"] = os.path.realpath(OPTIONS.build)
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from cache_simulation import Zipf  # noqa: E402
from postgres import Postgres  # noqa: E402
from server import Server, program  # noqa: E402


def progress(words):
    print(f"cluster.py: {words}", file=sys.stderr, flush=True)


def address(i):
    return f"user{i}@d{i // DOMAIN_ACCOUNTS}.test"


class Sessions:
    """The lines of sessions that ftgate-cluster-load reads."""

    def __init__(self):
        self.random = random.Random(OPTIONS.seed)
        self.accounts = Zipf(OPTIONS.accounts, OPTIONS.exponent, self.random)
        self.clients = Zipf(OPTIONS.clients, 1.0, self.random)
        self.order = list(range(OPTIONS.accounts))  # the frequent ones are anywhere among the others
        self.random.shuffle(self.order)
        self.new = 0

    def recipient(self, kind):
        unknown, never_named = KINDS[kind]
        account = address(self.order[self.accounts.draw() - 1])
        if self.random.random() >= unknown:
            return account
        if self.random.random() >= never_named:
            return "no" + account
        self.new += 1
        return f"guess{self.new}@{account.split('@')[1]}"

    def line(self, kind):
        client = self.clients.draw()
        recipients = " ".join(self.recipient(kind) for _ in range(OPTIONS.recipients))
        return f"127.1.{client >> 8 & 255}.{client & 255} sender@s{client % 500}.example {recipients}\n"

    def make(self, kind):
        return "".join(self.line(kind) for _ in range(OPTIONS.sessions)).encode()


def nanoseconds(pid):
    """CPU time of the threads of a process."""
    total = 0
    for schedstat in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError), open(schedstat, encoding="ascii") as numbers:
            total += int(numbers.read().split()[0])
    return total


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as found:
        return list(map(int, found.read().split()))


def cpu(*roots):
    """CPU seconds of processes and of their present children."""
    return sum(nanoseconds(pid) for root in roots for pid in (root, *children(root))) / 1e9


class Node(Server):
    """A server of the cluster: one with PostgreSQL has the URL of it, one with SQLite the file of accounts."""

    def answers(self):
        """How many answers of PostgreSQL came from memory, and how many from the database."""
        done = subprocess.run([self.ctl, "--data", self.data, "--server", "smtpd", "--json", "status"], env=self.environment,
                              check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        return found["answers-kept"], found["answers-asked"]

    def __init__(self, file=None, url=None):
        self.file = file
        database = f"database: {url}\n{OPTIONS.settings}\n" if url else ""
        super().__init__("--workers", str(OPTIONS.workers), config=database + LIMITS)

    def fill(self):
        if self.file:
            shutil.copy(self.file, os.path.join(self.data, "ftgate.db"))


def make_file(folder):
    """Makes the file of accounts of SQLite, and returns its path."""
    subprocess.run([program("ftgatectl"), "--data", folder, "domain", "add", "example.test"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    path = os.path.join(folder, "ftgate.db")
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO domains (id, name, created) VALUES (?, ?, 1)",
                             ((10 + i, f"d{i}.test") for i in range((OPTIONS.accounts - 1) // DOMAIN_ACCOUNTS + 1)))
        database.executemany("INSERT INTO accounts (domain, local, created) VALUES (?, ?, 1)",
                             ((10 + i // DOMAIN_ACCOUNTS, f"user{i}") for i in range(OPTIONS.accounts)))
    return path


def fill(database):
    """Makes the tables by ftgatectl, and as many accounts as are wanted, with the rules off. Returns the URL."""
    url = database.url("postgres")
    config = database.path("ftgate.conf", f"database: {url}\n")
    subprocess.run([program("ftgatectl"), "-c", config, "--data", database.folder, "database", "migrate"], check=True,
                   stdout=subprocess.DEVNULL)
    database.sql(f"""
ALTER TABLE accounts DISABLE TRIGGER USER;
INSERT INTO domains (id, name, created) SELECT 10 + i, 'd' || i || '.test', 1
  FROM generate_series(0, {(OPTIONS.accounts - 1) // DOMAIN_ACCOUNTS}) i;
INSERT INTO accounts (domain, local, created, password, scram_sha256) SELECT 10 + i / {DOMAIN_ACCOUNTS}, 'user' || i, 1,
  '$y$j9T$' || substr(md5(i::text), 1, 22) || '$' || substr(md5(i::text) || md5(i::text), 1, 43),
  'SCRAM-SHA-256$4096:' || substr(md5(i::text), 1, 24) || '$' || substr(md5(i::text) || md5(i::text), 1, 44) || ':'
  || substr(md5(i::text) || md5(i::text), 1, 44) FROM generate_series(0, {OPTIONS.accounts - 1}) i;
ALTER TABLE accounts ENABLE TRIGGER USER;
CREATE EXTENSION pg_stat_statements;
ANALYZE""")
    return url


class Cluster:
    """Servers, and the database that they have in common, if they have one."""

    def __init__(self, nodes, database=None):
        self.nodes, self.database = nodes, database

    def statements(self):
        """The number of statements by kind, and the pages that they have read."""
        if not self.database:
            return dict.fromkeys((*STATEMENTS, "pages"), 0)
        sums = ", ".join(f"sum(CASE WHEN query LIKE '{part}' THEN calls ELSE 0 END)" for part in STATEMENTS.values())
        found = self.database.sql(f"SELECT {sums}, sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat%'")
        return dict(zip((*STATEMENTS, "pages"), map(int, found.strip().split("|"))))

    def measure(self, kind, sessions):
        """Runs sessions, and returns the cost of each."""
        answers, before = self.answers(), self.spent()
        done = subprocess.run([program("tests/ftgate-cluster-load"), str(OPTIONS.at_a_time), str(OPTIONS.message),
                               *(str(node.port) for node in self.nodes)],
                              input=sessions, check=True, stdout=subprocess.PIPE)
        after = self.spent()
        kept, asked = (now - then for now, then in zip(self.answers(), answers))
        count, seconds, accepted, deferred, refused, half, most, worst = map(float, done.stdout.split())
        unknown = KINDS[kind][0]
        if deferred or unknown == 0 and refused or unknown == 1 and accepted:
            sys.exit(f"cluster.py: of {kind} recipients {accepted:.0f} were accepted, {deferred:.0f} deferred, {refused:.0f} refused;"
                     f" the log of the first server:\n{self.nodes[0].log()[-2000:]}")
        return {"rate": count / seconds, "half": half, "most": most, "worst": worst, "hits": 100 * kept / max(kept + asked, 1),
                **{key: (after[key] - before[key]) / count for key in after}}

    def answers(self):
        """Those of all servers: from memory, and from the database."""
        return tuple(map(sum, zip(*(node.answers() for node in self.nodes)))) if self.database else (0, 0)

    def spent(self):
        """Microseconds of CPU, and statements, until now."""
        return {"servers": 1e6 * cpu(*(node.pid for node in self.nodes)),
                "database": 1e6 * cpu(self.database.process.pid) if self.database else 0, **self.statements()}


def print_connections(database):
    """The number of connections of the servers, and the private memory of each."""
    pids = database.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ftgate'").split()
    kibibytes = []
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            kibibytes.append(sum(map(int, re.findall(r"^Private_\w+: +(\d+)", rollup.read(), re.M))))
    print(f"\n{len(pids)} connections of the database, each with {statistics.median(kibibytes):,.0f} KiB of its own")


def measure(postgres, sqlite):
    """By kind of session, the medians of the rounds; the worst reply is that of all rounds."""
    sessions, results = Sessions(), {}
    for number in range(OPTIONS.rounds + 1):
        for kind in KINDS:
            progress(f"round {number} of {OPTIONS.rounds}, {kind}" if number else f"to warm up, {kind}")
            lines = sessions.make(kind)
            pair = [cluster.measure(kind, lines) for cluster in (postgres, sqlite)]
            if number:
                results.setdefault(kind, []).append(pair)
    return {kind: combine(pairs) for kind, pairs in results.items()}


def combine(pairs):
    def middle(which, key):
        return statistics.median(pair[which][key] for pair in pairs)
    result = {key: middle(0, key) for key in pairs[0][0]}
    result.update({f"sqlite {key}": middle(1, key) for key in ("half", "most")}, sqlite=middle(1, "servers"))
    result["times"] = statistics.median(pair[0]["servers"] / max(pair[1]["servers"], 1) for pair in pairs)
    for which, key in enumerate(("worst", "sqlite worst")):
        result[key] = max(pair[which]["worst"] for pair in pairs)
    return result


def print_table(results):
    print(f"\n{OPTIONS.servers} servers with {OPTIONS.workers} workers each and one PostgreSQL; {OPTIONS.accounts:,} accounts, Zipf exponent"
          f" {OPTIONS.exponent}; {OPTIONS.sessions:,} sessions\nof {OPTIONS.recipients} recipients a round, {OPTIONS.at_a_time} at a time,"
          f" {OPTIONS.clients:,} clients; medians of {OPTIONS.rounds} rounds; seed {OPTIONS.seed}. Microseconds for\na session are"
          f" seconds for a million. Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.\n")
    print(f"{'':36}" + "".join(f"{kind:>12}" for kind in results))
    for name, key, decimals in ROWS:
        if all(key in result for result in results.values()):
            print(f"{name:36}" + "".join(f"{result[key]:>12,.{decimals}f}" for result in results.values()))


def print_size(database):
    """Octets on disk, and those of each account."""
    print(f"\n{OPTIONS.accounts:,} accounts with stored passwords in PostgreSQL\n")
    rows = database.sql("SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                        " AND relkind IN ('r', 'i') AND relname LIKE 'accounts%' ORDER BY 1").split()
    total = 0
    for name, octets in (row.split("|") for row in rows):
        total += int(octets)
        print(f"{name:36}{int(octets) / 2**20:>12,.1f} MiB{int(octets) / OPTIONS.accounts:>10,.0f} octets each")
    print(f"{'all':36}{total / 2**20:>12,.1f} MiB{total / OPTIONS.accounts:>10,.0f} octets each")


def run():
    with contextlib.ExitStack() as stack:
        progress("PostgreSQL starts")
        database = stack.enter_context(Postgres("shared_buffers=256MB", "shared_preload_libraries=pg_stat_statements",
                                                "max_connections=200", "max_wal_size=4GB"))
        start = time.monotonic()
        url = fill(database)
        progress(f"{OPTIONS.accounts:,} accounts are in PostgreSQL after {time.monotonic() - start:.1f} s")
        if OPTIONS.size:
            print_size(database)
            return
        file = make_file(stack.enter_context(tempfile.TemporaryDirectory()))
        sqlite = [stack.enter_context(Node(file=file)) for _ in range(OPTIONS.servers)]
        postgres = [stack.enter_context(Node(url=url)) for _ in range(OPTIONS.servers)]
        print_table(measure(Cluster(postgres, database), Cluster(sqlite)))
        print_connections(database)


def main():
    if not Postgres.is_installed():
        sys.exit("cluster.py: PostgreSQL 15 is needed; scripts/deps installs it")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        run()
    except (OSError, AssertionError, subprocess.SubprocessError) as error:
        sys.exit(f"cluster.py: {error}")


if __name__ == "__main__":
    main()
