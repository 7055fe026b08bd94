#!/usr/bin/env python3
"""Computes how often a cache of recipients in each worker has the answer, for recipients drawn by a Zipf distribution.

A cache has a number of entries, of which the one that was asked for least recently gives way, and a lifetime, after which an
entry is asked for anew. The tables are computed by Che's approximation; the last one puts a simulation beside it.
"""

import argparse
import collections
import math
import random
import sys

SINGLE_RANKS = 1000  # ranks that are computed one by one; the further ones in groups
GROUP = 1.02  # by how much a rank of a group differs from the first one


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
    """Pairs: so many recipients, each of which is asked for with this probability."""
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
    """Seconds that an entry remains that nobody asks for again: Che's characteristic time. Infinite if all fit."""
    def held(seconds):
        return strange * seconds - sum(size * math.expm1(-rate * seconds) for size, rate in rates)
    if strange == 0 and sum(size for size, _ in rates) <= entries:
        return math.inf
    low, high = 0.0, 1.0
    while held(high) < entries:
        high *= 2
        if high > 1e9:
            return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if held(middle) < entries else (low, middle)
    return low


def hits(rate, seconds, lifetime):
    """The share of questions about one recipient that its entry answers: hits follow each miss until it is displaced or old."""
    by_age = rate * lifetime
    by_place = math.expm1(min(rate * seconds, 700)) if seconds < lifetime else math.inf
    following = min(by_age, by_place)
    return following / (1 + following)


def hit_rate(accounts, exponent, rate, entries, lifetime, unknown=0.0):
    """Of all questions of a worker that asks at a rate; the share of unknown recipients is of names that come once."""
    rates = [(size, share * rate * (1 - unknown)) for size, share in groups(accounts, exponent)]
    seconds = stay(rates, entries, rate * unknown)
    return sum(size * one * hits(one, seconds, lifetime) for size, one in rates) / rate


def simulate(accounts, exponent, rate, entries, lifetime, unknown=0.0, questions=300000, seed=1):
    """The same by playing it. The first half of the questions fills the cache."""
    source = random.Random(seed)
    zipf, cache, now, found = Zipf(accounts, exponent, source), collections.OrderedDict(), 0.0, 0
    for i in range(2 * questions):
        now += source.expovariate(rate)
        name = -i if unknown and source.random() < unknown else zipf.draw()
        since = cache.pop(name, None)
        if since is not None and now - since < lifetime:
            found += i >= questions
        else:
            since = now
        cache[name] = since
        if len(cache) > entries:
            cache.popitem(last=False)
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
        for rate in 10, 100, 1000, 5000:
            rows.append((accounts, rate, *(percent(hit_rate(accounts, exponent, rate, options.entries, options.lifetime))
                                           for exponent in options.exponents)))
    print_table(f"Hit rate of a worker, {options.entries:,} entries, lifetime {options.lifetime} s, by the Zipf exponent",
                ("accounts", "recipients/s", *(f"exponent {exponent}" for exponent in options.exponents)), rows)


def print_workers(options):
    rows = []
    for accounts in options.accounts:
        total = accounts * options.daily / 86400 * options.peak
        for workers in 4, 16, 64, 256:
            share = hit_rate(accounts, 1.0, total / workers, options.entries, options.lifetime)
            rows.append((accounts, round(total), workers, percent(share), round(total * (1 - share))))
    print_table(f"The same load on more workers, exponent 1.0, {options.daily} recipients an account and day, the busiest hour"
                f" {options.peak} times the mean", ("accounts", "recipients/s", "workers", "hit rate", "questions/s"), rows)


def print_unknown(options):
    rows = []
    for accounts in options.accounts:
        for unknown in 0.0, 0.2, 0.5, 0.9:
            share = hit_rate(accounts, 1.0, 1000, options.entries, options.lifetime, unknown)
            known = share / (1 - unknown)
            rows.append((accounts, percent(unknown), percent(share), percent(known)))
    print_table("A share of recipients that are guessed names, exponent 1.0, 1,000 recipients a second in a worker",
                ("accounts", "guessed", "hit rate", "of accounts"), rows)


def print_simulation(options):
    rows = []
    for exponent in options.exponents:
        for rate, entries, lifetime, unknown in ((1000, 10000, 60, 0.0), (1000, 100000, 60, 0.0), (1000, 10000, 60, 0.5)):
            rows.append((str(exponent), entries, percent(unknown), percent(hit_rate(10**6, exponent, rate, entries, lifetime, unknown)),
                         percent(simulate(10**6, exponent, rate, entries, lifetime, unknown, options.questions, options.seed))))
    print_table(f"A simulation beside it: 1,000,000 accounts, 1,000 recipients a second, lifetime 60 s, {options.questions:,} questions,"
                f" seed {options.seed}", ("exponent", "entries", "guessed", "computed", "simulated"), rows)


def numbers(kind):
    return lambda text: [kind(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=numbers(int), default=[10**7, 10**8], help="(10000000,100000000)")
    parser.add_argument("--exponents", type=numbers(float), default=[0.8, 1.0, 1.2], help="of the distribution (0.8,1.0,1.2)")
    parser.add_argument("--entries", type=int, default=65536, help="of the cache of a worker (65536)")
    parser.add_argument("--lifetime", type=int, default=300, help="of an entry, seconds (300)")
    parser.add_argument("--daily", type=int, default=20, help="recipients an account and day (20)")
    parser.add_argument("--peak", type=int, default=3, help="how many times the mean the busiest hour has (3)")
    parser.add_argument("--questions", type=int, default=300000, help="that the simulation counts (300000)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation (1)")
    options = parser.parse_args()
    if min(*options.accounts, options.entries, options.lifetime, options.daily, options.peak, options.questions, 10**9) < 1:
        parser.error("a number must be 1 or more")
    for part in print_rates, print_workers, print_unknown, print_simulation:
        part(options)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
