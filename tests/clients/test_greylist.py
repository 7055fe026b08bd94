#!/usr/bin/env python3
"""Whose mail has to come again, and that the server remembers it, whatever becomes of its processes and of its file."""

import base64
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import time

from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, environment, main, program, render

SETTINGS = LIMITS + "auth-in-clear: yes\ngreylist:\n  enabled: yes\n  passes: 0\n"
SOON = SETTINGS + "  delay: 1s\n"
ALIKE = "sender%d@example.org"  # one mail, by whatever number
LOGIN = base64.b64encode(b"\0" + ACCOUNT.encode() + b"\0correct horse")
OK = "ERR_SMTP_RCPTOK"
LATER = "ERR_SMTP_GLFAILRCP"


class Greylist(TestCase):
    language = None

    def server(self, config=SETTINGS, *arguments, **language):
        return Server("--workers", "2", *arguments, config=config, **language)

    def says(self, reply_id, *arguments, **options):
        return render(self.language, reply_id, *arguments, **options)

    def rcpt(self, server, address=ACCOUNT, client="127.0.0.1", sender=ALIKE % 1):
        """The reply to a recipient in a session of its own."""
        with Talk(server, client) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % sender.encode())
            return talk.say(b"RCPT TO:<%s>" % address.encode())

    def until_taken(self, *arguments, **options):
        """Comes again as an honest server does."""
        until = time.monotonic() + SECONDS
        while (reply := self.rcpt(*arguments, **options)) == self.says(LATER):
            self.assertLess(time.monotonic(), until, "it is never taken")
            time.sleep(0.1)
        self.assertEqual(self.says(OK), reply)


class Waiting(Greylist):
    def test_mail_waits_and_is_taken_when_it_comes_again(self):
        with self.server(SOON) as server:
            self.assertEqual(self.says(LATER), self.rcpt(server))
            server.wait_for_log(r"event=greylisted [^\n]*seconds-left=1\n")
            server.wait_for_log(r"event=reply [^\n]*ref=#3\.20 id=ERR_SMTP_GLFAILRCP [^\n]*check=greylist ")
            self.until_taken(server, client="127.0.0.77", sender=ALIKE % 2)
            self.assertEqual(self.says(LATER), self.rcpt(server, client="127.0.1.1"), "another network")
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), self.rcpt(server, STRANGER))

    def test_nobody_is_greylisted_by_default(self):
        with Server() as server:
            self.assertEqual(self.says(OK), self.rcpt(server))
            self.assertFalse(os.path.exists(os.path.join(server.data, "greylist.db")))

    def test_network_need_not_wait_any_more(self):
        with self.server(SOON.replace("passes: 0", "passes: 2")) as server:
            for sender in "a@example.org", "b@example.org":
                self.until_taken(server, sender=sender)
            self.assertEqual(self.says(OK), self.rcpt(server, sender="c@example.net"))
            self.assertEqual(self.says(LATER), self.rcpt(server, sender="c@example.net", client="127.0.1.1"))

    def test_null_sender_is_deferred_at_data(self):
        with self.server(SOON) as server:
            until = time.monotonic() + SECONDS
            reply = self.send(server)
            self.assertEqual(self.says("ERR_SMTP_GLFAILDATA"), reply)
            while reply == self.says("ERR_SMTP_GLFAILDATA"):
                self.assertLess(time.monotonic(), until, "it is never taken")
                time.sleep(0.1)
                reply = self.send(server)
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), reply)
            self.assertEqual(1, len(server.messages()))

    def send(self, server):
        """The reply to DATA, or to the message."""
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<>")
            self.assertEqual(self.says(OK), talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))
            reply = talk.say(b"DATA")
            return talk.say(b"x\r\n.") if reply == self.says("ERR_SMTP_DATASTART") else reply


class Exceptions(Greylist):
    def test_authenticated_clients_are_not_greylisted(self):
        with self.server() as server, Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(self.says("ERR_SMTP_AUTHOK"), talk.say(b"AUTH PLAIN " + LOGIN))
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            self.assertEqual(self.says(OK), talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))

    def test_lists_and_domains_except_while_the_server_runs(self):
        with self.server() as server:
            self.assertEqual(self.says(OK), self.rcpt(server, "postmaster@" + DOMAIN))
            self.assertEqual(self.says(LATER), self.rcpt(server))
            for add, remove in ((("access", "add", "permitted", "127.0.0.0/24"), ("access", "remove", "permitted", "127.0.0.0/24")),
                                (("access", "add", "relay", "127.0.0.0/24"), ("access", "remove", "relay", "127.0.0.0/24")),
                                (("access", "add", "permitted", "example.org"), ("access", "remove", "permitted", "example.org")),
                                (("domain", "set", DOMAIN, "greylist=no"), ("domain", "set", DOMAIN, "greylist=yes"))):
                server.control(*add)
                self.wait_for(server, OK)
                server.control(*remove)
                self.wait_for(server, LATER)

    def wait_for(self, server, reply_id):
        until = time.monotonic() + SECONDS
        while self.rcpt(server) != self.says(reply_id):
            self.assertLess(time.monotonic(), until, reply_id)
            time.sleep(0.05)


