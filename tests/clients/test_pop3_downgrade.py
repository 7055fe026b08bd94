#!/usr/bin/env python3
"""Messages with more than ASCII in the header: surrogates for clients without UTF8, and raw octets as they came."""

import email
import email.policy
import glob
import os
import re
import smtplib

from encrypted import Certificate
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from pop3_clients import CLIENTS, Box
from server import ACCOUNT, SECONDS, Server, TestCase, main

SENDER = "jörg@bücher.example"
INVALID = "invalid@internationalized-address.invalid"
BODY = "Grüße aus Köln\r\n.\r\n..zwei\r\n".encode()
WITH_SMTPUTF8 = f"""From: Jörg <{SENDER}>\r
To: Erika <{ACCOUNT}>\r
Subject: Grüße\r
X-Note: weg, weil é\r
Content-Type: text/plain; charset=utf-8; name="ü.txt"\r
Content-Transfer-Encoding: 8bit\r
\r
""".encode() + BODY
LATIN1 = b"From: J\xf6rg <a@example.org>\r\nSubject: Gr\xfc\xdfe\r\n\r\nKurz\r\n"
RAW_UTF8 = "From: Jörg <a@example.org>\r\nSubject: Grüße\r\n\r\nKurz\r\n".encode()


def unstuffed(lines):
    return b"".join(line[1:] if line.startswith(b".") else line for line in lines)


class Downgrade(TestCase):
    settings = ""

    @classmethod
    def setUpClass(cls):
        cls.pop3 = cls.enterClassContext(Pop3Server(config="auth-in-clear: yes\n" + cls.settings))
        cls.smtp = cls.enterClassContext(Server(beside=cls.pop3))
        cls.send(SENDER, WITH_SMTPUTF8, ["SMTPUTF8", "BODY=8BITMIME"])
        cls.send("a@example.org", LATIN1, [])
        cls.send("a@example.org", RAW_UTF8, ["BODY=8BITMIME"])
        cls.send("a@example.org", b"Subject: ASCII\r\n\r\n" + BODY, ["SMTPUTF8", "BODY=8BITMIME"])

    @classmethod
    def send(cls, sender, message, options):
        with smtplib.SMTP("127.0.0.1", cls.smtp.port, "client.example.org", SECONDS) as client:
            client.ehlo_or_helo_if_needed()
            client.command_encoding = "utf-8"
            client.sendmail(sender, [ACCOUNT], message, options)

    def log_in(self, utf8=False):
        talk = self.enterContext(Pop3Talk(self.pop3))
        if utf8:
            self.assertTrue(talk.say(b"UTF8").startswith(b"+OK"))
        self.assertTrue(talk.log_in().startswith(b"+OK"))
        return talk

    def fetch(self, talk, number):
        first, lines = talk.many(b"RETR %d" % number)
        self.assertTrue(first.startswith(b"+OK"), first)
        return unstuffed(lines)

    def sizes(self, talk):
        """What LIST says; STAT says the sum, and LIST of one message the same."""
        sizes = [int(line.split()[1]) for line in talk.many(b"LIST")[1]]
        self.assertEqual(b"+OK %d %d\r\n" % (len(sizes), sum(sizes)), talk.say(b"STAT"))
        for number, size in enumerate(sizes, 1):
            self.assertEqual(b"+OK %d %d\r\n" % (number, size), talk.say(b"LIST %d" % number))
        return sizes


