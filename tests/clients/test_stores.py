#!/usr/bin/env python3
"""Accounts that name the store of their mail: each message gets there once, whatever the other stores do."""

import glob
import json
import os
import subprocess
import tempfile
import time
import unittest

import dovecot
from fake_next_hop import FakeNextHop
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, main

BOB, CARLA, ALL = "bob@" + DOMAIN, "carla@" + DOMAIN, "all@" + DOMAIN
CONFIG = LIMITS + "workers: 1\nhostname: mx.example.test\nrelay:\n  retry: 1h\n"


class StoresCase(TestCase):
    def open(self, config=CONFIG):
        self.server = self.enterContext(Server(config=config))
        for name in BOB, CARLA:
            self.server.control("account", "add", name, "--no-password")

    def ctl(self, *words, status=0):
        run = subprocess.run([self.server.ctl, "--data", self.server.data, *words], capture_output=True, check=False, text=True,
                             env=self.server.environment, timeout=SECONDS)
        self.assertEqual(status, run.returncode, run.stderr)
        return run

    def send(self, *recipients, answer=b"250", number=0):
        with Talk(self.server) as talk:
            talk.mail()
            for recipient in recipients:
                self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{recipient}>".encode()))
            talk.say(b"DATA")
            said = talk.say(b"Subject: %d\r\n\r\nx\r\n." % number)
            self.assertEqual(answer, said[:3], said)
            return said

    def here(self, name):
        return len(glob.glob(os.path.join(self.server.data, "mail", DOMAIN, name, "new", "*")))

    def queued(self):
        return len(glob.glob(self.server.data + "/queue/*.envelope"))

    def wait_until(self, condition):
        until = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(self.server.log())
            time.sleep(0.02)


