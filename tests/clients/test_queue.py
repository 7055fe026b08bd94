#!/usr/bin/env python3
"""Mail for other servers is in the relay queue, whole and with its envelope, and nowhere where it is refused."""

import fcntl
import glob
import json
import os
import re
import smtplib
import subprocess
import time

from server import ACCOUNT, DOMAIN, SECONDS, SENDER, Server, Talk, TestCase, environment, main, program, render

CONFIG = ("auth: PLAIN SCRAM-SHA-256\nauth-in-clear: yes\netrn: anyone\nrelay:\n  send: no\n"
          "limits:\n  max-unknown-recipients: 0\n  max-relay-attempts: 2\n  max-errors: 1000000\n")
FAR, FURTHER = "far@elsewhere.example", "further@other.example"
TEXT = "Subject: Gr\u00fc\u00dfe\r\n\r\n.\r\n..\r\nGr\u00fc\u00dfe\r\n" + "x" * 900 + "\r\n \t\r\n\r\n"
USAGE, DATAERR, NOUSER, UNAVAILABLE, TEMPFAIL = 64, 65, 67, 69, 75


class QueueCase(TestCase):
    arguments = "--workers", "1"

    def setUp(self):
        self.server = self.enterContext(self.make())
        self.queue = os.path.join(self.server.data, "queue")

    def make(self):
        case = self

        class Filled(Server):
            def fill(self):
                super().fill()
                case.fill(self)
        return Filled(*self.arguments, config=CONFIG)

    def fill(self, server):
        server.control("account", "add", "mute@" + DOMAIN, "--password-stdin", "send=no", input=b"correct horse\n")
        server.control("alias", "add", "away@" + DOMAIN, FURTHER)
        server.control("list", "add", "all@" + DOMAIN, ACCOUNT, FAR, FURTHER)
        server.control("domain", "add", "backup.example", "relay=yes")

    def files(self, pattern="*.envelope"):
        return sorted(glob.glob(os.path.join(self.queue, pattern)))

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def ctl(self, *words, status=0):
        done = subprocess.run([program("ftgatectl"), "--data", self.server.data, *words], env=environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(status, done.returncode, (words, done.stderr))
        self.error = done.stderr.decode()
        return done.stdout.decode()

    def entries(self, *words):
        return json.loads(self.ctl("--json", "queue", "list", *words))

    def client(self, user=None):
        client = smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS)
        self.addCleanup(client.close)
        client.ehlo()
        if user:
            client.login(user, "correct horse")
        return client

    def send(self, *recipients, user=ACCOUNT, sender=ACCOUNT, options=(), rcpt_options=()):
        return self.client(user).sendmail(sender, recipients, TEXT.encode(), options, rcpt_options)


