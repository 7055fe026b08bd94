#!/usr/bin/env python3
"""Computes how often the memory of a worker has the answer about a recipient, if recipients are drawn by a Zipf distribution.

The memory is that of src/directory/answer_cache.c: a number of places in sets of four, where a new answer takes the place of the
oldest one, and a lifetime. Answers about addresses that do not exist have places of their own. The tables are computed for places
without sets, in which answers stay for one time each (Che's approximation for FIFO); the last one puts a simulation beside it.
"""

import argparse
import math
import random
import sys

SINGLE_RANKS = 1000  # ranks that are computed one by one; the further ones in groups
GROUP = 1.02  # by how much a rank of a group differs from the first one
WAYS = 4  # places of a set


class Zipf:
    """Draws ranks from 1 to a count, by rejection-inversion (Hoermann and Derflinger, 1996)."""

    def __init__(self, count, exponent, source):
        self.count, self.exponent, self.source = count, exponent, source
        self.low, self.high = self.integral(1.5) - 1, self.integral(count + 0.5)
        self.near = 2 - self.inverse(self.integral(2.5) - 2 ** -exponent)

    def integral(self, x):
        return math.log(x) if self.exponent == 1 else (x ** (1 - self.exponent) - 1) / (1 - self.exponent)

    def inverse(self, y):
        return math.exp(y) if self.exponent == 1 else (1 + y * (1 - self.exponent)) ** (1 / (1 - self.exponent))

    def draw(self):
        while True:
            u = self.high + self.source.random() * (self.low - self.high)
            x = self.inverse(u)
            rank = min(max(int(x + 0.5), 1), self.count)
            if rank - x <= self.near or u >= self.integral(rank + 0.5) - rank ** -self.exponent:
                return rank


def groups(count, exponent):
    """Pairs: a number of recipients, and the probability of a question for each of them."""
    single = min(count, SINGLE_RANKS)
    weights = [(1, rank ** -exponent) for rank in range(1, single + 1)]
    first = single + 1
    while first <= count:
        last = min(count, max(first, int(first * GROUP)))
        weights.append((last - first + 1, ((first + last) / 2) ** -exponent))
        first = last + 1
    total = sum(size * weight for size, weight in weights)
    return [(size, weight / total) for size, weight in weights]


def stay(rates, entries, strange):
    """Seconds that an answer keeps its place: Che's characteristic time. Infinite if all have a place."""
    def held(seconds):
        return strange * seconds + sum(size * rate * seconds / (1 + rate * seconds) for size, rate in rates)
    if strange == 0 and sum(size for size, _ in rates) <= entries:
        return math.inf
    low, high = 0.0, 1.0
    while held(high) < entries:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if held(middle) < entries else (low, middle)
    return low


def hit_rate(accounts, exponent, rate, entries, lifetime, strange=0.0):
    """The hit rate of questions about accounts at a rate; strange: rate of names that come once and take places, too."""
    rates = [(size, share * rate) for size, share in groups(accounts, exponent)]
    seconds = min(stay(rates, entries, strange), lifetime)
    return sum(size * one * one * seconds / (1 + one * seconds) for size, one in rates) / rate


