#!/usr/bin/env python3
"""Clients that mean harm or know no better: none smuggles mail in, takes more than its share, or stops the server."""

import os
import re
import resource
import socket
import struct
import sys
import threading
import time
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from server import ACCOUNT, SANITIZED, SECONDS, SENDER, STRANGER, Server, Talk, TestCase, main, render

CONFIG = ("workers: 1\nlimits:\n  max-unknown-recipients: 0\n  max-relay-attempts: 0\n  max-errors: 1000000\n"
          "  max-sessions: 30000\n  max-sessions-per-address: 0\n")
RCPT = b"RCPT TO:<%s>\r\n" % ACCOUNT.encode()
MAIL = b"MAIL FROM:<%s>\r\n" % SENDER.encode()
KIB = 1024

# What ended a message at one server or another, and must not; with what a second message would begin.
SEQUENCES = (
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\n\r.\r\n", b"\n\n.\n\n",
    b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\0\n", b"\r\n\0.\n", b"\r\n.\r\0\n", b"\r\0\n.\r\n",
    b"\r\n.\r\r\n", b"\r\r\n.\r\r\n", b"\n\r\n.\r\r\n", b"\r\n \r.\r\n",
)
SECOND = b"MAIL FROM:<smuggled@example.org>\r\n%sDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n" % RCPT


class Abuse(TestCase):
    config = CONFIG

    def setUp(self):
        self.server = self.enterContext(Server(config=self.config))
        self.server.wait_for_log(r"event=worker-started")
        self.worker = int(re.search(r"event=worker-started [^\n]*pid=(\d+)", self.server.log()).group(1))
        with Talk(self.server):  # it is ready, then
            pass

    def tearDown(self):
        """Whatever has been done to it, the worker lives, and serves."""
        self.assertEqual(1, self.server.log().count("event=worker-started"))
        with Talk(self.server) as talk:
            talk.mail()
            self.assertEqual(render(None, "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), talk.refused())

    def talk(self):
        talk = self.enterContext(Talk(self.server))
        talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.assertRegex(talk.greeting, rb"\A220 ")
        self.assertRegex(talk.say(b"EHLO client.example.org"), rb"\A250")
        return talk

    def send_beside(self, talk, octets):
        """Sends while replies are read: who sends without reading may wait for ever (RFC 2920 section 3.1)."""
        sender = threading.Thread(target=talk.socket.sendall, args=(octets,), daemon=True)
        sender.start()
        self.addCleanup(sender.join)

    def to_data(self, talk):
        for command in MAIL, RCPT, b"DATA\r\n":
            said = talk.say(command[:-2])
        self.assertRegex(said, rb"\A354 ")

    def memory(self):
        """Octets of the worker's own."""
        with open(f"/proc/{self.worker}/status", encoding="ascii") as status:
            return int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1)) * KIB

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.worker}/fd"))

    def cpu(self):
        """Seconds that the worker has run."""
        with open(f"/proc/{self.worker}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def until(self, question):
        until = time.monotonic() + SECONDS
        while not question():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)


class Smuggling(Abuse):
    def assertOneMessage(self, pieces):
        """What comes in these pieces is one message, which is refused; no part of it is taken as a command."""
        talk = self.talk()
        self.to_data(talk)
        for piece in pieces:
            talk.socket.sendall(piece)
            time.sleep(0.002)
        self.assertEqual(self.refusal, talk.reply(), pieces)
        self.assertEqual(self.alive, talk.say(b"NOOP"), pieces)
        self.assertEqual([], self.server.messages(), pieces)

    def setUp(self):
        super().setUp()
        self.refusal = render(None, "FTG_SMTP_BARE_OCTET")
        self.alive = render(None, "ERR_SMTP_OK")

    def test_no_sequence_but_one_ends_a_message_however_it_is_cut(self):
        for sequence in SEQUENCES:
            text = b"Subject: x\r\n\r\nx" + sequence + SECOND + b"\r\n.\r\n"
            begin = text.index(sequence + SECOND)
            self.assertOneMessage([text])
            for cut in range(begin, begin + len(sequence) + 1):
                self.assertOneMessage([text[:cut], text[cut:]])
            octets = [bytes([octet]) for octet in sequence]
            self.assertOneMessage([text[:begin], *octets, text[begin + len(sequence):]])

    def test_the_end_is_the_end_however_it_is_cut(self):
        end = b"x\r\n.\r\n"
        for cut in range(len(end)):
            talk = self.talk()
            self.to_data(talk)
            talk.socket.sendall(end[:cut])
            time.sleep(0.002)
            talk.socket.sendall(end[cut:] + b"NOOP\r\n")
            self.assertRegex(talk.reply(), rb"\A250 ")
            self.assertEqual(self.alive, talk.reply())
        self.assertEqual(len(end), len(self.server.messages()))


