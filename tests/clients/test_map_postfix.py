#!/usr/bin/env python3
"""Debian's Postfix, whose smtpd is chrooted, refuses in the language of the recipient's domain by ftgate-mapd."""

import contextlib
import os
import re
import signal
import tempfile
import time
import unittest

from maps import UNKNOWN, URL, MapServer, german, wait_until_refused
from mo import mo
from postfix import MISSING, Postfix
from server import SECONDS, TestCase, Talk, main

DOMAINS = ["bench.example", "polish.example", "japanese.example", "own.example"]
LANGUAGES = "polish.example pl\njapanese.example ja\n"
OWN = "\\c%s: 100 $ oder $mail_name \\n ${help} \\ $$"


def words(address):
    """What Postfix says itself."""
    return UNKNOWN.format(address)[4:].encode()


def reply(code, *lines):
    """A reply of several lines, each of which begins with the code and has the status."""
    return b"".join(code + (b" " if line is lines[-1] else b"-") + line + b"\r\n" for line in lines)


def plain(address):
    return reply(b"550", words(address))


@unittest.skipIf(MISSING, MISSING)
class Refusals(TestCase):
    """One Postfix and one map server for all tests, which are run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        folder = cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="ftgate-test-"))
        os.chmod(folder, 0o755)
        with open(folder + "/languages", "w", encoding="ascii") as file:
            file.write(LANGUAGES)
        os.chmod(folder + "/languages", 0o644)
        config = f"language: de\nhelp-url: '{URL}'\nmap:\n  domain-languages: {folder}/languages\n"
        cls.server = cls.stack.enter_context(MapServer("--workers", "2", config=config).hold_port())
        cls.table = f"socketmap:inet:127.0.0.1:{cls.server.port}"
        cls.postfix = cls.stack.enter_context(Postfix(
            mynetworks="192.0.2.0/24", virtual_mailbox_domains=" ".join(DOMAINS), virtual_mailbox_maps="inline:{ known@bench.example=known/ }",
            smtpd_reject_footer_maps=cls.table + ":footer"))

    def query(self, name, key):
        """What Postfix's own client of a table says."""
        return self.postfix.run("/usr/sbin/postmap", "-q", key, f"{self.table}:{name}")

    def refused(self, talk, address):
        return talk.say(f"RCPT TO:<{address}>".encode())

    @contextlib.contextmanager
    def talk(self):
        with Talk(self.postfix) as talk:
            talk.mail()
            yield talk

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def test_1_are_in_german_polish_and_japanese_with_a_link(self):
        with self.talk() as talk:
            self.assertEqual(
                b"550-5.1.1 <nobody@bench.example>: Recipient address rejected: User unknown in virtual mailbox table\r\n"
                b"550-5.1.1 Postfach nobody@bench.example existiert nicht (#4.28)\r\n"
                b"550 5.1.1 https://mail.example/replies/de.html#4.28\r\n", self.refused(talk, "nobody@bench.example"))
            self.assertEqual(
                reply(b"550", words("nobody@polish.example"), b"5.1.1 Skrzynka nobody@polish.example nie istnieje (#4.28)",
                      b"5.1.1 https://mail.example/replies/pl.html#4.28"), self.refused(talk, "nobody@polish.example"))
            # SMTP is ASCII: the words are English, and the link leads to the Japanese.
            japanese = self.refused(talk, "nobody@japanese.example")
            self.assertRegex(japanese, rb"\A" + re.escape(reply(b"550", words("nobody@japanese.example"), b"")[:-6].replace(b"550 ", b"550-", 1))
                             + rb"550-5\.1\.1 [ -~]*nobody@japanese\.example[ -~]*\(#4\.28\)\r\n550 5\.1\.1 https://mail\.example/replies/ja\.html#4\.28\r\n\Z")
            self.assertTrue(self.refused(talk, "known@bench.example").startswith(b"250 2.1.5"))

    def test_2_of_other_kinds_keep_their_code(self):
        with self.talk() as talk:
            refused = self.refused(talk, "someone@elsewhere.example")
            self.assertRegex(refused, rb"\A454-4\.7\.1 <someone@elsewhere\.example>: Relay access denied\r\n"
                             rb"454-4\.7\.1 [ -~]*someone@elsewhere\.example[ -~]* \(#4\.63\)\r\n454 4\.7\.1 https://mail\.example/replies/de\.html#4\.63\r\n\Z")
            bad = talk.say(b"WHATEVER")
            self.assertRegex(bad, rb"\A5\d\d[- ]5\.\d\.\d ")

    def test_3_own_texts_are_not_expanded(self):
        with open(self.server.overlay("@own.example/de"), "wb") as file:
            file.write(mo({("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox"): OWN}))
        self.server.reload()
        with self.talk() as talk:
            self.assertEqual(
                reply(b"550", words("a@own.example"),
                      b"5.1.1 ca@own.example: 100 $ oder $mail_name n https://mail.example/replies/de.html#4.28 \\ $$ (#4.28)"),
                self.refused(talk, "a@own.example"))

    def test_4_are_what_postmap_finds(self):
        key = UNKNOWN.format("a@polish.example")
        done = self.query("footer", key)
        self.assertEqual((0, b"Skrzynka a@polish.example nie istnieje (#4.28)\\nhttps://mail.example/replies/pl.html#4.28\n"),
                         (done.returncode, done.stdout))
        done = self.query("filter", key)
        self.assertRegex(done.stdout, rb"\A550 5\.1\.1 Skrzynka a@polish\.example nie istnieje .*\(#4\.28\)\n\Z")
        for name, text in ("footer", "250 2.1.5 Ok"), ("fotter", key):
            done = self.query(name, text)
            self.assertEqual((1, b"", b""), (done.returncode, done.stdout, done.stderr))

    def test_5_come_without_a_footer_while_no_server_runs(self):
        address = "nobody@bench.example"
        with self.talk() as talk:
            self.assertIn(b"(#4.28)", self.refused(talk, address))
            self.server.process.kill()
            self.server.process.wait()
            wait_until_refused(self.server.port)
            self.assertEqual(plain(address), self.refused(talk, address))
            self.server.start()
            self.assertIn(b"(#4.28)", self.refused(talk, address))

    def test_6_come_soon_while_a_worker_hangs(self):
        workers = self.server.workers()
        self.server.wait_for_log("event=languages-loaded", self.server.log().rindex("listening on"), workers)
        for pid in re.findall(r"event=worker-started worker=\d+ pid=(\d+)", self.server.log())[-workers:]:
            os.kill(int(pid), signal.SIGSTOP)
        address = "nobody@bench.example"
        with self.talk() as talk:
            # The first one may be without: Postfix asks again once if its connection ends.
            self.assertIn(self.refused(talk, address)[:9], (b"550-5.1.1", b"550 5.1.1"))
            until = time.monotonic() + SECONDS
            while b"(#4.28)" not in self.refused(talk, address):
                self.assertLess(time.monotonic(), until)
        self.assertEqual(workers, self.server.counted("event=worker-hung ", workers))


if __name__ == "__main__":
    main()
