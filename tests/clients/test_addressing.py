#!/usr/bin/env python3
"""Tags in addresses (plus-addressing), the alias of all other addresses of a domain, and the mail of a postmaster."""

import email
import email.policy
import os
import subprocess

from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, LIMITS, Server, Talk, TestCase, main, render

LOCAL = ACCOUNT.split("@", 1)[0]
PLUS = "plus-addressing: yes\n"


class AddressingCase(TestCase):
    def start(self, config="", records=(), beside=None):
        server = self.enterContext(Server("--workers", "1", config=LIMITS + config, beside=beside))
        for record in records:
            server.control(*record)
        return server

    def send(self, server, *recipients, utf8=False):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<a@elsewhere.example>" + (b" SMTPUTF8" if utf8 else b""))
            for recipient in recipients:
                self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{recipient}>".encode()), recipient)
            talk.say(b"DATA")
            self.assertIn(b"(#3.05)", talk.say(b"Subject: s\r\n\r\nx\r\n."))

    def messages(self, server, domain, local):
        folder = os.path.join(server.data, "mail", domain, local, "new")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found.append(email.message_from_bytes(file.read(), policy=email.policy.default))
        return found

    def refused(self, server, recipient):
        with Talk(server) as talk:
            talk.mail()
            return talk.say(f"RCPT TO:<{recipient}>".encode())


class Tags(AddressingCase):
    def test_mail_with_a_tag_reaches_the_account_and_keeps_the_tag(self):
        server = self.start(PLUS)
        self.send(server, f"{LOCAL.upper()}+News@{DOMAIN}")
        (message,) = self.messages(server, DOMAIN, LOCAL)
        self.assertEqual(ACCOUNT, message["Delivered-To"])
        self.assertEqual(f"{LOCAL.upper()}+News@{DOMAIN}", message["X-Original-To"])

    def test_address_without_a_tag_is_said_once(self):
        server = self.start(PLUS)
        self.send(server, ACCOUNT)
        (message,) = self.messages(server, DOMAIN, LOCAL)
        self.assertIsNone(message["X-Original-To"])

    def test_two_tags_are_one_message_that_names_neither(self):
        server = self.start(PLUS)
        self.send(server, f"{LOCAL}+a@{DOMAIN}", f"{LOCAL}+b@{DOMAIN}")
        (message,) = self.messages(server, DOMAIN, LOCAL)
        self.assertIsNone(message["X-Original-To"])

    def test_tag_is_unknown_unless_it_is_set(self):
        self.assertIn(b"(#4.28)", self.refused(self.start(), f"{LOCAL}+news@{DOMAIN}"))

    def test_account_of_the_whole_name_and_of_international_names(self):
        server = self.start(PLUS, [("account", "add", f"{LOCAL}+x@{DOMAIN}", "--no-password"),
                                   ("domain", "add", "b\u00fccher.example"),
                                   ("account", "add", "J\u00f6rg@b\u00fccher.example", "--no-password"),
                                   ("list", "add", f"team@{DOMAIN}", ACCOUNT)])
        self.send(server, f"{LOCAL}+x@{DOMAIN}")
        self.assertEqual(1, len(self.messages(server, DOMAIN, f"{LOCAL}+x")))
        self.send(server, "JO\u0308RG+t\u00e4g@B\u00dcCHER.example", utf8=True)
        (name,) = os.listdir(os.path.join(server.data, "mail", "xn--bcher-kva.example"))
        self.assertEqual(1, len(self.messages(server, "xn--bcher-kva.example", name)))
        self.assertIn(b"(#4.28)", self.refused(server, f"team+x@{DOMAIN}"))

    def test_state_of_the_account_is_that_of_its_tags(self):
        server = self.start(PLUS, [("account", "add", f"off@{DOMAIN}", "--no-password", "disabled=yes"),
                                   ("account", "add", f"gone@{DOMAIN}", "--no-password", "moved-to=b@elsewhere.example")])
        self.assertIn(b"(#3.13)", self.refused(server, f"off+x@{DOMAIN}"))
        self.assertIn(b"(#4.33)", self.refused(server, f"gone+x@{DOMAIN}"))

    def test_nobody_logs_in_with_a_tag(self):
        server = self.start(PLUS)
        pop3 = self.enterContext(Pop3Server(beside=server, config="auth-in-clear: yes\n" + PLUS))
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(f"{LOCAL}+x@{DOMAIN}", "correct horse").startswith(b"-ERR"))
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(ACCOUNT, "correct horse").startswith(b"+OK"))


