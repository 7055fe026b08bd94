#!/usr/bin/env python3
"""The postmaster of the server itself (RFC 5321 section 4.5.1): mail to it reaches a person, a reply to a DSN too."""

import email
import email.policy
import email.utils
import os

from fake_next_hop import FakeNextHop
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, LIMITS, Server, Talk, TestCase, main
from test_relay import RelayCase

HOST = "mx.example.net"
SPELLINGS = (f"postmaster@{HOST}", f"PostMaster@{HOST.upper()}", "postmaster", "POSTMASTER", f"postmaster@{DOMAIN}")


class Postmaster(TestCase):
    def start(self, config=LIMITS, postmaster=None):
        server = self.enterContext(Server("--workers", "1", "--hostname", HOST, config=config))
        if postmaster:
            server.control("account", "add", postmaster, "--password-stdin", input=PASSWORD.encode() + b"\n")
        return server

    def send(self, server, recipient, client="127.0.0.1"):
        with Talk(server, client) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<>")
            self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{recipient}>".encode()), recipient)
            talk.say(b"DATA")
            self.assertIn(b"(#3.05)", talk.say(b"Subject: " + recipient.encode() + b"\r\n\r\nx\r\n."))

    def fetched(self, server, user):
        """The number of messages that the user sees."""
        pop3 = self.enterContext(Pop3Server(beside=server))
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(user, PASSWORD).startswith(b"+OK"))
            return int(talk.say(b"STAT").split()[1])

    def test_account_of_the_first_domain_gets_the_mail(self):
        server = self.start(postmaster="postmaster@" + DOMAIN)
        server.control("domain", "add", "second.example")
        server.control("account", "add", "postmaster@second.example", "--no-password")
        for recipient in SPELLINGS:
            self.send(server, recipient)
        self.assertEqual(len(SPELLINGS), self.fetched(server, "postmaster@" + DOMAIN))

    def test_setting_names_who_gets_the_mail(self):
        server = self.start(LIMITS + f"postmaster: Erika.Muster@{DOMAIN}\n", postmaster="erika.muster@" + DOMAIN)
        for recipient in SPELLINGS:
            self.send(server, recipient)
        self.assertEqual(len(SPELLINGS), self.fetched(server, "erika.muster@" + DOMAIN))

    def test_nobody_else_of_the_server_exists(self):
        with Talk(self.start()) as talk:
            talk.mail()
            self.assertIn(b"(#4.63)", talk.say(f"RCPT TO:<erika@{HOST}>".encode()))
            self.assertIn(b"(#4.63)", talk.say(f"RCPT TO:<postmaster@sub.{HOST}>".encode()))
            self.assertIn(b"(#4.63)", talk.say(b"RCPT TO:<postmaster@example.net>"))

    def test_it_is_not_refused_for_the_address_of_the_client(self):
        server = self.start(LIMITS + "policy:\n  permitted-only: yes\n", postmaster="postmaster@" + DOMAIN)
        server.control("access", "add", "blacklist", "127.0.0.0/8")
        for recipient in SPELLINGS:
            self.send(server, recipient)

    def test_setting_that_is_no_address_is_a_fault(self):
        for wrong in "postmaster", "a@[127.0.0.1]", "a@b..c":
            with self.assertRaisesRegex(AssertionError, "is not a mail address; name an account, an alias or a list"):
                self.start(LIMITS + f'postmaster: "{wrong}"\n')


class Reply(RelayCase):
    def test_reply_to_a_dsn_reaches_the_postmaster(self):
        following = self.enterContext(FakeNextHop(RCPT="550 5.1.1 no such user"))
        server = self.start(following.port)
        server.control("account", "add", "postmaster@" + DOMAIN, "--no-password")
        self.send(server)
        notice = self.notice(server)
        address = email.utils.parseaddr(str(notice["From"]))[1]
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            self.assertIn(b"(#3.04)", talk.say(b"RCPT TO:<%s>" % address.encode()))
            talk.say(b"DATA")
            self.assertIn(b"(#3.05)", talk.say(b"Subject: Re\r\n\r\nWhy?\r\n."))
        (name,) = os.listdir(os.path.join(server.data, "mail", DOMAIN, "postmaster", "new"))
        with open(os.path.join(server.data, "mail", DOMAIN, "postmaster", "new", name), "rb") as file:
            reply = email.message_from_bytes(file.read(), policy=email.policy.default)
        self.assertEqual("postmaster@" + DOMAIN, reply["Delivered-To"])


if __name__ == "__main__":
    main()