class Remembering(Greylist):
    def test_a_restart_and_a_kill_forget_nothing(self):
        with self.server(SOON) as server:
            self.assertEqual(self.says(LATER), self.rcpt(server))
            self.until_taken(server)
            for number in range(50):
                self.assertEqual(self.says(LATER), self.rcpt(server, sender="x@e%d.example" % number))
            server.process.terminate()
            self.assertEqual(0, server.process.wait(SECONDS))
            server.start()
            self.assertEqual(self.says(OK), self.rcpt(server))
            self.assertEqual(self.says(LATER), self.rcpt(server, sender="late@example.org"))
            server.kill()
            server.start()
            self.assertEqual(self.says(OK), self.rcpt(server))
            time.sleep(1.1)
            for number in range(50):
                self.assertEqual(self.says(OK), self.rcpt(server, sender="x@e%d.example" % number))
            self.assertEqual(self.says(OK), self.rcpt(server, sender="late@example.org"))

    def test_a_worker_that_is_killed_forgets_nothing(self):
        with self.server() as server:
            for number in range(20):
                self.assertEqual(self.says(LATER), self.rcpt(server, sender="x@e%d.example" % number))
            log = server.log()
            for pid in re.findall(r"event=worker-started [^\n]*pid=(\d+)", log):
                os.kill(int(pid), signal.SIGKILL)
            server.wait_for_log(r"(?s)event=worker-started.*event=worker-started", len(log))
            with contextlib.closing(sqlite3.connect(os.path.join(server.data, "greylist.db"))) as database:
                self.assertEqual([(20,)], database.execute("SELECT count(*) FROM seen").fetchall())
                self.assertEqual([("ok",)], database.execute("PRAGMA integrity_check").fetchall())

    def test_workers_share_what_they_know(self):
        with self.server(SOON) as server, contextlib.ExitStack() as stack:
            self.until_taken(server)
            for _ in range(16):  # that are open at a time, so that each worker has some
                talk = stack.enter_context(Talk(server))
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<%s>" % (ALIKE % 3).encode())
                self.assertEqual(self.says(OK), talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))


class Trouble(Greylist):
    def path(self, server):
        return os.path.join(server.data, "greylist.db")

    def test_broken_file_lets_mail_pass_until_it_is_removed(self):
        with self.server() as server:
            self.assertEqual(self.says(LATER), self.rcpt(server))
            server.process.terminate()
            server.process.wait(SECONDS)
            with open(self.path(server), "wb") as file:
                file.write(b"no database " * 1000)
            server.start()
            self.assertEqual(self.says(OK), self.rcpt(server))
            server.wait_for_log(r'event=greylist-failed [^\n]*detail="file is not a database"')
            os.unlink(self.path(server))
            until = time.monotonic() + SECONDS
            while self.rcpt(server) != self.says(LATER):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.1)

    def test_locked_file_lets_mail_pass(self):
        with self.server() as server:
            self.assertEqual(self.says(LATER), self.rcpt(server))
            with contextlib.closing(sqlite3.connect(self.path(server), isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                self.assertEqual(self.says(OK), self.rcpt(server, sender="other@example.org"))
                server.wait_for_log(r'event=greylist-failed [^\n]*detail="database is locked"')
            until = time.monotonic() + SECONDS
            while self.rcpt(server, sender="third@example.org") != self.says(LATER):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.1)

    def test_settings_that_make_no_sense_are_refused(self):
        short = "greylist: the window is not longer than the delay"
        nobody = "greylist: no filter of the kind rspamd says which mail is suspect"
        suspects = "greylist:\n  enabled: yes\n  only-suspects: yes\n"
        with self.server() as server:
            path = os.path.join(server.folder, "bad.conf")
            for text, fault in (("greylist:\n  delay: 1h\n  window: 1h\n", short), ("greylist:\n  delay: 2s\n  window: 2500ms\n", short),
                                (suspects, nobody), (suspects + "filters:\n  - kind: clamav\n    address: /run/x\n", nobody)):
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
                done = subprocess.run([program("ftgate-smtpd"), "-c", path, "--check"], env=environment(), cwd=server.folder,
                                      stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, timeout=SECONDS, text=True, check=False)
                self.assertNotEqual(0, done.returncode)
                self.assertIn(fault, done.stderr)


class German(Waiting):
    language = "de"

    def server(self, config=SETTINGS, *arguments, **language):
        return super().server(config, *arguments, **{"LANG": "de_DE", **language})

    test_nobody_is_greylisted_by_default = None


class Words(TestCase):
    def test_translations_leave_out_the_page_that_is_gone(self):
        with open(os.path.join(SOURCE, "po/LINGUAS"), encoding="ascii") as file:
            languages = file.read().split()
        for language in languages:
            with open(os.path.join(SOURCE, f"po/{language}.po"), encoding="utf-8") as file:
                entries = [entry for entry in file.read().split("\n\n") if re.search('^msgctxt "ERR_SMTP_GLFAIL', entry, re.MULTILINE)]
            self.assertEqual(2, len(entries), language)
            for entry in entries:
                self.assertNotIn("http", entry[entry.index("\nmsgstr"):], language)
        for language in "de", "en", "fr":
            for reply_id in LATER, "ERR_SMTP_GLFAILDATA":
                self.assertWire(render(language, reply_id))
                self.assertNotIn(b"http", render(language, reply_id), language)

    def test_strict_codes(self):
        with Server(*("--profile", "strict"), config=SETTINGS) as server, Talk(server) as talk:
            talk.mail()
            self.assertEqual(render(None, LATER, profile="strict"), talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))


if __name__ == "__main__":
    main()
