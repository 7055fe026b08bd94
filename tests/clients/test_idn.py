#!/usr/bin/env python3
"""A domain is the same in each spelling, and so is a local part: whatever of them a client, the operator or a file names."""

import base64
import contextlib
import email
import email.policy
import os
import sqlite3
import subprocess
import tempfile

from fake_next_hop import FakeNextHop
from pop3 import Pop3Server, Pop3Talk
from server import DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program

U, A = "bücher.example", "xn--bcher-kva.example"
SPELLINGS = (A, A.upper(), U, "BÜCHER.Example", "bu\u0308cher.example", "bücher。example", "xn--bcher-kva．ＥＸＡＭＰＬＥ")
PASSWORD = "correct horse"
CLEAR = LIMITS + "auth-in-clear: yes\n"
RELAY = "relay:\n  retry: 1s\n  timeout: 2s\n  mx: no\n"


def plain(user):
    return b"AUTH PLAIN " + base64.b64encode(b"\0" + user.encode() + b"\0" + PASSWORD.encode())


class Hosted(Server):
    """Hosts the domain, added by its A-label, with an account, added by the U-label."""

    def fill(self):
        self.control("domain", "add", DOMAIN)
        self.control("domain", "add", A)
        self.control("account", "add", "Ännchen@" + U, "--password-stdin", input=PASSWORD.encode() + b"\n")


