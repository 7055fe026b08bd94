#!/usr/bin/env python3
"""Real mail clients deliver, and are refused in German: swaks, curl and Python's smtplib."""

import os
import smtplib
import subprocess
import tempfile

from server import ACCOUNT, DOMAIN, SECONDS, SENDER, STRANGER, Server, TestCase, main, render

HEADER = (
    f"From: Absender <{SENDER}>\r\nTo: Erika <{ACCOUNT}>\r\nSubject: Probe\r\n"
    "Date: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
BODY = "Grüße aus Köln\r\n.\r\n..zwei Punkte\r\n.Punkt\r\n\r\n" + "z" * 900 + "\r\n\r\nfrom here\r\nFrom here\r\n \t\r\n"
MESSAGE = (HEADER + BODY).encode()


class Delivery(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(LANG="de_DE"))
        cls.refusal = render("de", "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER)

    def arrives(self, before):
        """One more message is in the Maildir, byte for byte, line ends as Unix has them."""
        after = self.server.messages()
        self.assertEqual(len(before) + 1, len(after))
        stored = [message for message in after if message not in before]
        self.assertEqual(1, len(stored))
        wanted = MESSAGE.replace(b"\r\n", b"\n")
        self.assertEqual(wanted, stored[0][-len(wanted):])
        trace = stored[0][:-len(wanted)].decode("ascii")
        self.assertRegex(trace, r"\A(?:[A-Z][A-Za-z-]*: .*\n(?:[ \t].*\n)*)*\Z")
        self.assertIn(f"Return-Path: <{SENDER}>\n", trace)
        self.assertIn("Received: from ", trace)

    def run_client(self, *command, **options):
        """Runs a client and returns its exit status and what it said; what the server sent is in there."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, **options)
        return done.returncode, done.stdout

    def swaks(self, recipient):
        with tempfile.NamedTemporaryFile() as message:
            # swaks makes CRLF of LF, adds the last one, and escapes a leading dot.
            message.write(MESSAGE.replace(b"\r\n", b"\n").removesuffix(b"\n"))
            message.flush()
            return self.run_client(
                "swaks", "--server", "127.0.0.1", "--port", str(self.server.port), "--helo", "client.example.org",
                "--from", SENDER, "--to", recipient, "--data", "@" + message.name, "--hide-send")

    def test_swaks_delivers(self):
        before = self.server.messages()
        status, said = self.swaks(ACCOUNT)
        self.assertEqual(0, status, said)
        self.arrives(before)

    def test_swaks_is_refused_in_german(self):
        status, said = self.swaks(STRANGER)
        self.assertEqual(24, status, said)  # "no recipients accepted"
        self.assertIn(b"<** " + self.refusal.rstrip(), said)
        self.assertTrue(said.isascii(), said)

    def curl(self, recipient):
        with tempfile.NamedTemporaryFile() as message:
            message.write(MESSAGE)
            message.flush()
            return self.run_client(
                "curl", "--silent", "--show-error", "--verbose", "--upload-file", message.name, "--mail-from", SENDER,
                "--mail-rcpt", recipient, f"smtp://127.0.0.1:{self.server.port}/client.example.org")

    def test_curl_delivers(self):
        before = self.server.messages()
        status, said = self.curl(ACCOUNT)
        self.assertEqual(0, status, said)
        self.arrives(before)

    def test_curl_is_refused_in_german(self):
        status, said = self.curl(STRANGER)
        self.assertEqual(55, status, said)  # "failed sending network data"
        self.assertIn(b"< " + self.refusal, said)
        self.assertTrue(said.isascii(), said)

    def test_smtplib_delivers(self):
        before = self.server.messages()
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS) as client:
            client.sendmail(SENDER, [ACCOUNT], MESSAGE, mail_options=["BODY=8BITMIME"])
        self.arrives(before)

    def test_each_mailbox_has_a_line_in_the_log(self):
        bob = "bob@" + DOMAIN
        self.server.control("account", "add", bob, "--no-password")
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS) as client:
            client.sendmail(SENDER, [ACCOUNT, bob], MESSAGE.replace(b"<1@", b"<log@"), mail_options=["BODY=8BITMIME"])
        for mailbox in ACCOUNT, bob:
            self.server.wait_for_log(
                rf"event=delivered session=(\S+) id=\1u1 from={SENDER} mailbox={mailbox} "
                r"message-id=<log@example.org> size=\d+ delay=\d+\n")

    def test_failed_delivery_names_path_and_cause(self):
        carol = "carol@" + DOMAIN
        self.server.control("account", "add", carol, "--no-password")
        folder = f"{self.server.data}/mail/{DOMAIN}/carol/tmp"
        os.rmdir(folder)
        with open(folder, "w", encoding="ascii"):
            pass
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS) as client:
            with self.assertRaises(smtplib.SMTPDataError):
                client.sendmail(SENDER, [carol], MESSAGE, mail_options=["BODY=8BITMIME"])
        self.server.wait_for_log(
            rf'event=delivery-failed session=\S+ .*from={SENDER} to={carol} '
            rf'detail="{DOMAIN}/carol/tmp/\S+: Not a directory"')

    def test_smtplib_is_refused_in_german(self):
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS) as client:
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                client.sendmail(SENDER, [STRANGER], MESSAGE)
        code, text = refused.exception.recipients[STRANGER]
        self.assertEqual(self.refusal, b"%d %s\r\n" % (code, text))

    def test_every_reply_of_a_session_is_german_and_ascii(self):
        with smtplib.SMTP(timeout=SECONDS) as client:
            code, text = client.connect("127.0.0.1", self.server.port)
            self.assertEqual(220, code)
            said = [text, client.ehlo("client.example.org")[1]]
            for command, reply_id, *arguments in (
                ("VRFY erika", "FTG_SMTP_VRFY"),
                ("RCPT TO:<erika@example.test>", "ERR_SMTP_ADDRESS_SEQUENCE"),
                ("MAIL FROM:<sender@example.org>", "ERR_SMTP_SENDEROK", SENDER),
                ("RCPT TO:<someone@example.org>", "ERR_SMTP_RELAYFAIL", "someone@example.org"),
                ("RCPT TO:<erika@example.test>", "ERR_SMTP_RCPTOK"),
                ("RSET", "ERR_SMTP_OK"),
                ("HURZ", "ERR_SMTP_SYNTAX3"),
            ):
                with self.subTest(command=command):
                    code, text = client.docmd(command)
                    self.assertEqual(render("de", reply_id, *arguments), b"%d %s\r\n" % (code, text))
                    said.append(text)
            for text in said:
                self.assertTrue(text.isascii(), text)


if __name__ == "__main__":
    main()