class Surrogates(Downgrade):
    def test_client_without_utf8_gets_the_message_in_ascii(self):
        sent = self.fetch(self.log_in(), 1)
        head, body = sent.split(b"\r\n\r\n", 1)
        self.assertTrue(head.isascii(), head)
        self.assertEqual(BODY, body)
        message = email.message_from_bytes(sent, policy=email.policy.default)
        self.assertEqual("Grüße", message["Subject"])
        self.assertEqual([INVALID], [address.addr_spec for address in message["From"].addresses])
        self.assertEqual(f"Jörg <{SENDER}>", message["From"].addresses[0].display_name)
        self.assertEqual([ACCOUNT], [address.addr_spec for address in message["To"].addresses])
        self.assertEqual(f"<{INVALID}>", message["Return-Path"])
        self.assertEqual({"charset": "utf-8"}, dict(message["Content-Type"].params))
        self.assertIsNone(message["X-Note"])
        self.assertNotIn("jörg".encode(), sent)

    def test_sizes_are_those_of_what_is_sent(self):
        for utf8 in (False, True):
            talk = self.log_in(utf8)
            self.assertEqual(self.sizes(talk), [len(self.fetch(talk, number)) for number in range(1, 5)], utf8)
            talk.say(b"QUIT")

    def test_utf8_mode_gets_the_message_itself(self):
        talk = self.log_in(utf8=True)
        self.assertTrue(self.fetch(talk, 1).endswith(b"\r\n" + WITH_SMTPUTF8))
        self.assertIn("Return-Path: <jörg@".encode(), self.fetch(talk, 1))

    def test_raw_octets_are_sent_as_they_came(self):
        for utf8 in (False, True):
            talk = self.log_in(utf8)
            self.assertTrue(self.fetch(talk, 2).endswith(b"\r\n" + LATIN1))
            self.assertTrue(self.fetch(talk, 3).endswith(b"\r\n" + RAW_UTF8))
            self.assertIn(LATIN1[:40], unstuffed(talk.many(b"TOP 2 0")[1]))
            talk.say(b"QUIT")

    def test_top_and_unique_ids(self):
        talk = self.log_in()
        whole, uids = self.fetch(talk, 1), talk.many(b"UIDL")[1]
        head, body = whole.split(b"\r\n\r\n", 1)
        self.assertEqual(head + b"\r\n\r\n", unstuffed(talk.many(b"TOP 1 0")[1]))
        self.assertEqual(head + b"\r\n\r\n" + body.split(b"\r\n")[0] + b"\r\n", unstuffed(talk.many(b"TOP 1 1")[1]))
        talk.say(b"QUIT")
        self.assertEqual(uids, self.log_in(utf8=True).many(b"UIDL")[1])

    def test_names_tell_the_sizes_and_nothing_is_counted_at_login(self):
        talk = self.log_in()
        names = sorted(os.path.basename(path) for path in glob.glob(os.path.join(self.pop3.box(), "new/*")))
        told = [int(re.search(r",U=(\d+)$", name)[1]) for name in names]
        self.assertEqual([self.sizes(talk)[0], 0, 0, 0], told)
        self.assertFalse(os.path.exists(os.path.join(self.pop3.box(), "ftgate-pop3.cache")))


class Refusals(Downgrade):
    settings = "pop3-downgrade: no\n"

    def test_only_a_message_that_needs_utf8_is_refused(self):
        talk = self.log_in()
        for command in (b"RETR 1", b"TOP 1 0"):
            self.assertRegex(talk.say(command), rb"^-ERR .*\(#7\.21\)\r\n$")
        self.assertTrue(self.fetch(talk, 2).endswith(LATIN1))
        self.assertTrue(self.fetch(talk, 3).endswith(RAW_UTF8))
        self.assertTrue(self.fetch(talk, 4).endswith(BODY))
        talk.say(b"QUIT")
        talk = self.log_in(utf8=True)
        self.assertTrue(self.fetch(talk, 1).endswith(WITH_SMTPUTF8))
        self.assertEqual(self.sizes(talk)[0], len(self.fetch(talk, 1)))


class MailPrograms(Downgrade):
    """Other people's programs fetch every message, none of which stops them."""

    def test_they_fetch_all(self):
        for client in CLIENTS:
            if client.missing:
                continue
            with self.subTest(client=client.__name__), Certificate() as certificate:
                box = Box(self.pop3.port, "clear", certificate, ACCOUNT, PASSWORD)
                good, said, messages = client().fetch(box, True)
                self.assertTrue(good, said)
                self.assertEqual(4, len(messages), said)
                whole = b"".join(messages)
                self.assertIn(b"Gr\xfc\xdfe", whole)
                self.assertIn(INVALID.encode(), whole)
                self.assertNotIn("bücher".encode(), whole)


if __name__ == "__main__":
    main()
