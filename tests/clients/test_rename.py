#!/usr/bin/env python3
"""ftgatectl rename: the mail of a record and what leads to it follow, while servers run."""

import os
import sqlite3
import subprocess

from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, SECONDS, Server, Talk, TestCase, main

NEW = f"eva@{DOMAIN}"


class Rename(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--workers", "1"))

    def ctl(self, *words, status=0):
        run = subprocess.run([self.server.ctl, "--data", self.server.data, *words], capture_output=True, check=False, text=True,
                             env=self.server.environment, timeout=SECONDS)
        self.assertEqual(status, run.returncode, run.stderr)
        return run

    def begin(self, talk, recipient):
        talk.mail()
        self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{recipient}>".encode()))

    def end(self, talk):
        talk.say(b"DATA")
        return talk.say(b"Subject: s\r\n\r\nx\r\n.")

    def send(self, recipient):
        with Talk(self.server) as talk:
            self.begin(talk, recipient)
            self.assertIn(b"(#3.05)", self.end(talk))

    def refused(self, recipient):
        with Talk(self.server) as talk:
            talk.mail()
            return talk.say(f"RCPT TO:<{recipient}>".encode())

    def count(self, domain, local):
        folder = os.path.join(self.server.data, "mail", domain, local, "new")
        return len(os.listdir(folder)) if os.path.isdir(folder) else 0

    def rows(self, sql):
        database = sqlite3.connect(os.path.join(self.server.data, "ftgate.db"))
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def test_account_keeps_its_mail_password_and_aliases(self):
        self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password", f"moved-to={ACCOUNT}")
        self.ctl("alias", "add", f"info@{DOMAIN}", ACCOUNT)
        self.ctl("list", "add", f"all@{DOMAIN}", ACCOUNT)
        self.send(ACCOUNT)
        self.ctl("rename", "account", ACCOUNT, NEW)
        for recipient in NEW, f"info@{DOMAIN}", f"all@{DOMAIN}":
            self.send(recipient)
        self.assertEqual(4, self.count(DOMAIN, "eva"))
        self.assertIn(b"(#4.28)", self.refused(ACCOUNT))
        self.assertEqual([(NEW,)], self.rows("SELECT moved_to FROM accounts WHERE local = 'bob'"))
        pop3 = self.enterContext(Pop3Server(beside=self.server))
        with Pop3Talk(pop3) as talk:
            self.assertTrue(talk.log_in(NEW, PASSWORD).startswith(b"+OK"))
            self.assertEqual(b"4", talk.say(b"STAT").split()[1])
            said = self.ctl("rename", "account", NEW, ACCOUNT, status=77).stderr
            self.assertIn(f"a POP3 session has the mail of {NEW} open", said)
            self.assertEqual(4, self.count(DOMAIN, "eva"))

    def test_mail_of_a_session_that_knows_the_old_name_is_deferred_and_not_lost(self):
        with Talk(self.server) as talk:
            self.begin(talk, ACCOUNT)
            self.ctl("rename", "account", ACCOUNT, NEW)
            self.assertEqual(b"4", self.end(talk)[:1])
        self.assertEqual(0, self.count(DOMAIN, ACCOUNT.split("@", 1)[0]))
        self.ctl("account", "add", ACCOUNT, "--no-password")
        self.send(ACCOUNT)
        self.assertEqual(1, self.count(DOMAIN, ACCOUNT.split("@", 1)[0]))

    def test_mail_behind_a_symbolic_link_follows(self):
        mail, disk = os.path.join(self.server.data, "mail"), os.path.join(self.server.data, "disk")
        self.send(ACCOUNT)
        os.rename(os.path.join(mail, DOMAIN), disk)
        os.symlink("../disk", os.path.join(mail, DOMAIN))
        self.send(ACCOUNT)
        self.ctl("rename", "account", ACCOUNT, NEW)
        self.send(NEW)
        self.ctl("rename", "domain", DOMAIN, "new.example")
        self.send("eva@new.example")
        self.assertEqual((4, 4), (self.count("new.example", "eva"), len(os.listdir(os.path.join(disk, "eva", "new")))))
        os.rename(os.path.join(disk, "eva"), os.path.join(disk, "gone"))
        os.symlink("nowhere", os.path.join(disk, "eva"))
        run = self.ctl("rename", "account", "eva@new.example", "anna@new.example", status=75)
        self.assertIn("the mail of eva@new.example cannot be moved", run.stderr)
        self.assertIn("eva@new.example", self.ctl("account", "list").stdout)

    def test_name_that_exists_or_cannot_be_is_refused(self):
        self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password")
        self.ctl("alias", "add", f"info@{DOMAIN}", ACCOUNT)
        self.ctl("domain", "add", "far.example", "relay=yes")
        self.ctl("domain", "add", "full.example", "max-accounts=1")
        self.ctl("account", "add", "a@full.example", "--no-password")
        for kind, old, new, status, said in (
                ("account", ACCOUNT, f"bob@{DOMAIN}", 73, "already exists"),
                ("account", ACCOUNT, f"info@{DOMAIN}", 73, "already exists"),
                ("alias", f"info@{DOMAIN}", f"bob@{DOMAIN}", 73, "already exists"),
                ("account", ACCOUNT, "x@nowhere.example", 68, "is not hosted here"),
                ("account", ACCOUNT, "x@far.example", 77, "is relayed to another server"),
                ("account", ACCOUNT, "x@full.example", 77, "as many accounts as it may"),
                ("account", ACCOUNT, f"*@{DOMAIN}", 65, "make it an alias"),
                ("account", f"nobody@{DOMAIN}", NEW, 67, "there is no account"),
                ("domain", DOMAIN, "far.example", 73, "already exists"),
                ("domain", DOMAIN, "[127.0.0.1]", 65, "is not a domain")):
            self.assertIn(said, self.ctl("rename", kind, old, new, status=status).stderr)
        self.send(ACCOUNT)

    def test_mail_of_another_account_of_the_new_name_is_not_mixed_in(self):
        self.ctl("account", "add", NEW, "--no-password")
        self.send(NEW)
        self.ctl("account", "remove", NEW)
        self.assertIn("there is mail of an earlier", self.ctl("rename", "account", ACCOUNT, NEW, status=77).stderr)
        self.send(ACCOUNT)
        self.ctl("account", "add", f"empty@{DOMAIN}", "--no-password")
        self.ctl("account", "remove", f"empty@{DOMAIN}")
        self.ctl("rename", "account", ACCOUNT, f"empty@{DOMAIN}")
        self.assertEqual(1, self.count(DOMAIN, "empty"))

    def test_spelling_of_a_name_can_be_changed(self):
        self.ctl("account", "add", f"J\u00f6rg@{DOMAIN}", "--no-password")
        self.send(ACCOUNT)
        self.ctl("rename", "account", f"j\u00f6rg@{DOMAIN}", f"J\u00d6RG@{DOMAIN}")
        self.assertIn(f"J\u00d6RG@{DOMAIN}", self.ctl("account", "list").stdout)
        self.ctl("rename", "account", ACCOUNT, ACCOUNT.replace("e", "E", 1))
        self.send(ACCOUNT)
        self.assertEqual(2, self.count(DOMAIN, ACCOUNT.split("@", 1)[0]))

    def test_domain_is_renamed_with_all_that_is_in_it(self):
        self.ctl("domain", "add", "other.example")
        self.ctl("alias", "add", "info@other.example", ACCOUNT)
        self.ctl("account", "add", "m@other.example", "--no-password", f"moved-to={ACCOUNT}")
        self.send(ACCOUNT)
        run = self.ctl("rename", "domain", DOMAIN, "b\u00fccher.example")
        self.assertIn(f"may still name {DOMAIN}", run.stderr)
        local = ACCOUNT.split("@", 1)[0]
        self.send(f"{local}@xn--bcher-kva.example")
        self.send("info@other.example")
        self.assertEqual(3, self.count("xn--bcher-kva.example", local))
        self.assertIn(b"(#4.63)", self.refused(ACCOUNT))
        self.assertEqual([(f"{local}@xn--bcher-kva.example",)], self.rows("SELECT moved_to FROM accounts WHERE local = 'm'"))
        self.ctl("domain", "add", DOMAIN)
        self.send(f"postmaster@{DOMAIN}")
        self.assertEqual(1, self.count(DOMAIN, "postmaster"))

    def test_record_cannot_lead_to_itself_by_its_new_name(self):
        self.ctl("alias", "add", f"x@{DOMAIN}", "x@new.example", ACCOUNT)
        self.ctl("alias", "add", f"y@{DOMAIN}", f"x@{DOMAIN}")
        self.ctl("account", "set", ACCOUNT, f"moved-to={NEW}")
        self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password", "moved-to=bob@far.example")
        self.ctl("domain", "add", "far.example")
        self.ctl("alias", "add", "z@far.example", f"y@{DOMAIN}")
        for kind, old, new, said in (
                ("domain", DOMAIN, "new.example", "x@new.example leads to itself"),
                ("account", ACCOUNT, NEW, f"{NEW} has moved to itself"),
                ("account", f"bob@{DOMAIN}", "BOB@far.example", "BOB@far.example has moved to itself")):
            self.assertIn(said, self.ctl("rename", kind, old, new, status=77).stderr)
        self.ctl("rename", "alias", f"y@{DOMAIN}", f"w@{DOMAIN}")
        self.assertEqual([], self.rows("SELECT name FROM domains WHERE name = 'new.example'"))
        self.ctl("alias", "set", f"x@{DOMAIN}", "remove=x@new.example")
        self.ctl("rename", "domain", DOMAIN, "new.example")

    def test_names_are_compared_in_every_spelling(self):
        self.ctl("domain", "add", "bücher.example")
        self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password", "moved-to=grüße@bücher.example")
        self.assertIn("GRÜSSE@bücher.example has moved to itself",
                      self.ctl("rename", "account", f"bob@{DOMAIN}", "GRÜSSE@bücher.example", status=77).stderr)
        self.ctl("account", "add", "Grüsse@bücher.example", "--no-password")
        self.ctl("account", "add", f"eve@{DOMAIN}", "--no-password", "moved-to=GRÜSSE@BÜCHER.example")
        self.ctl("rename", "account", "GRÜSSE@bücher.example", f"neu@{DOMAIN}")
        moved = "SELECT local, moved_to FROM accounts WHERE moved_to IS NOT NULL ORDER BY local"
        self.assertEqual([("bob", f"neu@{DOMAIN}"), ("eve", f"neu@{DOMAIN}")], self.rows(moved))
        self.ctl("account", "set", f"eve@{DOMAIN}", "moved-to=x@BÜCHER.example")
        self.ctl("rename", "domain", "bücher.example", "books.example")
        self.assertEqual([("bob", f"neu@{DOMAIN}"), ("eve", "x@books.example")], self.rows(moved))

    def test_alias_and_list_are_renamed(self):
        self.ctl("list", "add", f"all@{DOMAIN}", ACCOUNT)
        self.ctl("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        self.ctl("rename", "list", f"all@{DOMAIN}", f"everyone@{DOMAIN}")
        self.ctl("rename", "alias", f"info@{DOMAIN}", f"*@{DOMAIN}")
        self.send(f"anything@{DOMAIN}")
        self.assertEqual(1, self.count(DOMAIN, ACCOUNT.split("@", 1)[0]))
        self.ctl("rename", "list", f"everyone@{DOMAIN}", f"*@{DOMAIN}", status=65)
        self.ctl("rename", "alias", f"everyone@{DOMAIN}", f"x@{DOMAIN}", status=67)


if __name__ == "__main__":
    main()