class Idn(TestCase):
    def start(self, config=LIMITS):
        return self.enterContext(Hosted("--workers", "1", "--hostname", "mx.example.test", config=config))

    def talk(self, server, address="127.0.0.1"):
        talk = self.enterContext(Talk(server, address))
        talk.say(b"EHLO client.example.org")
        return talk

    def mail(self, talk, sender="a@client.example"):
        talk.say(b"RSET")
        return talk.say(f"MAIL FROM:<{sender}> SMTPUTF8".encode())

    def test_each_spelling_reaches_the_mailbox(self):
        server = self.start()
        talk = self.talk(server)
        self.mail(talk)
        for local in ("Ännchen", "äNNCHEN", "A\u0308nnchen"):
            for domain in SPELLINGS:
                self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{local}@{domain}>".encode()), (local, domain))
        talk.say(b"DATA")
        self.assertIn(b"(#3.05)", talk.say(b"Subject: x\r\n\r\nx\r\n."))
        self.assertEqual(1, len(server.messages()), "the mailbox is one")

    def test_no_spelling_passes_the_sender_blacklist(self):
        server = self.start()
        server.control("access", "add", "blacklist", U)
        server.control("access", "add", "blacklist", "Spämmer@bösewicht.example")
        talk = self.talk(server)
        for domain in SPELLINGS:
            self.mail(talk, f"x@{domain}")
            self.assertIn(b"(#4.60)", self.mail(talk, f"x@{domain}"), domain)
        self.assertIn(b"(#4.60)", self.mail(talk, "spÄmmer@xn--bsewicht-n4a.example"))
        self.assertIn(b"(#3.02)", self.mail(talk, "other@xn--bsewicht-n4a.example"))

    def test_no_spelling_passes_anti_spoofing(self):
        talk = self.talk(self.start(LIMITS + "policy:\n  anti-spoofing: yes\n"))
        for domain in SPELLINGS:
            self.assertIn(b"(#3.21)", self.mail(talk, f"x@{domain}"), domain)

    def test_user_logs_in_and_sends_by_each_spelling(self):
        server = self.start(CLEAR)
        for number, domain in enumerate(SPELLINGS):
            talk = self.talk(server)
            start = len(server.log())
            self.assertIn(b"235", talk.say(plain(f"äNNCHEN@{domain}")), domain)
            server.wait_for_log(rf'event=login [^\n]*user="\S*@{A}" mechanism=PLAIN\n', start)
            other = SPELLINGS[number - 1]
            self.assertIn(b"(#3.02)", self.mail(talk, f"A\u0308nnchen@{other}"), other)
            self.assertIn(b"(#4.61)", self.mail(talk, f"bettina@{other}"), other)

    def test_pop3_user_logs_in_by_each_spelling(self):
        server = self.start()
        pop3 = self.enterContext(Pop3Server(beside=server))
        for domain in SPELLINGS:
            with Pop3Talk(pop3) as talk:
                talk.say(b"UTF8")
                start = len(pop3.log())
                self.assertTrue(talk.log_in(f"äNNCHEN@{domain}", PASSWORD).startswith(b"+OK"), domain)
                talk.say(b"QUIT")
                login = pop3.wait_for_log(r'event=login [^\n]*user="(\S+)" ', start)[1]
                self.assertTrue(login.endswith("@" + A), login)
                self.assertEqual(login, pop3.wait_for_log(r'event=logout [^\n]*user="(\S+)" ', start)[1])

    def test_route_is_that_of_each_spelling_and_takes_a_labels(self):
        for written in U, A:
            following = self.enterContext(FakeNextHop(EHLO="250-next.example\r\n250 AUTH PLAIN", AUTH="235 ok"))
            path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "credentials")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write("me\nsecret\n")
            routes = (f"routes:\n  - domain: {written}\n    to: 127.0.0.1:{following.port}\n    tls: none\n"
                      f"    credentials: {path}\n")
            server = self.enterContext(Server("--workers", "1", config=LIMITS + RELAY + routes))
            server.control("access", "add", "relay", "127.0.0.0/8")
            talk = self.talk(server)
            for domain in SPELLINGS:
                self.mail(talk, "anna@münchen.example")
                self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<bert@{domain}>".encode()), domain)
                talk.say(b"DATA")
                self.assertIn(b"(#3.05)", talk.say(b"Subject: x\r\n\r\nx\r\n."))
            for message in following.wait(len(SPELLINGS)):
                self.assertEqual(("anna@xn--mnchen-3ya.example", [f"bert@{A}"]), (message.sender, message.recipients))
            self.assertIn("AUTH PLAIN " + base64.b64encode(b"\0me\0secret").decode(), following.commands)

    def test_mail_of_a_relayed_domain_is_taken_in_each_spelling(self):
        server = self.start(LIMITS + RELAY + "etrn: anyone\n")
        server.control("domain", "add", "straße.example", "relay=yes")
        talk = self.talk(server)
        for domain in "straße.example", "xn--strae-oqa.example":
            talk.say(b"RSET")
            self.assertIn(b"(#3.09)", talk.say(f"ETRN {domain}".encode()))
            self.mail(talk)
            self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<x@{domain}>".encode()))
        self.mail(talk)
        self.assertIn(b"(#4.63)", talk.say(b"RCPT TO:<x@strasse.example>"), "it is another domain")

    def test_members_may_post_in_each_spelling(self):
        server = self.start()
        server.control("list", "add", "club@" + A, "Ännchen@" + U, "far@münchen.example", "post=members")
        talk = self.talk(server)
        server.control("access", "add", "permitted", "127.0.0.2")
        permitted = self.talk(server, "127.0.0.2")
        for talk, sender in ((permitted, "äNNCHEN@" + A), (permitted, "A\u0308nnchen@" + U),
                             (talk, "far@xn--mnchen-3ya.example"), (talk, "far@MÜNCHEN.example")):
            self.mail(talk, sender)
            self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<club@{U}>".encode()), sender)
        self.mail(talk, "far@munchen.example")
        self.assertIn(b"(#4.67)", talk.say(f"RCPT TO:<club@{U}>".encode()))

    def test_greylisting_knows_each_spelling(self):
        server = self.start(LIMITS + "greylist:\n  enabled: yes\n  delay: 1s\n  passes: 0\n")
        talk = self.talk(server)
        self.mail(talk, "grün@" + U)
        self.assertIn(b"450", talk.say(f"RCPT TO:<Ännchen@{U}>".encode()))
        path = os.path.join(server.data, "greylist.db")
        with contextlib.closing(sqlite3.connect(path)) as database:
            (table,) = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            count = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            self.assertGreater(count[0], 0)
            for domain in SPELLINGS:
                self.mail(talk, "GRÜN@" + domain)
                talk.say(f"RCPT TO:<äNNCHEN@{domain}>".encode())
            self.assertEqual(count, database.execute(f"SELECT count(*) FROM {table}").fetchone())

    def test_vrfy_and_expn_know_each_spelling(self):
        server = self.start(LIMITS + "vrfy: anyone\nexpn: anyone\n")
        server.control("list", "add", "club@" + A, "Ännchen@" + U, "far@münchen.example", "expand=anyone")
        talk = self.talk(server)
        for domain in SPELLINGS:
            self.assertEqual(f"250 <Ännchen@{A}>\r\n".encode(), talk.say(f"VRFY äNNCHEN@{domain} SMTPUTF8".encode()))
            expanded = talk.say(f"EXPN club@{domain} SMTPUTF8".encode())
            for member in f"<Ännchen@{A}>", "<far@xn--mnchen-3ya.example>":
                self.assertIn(member.encode(), expanded)

    def test_dsn_shows_u_labels_and_is_for_servers_without_smtputf8(self):
        following = self.enterContext(FakeNextHop(RCPT="550 5.1.1 no such user"))
        config = LIMITS + RELAY + f"  smarthost: 127.0.0.1:{following.port}\n  tls: none\n"
        server = self.start(config)
        server.control("access", "add", "relay", "127.0.0.0/8")
        server.control("account", "add", "anna@" + A, "--no-password")
        talk = self.talk(server)
        self.mail(talk, "anna@" + U)
        self.assertIn(b"(#3.04)", talk.say("RCPT TO:<bert@münchen.example>".encode()))
        talk.say(b"DATA")
        self.assertIn(b"(#3.05)", talk.say(b"Subject: x\r\n\r\nx\r\n."))
        server.wait_for_log(r"event=dsn ")
        (octets,) = server.messages()
        notice = email.message_from_bytes(octets, policy=email.policy.default)
        words, status, _ = notice.iter_parts()
        self.assertIn("bert@münchen.example", words.get_content())
        self.assertIn("Final-Recipient: rfc822; bert@xn--mnchen-3ya.example", status.as_string())
        self.assertEqual("anna@" + A, notice["To"].addresses[0].addr_spec)

    def test_people_see_u_labels(self):
        server = self.start(LIMITS + "relay:\n  send: no\n")
        server.control("domain", "add", "straße.example", "relay=yes")
        talk = self.talk(server)
        self.mail(talk, "anna@münchen.example")
        talk.say(b"RCPT TO:<x@xn--strae-oqa.example>")
        talk.say(b"DATA")
        talk.say(b"x\r\n.")

        def output(*words):
            done = subprocess.run([server.ctl, "--data", server.data, *words], stdout=subprocess.PIPE, check=True,
                                  env=environment(LC_ALL="C.UTF-8", LOCPATH=""), timeout=SECONDS)
            return done.stdout.decode()
        self.assertEqual(f"{U}\n{DOMAIN}\nstraße.example\n".split(), sorted(output("domain", "list").split()))
        self.assertEqual(f"Ännchen@{U}\n", output("account", "list", A))
        self.assertIn("<anna@münchen.example>  x@straße.example", output("queue", "list", "STRASSE.example".replace("SS", "ß")))
        self.assertEqual("", output("queue", "list", "strasse.example"))
        self.assertIn('"x@xn--strae-oqa.example"', output("--json", "queue", "list"))


