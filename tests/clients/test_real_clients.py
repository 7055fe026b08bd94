#!/usr/bin/env python3
"""Clients of other people deliver and submit, by STARTTLS and implicit TLS and by all ways to log in that they have."""

import unittest

from encrypted import Certificate
from real_clients import CLIENTS, Route
from server import ACCOUNT, SENDER, Server, TestCase, main, render

PASSWORD = "correct horse"
SETTINGS = """auth: PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5
listeners:
  - address: 127.0.0.1:0
  - address: 127.0.0.1:0
    tls: implicit
  - address: 127.0.0.1:0
    role: submission
    tls: required
  - address: 127.0.0.1:0
    role: submission
    tls: implicit
limits:
  max-failed-logins: 0
"""
HEADER = f"""From: Absender <{SENDER}>
To: Erika <{ACCOUNT}>
Subject: Probe
Date: Mon, 01 Jan 2024 00:00:00 +0000
Message-ID: <1@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
"""
BODY = "Grüße aus Köln\n.\n..zwei Punkte\n.Punkt\n\n" + "z" * 900 + "\n \t\n" + "Zeile\n" * 20000
MESSAGE = f"{HEADER}\n{BODY}".encode()


class RealClient(TestCase):
    client = None

    @classmethod
    def setUpClass(cls):
        if cls.client.missing:
            raise unittest.SkipTest(cls.client.missing)
        cls.certificate = cls.enterClassContext(Certificate())
        cls.server = cls.enterClassContext(Server(config=SETTINGS + cls.certificate.settings(), LANG="de_DE"))
        cls.server.control("account", "set", ACCOUNT, "--password-stdin", "--keep-secret", input=PASSWORD.encode() + b"\n")
        cls.seen = set()

    def route(self, submission, implicit, sender, **login):
        port = self.server.ports()[2 * submission + implicit]
        return Route(port, implicit, self.certificate, sender, ACCOUNT, **login)

    def arrives(self):
        """One more message is there, whole, with the header it was sent with."""
        [message] = [m for m in self.server.messages() if m not in self.seen]
        self.seen.add(message)
        header, body = message.split(b"\n\n", 1)
        self.assertEqual(BODY.encode(), body)
        for line in HEADER.encode().splitlines():
            self.assertIn(b"\n" + line + b"\n", header + b"\n")
        return message

    def test_delivers(self):
        for implicit in False, True:
            with self.subTest(implicit=implicit):
                sent, said = self.client().send(self.route(False, implicit, SENDER), MESSAGE)
                self.assertTrue(sent, said)
                message = self.arrives()
                self.assertTrue(message.startswith(f"Return-Path: <{SENDER}>\n".encode()), message[:200])
                self.assertIn(b" with ESMTPS\n", message)

    def test_submits(self):
        for implicit in False, True:
            for mechanism in self.client.mechanisms:
                with self.subTest(implicit=implicit, mechanism=mechanism):
                    start = len(self.server.log())
                    route = self.route(True, implicit, ACCOUNT, mechanism=mechanism, user=ACCOUNT, password=PASSWORD)
                    sent, said = self.client().send(route, MESSAGE)
                    self.assertTrue(sent, said)
                    self.assertIn(b" with ESMTPSA\n", self.arrives())
                    self.server.wait_for_log(rf"event=login .*user={ACCOUNT} mechanism={mechanism}\n", start)

    def test_a_wrong_password_is_refused_in_german(self):
        refusal = render("de", "ERR_SMTP_AUTHFAILED").rstrip()
        self.assertTrue(refusal.endswith(b"(#4.50)"), refusal)
        for implicit in False, True:
            for mechanism in self.client.mechanisms:
                with self.subTest(implicit=implicit, mechanism=mechanism):
                    route = self.route(True, implicit, ACCOUNT, mechanism=mechanism, user=ACCOUNT, password="wrong")
                    sent, said = self.client().send(route, MESSAGE)
                    self.assertFalse(sent)
                    self.assertIn(refusal, said)
        self.assertEqual([], [m for m in self.server.messages() if m not in self.seen])


for each in CLIENTS:
    globals()[each.__name__] = type(each.__name__, (RealClient,), {"client": each})
del RealClient


if __name__ == "__main__":
    main()
