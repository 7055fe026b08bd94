#!/usr/bin/env python3
"""What a message must hold and must not: over a socket, with messages of every kind of malice, in German and English."""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from limits import LimitsCase, four_ways
from server import ACCOUNT, SECONDS, SENDER, SOURCE, Talk, main, program

RULES = """# what may not come in
name *.exe *.scr
type application/x-msdownload message/partial
header Subject /\\bpills\\b/i
"""
DATE = b"Date: Tue, 1 Jan 2030 00:00:00 +0000\r\n"
HEADER = b"From: <%s>\r\nTo: <%s>\r\n" % (SENDER.encode(), ACCOUNT.encode()) + DATE + b"Subject: x\r\n"


def lines(*texts):
    return b"".join(text.encode() + b"\r\n" for text in texts)


def multipart(*parts, boundary="b"):
    head = lines(f"Content-Type: multipart/mixed; boundary={boundary}", "")
    return head + b"".join(lines("--" + boundary) + part for part in parts) + lines(f"--{boundary}--")


def attachment(fields):
    return multipart(lines("", "text"), lines(fields, "Content-Transfer-Encoding: base64", "", "TVqQAAMAAAAEAAAA"))


class ContentCase(LimitsCase):
    content = "  rules: {rules}\n"

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", prefix="ftgate-rules-", delete=False) as rules:
            rules.write(RULES)
        self.addCleanup(os.unlink, rules.name)
        server = self.server(listeners="content:\n" + self.content.format(rules=rules.name))
        self.running = self.enterContext(server)

    def send(self, message, recipients=(ACCOUNT,)):
        """The answer to the message; a connection each."""
        with Talk(self.running) as talk:
            talk.mail()
            for recipient in recipients:
                self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.rcpt(talk, recipient))
            talk.say(b"DATA")
            return talk.say(message.replace(b"\r\n.", b"\r\n..") + b".")

    def assertRefused(self, reply_id, message, cause):
        self.assertEqual(self.says(reply_id), self.send(message))
        self.running.wait_for_log(rf"id={reply_id} .*cause=\"?{cause}")
        self.assertEqual([], self.running.messages())
        self.assertNothingIsLeft()

    def assertTaken(self, message):
        """It is in the mailbox as it was sent, behind the lines of the server."""
        before = len(self.running.messages())
        self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.send(message))
        messages = self.running.messages()
        self.assertEqual(before + 1, len(messages))
        trace = rb"Return-Path: .*\nDelivered-To: .*\nReceived: .*\n\t.*\n\t.*\n"
        self.assertTrue(any(re.fullmatch(trace + re.escape(message.replace(b"\r\n", b"\n")), taken) for taken in messages),
                        f"no message is as it was sent: {message[:1000]}")
        self.assertNothingIsLeft()

    def assertNothingIsLeft(self):
        """What lies in the tmp folders is removed, if not at once."""
        deadline = time.monotonic() + SECONDS
        while left := [name for folder, _, names in os.walk(self.running.data) if folder.endswith("/tmp") for name in names]:
            self.assertLess(time.monotonic(), deadline, left)
            time.sleep(0.01)


class Rules(ContentCase):
    def test_what_is_prohibited_is_refused(self):
        for message, cause in (
                (HEADER + attachment("Content-Type: application/octet-stream; name=evil.exe"), "line 2"),
                (attachment("Content-Disposition: attachment; filename*0*=utf-8''ev%69; filename*1=\"l.exe\""), "line 2"),
                (attachment("Content-Disposition: attachment; filename=\"=?utf-8?B?ZXZpbC5leGU=?=\""), "line 2"),
                (attachment("Content-Type: APPLICATION/X-MSDownload"), "line 3"),
                (lines("Subject: cheap =?utf-8?Q?Pills?=", "", "text"), "line 4")):
            with self.subTest(message):
                self.assertRefused("ERR_SMTP_MESSAGE_CONTENT", message, cause)

    def test_passed_message_arrives_octet_for_octet(self):
        every = bytes(octet for octet in range(1, 256) if octet not in b"\r\n")
        self.assertTaken(HEADER + lines("", "text", ".exe", "..", "") + every + b"\r\n" + b"\xC3\xA4" * 40000 + b"\r\n")
        self.assertTaken(HEADER + attachment("Content-Type: text/plain; name=evil.exe.txt"))
        self.assertTaken(b"\r\n")
        self.assertTaken(HEADER + b"\r\n" + (b"0123456789" * 9 + b"\r\n") * 40000)


