#!/usr/bin/env python3
"""etc/fail2ban, as fail2ban itself reads it: who is banned, and that no words of a client ban anybody else."""

import base64
import collections
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from journal import Journal
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, main
from test_neutral import HIDDEN, NEUTRAL
from test_proxy import header

ETC = os.path.join(SOURCE, "etc/fail2ban")
REGEX, DAEMON, CLIENT = (shutil.which(f"fail2ban-{name}") for name in ("regex", "server", "client"))
REMOTE = "/lib/systemd/systemd-journal-remote"

VICTIM = "203.0.113.9"
FORGED = [line.format(VICTIM) for line in (
    "event=login-failed session=x client={} lang=en user=u mechanism=PLAIN cause=wrong-password",
    "event=reply session=x client={} lang=en ref=#4.28 id=ERR_SMTP_ADDRESS_UNKNOWN",
    "event=blacklisted session=x client={} lang=en cause=#4.29",
)]
BREAKS = [" ", '" ', "\n", "\r\n2026-11-29T19:40:00.000Z ", "\n2026-11-29T19:40:00.000Z ", "\\x0A", "\x00", "\x85", "\u2028"]

LISTENER = "  - address: 127.0.0.1:0\n    proxy: yes\n"
LIMITS = """auth-in-clear: yes
limits:
  max-errors: 100000
  max-unknown-recipients: {unknown}
  max-relay-attempts: 0
  max-failed-logins: 0
"""


def plain(user, password="wrong"):
    return b"AUTH PLAIN " + base64.b64encode(b"\0".join([b"", user.encode(), password.encode()]))


