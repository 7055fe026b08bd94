#!/usr/bin/env python3
"""Mailboxes that take no mail, or not so much of it, and a disk that is full."""

import os
import sqlite3

from limits import LimitsCase, four_ways
from server import ACCOUNT, DOMAIN, SENDER, Talk, main

MESSAGE = b"Subject: x\r\n\r\n" + 40 * (b"y" * 70 + b"\r\n") + b".\r\n"


class Verdicts(LimitsCase):
    def change(self, server, assignment):
        """Changes the account in the database; the server sees it within its time of rest."""
        with sqlite3.connect(os.path.join(server.data, "ftgate.db")) as database:
            database.execute(f"UPDATE accounts SET {assignment} WHERE local = 'erika'")
        database.close()

    def deliver(self, talk, declare=b""):
        """Goes on until something is refused. Returns the last reply."""
        for command in b"EHLO client.example.org", b"MAIL FROM:<%s>%s" % (SENDER.encode(), declare), \
                b"RCPT TO:<%s>" % ACCOUNT.encode(), b"DATA":
            answer = talk.say(command)
            if answer[:1] not in b"23":
                return answer
        talk.socket.sendall(MESSAGE)
        return talk.reply()

    def assertRefused(self, server, assignment, answer, log):
        self.change(server, assignment)
        start = len(server.log())
        with Talk(server) as talk:
            self.assertEqual(answer, self.deliver(talk))
        server.wait_for_log(log, start)

    def test_mailbox_that_takes_no_mail(self):
        with self.server() as server:
            self.assertRefused(server, "disabled = 1", self.says("ERR_SMTP_MAILBOX_DISABLED", ACCOUNT),
                               r"ref=#3\.13 [^\n]*reason=#1\.00")
            self.assertRefused(server, "disabled = 0, receive = 0",
                               self.says("ERR_SMTP_ACCESSDENIED", ACCOUNT, "ERR_MAILBOX_DISABLED"),
                               r"ref=#4\.65 [^\n]*reason=#1\.00")
            self.assertRefused(server, "moved_to = 'e@example.net', receive = 1",
                               self.says("ERR_SMTP_ADDRESS_MOVED", ACCOUNT + " -> e@example.net"), r"ref=#4\.33 ")

    def test_spamtrap_blacklists(self):
        with self.server() as server:
            self.assertRefused(server, "spamtrap = 1",
                               self.says("ERR_SMTP_ACCESSDENIED", ACCOUNT, "ERR_MAILBOX_SPAMTRAP"),
                               r"event=blacklisted [^\n]*cause=#1\.01")
            with Talk(server) as talk:
                talk.mail()
                for address in "bob@" + DOMAIN, "postmaster@elsewhere.example":
                    self.assertEqual(self.says("FTG_SMTP_BLOCKED", address, "ERR_SECPOL_NO_ACCESS"),
                                     self.rcpt(talk, address))
                for address in "postmaster@" + DOMAIN, "PostMaster@" + DOMAIN.upper(), "postmaster":
                    self.assertAccepted(talk, address)

    def test_quota(self):
        full = self.says("ERR_SMTP_MAILBOX_FULL", ACCOUNT)
        with self.server() as server:
            self.change(server, "quota_bytes = 5000")
            with Talk(server) as talk:
                self.assertEqual(full, self.deliver(talk, b" SIZE=5001"))
                self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.deliver(talk))
                self.assertEqual(full, self.deliver(talk, b" SIZE=3000"))
                self.assertEqual(full, self.deliver(talk))
            server.wait_for_log(r"ref=#3\.14 [^\n]*reason=#1\.02")
            self.assertEqual(1, len(server.messages()))
            path = os.path.join(server.data, "mail", DOMAIN, "erika", "maildirsize")
            with open(path, encoding="ascii") as sheet:
                self.assertRegex(sheet.read(), r"\A5000S\n\d+ 1\n\Z")

    def test_deleted_messages_do_not_count_towards_the_quota(self):
        with self.server() as server:
            self.change(server, "quota_bytes = 9000")
            box = os.path.join(server.data, "mail", DOMAIN, "erika")
            with Talk(server) as talk:
                self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.deliver(talk))
                os.makedirs(os.path.join(box, ".Trash", "cur"))
                for name in "cur/1.a.host,S=6000:2,ST", ".Trash/cur/2.a.host,S=9000:2,S":
                    with open(os.path.join(box, name), "xb"):
                        pass
                os.unlink(os.path.join(box, "maildirsize"))
                self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.deliver(talk))
                self.assertEqual(self.says("ERR_SMTP_MAILBOX_FULL", ACCOUNT), self.deliver(talk))
            self.assertEqual(2, len(server.messages()))

    def test_disk_with_too_little_left(self):
        with self.server("min-free: 1000000G") as server, Talk(server) as talk:
            self.assertEqual(self.says("ERR_SMTP_SYSTEM_LENGTH"), self.deliver(talk))
            server.wait_for_log(r"ref=#3\.16 [^\n]*reason=#1\.03")
            self.assertEqual([], server.messages())


four_ways(globals(), Verdicts)


if __name__ == "__main__":
    main()
