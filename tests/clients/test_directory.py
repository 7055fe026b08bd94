#!/usr/bin/env python3
"""The directory of a running server: changes by ftgatectl, and lists with thousands of members."""

import contextlib
import sqlite3

from server import ACCOUNT, DOMAIN, LIMITS, Server, Talk, TestCase, main, render

MEMBERS = 1900
MANY = LIMITS + "  max-recipients: 1000\n"


class Directory(TestCase):
    def start(self, config=LIMITS):
        return self.enterContext(Server("--workers", "1", config=config))

    def test_a_change_is_seen_by_the_next_command(self):
        server = self.start()
        with Talk(server) as talk:
            talk.mail()
            for number in range(20):
                domain = f"new{number}.example"
                command = f"RCPT TO:<carol@{domain}>".encode()
                self.assertIn(b"(#4.63)", talk.say(command))
                server.control("domain", "add", domain)
                self.assertIn(b"(#4.28)", talk.say(command))
                server.control("account", "add", f"carol@{domain}", "--no-password")
                self.assertIn(b"(#3.04)", talk.say(command))
                server.control("account", "set", f"carol@{domain}", "disabled=yes")
                self.assertIn(b"(#3.13)", talk.say(command))

    def make_list(self, server, post):
        """A list whose members are accounts of its own domain; post says who may write to it."""
        with contextlib.closing(sqlite3.connect(server.data + "/ftgate.db")) as database, database:
            database.execute("INSERT INTO domains (id, name, created) VALUES (50, 'list.example', 0)")
            database.execute("INSERT INTO aliases (id, domain, local, kind, post, created) VALUES (50, 50, 'all', 'list', ?, 0)",
                             (post,))
            names = [(f"member{number}",) for number in range(MEMBERS)]
            database.executemany("INSERT INTO accounts (domain, local, created) VALUES (50, ?, 0)", names)
            database.executemany("INSERT INTO targets (alias, local, domain) VALUES (50, ?, 'list.example')", names)

    def pipeline(self, server, count):
        """The replies to so many recipients that come at once, and to NOOPs of another client meanwhile."""
        with Talk(server) as stranger, Talk(server) as other:
            stranger.mail()
            stranger.socket.sendall(b"RCPT TO:<all@list.example>\r\n" * count)
            for _ in range(10):
                self.assertEqual(render(None, "ERR_SMTP_OK"), other.say(b"NOOP"))
            return [stranger.reply() for _ in range(count)]

    def test_a_strangers_recipients_are_refused_before_the_list_is_expanded(self):
        server = self.start()
        self.make_list(server, "members")
        self.assertEqual({render(None, "ERR_SMTP_GLACCESSDENIED")}, set(self.pipeline(server, 400)))

    def test_a_list_may_be_named_again_and_again(self):
        server = self.start(MANY)
        self.make_list(server, "anyone")
        self.assertEqual({render(None, "ERR_SMTP_RCPTOK")}, set(self.pipeline(server, 400)))

    def test_a_member_may_write_to_a_list_of_members(self):
        server = self.start()
        server.control("list", "add", "few@" + DOMAIN, ACCOUNT, "post=members")
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            self.assertEqual(render(None, "ERR_SMTP_RCPTOK"), talk.say(b"RCPT TO:<few@%s>" % DOMAIN.encode()))
            talk.say(b"DATA")
            self.assertEqual(render(None, "ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: x\r\n\r\nx\r\n."))
        self.assertEqual(1, len(server.messages()))


if __name__ == "__main__":
    main()
