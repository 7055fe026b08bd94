#!/usr/bin/env python3
"""TLS with the MX of a domain is as its records of DANE demand: zones signed by ldns, served by nsd, validated by unbound."""

import hashlib
import shutil
import tempfile
import unittest

from encrypted import Authority
from fake_next_hop import FakeNextHop
from server import ACCOUNT, LIMITS, Server, Talk, TestCase, main
from services import Nsd, SignedZone, Unbound
from test_mx import leave_the_network
from test_tls_policy import FakeSocketmap

ZONE, PLAIN = "signed.example", "plain.example"


def setUpModule():
    if not leave_the_network():
        raise unittest.SkipTest("no network of its own can be made here")
    if not all(shutil.which(name) for name in ("nsd", "unbound", "ldns-signzone")):
        raise unittest.SkipTest("nsd, unbound or ldns are not installed")


class Dane(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ftgate-dane-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.authority = Authority(cls.folder)
        cls.context = cls.authority.context(f"mx-ta.{ZONE}")
        cls.own, cls.ca = cls.authority.hash("leaf"), cls.authority.hash("ca.pem")
        cls.nsd = cls.enterClassContext(Nsd(cls.zones))
        cls.names = cls.enterClassContext(Unbound(cls.nsd))

    @classmethod
    def zones(cls, folder):
        """Each name is a domain; its MX is mx-NAME, at 192.0.2.1, with this TLSA record."""
        other = hashlib.sha256(b"another").hexdigest()
        records = {"ee": f"3 0 1 {cls.own}", "wrong": f"3 0 1 {other}", "ta": f"2 0 1 {cls.ca}", "misnamed": f"2 0 1 {cls.ca}",
                   "pkix": f"1 0 1 {other}", "bogus": f"3 0 1 {cls.own}", "none": None, "clear": f"3 0 1 {cls.own}",
                   "full": f"3 0 0 {cls.authority.octets('leaf').hex()}", "broken": "3 0 0 3003020101", "empty": r"\# 3 030001"}
        text = ""
        for name, record in records.items():
            text += f"{name} MX 10 mx-{name}\nmx-{name} A 192.0.2.{9 if name in ('clear', 'empty') else 1}\n"
            text += f"_25._tcp.mx-{name} TLSA {record}\n" if record else ""
        text += "alias MX 10 mx-alias\nmx-alias CNAME mx-wrong\nown MX 10 mx-own\nmx-own CNAME mx-none\n"
        text += "back MX 10 mx-back\nmx-back CNAME mx-ee\n"
        text += f"away MX 10 mx-away\nmx-away CNAME mx.{PLAIN}.\n_25._tcp.mx-away TLSA 3 0 1 {other}\n"
        signed = SignedZone(folder, ZONE, text)
        signed.tamper(f"_25._tcp.mx-bogus.{ZONE}.\t60\tIN\tTLSA\t3 0 1 {cls.own}", f"_25._tcp.mx-bogus.{ZONE}.\t60\tIN\tTLSA\t3 0 1 {other}")
        signed.tamper("\tTLSA\t3 0 1\n", "\tTLSA\t\\# 3 030001\n")  # as nsd reads it
        plain = SignedZone(folder, PLAIN, f"@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx TLSA 3 0 1 {other}\n", signed=False)
        return [signed, plain]

    def setUp(self):
        self.next = self.enterContext(FakeNextHop(address=("192.0.2.1", 25), tls=self.context))

    def server(self, settings=""):
        config = (LIMITS + f"relay:\n  retry: 1h\n  retry-max: 1h\n  timeout: 4s\n{settings}"
                  f"dns:\n  servers: 127.0.0.1:{self.names.port}\n  timeout: 4s\n")
        server = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.test", config=config))
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
        self.send(server, domain)
        self.next.wait(1)
        server.wait_for_log(rf"event=relayed [^\n]*to=a@{domain} [^\n]*{tls}")

    def waits(self, server, domain, why):
        self.send(server, domain)
        server.wait_for_log(rf"event=deferred [^\n]*to=a@{domain} [^\n]*{why}")
        self.assertEqual([], self.next.messages)
        self.assertNotIn("MAIL", " ".join(self.next.commands))

    def test_certificate_of_the_record_is_verified(self):
        self.arrives(self.server(), f"ee.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')

    def test_authority_of_the_record_is_verified(self):
        self.arrives(self.server(), f"ta.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')

    def test_certificate_of_an_authority_must_have_the_name(self):
        self.waits(self.server(), f"misnamed.{ZONE}", 'detail="its certificate is not good: [^"]*[Hh]ostname mismatch')

    def test_other_certificate_defers(self):
        self.waits(self.server(), f"wrong.{ZONE}", 'detail="its certificate is not good: [^"]*TLSA')

    def test_records_of_an_alias_are_those_of_the_name_it_leads_to(self):
        server = self.server()
        self.waits(server, f"alias.{ZONE}", 'detail="its certificate is not good: [^"]*TLSA')
        self.arrives(server, f"back.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')
        self.send(server, f"own.{ZONE}")
        server.wait_for_log(rf'event=relayed [^\n]*to=a@own.{ZONE} [^\n]*tls="TLSv1.3 [A-Z0-9_]+" attempts')

    def test_records_of_an_alias_count_though_the_zone_that_it_leads_to_is_not_signed(self):
        self.waits(self.server(), f"away.{ZONE}", 'detail="its certificate is not good: [^"]*TLSA')

    def test_record_whose_signature_is_bad_defers(self):
        self.waits(self.server(), f"bogus.{ZONE}", 'detail="the DNS has not answered the question for its TLSA records"')

    def test_record_that_cannot_be_used_demands_any_tls(self):
        server = self.server()
        self.arrives(server, f"pkix.{ZONE}", r'tls="TLSv1.3 [A-Z0-9_]+" attempts')
        self.send(server, f"broken.{ZONE}")
        server.wait_for_log(rf'event=relayed [^\n]*to=a@broken.{ZONE} [^\n]*tls="TLSv1.3 [A-Z0-9_]+" attempts')

    def test_certificate_in_full_is_verified(self):
        self.arrives(self.server(), f"full.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')

    def test_server_that_offers_no_tls_gets_nothing(self):
        with FakeNextHop(address=("192.0.2.9", 25)) as clear:
            server = self.server()
            self.waits(server, f"clear.{ZONE}", 'detail="STARTTLS is not offered"')
            self.waits(server, f"empty.{ZONE}", 'detail="STARTTLS is not offered"')
            self.assertEqual([], clear.messages)

    def test_without_records_tls_is_used_where_it_is_offered(self):
        self.arrives(self.server(), f"none.{ZONE}", r'tls="TLSv1.3 [A-Z0-9_]+" attempts')

    def test_zone_without_signatures_demands_nothing(self):
        self.arrives(self.server(), PLAIN, r'tls="TLSv1.3 [A-Z0-9_]+" attempts')

    def test_policy_never_replaces_dane(self):
        answers = {"wrong": "none", "bogus": "none", "misnamed": "may", "ee": "secure match=other.example", "none": "dane-only"}
        with FakeSocketmap({f"{name}.{ZONE}": f"OK {policy}" for name, policy in answers.items()}) as service:
            server = self.server(f"  tls-policy: socketmap:inet:127.0.0.1:{service.port}:postfix\n")
            self.waits(server, f"wrong.{ZONE}", 'detail="its certificate is not good: [^"]*TLSA')
            self.waits(server, f"bogus.{ZONE}", 'detail="the DNS has not answered the question for its TLSA records"')
            self.waits(server, f"misnamed.{ZONE}", 'detail="its certificate is not good: [^"]*[Hh]ostname mismatch')
            self.waits(server, f"none.{ZONE}", 'detail="its policy demands TLSA records, and it has none that can be used"')
            self.arrives(server, f"ee.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')
            self.assertEqual({f"{name}.{ZONE}" for name in answers}, {domain for _, domain in service.asked})

    def test_route_can_demand_it(self):
        domains = "".join(f"  - domain: {name}\n    to: {to}\n    tls: dane-only\n"
                          for name, to in ((f"ee.{ZONE}", "mx"), (f"pkix.{ZONE}", "mx"), (PLAIN, "mx"), ("address.example", "192.0.2.1:25"),
                                           ("host.example", f"mx-ee.{ZONE}:25")))
        with FakeSocketmap({f"ee.{ZONE}": "TEMP away"}) as service:
            server = self.server(f"  tls-policy: socketmap:inet:127.0.0.1:{service.port}:postfix\nroutes:\n{domains}")
            for domain in (f"pkix.{ZONE}", PLAIN, "address.example"):
                self.waits(server, domain, 'detail="its policy demands TLSA records, and it has none that can be used"')
            self.arrives(server, f"ee.{ZONE}", 'tls="TLSv1.3 [A-Z0-9_]+" verified=dane')
            self.send(server, "host.example")
            server.wait_for_log('event=relayed [^\n]*to=a@host.example [^\n]*verified=dane')
            self.assertEqual([], service.asked, "the route has decided")

    def test_setting_switches_it_off(self):
        self.arrives(self.server("  dane: no\n"), f"wrong.{ZONE}", r'tls="TLSv1.3 [A-Z0-9_]+" attempts')


if __name__ == "__main__":
    main()