class CatchAll(AddressingCase):
    def test_it_gets_what_has_no_record_and_nothing_else(self):
        server = self.start("", [("alias", "add", f"*@{DOMAIN}", ACCOUNT),
                                 ("account", "add", f"bob@{DOMAIN}", "--no-password"), ("domain", "add", "two.example")])
        self.send(server, f"No.Body@{DOMAIN}")
        self.send(server, f"bob@{DOMAIN}")
        self.send(server, "postmaster@two.example")
        (message,) = self.messages(server, DOMAIN, LOCAL)
        self.assertEqual((ACCOUNT, f"No.Body@{DOMAIN}"), (message["Delivered-To"], message["X-Original-To"]))
        self.assertEqual(1, len(self.messages(server, DOMAIN, "bob")))
        self.assertIn(b"(#4.28)", self.refused(server, "nobody@two.example"))
        self.send(server, f"one@{DOMAIN}", f"two@{DOMAIN}")
        self.assertEqual(2, len(self.messages(server, DOMAIN, LOCAL)), "one message for both")

    def test_its_recipients_are_not_counted_as_unknown(self):
        server = self.start("", [("alias", "add", f"*@{DOMAIN}", ACCOUNT)])
        with Talk(server) as talk:
            talk.mail()
            for number in range(50):
                self.assertEqual(render(None, "ERR_SMTP_RCPTOK"), talk.say(f"RCPT TO:<x{number}@{DOMAIN}>".encode()))

    def test_vrfy_does_not_say_that_there_is_one(self):
        server = self.start("vrfy: anyone\n", [("alias", "add", f"*@{DOMAIN}", ACCOUNT)])
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(render(None, "FTG_SMTP_VRFY"), talk.say(f"VRFY nobody@{DOMAIN}".encode()))
            self.assertIn(ACCOUNT.encode(), talk.say(f"VRFY {ACCOUNT}".encode()))

    def test_it_is_an_alias(self):
        server = self.start()
        for noun in "account", "list":
            extra = ["--no-password"] if noun == "account" else []
            run = subprocess.run([server.ctl, "--data", server.data, noun, "add", f"*@{DOMAIN}", *extra],
                                 capture_output=True, text=True, env=server.environment, check=False)
            self.assertEqual(65, run.returncode)
            self.assertIn("make it an alias: ftgatectl alias add", run.stderr)

    def test_relayed_domain_has_none(self):
        server = self.start("", [("domain", "add", "far.example", "relay=yes")])
        run = subprocess.run([server.ctl, "--data", server.data, "alias", "add", "*@far.example", ACCOUNT],
                             capture_output=True, text=True, env=server.environment, check=False)
        self.assertEqual(77, run.returncode, run.stderr)


class Postmaster(AddressingCase):
    def test_mail_without_an_owner_has_the_quota_of_the_domain(self):
        server = self.start("", [("domain", "set", DOMAIN, "quota-messages=2")])
        for _ in range(2):
            self.send(server, f"postmaster@{DOMAIN}")
        self.assertIn(b"(#3.14)", self.refused(server, f"postmaster@{DOMAIN}"))
        self.assertEqual(2, len(self.messages(server, DOMAIN, "postmaster")))

    def test_new_domain_is_told_that_its_postmaster_has_no_owner(self):
        server = self.start()
        for words, warns in (["one.example"], True), (["far.example", "relay=yes"], False):
            run = subprocess.run([server.ctl, "--data", server.data, "domain", "add", *words], capture_output=True, text=True,
                                 env=server.environment, check=True)
            self.assertEqual(warns, "mail to postmaster@one.example has no owner yet" in run.stderr, run.stderr)

    def test_new_domain_has_the_postmaster_of_the_setting(self):
        server = self.start(f"postmaster: {ACCOUNT}\n")
        config = os.path.join(server.folder, "other.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"data: {server.data}\npostmaster: {ACCOUNT}\n")
        for options, name in (["--data", server.data], "one.example"), (["-c", config], "two.example"):
            run = subprocess.run([server.ctl, *options, "domain", "add", name], capture_output=True, text=True,
                                 env=server.environment, check=True)
            self.assertEqual("", run.stderr, options)
            server.process.terminate()
            server.process.wait()
        server.start()

    def test_account_gets_the_mail_so_far(self):
        server = self.start()
        self.send(server, f"postmaster@{DOMAIN}")
        server.control("account", "add", f"postmaster@{DOMAIN}", "--password-stdin", input=PASSWORD.encode() + b"\n")
        pop3 = self.enterContext(Pop3Server(beside=server))
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(f"postmaster@{DOMAIN}", PASSWORD).startswith(b"+OK"))
            self.assertEqual(b"1", talk.say(b"STAT").split()[1])


if __name__ == "__main__":
    main()