class Stores(StoresCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-stores-"))
        self.open()

    def store(self, name, account, **answers):
        """An LMTP server that is the store of an account."""
        store = self.enterContext(FakeNextHop(lmtp=True, path=f"{self.folder}/{name}", **answers))
        self.ctl("account", "set", account, f"delivery=lmtp:{store.path}")
        return store

    def recipients(self, store):
        return [message.recipients for message in store.messages]

    def test_stores_of_a_message_have_it_before_it_is_acknowledged(self):
        first, second = self.store("first", ACCOUNT), self.store("second", BOB)
        self.ctl("account", "set", CARLA, f"delivery=lmtp:{first.path}")
        self.send(ACCOUNT, BOB, CARLA)
        self.assertEqual([[ACCOUNT, CARLA]], self.recipients(first))
        self.assertEqual([[BOB]], self.recipients(second))
        self.assertEqual(0, self.queued())
        self.assertEqual([], self.server.messages())

    def test_mailbox_here_has_it_at_once_and_the_queue_sends_the_rest(self):
        first, second = self.store("first", ACCOUNT), self.store("second", BOB)
        self.send(ACCOUNT, BOB, CARLA)
        self.assertEqual(1, self.here("carla"))
        self.assertEqual([[ACCOUNT]], [message.recipients for message in first.wait(1)])
        self.assertEqual([[BOB]], [message.recipients for message in second.wait(1)])
        self.wait_until(lambda: self.queued() == 0)
        self.assertEqual((0, 0), (self.here("erika"), self.here("bob")))

    def test_store_that_is_down_delays_its_recipients_alone_and_doubles_nothing(self):
        first = self.store("first", ACCOUNT)
        self.ctl("account", "set", BOB, f"delivery=lmtp:{self.folder}/second")
        self.send(ACCOUNT, BOB)
        self.assertEqual([[ACCOUNT]], self.recipients(first))
        self.send(BOB, answer=b"450")
        self.send(ACCOUNT)
        self.send(CARLA, BOB)
        self.assertEqual((2, 1, 2), (len(first.messages), self.here("carla"), self.queued()))
        second = self.enterContext(FakeNextHop(lmtp=True, path=f"{self.folder}/second"))
        self.ctl("queue", "run")
        self.wait_until(lambda: self.queued() == 0)
        self.assertEqual([[BOB], [BOB]], self.recipients(second))
        self.assertEqual((2, 1), (len(first.messages), self.here("carla")))

    def test_all_stores_that_refuse_are_a_refusal(self):
        self.store("first", ACCOUNT, RCPT="452 4.2.2 full")
        self.store("second", BOB, **{".": "451 4.3.0 no"})
        self.assertIn(b"(#3.14)", self.send(ACCOUNT, BOB, answer=b"451"))
        self.assertEqual(0, self.queued())

    def test_mail_that_waits_follows_its_account(self):
        first = self.store("first", ACCOUNT)
        for name in BOB, CARLA:
            self.ctl("account", "set", name, f"delivery=lmtp:{self.folder}/second")
        self.send(ACCOUNT, BOB, CARLA)
        self.assertEqual(1, self.queued())
        self.ctl("account", "set", BOB, f"delivery=lmtp:{first.path}")
        self.ctl("account", "set", CARLA, "delivery=")
        self.ctl("queue", "run")
        self.wait_until(lambda: self.queued() == 0)
        self.assertEqual([[ACCOUNT], [BOB]], self.recipients(first))
        self.assertEqual(1, self.here("carla"))
        (message,) = glob.glob(os.path.join(self.server.data, "mail", DOMAIN, "carla", "new", "*"))
        with open(message, "rb") as file:
            stored = file.read()
        self.assertTrue(stored.startswith(b"Return-Path: <"), stored)
        self.assertTrue(stored.endswith(b"Subject: 0\n\nx\n"), stored)
        self.assertEqual(first.messages[1].octets.replace(b"\r\n", b"\n"), stored[-len(first.messages[1].octets.replace(b"\r\n", b"\n")):])

    def test_members_of_an_alias_and_a_list_get_it_at_their_stores(self):
        first, second = self.store("first", ACCOUNT), self.store("second", BOB)
        self.ctl("alias", "add", f"both@{DOMAIN}", ACCOUNT, BOB)
        self.send(f"both@{DOMAIN}")
        self.assertEqual(([[ACCOUNT]], [[BOB]]), (self.recipients(first), self.recipients(second)))
        self.ctl("list", "add", ALL, ACCOUNT, BOB, CARLA, "post=anyone")
        self.send(ALL)
        self.wait_until(lambda: len(first.messages) == 2 and len(second.messages) == 2 and self.queued() == 0)
        self.assertEqual(1, self.here("carla"))
        self.assertIn(b"List-Id:", first.messages[1].octets)

    def test_domain_has_a_store_for_accounts_that_name_none(self):
        first, second = self.store("first", ACCOUNT), self.store("second", BOB)
        self.ctl("domain", "set", DOMAIN, f"delivery=lmtp:{second.path}")
        self.send(ACCOUNT, CARLA)
        self.assertEqual(([[ACCOUNT]], [[CARLA]]), (self.recipients(first), self.recipients(second)))
        self.ctl("account", "set", CARLA, "delivery=maildir")
        self.send(CARLA)
        self.assertEqual((1, 1), (self.here("carla"), len(second.messages)))
        self.send(f"postmaster@{DOMAIN}")
        self.assertEqual([f"postmaster@{DOMAIN}"], second.wait(2)[1].recipients)

    def test_quota_of_a_mailbox_elsewhere_is_for_its_server(self):
        first = self.store("first", ACCOUNT)
        self.ctl("account", "set", ACCOUNT, "quota-bytes=1")
        self.send(ACCOUNT)
        self.assertEqual(1, len(first.messages))
        self.ctl("account", "set", ACCOUNT, "delivery=")
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<otto@example.org> SIZE=100")
            self.assertIn(b"(#3.14)", talk.say(f"RCPT TO:<{ACCOUNT}>".encode()))

    def test_pop3_refuses_an_account_whose_mail_is_elsewhere_and_makes_no_mailbox(self):
        pop3 = self.enterContext(Pop3Server(beside=self.server))
        self.server.control("account", "add", f"dora@{DOMAIN}", "--password-stdin", "delivery=lmtp:192.0.2.1",
                            input=PASSWORD.encode() + b"\n")
        with Pop3Talk(pop3) as talk:
            self.assertIn(b"(#5.01)", talk.log_in(f"dora@{DOMAIN}", PASSWORD))
        pop3.wait_for_log("event=login-failed .*cause=elsewhere")
        self.assertFalse(os.path.exists(os.path.join(self.server.data, "mail", DOMAIN, "dora")))
        self.ctl("account", "set", f"dora@{DOMAIN}", "delivery=maildir")
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(f"dora@{DOMAIN}", PASSWORD).startswith(b"+OK"))

    def test_value_is_checked_shown_and_carried(self):
        said = self.ctl("account", "set", BOB, "delivery=lmtp:mail.example.net", status=65).stderr
        self.assertIn("delivery=lmtp:mail.example.net: write maildir, lmtp:ADDRESS:PORT", said)
        self.ctl("account", "set", BOB, "delivery=lmtp:[2001:db8::1]:2424")
        self.assertIn("lmtp:[2001:db8::1]:2424", self.ctl("account", "show", BOB).stdout)
        exported = self.ctl("export", "accounts").stdout
        self.assertIn("lmtp:[2001:db8::1]:2424", exported)
        self.ctl("account", "set", BOB, "delivery=")
        path = os.path.join(self.folder, "accounts")
        with open(path, "w", encoding="utf-8") as file:
            file.write(exported)
        self.ctl("import", "accounts", path, "--update")
        shown = json.loads(self.ctl("--format", "json", "account", "show", BOB).stdout)
        self.assertEqual("lmtp:[2001:db8::1]:2424", (shown[0] if isinstance(shown, list) else shown)["delivery"])


