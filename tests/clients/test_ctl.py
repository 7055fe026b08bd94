#!/usr/bin/env python3
"""What ftgatectl adds, sets and removes is what a running server answers by; its words, JSON and exit statuses."""

import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, environment, has_terminals, main, program

USAGE, DATAERR, NOUSER, NOHOST, UNAVAILABLE, CANTCREAT, TEMPFAIL, NOPERM = 64, 65, 67, 68, 69, 73, 75, 77


class Ctl(TestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.data)
        self.run_ctl("domain", "add", DOMAIN)

    def run_ctl(self, *words, status=0, input=b""):
        done = subprocess.run([program("ftgatectl"), "--data", self.data, *words], input=input, env=environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(status, done.returncode, (words, done.stderr))
        # A new domain has no postmaster yet, which is said: see test_addressing.py.
        said = b"".join(line for line in done.stderr.splitlines(True) if b"has no owner yet" not in line)
        self.assertEqual(status == 0, said == b"", done.stderr)
        self.error = done.stderr.decode()
        return done.stdout.decode()

    def tell(self, *words):
        return json.loads(self.run_ctl("--json", *words))

    def stored(self, column):
        with sqlite3.connect(os.path.join(self.data, "ftgate.db")) as database:
            return database.execute(f"SELECT {column} FROM accounts").fetchone()[0]

    def test_each_noun_has_each_verb(self):
        self.run_ctl("account", "add", ACCOUNT, "quota-bytes=10M", "language=fr", "--no-password")
        self.run_ctl("alias", "add", "info@" + DOMAIN, ACCOUNT)
        self.run_ctl("list", "add", "staff@" + DOMAIN, ACCOUNT, "info@" + DOMAIN, "expand=anyone")
        self.run_ctl("access", "add", "refused", "192.0.2.0/24")
        records = {"domain": [DOMAIN], "account": [ACCOUNT], "alias": ["info@" + DOMAIN], "list": ["staff@" + DOMAIN],
                   "access": ["refused", "192.0.2.0/24"]}
        changes = {"domain": "language=de", "account": "pop3=no", "alias": "add=postmaster@" + DOMAIN,
                   "list": "remove=info@" + DOMAIN, "access": "comment=noise"}
        for noun, name in records.items():
            self.assertEqual("  ".join(name) + "\n", self.run_ctl(noun, "list"))
            self.assertEqual([self.tell(noun, "show", *name)], self.tell(noun, "list"))
            self.run_ctl(noun, "set", *name, changes[noun])
            self.assertIn(name[-1], self.run_ctl(noun, "show", *name))
        for noun in ("list", "alias", "account", "access", "domain"):
            self.assertEqual("", self.run_ctl(noun, "remove", *records[noun]))
            self.assertEqual([], self.tell(noun, "list"))

    def test_json_has_types(self):
        shown = self.tell("account", "add", ACCOUNT, "quota-bytes=10M", "disabled=yes", "moved-to=\"x\\ \u00fc\"@example.net", "--no-password")
        self.assertEqual(10 << 20, shown["quota-bytes"])
        self.assertIs(True, shown["disabled"])
        self.assertIs(True, shown["smtp"])
        self.assertIs(False, shown["password"])
        self.assertIsNone(shown["language"])
        self.assertEqual("\"x\\ \u00fc\"@example.net", shown["moved-to"])
        self.assertRegex(shown["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        shown = self.tell("alias", "add", "info@" + DOMAIN, ACCOUNT, "postmaster@" + DOMAIN)
        self.assertEqual([ACCOUNT, "postmaster@" + DOMAIN], shown["targets"])
        self.assertEqual([], self.tell("list", "add", "empty@" + DOMAIN)["members"])

    def test_errors_have_a_status_and_name_value_and_cure(self):
        self.run_ctl("account", "add", ACCOUNT, "--no-password")
        self.run_ctl("alias", "add", "info@" + DOMAIN, ACCOUNT)
        self.run_ctl("domain", "add", "away.test", "relay=yes")
        for status, error, *words in (
                (USAGE, "a command is missing"),
                (USAGE, "'mailbox' is not one of quickstart, check-domain, domain, account", "mailbox", "add"),
                (USAGE, "'account' needs a verb: one of list, show, add, set, remove", "account"),
                (USAGE, "'delete' is not one of list, show", "account", "delete", ACCOUNT),
                (USAGE, "account show takes ADDRESS", "account", "show"),
                (USAGE, "'x' is one word too many: domain list takes no words", "domain", "list", "x"),
                (USAGE, "'y' is one word too many: status takes no words", "status", "y"),
                (USAGE, "domain set takes NAME SETTING=VALUE", "domain", "set", DOMAIN),
                (USAGE, "--password-stdin is for account add and account set, not for domain add", "domain", "add", "x.test", "--password-stdin"),
                (USAGE, "'quick' is not a setting; write SETTING=VALUE", "account", "set", ACCOUNT, "quick"),
                (USAGE, "unrecognized option", "--loud"),
                (DATAERR, "quota-bytes=lots: write octets such as", "account", "set", ACCOUNT, "quota-bytes=lots"),
                (DATAERR, "moved-to=elsewhere: write a mail address such as", "account", "set", ACCOUNT, "moved-to=elsewhere"),
                (DATAERR, "there is no catalogue for 'tlh'; 'ftgate-msg stats' lists", "account", "set", ACCOUNT, "language=tlh"),
                (DATAERR, "there is no catalogue for 'tlh'; 'ftgate-msg stats' lists", "domain", "set", DOMAIN, "language=tlh"),
                (DATAERR, "language=deutsch!: write a language such as", "account", "set", ACCOUNT, "language=deutsch!"),
                (USAGE, "pop3 is set twice; leave one out", "account", "set", ACCOUNT, "pop3=no", "smtp=no", "pop3=yes"),
                (USAGE, "a new account needs a password: pass it with --password-stdin", "account", "add", "x@" + DOMAIN),
                (DATAERR, "'colour' does not exist or cannot be changed", "account", "set", ACCOUNT, "colour=red"),
                (DATAERR, "'no domain' is not a domain", "domain", "add", "no domain"),
                (DATAERR, "'erika' is not a mail address", "account", "add", "erika", "--no-password"),
                (DATAERR, "'10.0.0.1/8' is not a network", "access", "add", "refused", "10.0.0.1/8"),
                (DATAERR, "'grey' is not a kind of access", "access", "list", "grey"),
                (NOUSER, "to list them: ftgatectl account list", "account", "show", "x@" + DOMAIN),
                (NOUSER, "first run: ftgatectl account add x@" + DOMAIN, "alias", "add", "a@" + DOMAIN, "x@" + DOMAIN),
                (NOHOST, "first run: ftgatectl domain add else.test", "account", "add", "x@else.test", "--no-password"),
                (NOHOST, "else.test is not hosted here", "account", "list", "else.test"),
                (NOPERM, "relay=no", "account", "add", "x@away.test", "--no-password"),
                (NOPERM, "has no accounts, aliases and lists here", "domain", "set", DOMAIN, "relay=yes"),
                (CANTCREAT, "already exists", "account", "add", ACCOUNT.upper(), "--no-password"),
                (CANTCREAT, "as an account, an alias or a list", "account", "add", "info@" + DOMAIN, "--no-password"),
                (NOPERM, "first run: ftgatectl alias remove info@", "account", "remove", ACCOUNT),
                (NOPERM, "leads back", "alias", "set", "info@" + DOMAIN, "add=info@" + DOMAIN),
                (NOPERM, "has accounts (1)", "domain", "remove", DOMAIN)):
            self.assertEqual("", self.run_ctl(*words, status=status))
            self.assertIn(error, self.error)

    def test_language_of_the_operator_is_known(self):
        os.makedirs(os.path.join(self.data, "locale/tlh/LC_MESSAGES"))
        shutil.copy(os.path.join(os.path.dirname(program("ftgatectl")), "locale/de/LC_MESSAGES/ftgate.mo"),
                    os.path.join(self.data, "locale/tlh/LC_MESSAGES/ftgate-local.mo"))
        for language in ("tlh", "de", "de-AT", "pt_BR", "sr@latin", "C", "en", ""):
            self.run_ctl("domain", "set", DOMAIN, "language=" + language)
            self.assertEqual(language or None, self.tell("domain", "show", DOMAIN)["language"])

    def test_answer_without_a_process_id_signals_nobody(self):
        for pid in ("", "pid 0\n", "pid 18446744073709551615\n", "pid 4294967295\n"):
            with self.subTest(pid=pid), socket.socket(socket.AF_UNIX) as server:
                path = os.path.join(self.data, "ftgate-smtpd.sock")
                server.bind(path)
                server.listen()
                server.settimeout(SECONDS)
                ctl = subprocess.Popen([program("ftgatectl"), "--data", self.data, "reload"], stderr=subprocess.PIPE,
                                       start_new_session=True)
                client, _ = server.accept()
                with client:
                    client.recv(64)
                    client.sendall(pid.encode() + b"reloads-asked 0\nend\n")
                error = ctl.communicate(timeout=SECONDS)[1]
                self.assertEqual((TEMPFAIL, True), (ctl.returncode, b"Protocol error" in error), error)
                os.unlink(path)

    def test_folder_that_is_misspelled_is_not_made(self):
        wrong = os.path.join(self.data, "none")
        for words in (("account", "list"), ("domain", "show", DOMAIN), ("domain", "remove", DOMAIN),
                      ("account", "set", ACCOUNT, "language=de"), ("queue", "list"), ("--server", "smtpd", "status")):
            done = subprocess.run([program("ftgatectl"), *words, "--data", wrong], capture_output=True, text=True,
                                  timeout=SECONDS, check=False)
            self.assertEqual((UNAVAILABLE, ""), (done.returncode, done.stdout))
            self.assertIn(wrong, done.stderr)
            self.assertFalse(os.path.exists(wrong))

    def test_password_comes_from_standard_input_and_is_kept_as_hash_and_verifier(self):
        self.run_ctl("account", "add", ACCOUNT, "--password-stdin", input=b"correct horse\r\nbattery\n")
        self.assertRegex(self.stored("password"), r"^\$y\$")
        self.assertRegex(self.stored("scram_sha256"), r"^SCRAM-SHA-256\$\d{4,}:")
        self.assertIsNone(self.stored("secret"))
        before = self.stored("password")
        self.run_ctl("account", "set", ACCOUNT, "language=de")
        self.assertEqual(before, self.stored("password"))
        self.run_ctl("account", "set", ACCOUNT, "--password-stdin", "--keep-secret", input=b"next one")
        self.assertEqual("next one", self.stored("secret"))
        self.assertNotEqual(before, self.stored("password"))
        self.run_ctl("account", "set", ACCOUNT, "--no-password")
        self.assertEqual([None] * 3, [self.stored(c) for c in ("password", "scram_sha256", "secret")])

    def test_unusable_password_is_refused(self):
        for password in (b"", b"\n", b"x" * 256, b"x" * 5000, b"nul\0nul\n", b"\xff\xfe\n", b"bell\a\n"):
            self.run_ctl("account", "add", ACCOUNT, "--password-stdin", input=password, status=DATAERR)
        self.assertEqual("", self.run_ctl("account", "list"))
        self.run_ctl("account", "add", ACCOUNT, "--password-stdin", input="Gr\u00fc\u00dfe".encode())

    def at_terminal(self, *words, answers):
        """Runs the program at a terminal of its own; what the terminal shows, and the exit status."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(program("ftgatectl"), ["ftgatectl", "--data", self.data, *words], environment())
        shown = b""
        try:
            while True:
                shown += os.read(terminal, 4096)
                if shown.endswith(b": ") and answers:
                    os.write(terminal, answers.pop(0))
        except OSError:
            pass
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    @unittest.skipUnless(has_terminals(), "this machine has no pseudo-terminals")
    def test_password_is_asked_for_twice_and_not_shown(self):
        shown, status = self.at_terminal("account", "add", ACCOUNT, answers=[b"sesame\n", b"sesame\n"])
        self.assertEqual(0, status, shown)
        self.assertEqual(2, shown.count(ACCOUNT))
        self.assertNotIn("sesame", shown)
        self.assertRegex(self.stored("password"), r"^\$y\$")
        before = self.stored("password")
        shown, status = self.at_terminal("account", "set", ACCOUNT, answers=[b"one\n", b"two\n"])
        self.assertEqual(DATAERR, status)
        self.assertIn("two passwords", shown)
        shown, status = self.at_terminal("account", "set", ACCOUNT, answers=[b"\x03"])
        self.assertEqual(130, status)
        self.assertEqual(before, self.stored("password"))

    def test_password_without_a_terminal_has_a_cure(self):
        self.run_ctl("account", "add", ACCOUNT, "--no-password")
        done = subprocess.run([program("ftgatectl"), "--data", self.data, "account", "set", ACCOUNT], timeout=SECONDS,
                              env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        self.assertEqual(66, done.returncode)
        self.assertIn(b"use --password-stdin or --no-password", done.stderr)

    def test_database_error_is_reported(self):
        path = os.path.join(self.data, "ftgate.db")
        with sqlite3.connect(path) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.run_ctl("domain", "set", DOMAIN, "language=de", status=TEMPFAIL)
            self.assertIn("keeps the accounts locked; try again", self.error)
            self.assertEqual(DOMAIN + "\n", self.run_ctl("domain", "list"))
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA user_version = 99")
        self.run_ctl("domain", "list", status=UNAVAILABLE)
        self.assertIn("version 99", self.error)
        for name in os.listdir(self.data):
            if name.startswith("ftgate.db"):
                os.unlink(os.path.join(self.data, name))
        with open(path, "wb") as file:
            file.write(b"garbage " * 1000)
        self.run_ctl("domain", "list", status=UNAVAILABLE)
        self.assertIn("not a database", self.error)


class Running(TestCase):
    """Changes are seen by a server that runs; a database in trouble is a passing error."""

    def setUp(self):
        self.server = self.enterContext(Server())
        self.talk = self.enterContext(Talk(self.server))
        self.talk.mail()

    def answer(self, local):
        return self.talk.say(b"RCPT TO:<%s@%s>" % (local.encode(), DOMAIN.encode())).decode()

    def asked(self, local, code, ref):
        """The answer, which is this one. A change is seen by the next command."""
        said = self.answer(local)
        self.assertRegex(said, rf"^{code} .*\({ref}\)")
        return said

    def until_asked(self, local, code, ref):
        """Asks until this is the answer: a file that was exchanged is seen within a moment."""
        until = time.monotonic() + SECONDS
        while not re.match(rf"{code} .*\({ref}\)", said := self.answer(local)):
            self.assertLess(time.monotonic(), until, said)
            time.sleep(0.05)
        return said

    def test_what_is_set_is_answered(self):
        self.asked("erika", 250, "#3.04")
        self.asked("info", 550, "#4.28")
        self.server.control("alias", "add", "info@" + DOMAIN, ACCOUNT)
        self.asked("info", 250, "#3.04")
        self.server.control("account", "add", "disabled@" + DOMAIN, "disabled=yes", "--no-password")
        self.asked("disabled", 451, "#3.13")
        self.server.control("account", "add", "spamtrap@" + DOMAIN, "spamtrap=yes", "--no-password")
        self.asked("spamtrap", 550, r"Mailbox Disabled \(#1.01\)\) \(#4.65")
        self.server.control("account", "add", "mute@" + DOMAIN, "receive=no", "--no-password")
        self.asked("mute", 550, r"Mailbox Disabled \(#1.00\)\) \(#4.65")
        self.server.control("account", "add", "gone@" + DOMAIN, "moved-to=gone@example.net", "--no-password")
        self.assertIn("gone@example.net", self.asked("gone", 516, "#4.33"))
        self.server.control("alias", "remove", "info@" + DOMAIN)
        self.asked("info", 550, "#4.28")

    def test_networks_and_senders_are_refused(self):
        self.server.control("access", "add", "blacklist", "spam.example")
        self.asked("erika", 250, "#3.04")
        self.talk.say(b"RSET")
        self.assertIn(b"(#4.60)", self.talk.say(b"MAIL FROM:<x@sub.SPAM.example>"))
        self.server.control("access", "add", "refused", "127.0.0.0/8")
        self.greeted(b"500 5.0.0 [127.0.0.1] IP rejected (#4.45)\r\n")
        self.server.wait_for_log("ref=#4.45")
        self.server.control("access", "add", "permitted", "127.0.0.1")
        self.greeted(None)
        self.server.control("access", "remove", "permitted", "127.0.0.1")
        self.greeted(b"500 5.0.0 [127.0.0.1] IP rejected (#4.45)\r\n")
        self.server.control("access", "add", "blacklist", "127.0.0.1")
        self.greeted(None)
        refused = b"550 5.5.0 Access Denied <%s> (#2.02) (#4.65)\r\n" % ACCOUNT.encode()
        with Talk(self.server) as talk:
            talk.mail()
            self.assertEqual(refused, talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))
            self.assertEqual(b"250 2.5.0 Recipient OK (#3.04)\r\n", talk.say(b"RCPT TO:<postmaster>"))

    def greeted(self, answer):
        """Greets each client so; None is any greeting that begins with 220."""
        for _ in range(4):
            with Talk(self.server) as talk:
                self.assertEqual(answer or b"220 ", talk.greeting if answer else talk.greeting[:4])

    def test_circle_made_by_others_is_an_error_of_configuration(self):
        with sqlite3.connect(os.path.join(self.server.data, "ftgate.db")) as database:
            database.execute("INSERT INTO aliases (id, domain, local, kind, expand, created) VALUES (1, 1, 'a', 'alias', 'nobody', 0), (2, 1, 'b', 'alias', 'nobody', 0)")
            database.execute("INSERT INTO targets (alias, local, domain) VALUES (1, 'b', ?), (2, 'a', ?)", (DOMAIN, DOMAIN))
        self.asked("a", 451, "#3.17")
        self.server.wait_for_log("event=directory-misconfigured")

    def trouble(self):
        """The database is in trouble, then no more; never is a recipient refused for good."""
        said = self.until_asked("erika", 450, "#3.22")
        self.assertNotIn("550", said)
        self.server.wait_for_log("event=directory-failed")

    def test_file_removed_while_running(self):
        path = os.path.join(self.server.data, "ftgate.db")
        os.rename(path, path + ".away")
        self.trouble()
        os.rename(path + ".away", path)
        self.until_asked("erika", 250, "#3.04")

    def test_client_whose_rights_could_not_be_read_is_not_refused_for_good(self):
        path = os.path.join(self.server.data, "ftgate.db")
        self.server.control("access", "add", "relay", "127.0.0.1")
        self.server.reload()
        os.rename(path, path + ".away")
        self.trouble()
        with Talk(self.server) as talk:
            os.rename(path + ".away", path)
            self.until_asked("erika", 250, "#3.04")
            talk.mail()
            said = talk.say(b"RCPT TO:<far@elsewhere.example>")
            self.assertEqual(b"450 4.3.5 System error, please try again (#3.22)\r\n", said)
        until = time.monotonic() + SECONDS
        while not said.startswith(b"250 "):
            self.assertLess(time.monotonic(), until, said)
            with Talk(self.server) as talk:
                talk.mail()
                said = talk.say(b"RCPT TO:<far@elsewhere.example>")

    def test_garbage_in_place_of_the_database(self):
        path = os.path.join(self.server.data, "ftgate.db")
        os.rename(path, path + ".away")
        with open(path, "wb") as file:
            file.write(b"garbage " * 1000)
        self.trouble()
        os.rename(path + ".away", path)
        self.until_asked("erika", 250, "#3.04")

    def test_garbage_in_the_file_itself(self):
        path = os.path.join(self.server.data, "ftgate.db")
        self.server.control("domain", "list")
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with open(path, "r+b") as file:
            file.write(b"\xff" * os.path.getsize(path))
        self.trouble()

    def test_locked_by_another_process(self):
        path = os.path.join(self.server.data, "ftgate.db")
        other = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN EXCLUSIVE")
        self.until_asked("erika", 250, "#3.04")  # readers go on beside a writer
        other.execute("ROLLBACK")
        os.rename(path, path + ".away")
        shutil.copy(path + ".away", path)
        other = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        self.trouble()
        other.close()
        self.until_asked("erika", 250, "#3.04")


if __name__ == "__main__":
    main()