def simulate(accounts, exponent, rate, entries, lifetime, strange=0.0, questions=100000, seed=1):
    """The same by simulation, with sets. The first questions fill the memory and are not counted."""
    source = random.Random(seed)
    zipf, now, asked, found = Zipf(accounts, exponent, source), 0.0, 0, 0
    sets = [{} for _ in range(max(entries // WAYS, 1))]
    before = max(questions, 2 * entries)
    while asked < before + questions:
        now += source.expovariate(rate + strange)
        name = zipf.draw() if strange == 0 or source.random() * (rate + strange) < rate else -source.getrandbits(60)
        places = sets[hash((seed, name)) % len(sets)]
        has = name in places and now - places[name] < lifetime
        asked += name > 0
        found += has and asked > before
        if has:
            continue
        if name not in places and len(places) == WAYS:
            del places[min(places, key=places.get)]
        places[name] = now
    return found / questions


def print_table(title, head, rows):
    print(f"\n{title}\n")
    print("".join(f"{cell:>14}" for cell in head))
    for row in rows:
        print("".join(f"{cell:>14}" if isinstance(cell, str) else f"{cell:>14,}" for cell in row))


def percent(share):
    return f"{100 * share:.1f} %"


def print_rates(options):
    rows = []
    for accounts in options.accounts:
        for rate in 1, 10, 100, 1000:
            rows.append((accounts, rate, *(percent(hit_rate(accounts, exponent, rate, options.entries, options.lifetime))
                                           for exponent in options.exponents)))
    print_table(f"Hit rate of a worker, {options.entries:,} places, lifetime {options.lifetime} s, by the Zipf exponent",
                ("accounts", "recipients/s", *(f"exponent {exponent}" for exponent in options.exponents)), rows)


def print_workers(options):
    rows = []
    for accounts in options.accounts:
        total = accounts * options.daily / 86400 * options.peak
        for workers in 16, 64, 256, 1024:
            share = hit_rate(accounts, 1.0, total / workers, options.entries, options.lifetime)
            rows.append((accounts, round(total), workers, percent(share), round(total * (1 - share))))
    print_table(f"The same load on more workers, exponent 1.0, {options.daily} recipients an account and day, the busiest hour"
                f" {options.peak} times the mean", ("accounts", "recipients/s", "workers", "hit rate", "questions/s"), rows)


def print_places(options):
    rows = []
    for accounts in options.accounts:
        for entries in options.entries, 4 * options.entries, 16 * options.entries:
            rows.append((accounts, entries, *(percent(hit_rate(accounts, exponent, 1000, entries, options.lifetime))
                                              for exponent in options.exponents)))
    print_table("With more places, 1,000 recipients a second in a worker",
                ("accounts", "places", *(f"exponent {exponent}" for exponent in options.exponents)), rows)


def print_unknown(options):
    rows = []
    for accounts in options.accounts:
        for guessed in 0.0, 0.2, 0.5, 0.9:
            rate = 1000 * (1 - guessed)
            apart = hit_rate(accounts, 1.0, rate, options.entries, options.lifetime)
            shared = hit_rate(accounts, 1.0, rate, options.entries, options.lifetime, 1000 * guessed)
            rows.append((accounts, percent(guessed), percent(apart * (1 - guessed)), percent(apart), percent(shared)))
    print_table("A share of recipients that are guessed names, each once; exponent 1.0, 1,000 recipients a second in a worker; the last"
                " column: if they had no places of their own", ("accounts", "guessed", "of all", "of accounts", "shared places"), rows)


def print_simulation(options):
    rows = []
    for exponent in options.exponents:
        for rate, entries, lifetime, strange in ((1000, 4096, 60, 0), (1000, 65536, 60, 0), (500, 4096, 60, 500)):
            known = (10**6, exponent, rate, entries, lifetime, strange)
            rows.append((str(exponent), rate, strange, entries, percent(hit_rate(*known)),
                         percent(simulate(*known, options.questions, options.seed))))
    print_table(f"A simulation beside it: 1,000,000 accounts, lifetime 60 s, {options.questions:,} questions, seed {options.seed}",
                ("exponent", "accounts/s", "guessed/s", "places", "computed", "simulated"), rows)


def numbers(kind):
    return lambda text: [kind(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=numbers(int), default=[10**7, 10**8], help="(10000000,100000000)")
    parser.add_argument("--exponents", type=numbers(float), default=[0.8, 1.0, 1.2], help="of the distribution (0.8,1.0,1.2)")
    parser.add_argument("--entries", type=int, default=16384, help="places of a worker for recipients that exist (16384)")
    parser.add_argument("--lifetime", type=int, default=300, help="of an answer, seconds (300)")
    parser.add_argument("--daily", type=int, default=20, help="recipients an account and day (20)")
    parser.add_argument("--peak", type=int, default=3, help="how many times the mean the busiest hour has (3)")
    parser.add_argument("--questions", type=int, default=100000, help="that the simulation counts (100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation (1)")
    options = parser.parse_args()
    if min(*options.accounts, options.entries, options.lifetime, options.daily, options.peak, options.questions, 10**9) < 1:
        parser.error("a number must be 1 or more")
    for part in print_rates, print_workers, print_places, print_unknown, print_simulation:
        part(options)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
