#!/usr/bin/env python3
"""The server is killed at every point of a delivery and at random instants: what it took is there, once, whole."""

import glob
import os
import random
import re
import signal
import sys
import threading
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from faults import ANY, FAR, FURTHER, KILL_AFTER, KILL_BEFORE, LIST, NAMES, RELAYING, FaultyServer, is_whole, send, text_of
from server import DOMAIN, SECONDS, SENDER, Talk, TestCase, main

HOUR = 3600
SEED = 20260101
CLIENTS, MESSAGES = 8, 250  # each
FORGED = b"X-Spam: No\r\n"  # is removed, so that the header of the message is changed


class Points(TestCase):
    """One message after another, for each system call of a delivery: before it, and after it."""

    names = NAMES[:2]
    recipients = ()  # that lead to them, if others do
    forged, size = b"", 0

    def setUp(self):
        self.server = self.enterContext(FaultyServer("--workers", "1"))
        self.number = 0

    def attempt(self):
        """Sends the message of the number. Returns the reply; nothing, where the server died."""
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            try:
                return send(talk, self.recipients or self.names, self.forged + text_of(self.number, self.size))
            except ConnectionError:
                return b""

    def copies(self):
        """How many each account has of the message of the number. Each is whole."""
        found = [[text for text in self.server.inbox(name) if b"<%d@example.org>" % self.number in text]
                 for name in self.names]
        for text in sum(found, []):
            self.assertTrue(is_whole(text, text_of(self.number, self.size)), text[:500])
            self.assertNotIn(b"X-Spam", text)
        return [len(texts) for texts in found]

    def restart(self):
        self.server.kill()
        self.server.start()

    def die(self, what, before):
        """Kills the server at a point, and tries again. Returns whether there was such a point, and the copies then."""
        self.number += 1
        self.server.fail(ANY, before, what, process=self.server.worker)
        said = self.attempt()
        shown = self.server.shown()
        struck = self.server.mend()
        copies = self.copies()
        self.assertEqual(shown, sum(copies))
        self.assertLessEqual(max(copies), 1)
        if not struck:
            self.assertRegex(said, rb"\A250 ")
            return False, copies
        self.assertEqual(b"", said)
        self.restart()
        self.assertEqual(copies, self.copies())
        self.assertRegex(self.attempt(), rb"\A250 ")
        self.assertEqual([before + 1 for before in copies], self.copies())
        return True, copies

    def exhaust(self, what):
        """What each point left in the mailboxes."""
        left = []
        self.attempt()
        while True:
            struck, copies = self.die(what, len(left))
            if not struck:
                return left
            left.append(copies)
            self.assertLess(len(left), 100)

    def assertOrder(self, left):
        """Nothing at first; from some point on, in all mailboxes."""
        self.assertGreater(len(left), 8)
        self.assertEqual(sorted(left), left)
        self.assertEqual([0] * len(self.names), left[0])
        self.assertEqual([1] * len(self.names), left[-1])

    def test_killed_before_each_call_loses_nothing(self):
        self.assertOrder(self.exhaust(KILL_BEFORE))

    def test_killed_after_each_call_loses_nothing(self):
        self.assertOrder(self.exhaust(KILL_AFTER))
        self.sweeps()

    def sweeps(self):
        """What was left in tmp goes when it is old enough, once another worker is in the place of one that died."""
        litter = sorted(self.server.litter())
        self.assertGreater(len(litter), 1)
        now = time.time()
        for index, path in enumerate(litter):
            age = 37 * HOUR if index % 2 else 35 * HOUR
            os.utime(path, (now - age, now - age))
        young = [path for path in litter if os.stat(path).st_mtime > now - 36 * HOUR]  # some are names of one file
        self.server.fail(ANY, 0, KILL_BEFORE, process=self.server.worker)
        self.attempt()
        self.server.mend()
        until = time.monotonic() + SECONDS
        while sorted(self.server.litter()) != young:
            self.assertLess(time.monotonic(), until, self.server.litter())
            time.sleep(0.01)


class PointsOfQueue(Points):
    names = (FAR,)


class PointsOfChanges(Points):
    """The header is changed: in the buffer, and so is all of the message."""

    names = (NAMES[0], FAR)
    forged = FORGED


class PointsOfChangesInTheFile(PointsOfChanges):
    size = 80000


class PointsOfBoth(Points):
    """What is in the queue before it is in a mailbox would be sent although the message may be refused."""

    names = (NAMES[0], FAR)


class PointsOfLists(Points):
    """The author's message and that of a list: two files, each with a name in a mailbox and an entry of the queue."""

    names = (*NAMES[:2], FAR, FURTHER)
    recipients = (NAMES[0], LIST, FAR)


