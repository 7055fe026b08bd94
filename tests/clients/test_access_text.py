#!/usr/bin/env python3
"""An entry of an access list with words of its own: its ID, code and reference stay; what breaks a rule is not spoken."""

import os
import sqlite3
import subprocess

from server import LIMITS, SECONDS, SENDER, STRANGER, Server, Talk, TestCase, environment, main, program, render

DATAERR = 65


class AccessText(TestCase):
    def setUp(self):
        self.smtp = self.enterContext(Server("--hostname", "mx.example.test", config=LIMITS, LANG="de_DE"))

    def ctl(self, *words, status=0):
        done = subprocess.run([program("ftgatectl"), "--data", self.smtp.data, *words], env=environment(), check=False,
                              timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.error = done.stderr.decode()
        self.assertEqual(status, done.returncode, (words, self.error))
        return done.stdout.decode()

    def greeting(self, address):
        with Talk(self.smtp, address=address) as talk:
            return talk.greeting

    def rcpt(self, address, sender=SENDER):
        with Talk(self.smtp, address=address) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(f"MAIL FROM:<{sender}>".encode())
            return talk.refused()

    def sender(self, talk, sender):
        talk.say(b"RSET")
        return talk.say(f"MAIL FROM:<{sender}>".encode())

    def test_refuses_a_network_in_its_words(self):
        self.ctl("access", "add", "refused", "127.0.0.8", "text=Schön, aber %s kommt hier nicht herein")
        self.ctl("access", "add", "refused", "127.0.0.9")
        self.assertEqual(b"500 5.0.0 Schon, aber 127.0.0.8 kommt hier nicht herein (#4.45)\r\n",
                         self.greeting("127.0.0.8"), "without a language, letters lose their marks")
        self.assertEqual(render("de", "ERR_SMTP_REJECT_IP", "127.0.0.9"), self.greeting("127.0.0.9"))
        self.smtp.wait_for_log(r"event=reply [^\n]*lang=und ref=#4\.45 id=ERR_SMTP_REJECT_IP")

    def test_damaged_entry_is_listed_as_it_is_stored(self):
        self.ctl("access", "add", "blacklist", "192.0.2.0/24")
        entries = ["/", "/a", "/0x", "/" + 32 * "0", "/" + 32 * "0" + "/999", "/" + 31 * "0" + " /1", "/" + 32 * "0" + "/1x"]
        database = sqlite3.connect(os.path.join(self.smtp.data, "ftgate.db"))
        with database:
            for entry in entries:
                database.execute("INSERT INTO access (kind, sender, created) VALUES ('blacklist', ?, 1)", (entry,))
        database.close()
        listed = self.ctl("access", "list")
        self.assertEqual(sorted(f"blacklist  {entry}" for entry in ["192.0.2.0/24", *entries]),
                         sorted(line.rstrip() for line in listed.splitlines()))

    def test_of_a_smaller_network_decides(self):
        self.ctl("access", "add", "blacklist", "127.0.0.0/24", "text=the wide one")
        self.ctl("access", "add", "blacklist", "127.0.0.8/30", "text=the small one")
        self.ctl("access", "add", "blacklist", "127.0.0.16")
        self.assertIn(b": the small one (#2.02) (#4.65)\r\n", self.say_denied("127.0.0.9"))
        self.assertIn(b": the wide one (#2.02) (#4.65)\r\n", self.say_denied("127.0.0.33"))
        shipped = self.say_denied("127.0.0.16")
        self.assertNotIn(b" one ", shipped)
        self.assertIn(b"(#2.02) (#4.65)\r\n", shipped)

    def say_denied(self, address):
        denied = self.rcpt(address)
        return denied.replace(b"\r\n550 ", b" ").replace(b"550-5.5.0 ", b"")

    def test_refuses_a_sender_in_its_words_and_another_in_the_shipped_ones(self):
        self.ctl("access", "add", "blacklist", "bad.example", "text=Wir kennen Sie")
        self.ctl("access", "add", "blacklist", "other.example")
        with Talk(self.smtp) as talk:
            talk.say(b"EHLO client.example.org")
            for _ in range(2):
                self.assertEqual(b"550 5.5.0 Wir kennen Sie (#4.60)\r\n", self.sender(talk, "a@bad.example"))
                self.assertEqual(render("de", "ERR_SMTP_SENDERBLACKLISTED"), self.sender(talk, "a@other.example"))
                self.assertEqual(b"250", self.sender(talk, SENDER)[:3])

    def test_is_checked_when_it_is_added(self):
        for value, text, rule in (("192.0.2.0/24", "(#4.46)", "reference"), ("192.0.2.0/24", "%s", "argument"),
                                  ("a@bad.example", "550 5.1.1 no", "code"), ("192.0.2.0/24", "${nothing}", "variable")):
            self.ctl("access", "add", "blacklist", value, "text=" + text, status=DATAERR)
            self.assertIn(f": {rule}: ", self.error)
        self.ctl("access", "add", "relay", "192.0.2.0/24", "text=x", status=DATAERR)
        self.assertIn("refuses nothing, so it has no text", self.error)
        self.assertEqual("", self.ctl("access", "list"))

    def test_is_shown_changed_and_removed(self):
        self.ctl("access", "add", "blacklist", "127.0.0.8", "text=first", "comment=why")
        self.assertIn("first", self.ctl("access", "show", "blacklist", "127.0.0.8"))
        self.ctl("access", "set", "blacklist", "127.0.0.8", "text=second")
        self.assertIn("second", self.ctl("--json", "access", "list"))
        self.assertIn(b"second", self.rcpt("127.0.0.8"))
        self.ctl("access", "set", "blacklist", "127.0.0.8", "text=")
        self.assertNotIn(b"second", self.rcpt("127.0.0.8"))

    def test_in_the_database_is_checked_again(self):
        """Whoever writes into the database cannot end or imitate a line."""
        self.ctl("access", "add", "refused", "127.0.0.8")
        self.ctl("access", "add", "blacklist", "127.0.0.9")
        self.ctl("access", "add", "blacklist", "bad.example")
        shipped = self.greeting("127.0.0.8"), self.say_denied("127.0.0.9"), self.bad_sender()
        texts = ("x\r\n250 ok", "250 ok", "%n", "(#4.46)", "\x07", "\u202e", "%s%s%s", "${", "x" * 400, b"\xff\xfe",
                 "\0", " ", "x\n" * 20)
        tried = 0
        for text in texts:
            database = sqlite3.connect(os.path.join(self.smtp.data, "ftgate.db"))
            with database:
                database.execute("PRAGMA ignore_check_constraints = ON")
                try:
                    database.execute("UPDATE access SET text = ?" if isinstance(text, str) else
                                     "UPDATE access SET text = CAST(? AS TEXT)", (text,))
                    tried += 1
                except sqlite3.IntegrityError:
                    pass
            database.close()
            said = self.greeting("127.0.0.8"), self.say_denied("127.0.0.9"), self.bad_sender()
            for now, before in zip(said, shipped):
                self.assertWire(now)
                self.assertEqual(now[:9], before[:9], text)
                self.assertEqual(now[-9:], before[-9:], text)
        self.assertEqual(len(texts), tried)
        self.smtp.wait_for_log(r"event=access-text-refused [^\n]*ref=#4\.45 rule=control")

    def bad_sender(self):
        with Talk(self.smtp) as talk:
            talk.say(b"EHLO client.example.org")
            return self.sender(talk, "a@bad.example")


if __name__ == "__main__":
    main()
