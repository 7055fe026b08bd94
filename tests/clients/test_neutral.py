#!/usr/bin/env python3
"""A domain with recipients=neutral: a stranger cannot tell unknown, disabled and moved recipients apart; the log can."""

import re
import subprocess

from server import LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program

NEUTRAL, DISTINCT = "neutral.example", "example.test"
HIDDEN = ("unknown", "disabled", "moved", "silent", "trap", "alias-disabled", "alias-moved")
TRUTH = {"unknown": "ERR_SMTP_ADDRESS_UNKNOWN", "disabled": "ERR_SMTP_MAILBOX_DISABLED", "moved": "ERR_SMTP_ADDRESS_MOVED",
         "silent": "ERR_SMTP_ACCESSDENIED", "trap": "ERR_SMTP_ACCESSDENIED", "alias-disabled": "ERR_SMTP_MAILBOX_DISABLED",
         "alias-moved": "ERR_SMTP_ADDRESS_MOVED"}


class Neutral(TestCase):
    config = LIMITS

    def setUp(self):
        self.smtp = self.enterContext(Server("--hostname", "mx.example.test", config=self.config))
        self.smtp.control("domain", "add", NEUTRAL, "recipients=neutral")
        for domain in (NEUTRAL, DISTINCT):
            self.account("here", domain)
            self.account("disabled", domain, "disabled=yes")
            self.account("moved", domain, "moved-to=new@elsewhere.example")
            self.account("silent", domain, "receive=no")
            self.account("trap", domain, "spamtrap=yes")
            self.smtp.control("alias", "add", "alias-disabled@" + domain, "disabled@" + domain)
            self.smtp.control("alias", "add", "alias-moved@" + domain, "moved@" + domain)

    def account(self, local, domain, *settings):
        self.smtp.control("account", "add", f"{local}@{domain}", "--no-password", *settings)

    def rcpt(self, talk, local, domain=NEUTRAL):
        """The reply, with the local part replaced: it is all that may differ."""
        reply = talk.say(f"RCPT TO:<{local}@{domain}>".encode())
        return reply.replace(local.encode() + b"@", b"NAME@")

    def logged(self, start):
        """The truth and what was said, of each refusal in the log since."""
        lines = [line for line in self.smtp.log()[start:].splitlines() if "event=reply " in line and "to=" in line]
        return [(re.search(r" id=(\S+)", line).group(1), (re.search(r" said=(\S+)", line) or [None, None])[1],
                 (re.search(r" lang=(\S+)", line) or [None, None])[1]) for line in lines]

    def wait_logged(self, start, count):
        self.smtp.wait_for_log(r"(?s)(event=reply [^\n]*to=.*){%d}" % count, start)
        return self.logged(start)


class Replies(Neutral):
    def test_are_octet_for_octet_the_same_and_the_log_has_the_truth(self):
        start = len(self.smtp.log())
        with Talk(self.smtp) as talk:
            talk.mail()
            said = {local: self.rcpt(talk, local) for local in HIDDEN}
            self.assertEqual({b"550 5.1.1 NAME@neutral.example unknown mailbox (#4.28)\r\n"}, set(said.values()))
            self.assertEqual(b"250", self.rcpt(talk, "here")[:3])
        logged = self.wait_logged(start, len(HIDDEN))
        self.assertEqual([TRUTH[local] for local in HIDDEN], [true for true, _, _ in logged])
        self.assertEqual([None] + ["ERR_SMTP_ADDRESS_UNKNOWN"] * (len(HIDDEN) - 1), [said for _, said, _ in logged])

    def test_that_remain_visible_are_those_of_a_spamtrap_and_beside_a_catch_all(self):
        self.smtp.control("alias", "add", "*@" + NEUTRAL, "here@" + NEUTRAL)
        with Talk(self.smtp) as talk:
            talk.mail()
            said = {local: self.rcpt(talk, local)[:3] for local in HIDDEN if local != "trap"}
        self.assertEqual(b"250", said.pop("unknown"))
        self.assertEqual({b"550"}, set(said.values()))
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertIn(b"(#4.28)", self.rcpt(talk, "trap"))
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertIn(b"(#6.10)", self.rcpt(talk, "here"))

    def test_of_a_distinct_domain_are_as_before(self):
        with Talk(self.smtp) as talk:
            talk.mail()
            said = {local: self.rcpt(talk, local, DISTINCT) for local in HIDDEN}
        self.assertEqual(5, len(set(said.values())), said)
        self.assertIn(b"(#3.13)", said["disabled"])
        self.assertIn(b"new@elsewhere.example", said["moved"])

    def test_change_with_the_setting(self):
        self.smtp.control("domain", "set", NEUTRAL, "recipients=distinct")
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertIn(b"(#3.13)", self.rcpt(talk, "disabled"))
            self.smtp.control("domain", "set", NEUTRAL, "recipients=neutral")
            self.assertIn(b"(#4.28)", self.rcpt(talk, "disabled"))
        done = subprocess.run([program("ftgatectl"), "--data", self.smtp.data, "domain", "set", NEUTRAL, "recipients=x"],
                              env=environment(), stderr=subprocess.PIPE, timeout=SECONDS, check=False)
        self.assertIn(b"write distinct or neutral", done.stderr)

    def test_of_routing_addresses_are_the_same_too(self):
        self.account("b%c", NEUTRAL, "disabled=yes")
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertEqual(self.rcpt(talk, "b%c"), self.rcpt(talk, "a%c"))


