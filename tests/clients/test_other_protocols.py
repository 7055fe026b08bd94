#!/usr/bin/env python3
"""Clients that speak another protocol: a request that a browser was made to send, TLS on a port for clear text, SSH."""

import shutil
import socket
import ssl
import subprocess
import unittest

from pop3 import Pop3Server
from server import ACCOUNT, SECONDS, SENDER, Server, TestCase, main

MAIL = (f"HELO client.example.org\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{ACCOUNT}>\r\nDATA\r\n"
        "From: a\r\nTo: b\r\nSubject: c\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n\r\nd\r\n.\r\nQUIT\r\n").encode()
LONG = "x" * 4000


def said(port, octets):
    """All that a server says to a client that sends these octets."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
        client.sendall(octets)
        with client.makefile("rb") as answer:
            try:
                return answer.read()
            except ConnectionResetError:
                return b""


@unittest.skipIf(shutil.which("curl") is None, "there is no curl")
class Requests(TestCase):
    """What a browser sends for a form of text/plain, whose text somebody else wrote."""

    def post(self, port, *more, path=""):
        done = subprocess.run(["curl", "--silent", "--http0.9", "--max-time", str(SECONDS), "--data-binary", "@-", *more,
                               f"http://127.0.0.1:{port}/{path}"], input=MAIL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=2 * SECONDS, check=False)
        return done.stdout

    def refuses(self, server, cause, *more, path=""):
        before = len(server.log())
        self.assertNotIn(b"250 ", self.post(server.port, *more, path=path))
        server.wait_for_log(r"event=reply [^\n]*ref=#4\.47 [^\n]*cause=%s" % cause, before)
        self.assertEqual([], server.messages())

    def test_is_refused_by_its_method(self):
        with Server() as server:
            for method in "POST", "PUT", "PATCH", "OPTIONS", "get":
                with self.subTest(method):
                    self.refuses(server, "http-request", "--request", method)

    def test_with_a_line_too_long_to_be_read_is_refused_by_its_header(self):
        with Server() as server:
            self.refuses(server, "message-header", path=LONG)

    def test_is_refused_by_pop3(self):
        with Pop3Server() as server:
            self.post(server.port)
            server.wait_for_log(r"event=reply [^\n]*ref=#5\.02 [^\n]*cause=http-request")
            server.wait_for_log(r"event=disconnect ")


class Handshakes(TestCase):
    def handshake_fails(self, server, reference):
        context = ssl.create_default_context()
        with self.assertRaises(ssl.SSLError):
            with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
                context.wrap_socket(client, server_hostname="localhost")
        server.wait_for_log(r"event=reply [^\n]*ref=#%s [^\n]*cause=tls-handshake" % reference)

    def test_on_a_port_for_clear_text_are_refused_by_smtp(self):
        with Server() as server:
            self.handshake_fails(server, "4\\.47")

    def test_on_a_port_for_clear_text_are_refused_by_pop3(self):
        with Pop3Server() as server:
            self.handshake_fails(server, "5\\.02")

    def test_of_ssh_are_refused(self):
        with Server() as server:
            self.assertEqual(2, said(server.port, b"SSH-2.0-OpenSSH_9.2p1\r\n" + MAIL).count(b"\r\n"))
            server.wait_for_log(r"event=reply [^\n]*ref=#4\.47 [^\n]*cause=ssh")
            self.assertEqual([], server.messages())

    def test_get_one_refusal_and_no_further_line(self):
        with Server() as server:
            answer = said(server.port, b"\x16\x03\x01\x00\x05hello\r\nNOOP\r\nNOOP\r\n")
            self.assertRegex(answer, rb"^220 [^\r]*\r\n500 [^\r]*\(#4\.47\)\r\n$")


if __name__ == "__main__":
    main()
