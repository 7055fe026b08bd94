#!/usr/bin/env python3
"""Each language of po/LINGUAS on SMTP, on POP3 and in a DSN: what is said is what `ftgate-msg stats` and the README claim."""

import email
import email.policy
import json
import os
import re
import subprocess
import time

from fake_next_hop import FakeNextHop
from languages import RTL, languages, tag
from pop3 import Pop3Server, Pop3Talk
from server import ACCOUNT, LIMITS, SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, main, program, render, some

CONTROLS = dict.fromkeys(map(ord, "\u2067\u2069\u200e"))
LIKE = "ERR_SMTP_ADDRESS_UNKNOWN"


def msg(*arguments):
    done = subprocess.run([program("ftgate-msg"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
                          timeout=SECONDS, env={**os.environ, "LC_ALL": "C"})
    return done.stdout


def claims():
    """Of each language, what is claimed of SMTP, POP3 and notices."""
    rows = [line.strip("| ").split(" | ") for line in msg("stats", "--format", "markdown").decode().splitlines()[2:]]
    return {name.strip("`"): columns for name, *columns in rows}


class EveryLanguage(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.claims = claims()
        cls.following = cls.enterClassContext(FakeNextHop(RCPT="550 5.1.1 no such user"))
        relay = f"relay:\n  smarthost: 127.0.0.1:{cls.following.port}\n  tls: none\n"
        cls.server = cls.enterClassContext(Server("--workers", "1", config=LIMITS + "xlang: yes\n" + relay, LANG="C"))
        cls.server.control("access", "add", "relay", "127.0.0.0/8")
        cls.pop3 = cls.enterClassContext(
            Pop3Server("--workers", "1", config="auth-in-clear: yes\n" + LIMITS + "  max-failed-logins: 0\n"))

    def test_claims_are_of_every_language_and_in_the_readme(self):
        """A new reply, which nobody has translated yet, changes the shares of languages and no language."""
        self.assertEqual(sorted(languages()), sorted(self.claims))
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            listed = self.without_shares(file.read()).splitlines()
        for name, columns in self.claims.items():
            self.assertIn(self.without_shares(f"| `{name}` | {' | '.join(columns)} |"), listed, "run scripts/update-readme")

    @staticmethod
    def without_shares(table):
        return re.sub(r" \d+%(?= \|)", "", table)

    def test_smtp_says_what_is_claimed(self):
        with Talk(self.server) as talk:
            offered = talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<>")
            names = re.search(rb"XLANG ([^\r]*)", offered)[1].decode().split()
            self.assertTrue(all(len(line) <= 510 for line in offered.split(b"\r\n")), offered)
            for name in languages():
                with self.subTest(language=name):
                    spoken = self.claims[name][0].split()[0]
                    self.assertIn(f": {spoken} (#6.08)", self.last_line(talk.say(b"XLANG " + tag(name).encode())))
                    self.assertEqual(spoken == tag(name), tag(name) in names)
                    said = talk.say(b"RCPT TO:<%s>" % STRANGER.encode())
                    self.assertWire(said)
                    self.assertEqual(render(spoken, LIKE, STRANGER), said)

    @staticmethod
    def last_line(reply):
        """The last line of a reply, with the tag behind a colon as English has it."""
        found = re.search(rb"([A-Za-z]+(?:-[A-Za-z]+)?)[^A-Za-z-]*\(#6\.08\)", reply)
        return f": {found[1].decode()} (#6.08)" if found else repr(reply)

    def test_pop3_says_what_is_claimed(self):
        with Pop3Talk(self.pop3) as talk:
            listed = {line.split()[0].decode() for line in talk.many(b"LANG")[1]}
            for name in languages():
                with self.subTest(language=name):
                    spoken = self.claims[name][1].split()[0]
                    self.assertIn(tag(name), listed)
                    self.assertTrue(talk.say(b"LANG " + tag(name).encode()).startswith(b"+OK " + tag(name).encode() + b" "))
                    self.assertEqual(msg("render", "-u", "-l", spoken, "ERR_POP_LOGIN"), talk.say(b"PASS x"))

    def test_servers_started_in_it_say_what_is_claimed(self):
        for name in some(languages(), 6):
            with self.subTest(language=name), Server("--workers", "1", LANG=name) as server, \
                    Pop3Server("--workers", "1", beside=server, LANG=name) as pop3:
                with Talk(server) as talk:
                    talk.say(b"EHLO client.example.org")
                    talk.say(b"MAIL FROM:<>")
                    said = talk.say(b"RCPT TO:<%s>" % STRANGER.encode())
                    self.assertEqual(render(self.claims[name][0].split()[0], LIKE, STRANGER), said)
                with Pop3Talk(pop3) as talk:
                    talk.say(b"UTF8")
                    said = talk.say(b"PASS x")
                    self.assertEqual(msg("render", "-u", "-l", self.claims[name][1].split()[0], "ERR_POP_LOGIN"), said)
                self.assertEqual(self.claims[name][0] == "en" != name, "event=language-falls-back" in server.log())

    def test_a_dsn_says_what_is_claimed(self):
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            for name in languages():
                talk.say(b"XLANG " + tag(name).encode())
                talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s@example.net>" % tag(name).encode())[:3])
                talk.say(b"DATA")
                talk.say(b"Subject: %s\r\n\r\ntext\r\n." % name.encode())
        until = time.monotonic() + SECONDS
        while len(self.server.messages()) < len(languages()):
            self.assertLess(time.monotonic(), until, self.server.log()[-2000:])
            time.sleep(0.05)
        notices = [email.message_from_bytes(octets, policy=email.policy.default) for octets in self.server.messages()]
        by_recipient = {re.search(r"([\w-]+)@example\.net", notice.as_string())[1]: notice for notice in notices}
        for name in languages():
            with self.subTest(language=name):
                part = by_recipient[tag(name)].get_payload(0)
                spoken = self.claims[name][2].split()[0]
                self.assertEqual(spoken, part["Content-Language"])
                wanted = msg("render", "-l", spoken, "FTG_NOTICE_FAILED", f"{tag(name)}@example.net").decode()
                said = part.get_content().translate(CONTROLS)
                self.assertIn("".join(wanted.split()), "".join(said.split()))
                if name in RTL:
                    self.isolated(part.get_content())

    def isolated(self, text):
        """Each line from right to left is an isolate of its own, and a mark stands in front of the reference."""
        lines = [line for line in text.splitlines() if re.search("[\u0590-\u08ff]", line)]
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, "^\u2067[^\u2067\u2069]*\u2069$")
        self.assertIn("\u200e(#8.06)", text)


if __name__ == "__main__":
    main()
