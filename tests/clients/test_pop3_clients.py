#!/usr/bin/env python3
"""Mail programs of other people fetch, leave and delete what ftgate-smtpd has taken: in the clear, by STLS, inside TLS."""

import glob
import os
import smtplib
import unittest

from encrypted import Certificate
from pop3 import PASSWORD, Pop3Server
from pop3_clients import CLIENTS, Box
from server import ACCOUNT, SECONDS, SENDER, Server, TestCase, main

SETTINGS = """auth-in-clear: yes
listeners:
  - address: 127.0.0.1:0
    role: pop3
  - address: 127.0.0.1:0
    role: pop3
    tls: implicit
  - address: 127.0.0.1:1
pop3:
  apop: yes
limits:
  max-failed-logins: 0
"""
HEADER = f"""From: Absender <{SENDER}>
To: Erika <{ACCOUNT}>
Subject: Probe
Date: Mon, 01 Jan 2024 00:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
"""
BODIES = ["Grüße aus Köln\n.\n..zwei Punkte\n.Punkt\n\n \t\n" + "z" * 900 + "\n", "kurz\n", "Zeile\n" * 50000]


class RealClient(TestCase):
    client = None

    @classmethod
    def setUpClass(cls):
        if cls.client.missing:
            raise unittest.SkipTest(cls.client.missing)
        cls.certificate = cls.enterClassContext(Certificate())
        cls.pop3 = cls.enterClassContext(Pop3Server(config=SETTINGS + cls.certificate.settings(), LANG="de_DE"))
        cls.smtp = cls.enterClassContext(Server(beside=cls.pop3))

    def send(self):
        with smtplib.SMTP("127.0.0.1", self.smtp.port, "client.example.org", SECONDS) as client:
            for body in BODIES:
                client.sendmail(SENDER, [ACCOUNT], f"{HEADER}\n{body}".encode().replace(b"\n", b"\r\n"))

    def left(self):
        return glob.glob(os.path.join(self.pop3.box(), "*/[0-9]*"))

    def fetch(self, way, keep):
        """All three come, whole, each with the header it was sent with."""
        port = self.pop3.ports()[way == "implicit"]
        box = Box(port, way, self.certificate, ACCOUNT, PASSWORD)
        done, said, messages = self.client().fetch(box, keep)
        self.assertTrue(done, said)
        if way == "apop":
            self.pop3.wait_for_log(r"event=login [^\n]*mechanism=APOP")
        parts = [message.replace(b"\r\n", b"\n").split(b"\n\n", 1) for message in messages]
        self.assertCountEqual([body.encode() for body in BODIES], [body for _, body in parts])
        for header, _ in parts:
            for line in HEADER.encode().splitlines():
                self.assertIn(line, header.splitlines())

    def test_leaves_mail_where_it_is_then_deletes_it(self):
        for way in self.client.ways:
            with self.subTest(way=way):
                self.send()
                self.fetch(way, keep=True)
                self.assertEqual(3, len(self.left()))
                self.fetch(way, keep=False)
                self.assertEqual([], self.left())

    def test_reports_a_wrong_password(self):
        for way in self.client.ways:
            with self.subTest(way=way):
                box = Box(self.pop3.ports()[way == "implicit"], way, self.certificate, ACCOUNT, "wrong")
                try:
                    done, said, messages = self.client().fetch(box, True)
                except Exception as error:  # pylint: disable=broad-except
                    done, said, messages = False, str(error).encode(), []
                self.assertEqual((False, []), (done, messages), said)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for client in CLIENTS:
        case = type(client.__name__, (RealClient,), {"client": client})
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    main()