class Commands(Abuse):
    def test_two_thousand_commands_in_one_write(self):
        talk = self.talk()
        commands = b"NOOP\r\nRSET\r\n" + MAIL + b"RCPT TO:<%s>\r\n" % STRANGER.encode()
        before = self.memory()
        self.send_beside(talk, commands * 500)
        for _ in range(500):
            codes = [talk.reply()[:3] for _ in range(4)]
            self.assertEqual([b"250", b"250", b"250", b"550"], codes)
        self.assertLess(self.memory() - before, 16 * 1024 * KIB)  # a sanitizer keeps freed memory

    def test_line_of_a_mebibyte_costs_one_answer_and_no_memory(self):
        talk = self.talk()
        before = self.memory()
        talk.socket.sendall(b"NOOP " + b"x" * (KIB * KIB) + b"\r\nRSET\r\n")
        self.assertRegex(talk.reply(), rb"\A500 ")
        self.assertRegex(talk.reply(), rb"\A250 ")
        self.assertLess(self.memory() - before, 256 * KIB)

    def test_line_without_end_costs_no_memory(self):
        talk = self.talk()
        before = self.memory()
        for _ in range(64):
            talk.socket.sendall(b"x" * (256 * KIB))
        self.assertLess(self.memory() - before, 256 * KIB)
        talk.socket.sendall(b"\r\nRSET\r\n")
        self.assertRegex(talk.reply(), rb"\A500 ")
        self.assertRegex(talk.reply(), rb"\A250 ")

    def test_control_octets_are_refused_and_come_back_in_no_reply(self):
        talk = self.talk()
        for octet in (*range(0, 9), *range(10, 32), 127):
            begins = b"%cNOOP" % octet if octet != 0x16 else b" NOOP\x16"  # a TLS handshake closes the session
            for line in (b"NOOP a%cb" % octet, begins, b"MAIL FROM:<a%cb@example.org>" % octet):
                talk.socket.sendall(line + b"\r\nRSET\r\n")
                said = talk.reply()
                self.assertRegex(said, rb"\A50[01] ", line)
                self.assertWire(said)
                if line.startswith(b"\x16"):  # a TLS handshake (RFC 8446 section 5.1), which ends the session
                    self.assertEqual(b"", talk.reply())
                    talk = self.talk()
                    continue
                self.assertRegex(talk.reply(), rb"\A250 ", line)

    def test_high_octets_come_back_in_no_reply(self):
        talk = self.talk()
        for octet in range(128, 256):
            talk.socket.sendall(b"MAIL FROM:<a%cb@example.org>\r\n%c\r\nRSET\r\n" % (octet, octet))
            for _ in range(3):
                self.assertWire(talk.reply())

    def test_ten_thousand_recipients(self):
        for index in range(20):
            self.server.control("account", "add", f"a{index}@example.test", "--no-password")
        time.sleep(0.3)  # until the server sees them
        talk = self.talk()
        talk.say(MAIL[:-2])
        before = self.memory()
        self.send_beside(talk, b"".join(b"RCPT TO:<a%d@example.test>\r\n" % (index % 20) for index in range(10000)))
        said = [talk.reply() for _ in range(10000)]
        self.assertEqual({b"250"}, {reply[:3] for reply in said[:1000]})
        self.assertEqual({render(None, "ERR_SMTP_RCPTCOUNT")}, set(said[1000:]))
        self.assertLess(self.memory() - before, 4096 * KIB)
        self.assertRegex(talk.say(b"DATA"), rb"\A354 ")
        self.assertRegex(talk.say(b"x\r\n."), rb"\A250 ")
        self.assertEqual(20, len(self.server.messages()))


