#!/usr/bin/env python3
"""Mail goes to the MX of its domain: in a network of its own, where all of 192.0.2.0/24 and 2001:db8::/32 is this machine."""

import contextlib
import ctypes
import email
import email.policy
import os
import subprocess
import time
import unittest

from fake_name_server import FakeNameServer
from fake_next_hop import FakeNextHop
from server import ACCOUNT, LIMITS, SECONDS, Server, Talk, TestCase, main

CLONE_NEWNET = 0x40000000


def leave_the_network():
    """False where that is not allowed."""
    if os.geteuid() != 0 or ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    for words in ("link set lo up", "route add local 192.0.2.0/24 dev lo", "-6 route add local 2001:db8::/32 dev lo"):
        if subprocess.run(["ip", *words.split()], check=False, timeout=SECONDS).returncode != 0:
            return False
    with contextlib.suppress(OSError), open("/proc/sys/net/ipv6/ip_nonlocal_bind", "w", encoding="ascii") as setting:
        setting.write("1")
    return True


def setUpModule():
    if not leave_the_network():
        raise unittest.SkipTest("no network of its own can be made here")


class MxCase(TestCase):
    settings = ""

    def setUp(self):
        self.names = self.enterContext(FakeNameServer())
        config = (LIMITS + f"relay:\n  retry: 1s\n  retry-max: 1s\n  timeout: 2s\n{self.settings}"
                  f"dns:\n  servers: 127.0.0.1:{self.names.port}\n  timeout: 2s\n")
        self.server = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.test", config=config, LANG="de"))
        self.server.control("access", "add", "relay", "127.0.0.0/8")

    def tell(self, *texts):
        for text in texts:
            self.names.tell(text)

    def next(self, address, **answers):
        return self.enterContext(FakeNextHop(address=(address, 25), **answers))

    def send(self, *recipients):
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            for recipient in recipients:
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient.encode())[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(b"Subject: a\r\n\r\nb\r\n.")[:3])

    def notice(self):
        until = time.monotonic() + SECONDS
        while not self.server.messages():
            self.assertLess(time.monotonic(), until, self.server.log())
            time.sleep(0.02)
        return email.message_from_bytes(self.server.messages()[0], policy=email.policy.default)

    def assertReturned(self, reason, status):
        notice = self.notice()
        self.assertIn(reason, notice.get_payload(0).get_content())
        self.assertEqual(status, notice.get_payload(1).get_payload(1)["Status"])


class Mx(MxCase):
    def test_best_server_gets_it(self):
        self.tell("MX example.net 20:b.example.net 10:a.example.net", "A a.example.net 192.0.2.1", "A b.example.net 192.0.2.2")
        best, other = self.next("192.0.2.1"), self.next("192.0.2.2")
        self.send("bert@example.net")
        best.wait(1)
        self.assertEqual(0, other.connections)
        self.server.wait_for_log(r'event=relayed .*next="a\.example\.net \[192\.0\.2\.1\]"')

    def test_next_best_server_gets_it_where_the_best_is_down(self):
        self.tell("MX example.net 20:b.example.net 10:a.example.net", "A a.example.net 192.0.2.1",
                  "AAAA b.example.net 2001:db8::2")
        other = self.next("::")
        self.send("bert@example.net")
        other.wait(1)
        self.assertNotIn("event=deferred", self.server.log())

    def test_next_best_server_gets_it_where_the_best_does_not_talk(self):
        self.tell("MX example.net 20:b.example.net 10:a.example.net", "A a.example.net 192.0.2.1", "A b.example.net 192.0.2.2")
        best, other = self.next("192.0.2.1", **{"": "554 no mail here"}), self.next("192.0.2.2")
        self.send("bert@example.net")
        other.wait(1)
        self.assertEqual(1, best.connections)

    def test_domain_without_mx_is_its_own_server(self):
        self.tell("A example.net 192.0.2.3")
        self.next("192.0.2.3").wait(0)
        self.send("bert@example.net")
        self.server.wait_for_log(r'event=relayed .*next="example\.net \[192\.0\.2\.3\]"')

    def test_each_domain_has_its_own_servers(self):
        self.tell("A example.net 192.0.2.4", "A example.org 192.0.2.5")
        one, other = self.next("192.0.2.4"), self.next("192.0.2.5")
        self.send("a@example.net", "b@example.org", "c@example.net")
        self.assertEqual(["a@example.net", "c@example.net"], one.wait(1)[0].recipients)
        self.assertEqual(["b@example.org"], other.wait(1)[0].recipients)

    def test_domain_that_does_not_exist(self):
        self.send("bert@nowhere.example")
        self.assertReturned("Die Domain nowhere.example gibt es nicht.", "5.1.2")

    def test_domain_that_takes_no_mail(self):
        self.tell("MX null.example 0:")
        self.send("bert@null.example")
        self.assertReturned("Kein Server nimmt Mail für die Domain null.example an.", "5.1.10")

    def test_server_that_is_this_one(self):
        for number, records in enumerate((["MX {} 10:mx.{}", "A mx.{} 127.0.0.1"], ["MX {} 10:mx.example.test"],
                                          ["AAAA {} ::1"], ["A {} 0.0.0.0"])):
            with self.subTest(records):
                domain = f"loop{number}.example"
                self.tell(*[record.replace("{}", domain) for record in records])
                self.send(f"bert@{domain}")
                self.server.wait_for_log(rf"event=bounced .*to=bert@{domain} ref=#8\.16")
        self.assertReturned("Die Nachricht ist zwischen Mailservern im Kreis gelaufen.", "5.4.6")

    def test_name_server_that_fails_is_trouble_that_passes(self):
        self.tell("MX example.net failed")
        self.send("bert@example.net")
        self.server.wait_for_log(r'event=deferred .*ref=#8\.15 .*detail="its address is not to be had from the DNS"')
        following = self.next("192.0.2.6")
        self.tell("MX example.net 10:mx.example.net", "A mx.example.net 192.0.2.6")
        following.wait(1)

    def test_address_in_brackets(self):
        following = self.next("192.0.2.7")
        self.send("bert@[192.0.2.7]")
        self.assertEqual(["bert@[192.0.2.7]"], following.wait(1)[0].recipients)


class Source(MxCase):
    """The addresses from which other servers are reached."""

    settings = "  source: 2001:db8::77 192.0.2.77\n"

    def test_source_address_is_that_of_its_family(self):
        self.tell("MX example.net 10:a.example.net", "A a.example.net 192.0.2.1", "MX example.com 10:b.example.net",
                  "AAAA b.example.net 2001:db8::2")
        old, new = self.next("192.0.2.1"), self.next("2001:db8::2")
        self.send("bert@example.net", "bert@example.com")
        old.wait(1)
        new.wait(1)
        self.assertEqual([["192.0.2.77"], ["2001:db8::77"]], [old.peers, new.peers])


if __name__ == "__main__":
    main()
