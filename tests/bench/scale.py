#!/usr/bin/env python3
"""Prints how cost grows with the work: accounts, queue, languages and connections at 1, 10, 100 and 1,000 times.

usage: scale.py BUILD [TABLE...]. Each figure stands under the amount that it was measured with; asserts nothing.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time

os.environ["FTGATE_BUILD"] = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from server import BUILD, SECONDS, SENDER, Server, Talk  # noqa: E402

FACTORS = (1, 10, 100, 1000)
COMMANDS = 2000  # of which a mean is taken
LIMITS = """workers: 1
limits:
  max-sessions: 50000
  max-sessions-per-address: 0
  max-unknown-recipients: 0
  max-relay-attempts: 0
  max-errors: 1000000
  max-recipients-per-hour: 0
  max-recipients: 100000
"""
TICKS = os.sysconf("SC_CLK_TCK")


def workers(server):
    return [int(pid) for pid in re.findall(r"event=(?:worker|relay)-started [^\n]*pid=(\d+)", server.log())]


def cpu(server):
    """Seconds that the workers and the queue manager have spent."""
    ticks = 0
    for pid in workers(server):
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / TICKS


def memory(server):
    """KiB of the workers and the queue manager, shared memory in part."""
    kibibytes = 0
    for pid in workers(server):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            kibibytes += int(re.search(r"^Pss: +(\d+)", rollup.read(), re.M).group(1))
    return kibibytes


class Accounts(Server):
    """A server with so many accounts in one domain, made by one ftgatectl each in batches of a shell."""

    count = 0

    def fill(self):
        super().fill()
        start = time.monotonic()
        # A first account by ftgatectl shows what the row of one is like; the others are copies of it.
        self.control("account", "add", "user0@example.test", "--no-password")
        import sqlite3
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "ftgate.db"))) as database, database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(accounts)")]
            local = "local" if "local" in columns else columns[1]
            key = [row[1] for row in database.execute("PRAGMA table_info(accounts)") if row[5] and row[2].upper() == "INTEGER"]
            kept = [name for name in columns if name not in key]
            values = ", ".join("?" if name == local else name for name in kept)
            database.executemany(f"INSERT INTO accounts ({', '.join(kept)}) SELECT {values} FROM accounts WHERE {local} = 'user0'",
                                 ((f"user{i}",) for i in range(1, self.count)))
        self.seconds = time.monotonic() - start


def accounts(factor):
    """Microseconds of CPU for an accepted RCPT, and for adding an account."""
    kind = type("Accounts", (Accounts,), {"count": 10 * factor})
    with kind(config=LIMITS) as server, Talk(server) as talk:
        talk.mail()
        before = cpu(server)
        for i in range(COMMANDS):
            talk.say(b"RCPT TO:<user%d@example.test>" % (i * 7919 % (10 * factor)))
        return {"accounts": 10 * factor, "RCPT, us of CPU": (cpu(server) - before) / COMMANDS * 1e6,
                "adding, us each": server.seconds / (10 * factor) * 1e6}


def queue(factor):
    """Seconds of CPU at a start with so many entries for a smarthost that is down, and log lines for each."""
    count = 10 * factor
    with Server(config=LIMITS + "relay:\n  send: no\n") as server:
        server.control("access", "add", "relay", "127.0.0.0/8")
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            for i in range(count):
                talk.say(b"MAIL FROM:<%s>" % SENDER.encode())
                talk.say(b"RCPT TO:<far%d@elsewhere.example>" % i)
                talk.say(b"DATA")
                talk.say(b"Subject: x\r\n\r\ntext\r\n.")
        server.process.terminate()
        server.process.wait(SECONDS)
        with open(server.config, "w", encoding="ascii") as config:
            config.write(LIMITS + "relay:\n  smarthost: 127.0.0.1:1\n")
        logged = len(server.log())
        server.start()
        spent, since = -1, time.monotonic()
        while cpu_of_start(server, logged) - spent > 0.02 and time.monotonic() - since < 60:  # until it has become quiet
            spent = cpu_of_start(server, logged)
            time.sleep(1)
        return {"queue entries": count, "start, s of CPU": spent,
                "log lines each": server.log()[logged:].count("elsewhere.example") / count}


def cpu_of_start(server, logged):
    """Seconds of the queue manager that was started after this point of the log."""
    pid = re.search(r"event=relay-started [^\n]*pid=(\d+)", server.log()[logged:])
    if not pid:
        return 0
    with open(f"/proc/{pid.group(1)}/stat", encoding="ascii") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / TICKS


def languages(factor):
    """Milliseconds from the start to the first reply, with so many languages that the operator has."""
    count = min(factor, 500)  # more two- and three-letter names are not made
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"{a}{b}{c}" for a in "q" for b in letters[:20] for c in letters][:count]
    source = os.path.join(BUILD, "locale/de/LC_MESSAGES/ftgate.mo")
    with Server(config=LIMITS) as server:
        for name in names:
            shutil.copy(source, server.overlay(name))
        start, before = time.monotonic(), cpu(server)
        server.reload()
        return {"languages": count, "reload, ms": (time.monotonic() - start) * 1000,
                "reload, ms of CPU": (cpu(server) - before) * 1000}


def connections(factor):
    """KiB for each idle connection, and milliseconds for a session beside them."""
    count = 10 * factor
    with Server(config=LIMITS) as server, contextlib.ExitStack() as stack:
        before = memory(server)
        for i in range(count):
            connection = stack.enter_context(socket.create_connection(
                ("127.0.0.1", server.port), SECONDS, (f"127.0.{1 + i // 20000}.1", 0)))
            connection.sendall(b"EHLO x\r\n")
            connection.recv(4096)
        held = memory(server) - before
        start = time.monotonic()
        for _ in range(50):
            with Talk(server) as talk:
                talk.say(b"NOOP")
        return {"connections": count, "each, KiB": held / count, "session, ms": (time.monotonic() - start) / 50 * 1000}


TABLES = {table.__name__: table for table in (accounts, queue, languages, connections)}


def print_table(rows):
    for key in rows[0]:
        print(f"{key:20}" + "".join(f"{row[key]:>14,.{0 if isinstance(row[key], int) else 1}f}" for row in rows))
    print(flush=True)


def main():
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in sys.argv[2:] or TABLES:
        rows = []
        for factor in FACTORS:
            try:
                rows.append(TABLES[name](factor))
            except (OSError, AssertionError, subprocess.SubprocessError) as error:
                print(f"{name} at {factor} times: not measured: {str(error)[-200:]}", flush=True)
        if rows:
            print_table(rows)


if __name__ == "__main__":
    main()