class Checks(ContentCase):
    content = "  header-check: yes\n  body-check: yes\n  max-header-addresses: 3\n"

    def test_what_is_missing_or_too_much_is_refused(self):
        many = lines("Cc: Group: a@example.org, \"b, c\" <d@example.org>, e@example.org;", "", "text")
        for reply_id, message, cause in (
                ("ERR_SMTP_MESSAGE_HEADER", HEADER.replace(DATE, b"") + b"\r\ntext\r\n", "no-date"),
                ("ERR_SMTP_MESSAGE_HEADER", HEADER + b"no field\r\n\r\ntext\r\n", "malformed"),
                ("ERR_SMTP_MESSAGE_BODY", HEADER + b"\r\n \r\n", "no-body"),
                ("ERR_SMTP_BULKFAILED", HEADER + many, "addresses")):
            with self.subTest(message):
                self.assertRefused(reply_id, message, cause)
        self.assertTaken(HEADER + many.replace(b", e@example.org", b""))


four_ways(globals(), Rules, Checks)


class Hostile(ContentCase):
    """What a message may be to whoever walks through it."""

    def test_very_many_parts(self):
        parts = [lines("", str(number)) for number in range(9999)]
        self.assertTaken(HEADER + multipart(*parts, lines("Content-Type: text/plain; name=a.txt", "")))
        self.assertCause("line 2", multipart(*parts, lines("Content-Type: a/b; name=a.exe", "")))
        self.assertCause("mime-parts", multipart(*parts, lines("", ""), lines("", "")))

    def test_very_deep_nesting(self):
        for depth, cause in (64, "line 2"), (1000, "mime-depth"):
            message = lines("Content-Type: a/b; name=a.exe", "")
            for level in range(depth):
                message = multipart(message, boundary=f"b{level}")
            self.assertCause(cause, message)

    def test_very_large_headers(self):
        padding = lines("X-Padding: " + 60 * "x") * 10000
        self.assertTaken(HEADER + padding + b"\r\n")
        self.assertCause("line 2", padding + lines("Content-Type: a/b; name=a.exe", ""))
        self.assertCause("mime-header", 2 * padding + lines("Content-Type: a/b; name=a.exe", ""))

    def test_broken_structure(self):
        for message in (lines("Content-Type: multipart/mixed", "", "--", "Content-Type: a/b; name=a.exe", ""),
                        lines("Content-Type: multipart/mixed; boundary=", "", "--"),
                        attachment("Content-Type: ;;;=\"")[:-20] + b"\r\n",
                        lines("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Transfer-Encoding: base64", "", "A=A")):
            with self.subTest(message):
                self.assertTaken(message)

    def test_mail_to_remote_recipients(self):
        """It is looked at before it is in the queue, also where a mailbox here gets it, too."""
        self.running.control("access", "add", "relay", "127.0.0.1")
        queue = os.path.join(self.running.data, "queue")
        elsewhere = "someone@elsewhere.example"
        for recipients in (elsewhere,), (ACCOUNT, elsewhere):
            answer = self.send(attachment("Content-Type: a/b; name=a.exe"), recipients)
            self.assertEqual(self.says("ERR_SMTP_MESSAGE_CONTENT"), answer)
            self.assertEqual([], [name for _, _, names in os.walk(queue) for name in names if re.match(r"\d", name)])
        self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.send(attachment("Content-Type: a/b"), (ACCOUNT, elsewhere)))
        self.assertTrue([name for _, _, names in os.walk(queue) for name in names if re.match(r"\d", name)])
        self.assertEqual(1, len(self.running.messages()))
        self.assertNothingIsLeft()

    def assertCause(self, cause, message):
        before = len(self.running.messages())
        self.assertEqual(self.says("ERR_SMTP_MESSAGE_CONTENT"), self.send(message))
        self.running.wait_for_log(rf"check=content cause=\"?{cause}")
        self.assertEqual(before, len(self.running.messages()))
        self.assertNothingIsLeft()


class Sample(LimitsCase):
    """The sample of rules that is installed, and rules with faults."""

    def check(self, rules):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "ftgate.conf")
            with open(config, "w", encoding="ascii") as file:
                file.write(f"content:\n  rules: {rules}\n")
            return subprocess.run([program("ftgate-smtpd"), "-c", config, "--check"], capture_output=True, text=True,
                                  timeout=SECONDS, check=False)

    def test_sample_can_be_read(self):
        done = self.check(os.path.join(SOURCE, "etc/content-rules"))
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_fault_is_reported_with_file_line_and_cure(self):
        with tempfile.NamedTemporaryFile("w", prefix="ftgate-rules-") as rules:
            rules.write("name *.exe\nsubject /pills/\n")
            rules.flush()
            done = self.check(rules.name)
        self.assertEqual((78, f"{rules.name}:2: there is no rule 'subject'; write name, type or header\n"),
                         (done.returncode, done.stderr))


if __name__ == "__main__":
    main()