class Pace(Abuse):
    def test_octet_by_octet(self):
        with Talk(self.server) as talk:
            talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for text, code in ((b"EHLO x\r\n", b"250"), (MAIL, b"250"), (RCPT, b"250"), (b"DATA\r\n", b"354"),
                               (b"Subject: x\r\n\r\n..\r\n.\r\n", b"250"), (b"QUIT\r\n", b"221")):
                for octet in text:
                    talk.socket.sendall(bytes([octet]))
                    time.sleep(0.001)
                self.assertEqual(code, talk.reply()[:3])
        self.assertTrue(self.server.messages()[0].endswith(b"\nSubject: x\n\n.\n"))

    def test_thousand_sessions_side_by_side(self):
        clients = [socket.create_connection(("127.0.0.1", self.server.port), SECONDS) for _ in range(1000)]
        files = [client.makefile("rb") for client in clients]
        for command, code in ((None, b"220"), (b"HELO x\r\n", b"250"), (MAIL, b"250"), (RCPT, b"250"),
                              (b"RCPT TO:<%s>\r\n" % STRANGER.encode(), b"550"), (b"DATA\r\n", b"354"),
                              (b"x\r\n.\r\n", b"250"), (b"QUIT\r\n", b"221")):
            if command:
                for client in clients:
                    client.sendall(command)
            self.assertEqual({code}, {file.readline(512)[:3] for file in files}, command)
        for client, file in zip(clients, files):
            file.close()
            client.close()
        self.assertEqual(1000, len(self.server.messages()))

    def test_idle_connections_take_little_memory(self):
        number = 10000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < number + 200:
            self.skipTest(f"the system lets a process have {hard} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        before = self.memory()
        clients = []
        for _ in range(number):
            client = socket.create_connection(("127.0.0.1", self.server.port), SECONDS)
            clients.append(client)
            client.sendall(b"EHLO client.example.org\r\n")
        for client in clients:
            said = b""
            while not re.search(rb"\n250 .*\n\Z", said):
                part = client.recv(4096)
                self.assertTrue(part, said)
                said += part
        each = (self.memory() - before) / number
        print(f"{each:.0f} octets of memory for each of {number} idle sessions", flush=True)
        if not SANITIZED:
            self.assertLess(each, 16 * KIB)
        cpu = self.cpu()
        time.sleep(1)
        self.assertLess(self.cpu() - cpu, 0.2)
        for client in clients:
            client.close()
        self.until(lambda: self.descriptors() < 100)


    def unread(self):
        """Octets that the system keeps for the server."""
        with open(f"/proc/{self.worker}/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        return sum(int(row[4].split(":")[1], 16) for row in rows
                   if row[1].endswith(f":{self.server.port:04X}") and row[3] == "01")

    def test_message_under_way_takes_a_buffer(self):
        """What is held of a message in memory does not grow with the message."""
        number = 100
        before = self.memory()
        talks = [self.talk() for _ in range(number)]
        for talk in talks:
            talk.mail()
            self.assertRegex(talk.say(RCPT.rstrip()), rb"\A250")
            self.assertRegex(talk.say(b"DATA"), rb"\A354")
            talk.socket.sendall(b"Subject: long\r\n\r\n" + (b"x" * 78 + b"\r\n") * (6 * 64 * KIB // 80))
        self.until(lambda: self.unread() == 0)
        each = (self.memory() - before) / number
        print(f"{each:.0f} octets of memory for each of {number} messages under way", flush=True)
        if not SANITIZED:
            self.assertLess(each, 160 * KIB)
        for talk in talks:
            self.assertRegex(talk.say(b"."), rb"\A250")


class Stalled(Abuse):
    config = CONFIG + "  idle-timeout: 3s\n"

    def unsent(self):
        """Octets that the system keeps for clients that do not take them."""
        with open(f"/proc/{self.worker}/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        return sum(int(row[4].split(":")[0], 16) for row in rows if row[1].endswith(f":{self.server.port:04X}"))

    def test_clients_that_read_nothing_are_dropped(self):
        """Each asks for as much as it can. What waits for them is bounded, and so is how long."""
        number = 20
        before = self.memory()
        clients = []
        for _ in range(number):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", self.server.port))
            client.setblocking(False)
            clients.append(client)
        own = system = 0
        until = time.monotonic() + SECONDS
        while self.server.log().count("cause=stalled") < number:
            self.assertLess(time.monotonic(), until)
            for client in clients:
                try:
                    client.send(b"EHLO x\r\n" * 8192)
                except (BlockingIOError, ConnectionError):
                    pass
            own = max(own, self.memory() - before)
            system = max(system, self.unsent());
            time.sleep(0.02)
        print(f"{own // number // KIB} KiB of the server's and {system // number // KIB} KiB of the system's memory "
              "for each client that does not read", flush=True)
        if not SANITIZED:
            self.assertLess(own / number, 512 * KIB)
        self.assertLess(system / number, 512 * KIB)
        for client in clients:
            client.close()


class Resets(Abuse):
    STEPS = (b"", b"EH", b"LO x\r\n", MAIL, RCPT, RCPT[:-1], b"\n", b"DATA\r\n", b"Subj", b"ect: x\r\n\r\n",
             b"x" * 998 + b"\r\n", (b"x" * 998 + b"\r\n") * 500, b"\r\n.", b"\r")
    config = CONFIG.replace("per-address: 0", "per-address: 60")  # more than come at a time, fewer than come

    def test_reset_at_every_step_leaves_nothing(self):
        before = None
        for times in range(1, 4):
            for steps in range(len(self.STEPS) + 1):
                for ending in self.reset, self.half_close, self.close:
                    client = socket.create_connection(("127.0.0.1", self.server.port), SECONDS)
                    for step in self.STEPS[:steps]:
                        client.sendall(step)
                    ending(client)
            ended = 1 + 3 * times * (len(self.STEPS) + 1)
            self.until(lambda: self.server.log().count("event=disconnect ") == ended)
            before = before or self.descriptors()
        self.until(lambda: self.descriptors() <= before)
        self.assertEqual([], self.server.messages())
        for folder, _, files in os.walk(os.path.join(self.server.data, "mail")):
            if os.path.basename(folder) == "tmp":
                self.until(lambda: not os.listdir(folder))
        self.assertNotIn("ref=#1.04", self.server.log())

    @staticmethod
    def reset(client):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    @staticmethod
    def close(client):
        client.close()

    @staticmethod
    def half_close(client):
        """The server has said what it has to say, and ends."""
        client.shutdown(socket.SHUT_WR)
        try:
            while client.recv(4096):
                pass
        except ConnectionError:
            pass
        client.close()


class Descriptors(Abuse):
    @staticmethod
    def prepare():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

    def setUp(self):
        self.enterContext(mock.patch.object(Server, "prepare", staticmethod(self.prepare)))
        super().setUp()

    def test_messages_under_way_leave_room_for_an_answer(self):
        """Each takes a second descriptor, for its file. Every client is answered, and what can be done is done."""
        clients = []
        for _ in range(150):
            talk = Talk(self.server)
            self.addCleanup(talk.__exit__)
            greeting = talk.reply()
            self.assertRegex(greeting, rb"\A(220|421) ")
            if greeting.startswith(b"421"):
                continue
            talk.say(b"EHLO client.example.org")
            self.to_data(talk)
            talk.socket.sendall((b"x" * 998 + b"\r\n") * 100)
            clients.append(talk)
        self.assertLess(60, len(clients))
        self.assertLess(len(clients), 150)
        cpu = self.cpu()
        time.sleep(1)
        self.assertLess(self.cpu() - cpu, 0.3)
        said = [talk.say(b".")[:3] for talk in clients]
        self.assertLessEqual(set(said), {b"250", b"450", b"451"})
        self.assertEqual(said.count(b"250"), len(self.server.messages()))
        self.assertLess(60, said.count(b"250"))
        for talk in clients:
            self.assertRegex(talk.say(b"QUIT"), rb"\A221 ")

    def test_shortage_that_comes_while_it_runs_passes(self):
        """Who comes then is promised nothing, but it costs no time, and those who are there are served."""
        talk = self.talk()
        limit = self.descriptors() + 3
        resource.prlimit(self.worker, resource.RLIMIT_NOFILE, (limit, 200))
        clients = [socket.create_connection(("127.0.0.1", self.server.port), SECONDS) for _ in range(100)]
        said = [client.recv(512)[:3] for client in clients]
        self.assertLessEqual(set(said), {b"220", b"421", b""})
        self.assertIn(b"", said)
        cpu = self.cpu()
        time.sleep(1)
        self.assertLess(self.cpu() - cpu, 0.3)
        for _ in range(3):
            self.to_data(talk)
            self.assertRegex(talk.say(b"x\r\n."), rb"\A(250|450) ")
        for client in clients:
            client.close()
        resource.prlimit(self.worker, resource.RLIMIT_NOFILE, (200, 200))
        before = len(self.server.messages())
        self.to_data(talk)
        self.assertRegex(talk.say(b"x\r\n."), rb"\A250 ")
        self.assertEqual(before + 1, len(self.server.messages()))


if __name__ == "__main__":
    main()