class Acceptance(QueueCase):
    def assertMessage(self, entry, local=b""):
        """The message is stored as it came, behind trace lines, of which those for mailboxes are left out.

        A user's message without Date and Message-ID gets them.
        """
        stored = self.read(os.path.join(self.queue, entry["id"] + ".message"))
        wanted = TEXT.encode().replace(b"\r\n", b"\n")
        self.assertEqual(wanted, stored[-len(wanted):])
        trace = stored[:-len(wanted)]
        self.assertTrue(trace.startswith(local), trace)
        self.assertRegex(trace[len(local):], rb"\AReceived: from client\.example\.org .*\n(?:\t.*\n){2}(?:Date: .*\nMessage-ID: <.*>\n)?\Z")
        self.assertEqual(len(stored) - len(local) + stored[len(local):].count(b"\n"), entry["size"])
        skip = re.search(rb"(?m)^skip (\d+)$", self.read(os.path.join(self.queue, entry["id"] + ".envelope")))
        self.assertEqual(len(local), int(skip.group(1)) if skip else 0)

    def test_authenticated_clients_may_relay(self):
        self.assertEqual({}, self.send(FAR, FURTHER, options=["BODY=8BITMIME", "RET=HDRS", "ENVID=QQ1"],
                                       rcpt_options=["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;x@example.net"]))
        entry, = self.entries()
        self.assertEqual([], self.server.messages())
        self.assertEqual((ACCOUNT, ACCOUNT, "headers", "QQ1", True, False, False),
                         tuple(entry[key] for key in ("from", "user", "return", "envid", "8bit", "utf8", "held")))
        self.assertEqual([FAR, FURTHER], [recipient["address"] for recipient in entry["recipients"]])
        for recipient in entry["recipients"]:
            self.assertEqual(("waiting", ["success", "delay"], "rfc822;x@example.net"),
                             tuple(recipient[key] for key in ("state", "notify", "orcpt")))
        self.assertMessage(entry)
        self.server.wait_for_log(rf"event=message .*recipients=2 queue={entry['id']} ")
        self.assertTrue(entry["id"].startswith(entry["session"] + "u"))

    def test_text_that_deceives_a_terminal_is_printed_escaped(self):
        self.assertEqual({}, self.send(FAR))
        path, = self.files()
        envelope = self.read(path).replace(b"far@", "f\u202e\u2028\u200b@".encode()).replace(
            ACCOUNT.encode(), "\u2066a@b.example".encode())
        with open(path, "wb") as file:
            file.write(envelope)
        identity = self.entries()[0]["id"]
        for words in (("queue", "list"), ("queue", "show", identity)):
            printed = self.ctl(*words)
            self.assertIn(r"f\xE2\x80\xAE\xE2\x80\xA8\xE2\x80\x8B@elsewhere.example", printed)
            self.assertTrue(printed.isascii(), printed)
        self.assertTrue(self.ctl("--json", "queue", "list").isascii())
        self.assertEqual("f\u202e\u2028\u200b@elsewhere.example", self.entries()[0]["recipients"][0]["address"])
        self.ctl("queue", "show", "x\u202ey", status=NOUSER)
        self.assertIn(r"x\xE2\x80\xAEy", self.error)

    def test_local_and_remote_recipients_share_one_file(self):
        self.assertEqual({}, self.send(ACCOUNT, FAR))
        entry, = self.entries()
        self.assertMessage(entry, f"Return-Path: <{ACCOUNT}>\nDelivered-To: {ACCOUNT}\n".encode())
        message, = self.files("*.message")
        self.assertEqual(2, os.stat(message).st_nlink)
        self.assertEqual([self.read(message)], self.server.messages())

    def test_remote_recipients_are_reached_by_alias_list_and_relayed_domain(self):
        self.assertEqual({}, self.send("away@" + DOMAIN, "all@" + DOMAIN, "Anyone@Backup.Example", user=None, sender=SENDER))
        entries = self.entries()
        self.assertEqual([[FURTHER, "Anyone@backup.example"], [FAR]],
                         sorted(([to["address"] for to in entry["recipients"]] for entry in entries), reverse=True))
        self.assertEqual({None}, {entry["user"] for entry in entries})
        self.assertEqual(1, len(self.server.messages()))

    def test_unknown_protocols_are_refused(self):
        with Talk(self.server) as talk:
            talk.mail()
            for _ in range(2):
                self.assertEqual(render(None, "ERR_SMTP_RELAYFAIL", FAR), talk.say(b"RCPT TO:<%s>" % FAR.encode()))
            self.assertEqual(render(None, "ERR_SMTP_RELAYFAIL2", FAR), talk.say(b"RCPT TO:<%s>" % FAR.encode()))
            self.assertEqual(b"", talk.reply())
        self.assertEqual([], self.files("*.*"))

    def test_account_without_the_right_to_send_is_refused(self):
        with self.assertRaises(smtplib.SMTPSenderRefused) as refused:
            self.send(FAR, user="mute@" + DOMAIN, sender="mute@" + DOMAIN)
        self.assertIn(b"(#4.66)", refused.exception.smtp_error)
        self.assertEqual([], self.files("*.*"))

    def test_network_on_the_relay_list_needs_no_login(self):
        self.server.control("access", "add", "relay", "127.0.0.1")
        until = time.monotonic() + SECONDS
        while True:
            try:
                self.assertEqual({}, self.send(FAR, user=None, sender=SENDER))
                break
            except smtplib.SMTPRecipientsRefused:
                self.assertLess(time.monotonic(), until)
        self.assertEqual(SENDER, self.entries()[0]["from"])

    def test_message_that_is_refused_is_not_queued(self):
        client = self.client(ACCOUNT)
        client.mail(ACCOUNT)
        client.rcpt(FAR)
        client.putcmd("DATA")
        self.assertEqual(354, client.getreply()[0])
        client.send(b"bare\nline\r\n.\r\n")
        self.assertEqual(5, client.getreply()[0] // 100)
        client.mail(ACCOUNT)
        client.rcpt(FAR)
        client.putcmd("DATA")
        client.getreply()
        client.send(b"x" * 200000 + b"\r\n")
        client.close()
        until = time.monotonic() + SECONDS
        while self.files("tmp/*"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        self.assertEqual([], self.files("*.*"))

    def test_queue_that_cannot_be_written_is_a_passing_error_and_keeps_mailboxes_empty(self):
        self.client().quit()  # the worker has opened its queue, then
        os.rmdir(os.path.join(self.queue, "tmp"))
        for recipients, ref in (((FAR,), b"(#3.22)"), ((ACCOUNT, FAR), b"(#3.15)")):
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                self.send(*recipients)
            self.assertEqual(4, refused.exception.smtp_code // 100)
            self.assertIn(ref, refused.exception.smtp_error)
        self.assertEqual([], self.server.messages())

    def test_etrn_orders_a_run_of_a_relayed_domain(self):
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            for argument in b"Backup.Example", b"@backup.example":
                self.assertEqual(render(None, "ERR_SMTP_QUEUESTARTED"), talk.say(b"ETRN " + argument))
            self.assertEqual(render(None, "ERR_SMTP_DOMAINNOTFOUND"), talk.say(b"ETRN elsewhere.example"))


class Control(QueueCase):
    """The commands of ftgatectl on a queue that nobody works on."""

    def setUp(self):
        super().setUp()
        self.send(FAR, FURTHER)
        self.send("away@" + DOMAIN, user=None, sender="")
        self.server.process.terminate()
        self.server.process.wait(SECONDS)
        self.first, self.second = (entry["id"] for entry in self.entries())

    def test_list_and_show_tell_all(self):
        lines = self.ctl("queue", "list").splitlines()
        self.assertEqual(2, len(lines))
        self.assertRegex(lines[0], rf"^{self.first} +\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ +\d+  <{ACCOUNT}> +{FAR}, \.\.\. +2 of 2 waiting$")
        self.assertRegex(lines[1], rf"^{self.second} .*  <> +{FURTHER} +1 of 1 waiting$")
        self.assertEqual(2, len(self.entries("other.example")))
        self.assertEqual([self.first], [entry["id"] for entry in self.entries("ELSEWHERE.example")])
        self.assertEqual([], self.entries("nowhere.example"))
        shown = self.ctl("queue", "show", self.first)
        self.assertRegex(shown, rf"(?m)^to +{FAR} waiting, \d+ attempts?\b")
        self.assertEqual(self.entries()[0], json.loads(self.ctl("--json", "queue", "show", self.first)))

    def test_what_is_held_is_released(self):
        self.assertEqual("", self.ctl("queue", "hold", self.first, self.second))
        self.assertEqual([True, True], [entry["held"] for entry in self.entries()])
        self.assertRegex(self.ctl("queue", "list"), r"waiting 0|2 of 2 held")
        self.ctl("queue", "release", self.first)
        self.ctl("queue", "release", self.first)
        self.assertEqual([False, True], [entry["held"] for entry in self.entries()])

    def test_what_is_removed_is_gone(self):
        self.ctl("queue", "remove", self.first)
        self.assertEqual([self.second], [entry["id"] for entry in self.entries()])
        self.assertEqual(1, len(self.files("*.message")))
        self.ctl("queue", "remove", self.first, self.second, status=NOUSER)
        self.assertEqual([], self.files("*.*"))

    def test_run_orders_what_is_named(self):
        for words, name in (((), "all"), ((self.first,), "entry=" + self.first), (("Other.Example",), "domain=other.example"),
                            (("@other.example",), "below=other.example")):
            self.ctl("queue", "run", *words)
            path, = self.files("run/*")
            self.assertEqual(name, os.path.basename(path))
            os.unlink(path)

    def test_run_says_how_many_messages_are_due(self):
        def due(*words):
            said = self.ctl("queue", "run", *words)
            for path in self.files("run/*"):
                os.unlink(path)
            return said
        self.assertEqual(["2 messages are due now\n", "1 message is due now\n", "2 messages are due now\n"],
                         [due(), due(self.first), due("Other.Example")])
        self.assertEqual(["2 messages are due now\n", "0 messages are due now\n", "0 messages are due now\n"],
                         [due("@Example"), due("xample.example"), due("@nowhere.example")])
        self.assertEqual({"messages": 1}, json.loads(due("--json", "elsewhere.example")))
        self.ctl("queue", "hold", self.second)
        self.assertEqual("1 message is due now\n", due())

    def test_errors_have_a_status_and_a_cure(self):
        with open(self.files()[1], "w", encoding="ascii") as envelope:
            envelope.write("garbage")
        for status, error, *words in (
                (USAGE, "'delete' is not one of list, show, run, hold, release, remove", "queue", "delete"),
                (USAGE, "queue show takes ID", "queue", "show"),
                (NOUSER, "no message nothere in the queue; for those in it", "queue", "show", "nothere"),
                (NOUSER, "no message ../../x in the queue", "queue", "remove", "../../x"),
                (DATAERR, f"damaged; to remove it: ftgatectl queue remove {self.second}", "queue", "show", self.second),
                (DATAERR, "is damaged", "queue", "hold", self.second),
                (DATAERR, "'no domain' is not a domain", "queue", "list", "no domain"),
                (DATAERR, "'no domain' is neither a message in the queue nor a domain", "queue", "run", "no domain")):
            self.assertEqual("", self.ctl(*words, status=status))
            self.assertIn(error, self.error)
        self.assertEqual([(self.first, False), (self.second, True)],
                         sorted((entry["id"], entry["damaged"]) for entry in self.entries()))
        self.assertRegex(self.ctl("queue", "list"), rf"(?m)^{self.second} .* damaged$")
        self.ctl("queue", "remove", self.second)
        self.assertEqual([self.first], [entry["id"] for entry in self.entries()])

    def test_what_is_being_sent_is_left_alone(self):
        with open(self.files()[0], "rb") as envelope:
            fcntl.flock(envelope, fcntl.LOCK_EX)
            self.ctl("queue", "remove", self.first, status=TEMPFAIL)
            self.assertIn(f"{self.first} is being sent; try again later", self.error)
            self.assertEqual(2, len(self.entries()))
        self.ctl("queue", "remove", self.first)


if __name__ == "__main__":
    main()
