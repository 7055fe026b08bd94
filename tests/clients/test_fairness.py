#!/usr/bin/env python3
"""What an honest client suffers from others: it is served in its turn, whatever they send, and however many they are.
Counts and order are asserted, never times."""

import base64
import os
import re

from pop3 import Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, SECONDS, Server, Talk, TestCase, main

LIMITS = ("workers: 1\nauth-in-clear: yes\nexpn: anyone\nlimits:\n  max-errors: 1000000\n  max-sessions: 5000\n"
          "  max-sessions-per-address: 0\n  max-failed-logins: 0\n")
WRONG = b"AUTH PLAIN " + base64.b64encode(b"\0" + ACCOUNT.encode() + b"\0wrong") + b"\r\n"
RIGHT = b"AUTH PLAIN " + base64.b64encode(b"\0" + ACCOUNT.encode() + b"\0correct horse")
ADDRESSES, SESSIONS = 6, 15


class Hashing(TestCase):
    """Passwords are checked by few threads: clients take turns by address."""

    def setUp(self):
        self.server = self.enterContext(Server(config=LIMITS))
        with Talk(self.server):  # it is ready
            pass

    def crowd(self):
        """Sessions of several addresses, each of which has sent a wrong password."""
        found = []
        for number in range(ADDRESSES):
            for _ in range(SESSIONS):
                talk = self.enterContext(Talk(self.server, address=f"127.0.1.{number + 1}"))
                talk.say(b"EHLO client.example.org")
                talk.socket.sendall(WRONG)
                found.append(talk)
        return found

    def log_in(self):
        """Logs in, and returns how many passwords of others were checked before that."""
        talk = self.enterContext(Talk(self.server))
        talk.say(b"EHLO client.example.org")
        before = self.checked()
        self.assertRegex(talk.say(RIGHT), rb"\A235 ")
        return self.checked() - before

    def checked(self):
        return len(re.findall("event=login-failed", self.server.log()))

    def test_clients_that_have_gone_are_not_waited_for(self):
        for talk in self.crowd():
            talk.input.close()
            talk.socket.close()
        self.assertLess(self.log_in(), 2 * ADDRESSES)
        self.assertLess(self.checked(), ADDRESSES * SESSIONS)

    def test_many_sessions_of_an_address_are_one_client(self):
        crowd = self.crowd()
        self.assertLess(self.log_in(), 3 * ADDRESSES)
        for talk in crowd:
            self.assertRegex(talk.reply(), rb"\A535 ")


class Turns(TestCase):
    """Who sends much at once gets a share of each turn."""

    def setUp(self):
        self.server = self.enterContext(Server(config=LIMITS))
        with Talk(self.server):  # it is ready
            pass

    def test_every_command_of_many_clients_that_pipeline_is_answered_in_its_order(self):
        clients = [self.enterContext(Talk(self.server)) for _ in range(20)]
        for number, talk in enumerate(clients):
            talk.socket.sendall(b"".join(b"VRFY <%d.%d@%s>\r\nNOOP\r\n" % (number, i, DOMAIN.encode()) for i in range(200)))
            talk.socket.sendall(b"QUIT\r\n")
        for talk in clients:
            codes = [talk.reply()[:3] for _ in range(401)]
            self.assertEqual([b"250"] * 200, codes[1:400:2])
            self.assertEqual(b"221", codes[400])

    def test_answers_to_a_client_that_does_not_read_are_not_made(self):
        """A list whose members fill a buffer, asked for thousands of times."""
        members = [f"someone.with.a.long.name.{number}@example.org" for number in range(1000)]
        self.server.control("list", "add", f"all@{DOMAIN}", *members, "expand=anyone")
        before = self.memory()
        talk = self.enterContext(Talk(self.server))
        talk.say(b"EHLO client.example.org")
        talk.socket.setblocking(False)
        sent = 0
        command = b"EXPN all@%s\r\n" % DOMAIN.encode()
        for _ in range(2000):
            try:
                sent += talk.socket.send(command * 100)
            except BlockingIOError:
                break
        with Talk(self.server) as other:
            self.assertRegex(other.say(b"NOOP"), rb"\A250 ")
        self.assertGreater(sent, 100 * len(command))
        self.assertLess(self.memory() - before, 16 << 20)

    def memory(self):
        worker = re.search(r"event=worker-started worker=0 pid=(\d+)", self.server.log()).group(1)
        with open(f"/proc/{worker}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Admission(TestCase):
    """An octet now and then is no session."""

    def test_pop3_client_that_does_not_log_in_is_closed(self):
        config = "workers: 1\nauth-in-clear: yes\npop3:\n  login-timeout: 2s\n"
        with Pop3Server(config=config) as server, Pop3Talk(server) as slow, Pop3Talk(server) as other:
            self.assertRegex(other.log_in(), rb"\A\+OK")
            slow.socket.settimeout(0.2)
            for _ in range(int(5 * SECONDS)):
                try:
                    slow.socket.sendall(b"N")
                    if slow.socket.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            else:
                self.fail("the session never ended")
            server.wait_for_log("event=disconnect .*cause=timeout")
            self.assertRegex(other.say(b"NOOP"), rb"\A\+OK")


if __name__ == "__main__":
    main()