class Configured(StoresCase):
    def test_account_that_names_maildir_is_here_although_the_others_are_elsewhere(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-stores-"))
        store = self.enterContext(FakeNextHop(lmtp=True, path=f"{folder}/store"))
        self.open(CONFIG + f"delivery:\n  lmtp: {store.path}\n")
        self.ctl("account", "set", CARLA, "delivery=maildir")
        self.send(CARLA)
        self.assertEqual((1, 0), (self.here("carla"), len(store.messages)))
        self.send(CARLA, BOB)
        self.assertEqual([BOB], store.wait(1)[0].recipients)
        self.assertEqual(2, self.here("carla"))


@unittest.skipUnless(dovecot.is_usable(), "dovecot is started as root")
class TwoDovecots(StoresCase):
    def test_one_that_is_killed_delays_its_users_alone_and_nobody_gets_mail_twice(self):
        first, second = (self.enterContext(dovecot.Dovecot(name)) for name in (ACCOUNT, BOB))
        self.open()
        self.ctl("account", "set", ACCOUNT, f"delivery=lmtp:{first.socket}")
        self.ctl("account", "set", BOB, f"delivery=lmtp:{second.socket}")
        self.send(ACCOUNT, BOB, number=1)
        second.stop()
        for number in range(2, 5):
            self.send(ACCOUNT, BOB, number=number)
        self.send(CARLA, BOB, number=5)
        self.assertEqual((4, 1, 1), (len(first.mail("erika")), len(second.mail("bob")), self.here("carla")))
        second.start()
        self.ctl("queue", "run")
        self.wait_until(lambda: self.queued() == 0)
        got = sorted(line for message in second.mail("bob") for line in message.split(b"\n") if line.startswith(b"Subject: "))
        self.assertEqual([b"Subject: %d" % number for number in range(1, 6)], got)
        self.assertEqual((4, 1), (len(first.mail("erika")), self.here("carla")))


if __name__ == "__main__":
    main()