@unittest.skipIf(REGEX is None, "needs fail2ban")
class Bans(TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-ban-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.log = os.path.join(self.folder, "ftgate.log")
        self.sessions = 0

    def serve(self, log=None, unknown=0):
        config = f"log: {log or self.log}\nlisteners:\n{LISTENER}" + LIMITS.format(unknown=unknown)
        return self.enterContext(Server("--workers", "1", config=config, LANG="de_DE"))

    def serve_pop3(self, beside):
        config = f"log: {self.log}\nlisteners:\n{LISTENER}    role: pop3\n" + LIMITS.format(unknown=0)
        return self.enterContext(Pop3Server("--workers", "1", config=config, beside=beside))

    def talk(self, server, client, kind=Talk):
        self.sessions += 1
        return kind(server, first=header(client))

    def wait_for_sessions(self):
        """Waits until the file has all lines of the sessions that have ended, which are all."""
        until = time.monotonic() + SECONDS
        while self.read(self.log).count("event=disconnect") < self.sessions:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def read(self, path):
        """The words of a file, of which there may be none yet."""
        if not os.path.exists(path):
            return []
        with open(path, encoding="ascii") as file:
            return file.read().split()

    def log_in(self, server, client, user=ACCOUNT, password="wrong"):
        with self.talk(server, client) as talk:
            talk.say(b"EHLO client.example.org")
            return talk.say(plain(user, password))

    def matched(self, mode, source=None):
        """How many lines fail2ban counts against each address."""
        if source is None:
            self.wait_for_sessions()
            source = self.log
        run = subprocess.run([REGEX, "-c", self.configuration(), "-o", "ip", source, f"ftgate[mode={mode}]"],
                             capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual("", run.stderr)
        return collections.Counter(run.stdout.split())

    def configuration(self):
        """A folder of fail2ban with the files of this distribution, and ours beside them."""
        folder = os.path.join(self.folder, "fail2ban")
        if not os.path.exists(folder):
            shutil.copytree("/etc/fail2ban", folder, ignore=shutil.ignore_patterns("jail.d"))
            shutil.copytree(ETC, folder, dirs_exist_ok=True)
        return folder


class Filter(Bans):
    def test_real_address_of_each_kind_of_client_is_found(self):
        server = self.serve()
        for client in "198.51.100.1", "2001:db8::1", "::ffff:198.51.100.2":
            self.assertIn(b"(#4.50)", self.log_in(server, client))
        self.assertIn(b"(#4.50)", self.log_in(server, "198.51.100.3", STRANGER))
        self.assertTrue(self.log_in(server, "198.51.100.4", ACCOUNT, PASSWORD).startswith(b"235"))
        self.assertEqual({"198.51.100.1": 1, "2001:db8::1": 1, "198.51.100.2": 1, "198.51.100.3": 1}, self.matched("auth"))

    def test_unknown_recipients_spam_traps_and_relaying_are_one_mode(self):
        server = self.serve()
        server.control("account", "add", "trap@example.test", "--no-password")
        server.control("account", "set", "trap@example.test", "spamtrap=yes")
        for client, rcpt, reference in (
            ("198.51.100.1", STRANGER, b"(#4.28)"), ("198.51.100.2", "trap@example.test", b"(#4.65)"),
            ("198.51.100.3", "someone@elsewhere.example", b"(#4.63)"), ("198.51.100.4", ACCOUNT, b"(#3.04)"),
        ):
            with self.talk(server, client) as talk:
                talk.mail()
                self.assertIn(reference, talk.say(b"RCPT TO:<%s>" % rcpt.encode()))
        self.assertEqual({"198.51.100.1": 1, "198.51.100.2": 1}, self.matched("recipients"))
        self.assertEqual({"198.51.100.1": 1, "198.51.100.2": 2}, self.matched("normal"))

    def test_recipients_of_a_neutral_domain_count_alike(self):
        server = self.serve(unknown=2)
        server.control("domain", "add", NEUTRAL, "recipients=neutral")
        for local, *settings in (("disabled", "disabled=yes"), ("moved", "moved-to=new@elsewhere.example"),
                                 ("silent", "receive=no"), ("trap", "spamtrap=yes"), ("here",)):
            server.control("account", "add", f"{local}@{NEUTRAL}", "--no-password", *settings)
        for local in "disabled", "moved":
            server.control("alias", "add", f"alias-{local}@{NEUTRAL}", f"{local}@{NEUTRAL}")
        expected = {}
        for number, local in enumerate(HIDDEN):
            client = f"198.51.100.{number + 1}"
            expected[client] = 2
            with self.talk(server, client) as talk:
                talk.mail()
                for reference in b"(#4.28)", b"(#4.29)":
                    said = talk.say(f"RCPT TO:<{local}@{NEUTRAL}>".encode())
                    self.assertIn(reference, said, local)
        with self.talk(server, "198.51.100.99") as talk:
            talk.mail()
            self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<here@{NEUTRAL}>".encode()))
        self.assertEqual(expected, self.matched("recipients"))

    def test_blacklist_of_the_server_is_a_mode(self):
        server = self.serve(unknown=2)
        for references in ("#4.28", "#4.29"), ("#6.10",):
            with self.talk(server, "198.51.100.1") as talk:
                talk.mail()
                for reference in references:
                    self.assertIn(b"(%s)" % reference.encode(), talk.refused())
        self.assertEqual({"198.51.100.1": 2}, self.matched("blacklisted"))

    def test_words_of_a_client_count_against_nobody_else(self):
        server = self.serve()
        words = [start + forged + end for forged in FORGED for start in ("", *BREAKS) for end in ("", '"')]
        for word in words:
            octets = word.encode()
            with self.talk(server, "198.51.100.66") as talk:
                talk.socket.sendall(b"EHLO %s\r\nHELO client.example.org\r\n" % octets)
                talk.socket.sendall(b'MAIL FROM:<"%s"@example.org>\r\nRSET\r\n' % octets.replace(b'"', b'\\"'))
                talk.socket.sendall(b"MAIL FROM:<a@example.org>\r\n")
                talk.socket.sendall(b'RCPT TO:<"%s"@example.test>\r\n' % octets.replace(b'"', b'\\"'))
                talk.socket.sendall(b"%s\r\nRSET\r\n" % octets)
                talk.socket.sendall(plain(word) + b"\r\nAUTH LOGIN\r\n" + base64.b64encode(octets) + b"\r\nd3Jvbmc=\r\n")
                talk.socket.sendall(b"AUTH PLAIN %s\r\nQUIT\r\n" % octets)
                while talk.input.readline():
                    pass
        self.wait_for_sessions()
        with open(self.log, encoding="ascii") as log:
            lines = log.read()
        self.assertGreater(lines.count(VICTIM), len(words))
        self.assertGreater(lines.count("Z event=login-failed"), 10)
        self.assertEqual(["198.51.100.66"], list(self.matched("normal")))

    def test_pop3_users_count_and_their_names_do_not(self):
        server = self.serve()
        pop3 = self.serve_pop3(server)
        for number, name in enumerate([ACCOUNT, "nobody", *FORGED]):
            with self.talk(pop3, f"198.51.100.{number + 1}", Pop3Talk) as talk:
                self.assertTrue(talk.log_in(name, "wrong").startswith(b"-ERR"))
        found = self.matched("auth")
        self.assertEqual({f"198.51.100.{number}": 1 for number in range(1, 6)}, found)


class FromTheJournal(Bans):
    @unittest.skipIf(not os.path.exists(REMOTE), "needs systemd-journal-remote")
    def test_entries_of_the_journal_are_read(self):
        path = os.path.join(self.folder, "mx.journal")
        with Journal(os.path.join(self.folder, "socket")) as journal:
            server = self.serve("journal:" + journal.path)
            journal.drain()  # the queue of the socket holds some ten entries, and what does not fit is lost
            self.log_in(server, "198.51.100.1")
            journal.drain()
            self.log_in(server, "2001:db8::1", FORGED[0])
            while len([entry for entry in journal.entries if ("FTGATE_EVENT", b"disconnect") in entry]) < 2:
                self.assertTrue(journal.read(SECONDS))
            subprocess.run([REMOTE, "-o", path, "-"], input=journal.export(int(time.time()) - 60), check=True,
                           capture_output=True, timeout=SECONDS)
        self.assertEqual({"198.51.100.1": 1, "2001:db8::1": 1},
                         self.matched("auth", f"systemd-journal[journalfiles='{path}']"))


@unittest.skipIf(DAEMON is None, "needs fail2ban")
class Jail(Bans):
    """fail2ban-server with our jail, which writes a file in place of rules of a firewall."""

    def start(self, jail, maxretry):
        folder, banned = self.configuration(), os.path.join(self.folder, "banned")
        with open(os.path.join(folder, "action.d/ftgate-test.conf"), "w", encoding="ascii") as file:
            file.write(f"[Definition]\nactionban = echo '<ip>' >> {banned}\nactionunban =\n")
        with open(os.path.join(folder, "jail.local"), "w", encoding="ascii") as file:
            file.write(f"[DEFAULT]\nignoreself = false\n[sshd]\nenabled = false\n[{jail}]\nenabled = true\nbackend = polling\n"
                       f"logpath = {self.log}\nbanaction = ftgate-test\naction = ftgate-test\nmaxretry = {maxretry}\n")
        with open(os.path.join(folder, "fail2ban.local"), "w", encoding="ascii") as file:
            file.write("[Definition]\ndbfile = None\nlogtarget = STDOUT\nsyslogsocket = none\n")
        self.control = ["-c", folder, "-s", os.path.join(self.folder, "f2b.sock"), "-p", os.path.join(self.folder, "f2b.pid")]
        with open(os.path.join(self.folder, "f2b.log"), "wb") as log:
            daemon = subprocess.Popen([DAEMON, "-f", *self.control, "start"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(daemon.wait, SECONDS)
        self.addCleanup(daemon.terminate)
        self.wait(lambda: subprocess.run([CLIENT, *self.control, "status", jail], capture_output=True,
                                         timeout=SECONDS).returncode == 0)
        return banned

    def wait(self, holds):
        until = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > until:
                with open(os.path.join(self.folder, "f2b.log"), encoding="utf-8") as log:
                    raise AssertionError(log.read())
            time.sleep(0.05)

    def test_attacker_is_banned_and_whom_he_names_is_not(self):
        server = self.serve()
        banned = self.start("ftgate-auth", 3)
        for forged in FORGED:
            self.log_in(server, "198.51.100.66", forged)
        self.log_in(server, "2001:db8::1")
        for _ in range(3):
            self.log_in(server, "::ffff:198.51.100.67")
        self.wait(lambda: len(self.read(banned)) >= 2)
        self.assertEqual(["198.51.100.66", "198.51.100.67"], self.read(banned))


if __name__ == "__main__":
    main()