class Client(threading.Thread):
    """Delivers messages, each again and again until it is acknowledged, and notes what came of each attempt."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server = server
        self.dice = random.Random(SEED + number)
        self.number = number
        self.attempts = {}  # name: (outcome, recipients)
        self.error = None
        self.talk = None

    def run(self):
        try:
            for message in range(MESSAGES):
                self.deliver(f"{self.number}.{message}", self.dice.sample((*NAMES, FAR), self.dice.choice((1, 1, 2, 3))))
        except BaseException as error:
            self.error = error

    def hang_up(self):
        if self.talk:
            self.talk.__exit__()
        self.talk = None

    def deliver(self, message, names):
        for attempt in range(10000):
            outcome = self.attempt(f"{message}.{attempt}", names, self.dice.choice((0, 0, 0, 200000)))
            if outcome != "unconnected":
                self.attempts[f"{message}.{attempt}"] = outcome, names
            if outcome == "acknowledged":
                if self.dice.random() < 0.2:
                    self.hang_up()
                return
            self.hang_up()
            time.sleep(self.dice.uniform(0, 0.02))
        raise AssertionError(f"message {message} was never taken")

    def attempt(self, name, names, size):
        outcome = "unconnected"
        try:
            if self.talk is None:
                self.talk = Talk(self.server)
                self.talk.__enter__()
                self.talk.say(b"EHLO client.example.org")
            outcome = "unsent"
            for command in (f"MAIL FROM:<{SENDER}>", *(f"RCPT TO:<{who}@{DOMAIN}>" for who in names), "DATA"):
                if self.talk.say(command.encode())[:1] not in (b"2", b"3"):
                    return outcome
            self.talk.socket.sendall(self.dice.choice((b"", FORGED)) + body(name, size))
            outcome = "unanswered"
            self.talk.socket.sendall(b".\r\n")
            said = self.talk.reply()
            if said:
                assert re.match(rb"250 |4\d\d ", said), said
                outcome = "acknowledged" if said.startswith(b"250") else "refused"
        except ConnectionError:
            pass
        return outcome


def body(name, size=0):
    line = b"x" * 998 + b"\r\n"
    return b"X-Attempt: %s %d\r\n\r\n%send of %s\r\n" % (name.encode(), size, line * (size // 1000), name.encode())


class Instants(TestCase):
    def setUp(self):
        self.server = self.enterContext(FaultyServer("--workers", "2", config=RELAYING))
        self.groups = []
        self.dice = random.Random(SEED)

    def workers(self):
        found = re.findall(r"event=(?:worker|relay)-started [^\n]*pid=(\d+)", self.server.log()[self.logged:])
        with open(f"/proc/{self.server.pid}/task/{self.server.pid}/children", encoding="ascii") as children:
            alive = children.read().split()
        return [int(pid) for pid in found if pid in alive]

    def kill_worker(self):
        workers = self.workers()
        if workers:
            os.kill(self.dice.choice(workers), signal.SIGKILL)

    def kill_master(self):
        self.groups.append(self.server.pid)
        self.server.process.kill()
        self.server.process.wait()
        self.logged = len(self.server.log())
        self.server.start()

    def alive(self):
        """Processes of servers that have been killed."""
        found = []
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) in self.groups and fields[0] != "Z":
                found.append(path)
        return found

    def check(self, attempts):
        """What is in the mailboxes goes with what the clients were told."""
        doubled = 0
        for name in (*NAMES, FAR):
            found, messages = Counter(), Counter()
            for text in self.server.inbox(name):
                attempt, size = re.search(rb"\nX-Attempt: (\S+) (\d+)\n", text).groups()
                self.assertTrue(is_whole(text, body(attempt.decode(), int(size))), text[:500])
                self.assertNotIn(FORGED.split(b":")[0], text)
                found[attempt.decode()] += 1
                messages[attempt.rsplit(b".", 1)[0]] += 1
            doubled += sum(count > 1 for count in messages.values())
            self.assertLessEqual(set(found), {attempt for attempt, (_, names) in attempts.items() if name in names})
            for attempt, (outcome, names) in attempts.items():
                if name in names:
                    allowed = {"acknowledged": (1,), "unanswered": (0, 1)}.get(outcome, (0,))
                    self.assertIn(found[attempt], allowed, (attempt, outcome, name))
        return doubled

    def test_acknowledged_message_is_delivered_exactly_once(self):
        self.logged = 0
        clients = [Client(self.server, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        kills = Counter()
        while any(client.is_alive() for client in clients):
            time.sleep(self.dice.uniform(0.02, 0.2))
            kill = self.kill_master if sum(kills.values()) % 5 == 4 else self.kill_worker
            kill()
            kills[kill.__name__] += 1
        for client in clients:
            client.hang_up()
            if client.error:
                raise client.error
        until = time.monotonic() + SECONDS
        while self.alive():
            self.assertLess(time.monotonic(), until, self.alive())
            time.sleep(0.05)
        attempts = {name: outcome for client in clients for name, outcome in client.attempts.items()}
        doubled = self.check(attempts)
        outcomes = Counter(outcome for outcome, _ in attempts.values())
        self.assertEqual(CLIENTS * MESSAGES, outcomes["acknowledged"])
        print(f"{dict(kills)}, {dict(outcomes)}, doubled by a retry: {doubled}", flush=True)


if __name__ == "__main__":
    main()
