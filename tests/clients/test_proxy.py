#!/usr/bin/env python3
"""Connections that come by way of a proxy: PROXY protocol, version 2."""

import socket
import struct
import time

from limits import LimitsCase, four_ways
from server import Talk, main

LISTENERS = "listeners:\n  - address: 127.0.0.1:0\n    proxy: yes\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(client, command=0x21):
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    address = socket.inet_pton(family, client)
    ends = address + address + struct.pack(">HH", 40000, 25)
    return SIGNATURE + struct.pack(">BBH", command, 0x21 if ":" in client else 0x11, len(ends)) + ends


class Proxied(LimitsCase):
    def test_the_client_is_the_one_that_the_proxy_names(self):
        with self.server(listeners=LISTENERS) as server:
            for client in "192.0.2.7", "2001:db8::7":
                with Talk(server, first=header(client)) as talk:
                    self.assertTrue(talk.greeting.startswith(b"220 "))
                    talk.mail()
                    self.assertAccepted(talk)
                server.wait_for_log(rf"event=connect session=\S+ client={client}\n")

    def test_an_ipv4_client_in_ipv6_form_is_named_as_ipv4(self):
        with self.server(listeners=LISTENERS) as server:
            with Talk(server, first=header("::ffff:192.0.2.7")) as talk:
                self.assertTrue(talk.greeting.startswith(b"220 "))
            server.wait_for_log(r"event=connect session=\S+ client=192\.0\.2\.7\n")

    def test_limits_are_those_of_the_client(self):
        with self.server("max-sessions-per-address: 1", LISTENERS) as server:
            with Talk(server, first=header("192.0.2.7")), Talk(server, first=header("192.0.2.8")) as other:
                self.assertTrue(other.greeting.startswith(b"220 "))
                with Talk(server, first=header("192.0.2.7")) as second:
                    self.assertEqual(self.says("ERR_SMTP_REJECT_CONCURRENT", "192.0.2.7"), second.greeting)
                    self.assertClosed(second)
            with Talk(server, first=header("2001:db8::7")):
                with Talk(server, first=header("2001:db8::8")) as same_network:
                    self.assertEqual(
                        self.says("ERR_SMTP_REJECT_CONCURRENT", "2001:db8::8"), same_network.greeting)


class Header(LimitsCase):
    def setUp(self):
        self.running = self.enterContext(self.server(listeners=LISTENERS))

    def connect(self, octets, pieces=None):
        client = self.enterContext(socket.create_connection(("127.0.0.1", self.running.port), 30))
        for at in range(0, len(octets), pieces or len(octets)):
            client.sendall(octets[at:at + (pieces or len(octets))])
            if pieces:
                time.sleep(0.002)
        return client

    def test_comes_in_pieces(self):
        client = self.connect(header("192.0.2.7"), pieces=3)
        self.assertTrue(client.recv(4096).startswith(b"220 "))

    def test_proxy_header_of_a_health_check_keeps_the_address(self):
        client = self.connect(SIGNATURE + b"\x20\x00\x00\x00")
        self.assertTrue(client.recv(4096).startswith(b"220 "))
        self.running.wait_for_log(r"event=connect session=\S+ client=127\.0\.0\.1\n")

    def test_malformed_header_closes_without_a_reply(self):
        bad = [b"EHLO client.example.org\r\n", b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 25\r\n",
               header("192.0.2.7", command=0x11), SIGNATURE + b"\x21\x11\xff\xff", SIGNATURE + b"\x21\x31\x00\xd8"]
        for octets in bad:
            client = self.connect(octets)
            try:
                self.assertEqual(b"", client.recv(4096))
            except ConnectionResetError:
                pass
        self.running.wait_for_log(r"cause=bad-proxy-header")

    def test_missing_answer_is_not_waited_for(self):
        client = self.connect(header("192.0.2.7")[:20])
        self.assertEqual(b"", client.recv(4096))
        self.running.wait_for_log(r"cause=no-proxy-header")

    def test_may_be_followed_by_commands(self):
        client = self.connect(header("192.0.2.7") + b"QUIT\r\n")
        said = client.makefile("rb").read()
        self.assertRegex(said, rb"\A220 [^\n]*\n221 [^\n]*\n\Z")


four_ways(globals(), Proxied)


if __name__ == "__main__":
    main()
