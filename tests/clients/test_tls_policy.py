#!/usr/bin/env python3
"""TLS with the servers of a domain is as its route or a policy service demands; the service is Debian's resolver of MTA-STS, or a fake."""

import http.server
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from encrypted import Authority
from fake_name_server import FakeNameServer
from fake_next_hop import FakeNextHop
from server import ACCOUNT, LIMITS, Server, Talk, TestCase, main
from services import MtaSts
from test_mx import leave_the_network

MX = "mx.sts.example"


def setUpModule():
    if not leave_the_network():
        raise unittest.SkipTest("no network of its own can be made here")


class FakeSocketmap:
    """A socketmap server that answers by the domain; closes: each connection ends after one answer."""

    def __init__(self, answers, closes=False):
        self.answers, self.closes, self.asked, self.connections = answers, closes, [], 0

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rb") as octets:
            while True:
                length = b""
                while (octet := octets.read(1)) not in (b":", b""):
                    length += octet
                if not length:
                    return
                name, _, domain = octets.read(int(length))[:].decode().partition(" ")
                assert octets.read(1) == b","
                self.asked.append((name, domain))
                answer = self.answers.get(domain, "NOTFOUND ")
                connection.sendall(answer if isinstance(answer, bytes) else b"%d:%s," % (len(answer), answer.encode()))
                if self.closes:
                    return