class Migration(TestCase):
    """Version 5 told local parts apart by octets beyond ASCII."""

    OLD = """ALTER TABLE access DROP COLUMN text; ALTER TABLE domains DROP COLUMN recipients;
             DROP INDEX accounts_recipient; ALTER TABLE accounts DROP COLUMN written;
             ALTER TABLE aliases DROP COLUMN written; ALTER TABLE targets DROP COLUMN written;
             ALTER TABLE accounts DROP COLUMN max_messages_hour; ALTER TABLE accounts DROP COLUMN max_messages_day;
             ALTER TABLE accounts DROP COLUMN delivery; ALTER TABLE domains DROP COLUMN delivery;
             ALTER TABLE accounts DROP COLUMN max_recipients_hour; ALTER TABLE accounts DROP COLUMN max_recipients_day;
             CREATE INDEX accounts_recipient ON accounts (domain, local, id, smtp, pop3, send, receive, disabled, spamtrap,
                 language, quota_bytes, quota_messages, moved_to);
             INSERT INTO accounts (domain, local, created) VALUES (1, 'Änne', 0), (1, 'änne', 0);
             PRAGMA user_version = 5"""

    def test_server_starts_once_equal_names_are_resolved(self):
        server = Server("--workers", "1")
        with server:
            server.process.terminate()
            server.process.wait()
            path = os.path.join(server.data, "ftgate.db")
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.executescript(self.OLD)
            before = sqlite3.connect(path).execute("SELECT * FROM accounts").fetchall()
            refused = subprocess.run([program("ftgate-smtpd"), "--listen", "127.0.0.1:0", "--data", server.data],
                                     stderr=subprocess.PIPE, env=environment(), timeout=SECONDS, check=False)
            self.assertEqual(69, refused.returncode, refused.stderr)
            command = f"ftgatectl account remove 'änne@{DOMAIN}'"
            for told in f"Änne@{DOMAIN} and änne@{DOMAIN}", "(1 in all)", command:
                self.assertIn(told, refused.stderr.decode())
            self.assertEqual(before, sqlite3.connect(path).execute("SELECT * FROM accounts").fetchall())

            def ctl(*words):
                return subprocess.run([program("ftgatectl"), "--data", server.data, *words], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, env=environment(), timeout=SECONDS, check=False)
            self.assertEqual(69, ctl("account", "add", "new@" + DOMAIN, "--no-password").returncode)
            listed = ctl("account", "list")
            self.assertEqual((0, 3), (listed.returncode, len(listed.stdout.splitlines())), listed)
            self.assertIn(command.encode(), listed.stderr)
            removed = ctl("account", "remove", "änne@" + DOMAIN)
            self.assertEqual(0, removed.returncode, removed.stderr)
            server.start()
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<a@client.example> SMTPUTF8")
                self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<ÄNNE@{DOMAIN}>".encode()))


if __name__ == "__main__":
    main()