class Counts(Neutral):
    config = "limits:\n  max-unknown-recipients: 3\n  max-errors: 1000\n"

    def test_each_hidden_recipient_counts_as_unknown(self):
        ends = set()
        for number, local in enumerate(("unknown", "disabled", "moved", "silent", "alias-moved")):
            with Talk(self.smtp, address=f"127.0.0.{number + 2}") as talk:
                talk.mail()
                replies = [self.rcpt(talk, local) for _ in range(3)]
                self.assertEqual(b"", talk.reply())
            ends.add(tuple(replies))
            with Talk(self.smtp, address=f"127.0.0.{number + 2}") as talk:
                talk.mail()
                ends.add(self.rcpt(talk, "here"))
        self.assertEqual(2, len(ends), ends)
        self.smtp.wait_for_log(r"(?s)(event=blacklisted .*){5}")


class Errors(Neutral):
    config = "limits:\n  max-unknown-recipients: 0\n  max-errors: 3\n"

    def test_too_many_errors_end_the_session_after_the_same_number(self):
        said, start = set(), len(self.smtp.log())
        for number, local in enumerate(("unknown", "disabled", "moved")):
            with Talk(self.smtp, address=f"127.0.0.{number + 2}") as talk:
                talk.mail()
                replies = [self.rcpt(talk, local)]
                while b"(#4.47)" not in replies[-1]:
                    replies.append(self.rcpt(talk, local))
                    self.assertLess(len(replies), 100)
            said.add(tuple(replies))
        self.assertEqual(1, len(said), said)
        self.smtp.wait_for_log("event=disconnect ", start, 3)
        self.assertIn("id=ERR_SMTP_SYSTEM_ZOMBIE ", self.smtp.log())
        self.assertNotIn("id=ERR_SMTP_SYSTEM_ZOMBIE said=", self.smtp.log())


class Greylisted(Neutral):
    config = LIMITS + "greylist:\n  enabled: yes\n"

    def test_hidden_recipients_wait_as_known_ones_do(self):
        with Talk(self.smtp) as talk:
            talk.mail()
            replies = {self.rcpt(talk, local) for local in ("here", "unknown", "disabled", "moved", "alias-disabled")}
        self.assertEqual(1, len(replies), replies)
        self.assertEqual(b"450", replies.pop()[:3])


class Asked(Neutral):
    config = LIMITS + "vrfy: anyone\nexpn: anyone\n"

    def test_vrfy_says_the_same_of_every_address(self):
        with Talk(self.smtp) as talk:
            talk.say(b"EHLO client.example.org")
            for command, count in ((b"VRFY", 1), (b"EXPN", 1)):
                names = HIDDEN[:5] + (("here",) if command == b"VRFY" else ())
                replies = {talk.say(b"%s <%s@%s>" % (command, local.encode(), NEUTRAL.encode())) for local in names}
                self.assertEqual(count, len(replies), replies)
            self.assertEqual(b"252", talk.say(b"VRFY here@" + NEUTRAL.encode())[:3])
            self.assertEqual(b"250", talk.say(b"VRFY here@" + DISTINCT.encode())[:3])


if __name__ == "__main__":
    main()