class Policy(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ftgate-policy-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.authority = Authority(cls.folder)
        cls.context = cls.authority.context(MX)

    def setUp(self):
        self.next = self.enterContext(FakeNextHop(address=("192.0.2.1", 25), tls=self.context))

    def tell(self, names, *domains):
        for domain in domains:
            names.tell(f"MX {domain} 10:{MX}")
        names.tell(f"A {MX} 192.0.2.1")

    def server(self, names, settings="", routes="", trusted=True):
        config = (LIMITS + f"relay:\n  retry: 1h\n  retry-max: 1h\n  timeout: 4s\n{settings}{routes}"
                  f"dns:\n  servers: 127.0.0.1:{names.port}\n  timeout: 4s\n")
        server = Server("--workers", "1", "--hostname", "mx.example.test", config=config)
        if trusted:
            server.environment["SSL_CERT_FILE"] = self.authority.path("ca.pem")
        server = self.enterContext(server)
        server.control("access", "add", "relay", "127.0.0.0/8")
        return server

    def send(self, server, domain):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            self.assertEqual(b"250", talk.say(b"RCPT TO:<a@%s>" % domain.encode())[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(b"Subject: a\r\n\r\nb\r\n.")[:3])

    def arrives(self, server, domain, tls):
        before = len(self.next.messages)
        self.send(server, domain)
        self.next.wait(before + 1)
        server.wait_for_log(rf"event=relayed [^\n]*to=a@{domain} [^\n]*{tls}")

    def waits(self, server, domain, why):
        before = len(self.next.messages)
        self.send(server, domain)
        server.wait_for_log(rf"event=deferred [^\n]*to=a@{domain} [^\n]*{why}")
        self.assertEqual(before, len(self.next.messages))


class Socketmap(Policy):
    ANSWERS = {"good.example": f"OK secure match={MX}:other.example servername=hostname", "bad.example": "OK secure match=other.example",
               "dot.example": "OK secure match=.sts.example", "any.example": "OK encrypt", "clear.example": "OK none", "may.example": "OK may",
               "dane.example": "OK dane-only", "odd.example": "OK fingerprint match=00", "temp.example": "TEMP no answer from the DNS",
               "noise.example": b"HTTP/1.1 400 Bad Request\r\n\r\n", "own.example": "OK verify"}

    def setUp(self):
        super().setUp()
        self.names = self.enterContext(FakeNameServer())
        self.tell(self.names, *self.ANSWERS, "none.example", "xn--bcher-kva.example")

    def settings(self, service):
        return f"  tls-policy: socketmap:inet:127.0.0.1:{service.port}:postfix\n"

    def test_policy_is_obeyed(self):
        with FakeSocketmap(self.ANSWERS) as service:
            server = self.server(self.names, self.settings(service))
            for domain in ("good.example", "dot.example", "own.example"):
                self.arrives(server, domain, 'tls="TLSv1.3 [A-Z0-9_]+" verified=name')
            for domain in ("any.example", "may.example", "none.example"):
                self.arrives(server, domain, 'tls="TLSv1.3 [A-Z0-9_]+" attempts')
            self.arrives(server, "clear.example", "tls=none attempts")
            self.waits(server, "bad.example", 'detail="its certificate is not good: [^"]*[Hh]ostname mismatch')
            self.waits(server, "dane.example", 'detail="its policy demands TLSA records, and it has none that can be used"')
            self.waits(server, "odd.example", "detail=\"its policy has the level 'fingerprint'\"")
            self.waits(server, "temp.example", 'detail="the service of TLS policies says: TEMP no answer from the DNS"')
            self.waits(server, "noise.example", 'detail="the service of TLS policies does not speak the socketmap protocol"')
            self.assertEqual(1, server.counted("event=tls-policy-down", 1), "a domain without an answer does not count")
            self.assertEqual({"postfix"}, {name for name, _ in service.asked})

    def test_policy_that_demands_dane_says_that_it_is_not_used(self):
        with FakeSocketmap(self.ANSWERS) as service:
            server = self.server(self.names, self.settings(service) + "  dane: no\n")
            self.waits(server, "dane.example", 'detail="TLSA records are demanded, and not asked for: see dane in relay"')

    def test_certificate_of_an_unknown_authority_defers(self):
        with FakeSocketmap(self.ANSWERS) as service:
            server = self.server(self.names, self.settings(service), trusted=False)
            self.waits(server, "good.example", 'detail="its certificate is not good: ')

    def test_service_that_is_away_defers_and_is_reported_once(self):
        with FakeSocketmap(self.ANSWERS) as service:
            settings = self.settings(service)
        server = self.server(self.names, settings)
        self.waits(server, "good.example", 'detail="the connection to the service of TLS policies failed"')
        self.waits(server, "any.example", 'detail="the connection to the service of TLS policies failed"')
        self.assertEqual(1, server.counted("event=tls-policy-down", 1))

    def test_connection_that_the_service_has_closed_is_made_again(self):
        with FakeSocketmap(self.ANSWERS, closes=True) as service:
            server = self.server(self.names, self.settings(service))
            for _ in range(3):
                self.arrives(server, "good.example", "verified=name")
            self.assertEqual(3, service.connections)
            self.assertNotIn("event=tls-policy-down", server.log())

    def test_service_is_asked_for_the_ascii_form(self):
        with FakeSocketmap({}) as service:
            self.arrives(self.server(self.names, self.settings(service)), "xn--bcher-kva.example", "tls=")
            self.assertEqual([("postfix", "xn--bcher-kva.example")], service.asked)

    def test_route_to_the_mx_says_what_tls_is_needed(self):
        routes = ("routes:\n  - domain: good.example\n    to: mx\n    tls: required\n  - domain: bad.example\n    to: mx\n    tls: required\n"
                  "    tls-names: other.example .other.example\n  - domain: dot.example\n    to: mx\n    tls: required\n"
                  "    tls-names: .sts.example\n  - domain: clear.example\n    to: mx\n    tls: none\n")
        with FakeSocketmap({"good.example": "OK none", "clear.example": "OK encrypt"}) as service:
            server = self.server(self.names, self.settings(service), routes)
            self.arrives(server, "good.example", "verified=name")
            self.arrives(server, "dot.example", "verified=name")
            self.arrives(server, "clear.example", "tls=none")
            self.waits(server, "bad.example", 'detail="its certificate is not good: [^"]*[Hh]ostname mismatch')
            self.assertEqual([], service.asked, "the route has decided")


class PolicyPage(http.server.BaseHTTPRequestHandler):
    pages = {}

    def do_GET(self):
        page = self.pages.get(self.headers["Host"]) if self.path == "/.well-known/mta-sts.txt" else None
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, *_):
        pass


@unittest.skipUnless(os.path.exists("/usr/bin/mta-sts-daemon"), "postfix-mta-sts-resolver is not installed")
class MtaStsResolver(Policy):
    """Policies by DNS and HTTPS, as RFC 8461 has them."""

    def setUp(self):
        super().setUp()
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no mounts can be made here")
        self.names = self.enterContext(FakeNameServer(port=53))
        pages = {"good.example": ("enforce", MX), "bad.example": ("enforce", "mx.other.example"), "wild.example": ("enforce", "*.sts.example"),
                 "testing.example": ("testing", "mx.other.example")}
        self.tell(self.names, *pages, "none.example")
        folder = tempfile.mkdtemp(prefix="ftgate-policy-")
        self.addCleanup(shutil.rmtree, folder)
        for name, (mode, mx) in pages.items():
            self.names.tell(f"TXT _mta-sts.{name} v=STSv1; id=1;")
            self.names.tell(f"A mta-sts.{name} 192.0.2.80")
            PolicyPage.pages[f"mta-sts.{name}"] = f"version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: 86400\r\n"
        context = self.authority.context(*(f"mta-sts.{name}" for name in pages))
        web = http.server.ThreadingHTTPServer(("192.0.2.80", 443), PolicyPage)
        web.socket = context.wrap_socket(web.socket, server_side=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        self.service = self.enterContext(MtaSts(self.authority.path("ca.pem")))

    def test_policies_are_obeyed(self):
        server = self.server(self.names, f"  tls-policy: socketmap:inet:127.0.0.1:{self.service.port}:postfix\n")
        self.arrives(server, "good.example", 'tls="TLSv1.3 [A-Z0-9_]+" verified=name')
        self.arrives(server, "wild.example", 'tls="TLSv1.3 [A-Z0-9_]+" verified=name')
        self.arrives(server, "testing.example", 'tls="TLSv1.3 [A-Z0-9_]+" attempts')
        self.arrives(server, "none.example", 'tls="TLSv1.3 [A-Z0-9_]+" attempts')
        self.waits(server, "bad.example", 'detail="its certificate is not good: ')


if __name__ == "__main__":
    main()
