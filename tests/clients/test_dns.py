#!/usr/bin/env python3
"""What the server learns from name servers: from a real one, and from others that lie, stammer or keep silent."""

import contextlib
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from limits import HOST, LimitsCase, four_ways
from fake_name_server import FakeNameServer, encode
from server import ACCOUNT, SECONDS, Server, Talk, TestCase, main, program

LISTED, NAMED, STRANGER = "127.0.0.2", "127.0.0.3", "127.0.0.4"
RECORDS = """
--address=/2.0.0.127.bl.example/127.0.0.2
--local=/bl.example/
--ptr-record=2.0.0.127.in-addr.arpa,listed.example
--ptr-record=3.0.0.127.in-addr.arpa,named.example
--host-record=named.example,127.0.0.3
--host-record=listed.example,127.0.0.9
--local=/in-addr.arpa/
--mx-host=mail.example,mx.mail.example,10
--host-record=mx.mail.example,127.0.0.9
--txt-record=words.example,nothing else
--local=/example/
"""


def free_port():
    """One that is free for both."""
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Dnsmasq:
    """A real name server, with a few records. To be used in a with statement."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-dnsmasq-")
        until = time.monotonic() + SECONDS
        while True:
            self.port = free_port()
            self.process = subprocess.Popen(
                ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                 "--pid-file=" + os.path.join(self.folder, "pid"), "--log-facility=" + os.path.join(self.folder, "log"),
                 "--bind-interfaces", "--listen-address=127.0.0.1", f"--port={self.port}", *RECORDS.strip().splitlines()],
                stdin=subprocess.DEVNULL)
            while self.process.poll() is None and time.monotonic() < until:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                    return self
                time.sleep(0.01)
            if time.monotonic() > until:
                self.__exit__()
                raise AssertionError("dnsmasq did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def configuration(names, text="", timeout="5s"):
    return f"{text}dns:\n  servers: 127.0.0.1:{names.port}\n  timeout: {timeout}\n"


class DnsCase(LimitsCase):
    names = None

    def server(self, text, timeout="5s"):
        return super().server(listeners=configuration(self.names, text, timeout))

    def assertGreeted(self, server, address="127.0.0.1"):
        with Talk(server, address) as talk:
            self.assertTrue(talk.greeting.startswith(b"220 "), talk.greeting)

    def assertTurnedAway(self, server, address, reply_id):
        with Talk(server, address) as talk:
            self.assertEqual(self.says(reply_id, address), talk.greeting)
            self.assertClosed(talk)


class Real(DnsCase):
    @classmethod
    def setUpClass(cls):
        cls.names = cls.enterClassContext(Dnsmasq())

    def test_blocklisted_client_is_rejected_at_connect(self):
        with self.server("blocklists:\n  zones: bl.example\n") as server:
            self.assertTurnedAway(server, LISTED, "ERR_SMTP_REJECT_RBL")
            self.assertGreeted(server, STRANGER)
            server.wait_for_log(r"event=listed [^\n]*zone=bl\.example code=127\.0\.0\.2 weight=1")
            server.wait_for_log(r"ref=#4\.44 id=ERR_SMTP_REJECT_RBL [^\n]*check=blocklists")

    def test_blocklisted_client_is_rejected_at_rcpt(self):
        with self.server("blocklists:\n  zones: bl.example\n  refuse-at: recipient\n") as server:
            with Talk(server, LISTED) as talk:
                talk.mail()
                self.assertEqual(self.says("ERR_SMTP_ACCESSDENIED", ACCOUNT, "ERR_SECPOL_RBL"), self.rcpt(talk))
                self.assertAccepted(talk, "postmaster@example.test")
            with Talk(server, STRANGER) as talk:
                talk.mail()
                self.assertAccepted(talk)

    def test_client_without_a_name_is_rejected(self):
        with self.server("policy:\n  ptr-check: exists\n") as server:
            self.assertTurnedAway(server, STRANGER, "ERR_SMTP_REJECT_PTR")
            self.assertGreeted(server, LISTED)

    def test_client_name_must_resolve_back(self):
        with self.server("policy:\n  ptr-check: confirmed\n") as server:
            self.assertTurnedAway(server, LISTED, "ERR_SMTP_REJECT_PTR")
            with Talk(server, NAMED) as talk:
                talk.mail()
                self.assertAccepted(talk)
                talk.say(b"DATA")
                talk.say(b"Subject: hello\r\n.")
            self.assertIn(b"from client.example.org (named.example [127.0.0.3])", server.messages()[0])

    def test_known_clients_are_not_checked(self):
        with self.server("blocklists:\n  zones: bl.example\npolicy:\n  ptr-check: exists\n") as server:
            server.control("access", "add", "permitted", LISTED)
            server.control("access", "add", "relay", STRANGER)
            server.reload()
            self.assertGreeted(server, LISTED)
            self.assertGreeted(server, STRANGER)

    def test_a_client_needs_a_name_that_is_known(self):
        with self.server("policy:\n  helo-check: resolvable\n") as server, Talk(server) as talk:
            self.assertEqual(self.says("ERR_SMTP_TARPIT", "127.0.0.1"), talk.say(b"HELO 127.0.0.1"))
            self.assertEqual(self.says("ERR_SMTP_TARPIT", "nowhere.example"), talk.say(b"HELO nowhere.example"))
            self.assertEqual(self.says("ERR_SMTP_TARPIT", "words.example"), talk.say(b"EHLO words.example"))
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_SEQUENCE"), talk.say(b"MAIL FROM:<a@example.org>"))
            for name in b"mail.example", b"named.example", b"[127.0.0.1]":
                self.assertTrue(talk.say(b"HELO " + name).startswith(b"250 "))

    def test_a_sender_needs_a_domain_with_mail(self):
        with self.server("policy:\n  sender-domain-check: yes\n") as server, Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            missing = self.says("ERR_SMTP_ADDRESS_SENDERSPOOF", "a@nowhere.example")
            self.assertEqual(missing, talk.say(b"MAIL FROM:<a@nowhere.example>"))
            self.assertEqual(self.says("ERR_SMTP_SENDERDOMAIN"), talk.say(b"MAIL FROM:<a@words.example>"))
            for address in "", "a@mail.example", "a@named.example", ACCOUNT, "a@[127.0.0.1]":
                accepted = self.says("ERR_SMTP_SENDEROK", address)
                self.assertEqual(accepted, talk.say(b"MAIL FROM:<%s>" % address.encode()))
                talk.say(b"RSET")

    def test_relay_client_gets_an_error_for_a_missing_domain(self):
        with self.server("policy:\n  recipient-domain-check: yes\n") as server:
            server.control("access", "add", "relay", NAMED)
            server.reload()
            with Talk(server, NAMED) as talk:
                talk.mail()
                self.assertEqual(self.says("ERR_SMTP_ADDRESS_DOAMIN", "b@nowhere.example"),
                                 self.rcpt(talk, "b@nowhere.example"))


four_ways(globals(), Real)


class Hostile(DnsCase):
    """Name servers of somebody who means harm, or is in trouble."""

    def setUp(self):
        self.names = self.enterContext(FakeNameServer())

    def assertSoundLog(self, server):
        """Printable lines, each of an event; whatever was said, it is no other key."""
        for line in server.log().splitlines():
            self.assertRegex(line, r"\A[ -~]+\Z")
            self.assertNotIn("evil=yes", line.replace('"', " ").split())

    def test_names_that_no_host_has_are_none(self):
        names = (b"\x05\x1b[31m\0", b"\x04%s%n\0", b"\x0fa\r\nevent=forged\0", b"\x0bevil=yes a=\0", b"\0", b"\x03a.b\0",
                 b"\x01\0\0", encode(".".join(["x" * 63] * 3))[:-1] + b"\x3f" + b"y" * 63 + b"\0", b"\xff" * 300,
                 b"\xc0\x0c\xc0\x0c", b"\xc0\x30", b"\x3fshort")
        for check in "exists", "confirmed":
            with self.server(f"policy:\n  ptr-check: {check}\n") as server:
                for i, name in enumerate(names):  # answers are kept, so each has a client of its own
                    self.names.put("PTR", self.names.reverse(f"127.0.1.{i}"), name)
                    self.assertTurnedAway(server, f"127.0.1.{i}", "ERR_SMTP_REJECT_PTR")
                self.assertLessEqual(len(names), len(self.names.heard))
                self.assertSoundLog(server)

    def test_the_longest_name_fits_the_trace_line(self):
        name = ".".join(["x" * 63] * 3 + ["y" * 61])
        self.names.tell(f"PTR 127.0.0.1 {name}")
        self.names.tell(f"A {name} 127.0.0.1")
        with self.server("policy:\n  ptr-check: confirmed\n") as server, Talk(server) as talk:
            talk.mail()
            self.assertAccepted(talk)
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: hello\r\n."))
            self.assertIn(b"(%s [127.0.0.1])" % name.encode(), server.messages()[0])

    def test_answers_that_are_cut_or_bent_refuse_nobody(self):
        self.names.tell("A 1.0.0.127.bl.example 127.0.0.2")
        cuts = [lambda m, n=n: m[:n] for n in range(0, 54, 6)]
        bends = [lambda m: m[:2] + b"\xff\xff" + m[4:], lambda m: m[:6] + b"\xff\xff" + m[8:], lambda m: m + b"\0" * 400,
                 lambda m: m[:12] + b"\xc0\x0c" + m[14:], lambda m: m[:-5] + b"\xff" + m[-4:], lambda m: b"\0" * len(m)]
        for twist in cuts + bends[:2] + bends[3:]:
            self.names.twist = twist
            with self.server("blocklists:\n  zones: bl.example\n", timeout="200ms") as server:
                self.assertGreeted(server)
                server.wait_for_log(r"event=dns-failed [^\n]*name=1\.0\.0\.127\.bl\.example type=A")
        self.names.twist = bends[2]  # what stands behind the answer is nobody's business
        with self.server("blocklists:\n  zones: bl.example\n") as server:
            self.assertTurnedAway(server, "127.0.0.1", "ERR_SMTP_REJECT_RBL")

    def test_an_answer_too_long_for_a_packet_comes_by_tcp(self):
        self.names.put("A", "1.0.0.127.bl.example", *[bytes([127, 0, 1, i]) for i in range(200)])
        with self.server("blocklists:\n  zones: bl.example\n") as server:
            self.assertTurnedAway(server, "127.0.0.1", "ERR_SMTP_REJECT_RBL")

    def test_errors_of_a_list_are_no_listing(self):
        for code in "127.255.255.254", "127.255.255.252", "203.0.113.1":
            self.names.tell("A 1.0.0.127.bl.example " + code)
            with self.server("blocklists:\n  zones: bl.example\n") as server:
                self.assertGreeted(server)
                server.wait_for_log(r"event=blocklist-failed [^\n]*zone=bl\.example code=" + re.escape(code))

    def test_silent_or_failing_name_server_refuses_nobody(self):
        everything = ("blocklists:\n  zones: bl.example\npolicy:\n  ptr-check: confirmed\n  helo-check: resolvable\n"
                      "  sender-domain-check: yes\n")
        for silent, outcome in (True, None), (False, "failed"), (False, "refused"):
            self.names.silent = silent
            if outcome:
                self.names.tell("A 1.0.0.127.bl.example " + outcome)
                self.names.tell("PTR 127.0.0.1 " + outcome)
                self.names.tell("A client.example.org " + outcome)
                self.names.tell("MX example.org " + outcome)
            with self.server(everything, timeout="300ms") as server, Talk(server) as talk:
                self.assertEqual(self.says("ERR_SMTP_SENDEROK", "sender@example.org"), talk.mail())
                self.assertAccepted(talk)
                for question in ("1.0.0.127.bl.example type=A", "1.0.0.127.in-addr.arpa type=PTR",
                                 "client.example.org type=A", "example.org type=MX"):
                    server.wait_for_log("event=dns-failed [^\n]*name=" + re.escape(question))

    def test_an_answer_that_is_waited_for_holds_up_nobody_else(self):
        self.names.silent = True
        with self.server("policy:\n  ptr-check: exists\n", timeout="20s") as server:
            server.control("access", "add", "permitted", NAMED)
            server.reload()
            with socket.create_connection(("127.0.0.1", server.port)) as waiting:
                server.wait_for_log("event=connect")
                for _ in range(10):
                    self.assertGreeted(server, NAMED)
                self.assertEqual(([], [], []), select.select([waiting], [], [], 0))
                self.names.tell("PTR 127.0.0.1 host.example.org")
                self.names.silent = False
                self.assertTrue(waiting.recv(100).startswith(b"220 "))

    def test_client_that_leaves_meanwhile_is_no_error(self):
        self.names.silent = True
        with self.server("policy:\n  ptr-check: exists\n", timeout="1s") as server:
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", server.port)) as client:
                    client.sendall(b"EHLO client.example.org\r\n")
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.names.silent = False
            self.names.tell("PTR 127.0.0.3 named.example")
            self.assertGreeted(server, NAMED)

    def test_a_stop_does_not_wait_for_ever(self):
        self.names.silent = True
        with self.server("policy:\n  ptr-check: exists\n", timeout="60s") as server:
            with socket.create_connection(("127.0.0.1", server.port)):
                server.wait_for_log("event=connect")
                server.process.terminate()
                self.assertEqual(0, server.process.wait(SECONDS))

    def test_many_of_one_client_cost_a_question_a_worker(self):
        self.names.tell("A 1.0.0.127.bl.example 127.0.0.2")
        with self.server("blocklists:\n  zones: bl.example\n") as server:
            for _ in range(20):
                self.assertTurnedAway(server, "127.0.0.1", "ERR_SMTP_REJECT_RBL")
        self.assertLessEqual(self.names.heard.count("1.0.0.127.bl.example"), 2)

    def test_questions_come_in_the_form_of_the_dns(self):
        self.names.tell("MX xn--bcher-kva.example 10:mx.example.org")
        with self.server("policy:\n  sender-domain-check: yes\n") as server, Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            answer = talk.say("MAIL FROM:<a@b\u00fccher.example> SMTPUTF8".encode())
            self.assertTrue(answer.startswith(b"250 "), answer)
        self.assertIn("xn--bcher-kva.example", self.names.heard)


class Check(TestCase):
    def test_a_fault_is_named_with_its_line(self):
        faults = (("blocklists", "zones", "a..example", "'a..example' names no zone"),
                  ("blocklists", "zones", "a.example*1000", "has a weight that is not valid"),
                  ("blocklists", "refuse-at", "data", "'data' should be connect or recipient"),
                  ("policy", "ptr-check", "yes", "'yes' should be no, exists or confirmed"),
                  ("policy", "helo-check", "yes", "'yes' should be no, syntax or resolvable"),
                  ("dns", "servers", "localhost", "'localhost' is not a name server"),
                  ("dns", "timeout", "0", "0 is out of bounds: it may be from 100ms to 1m"))
        for section, name, value, fault in faults:
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(f"language: C\n{section}:\n  {name}: {value}\n")
                file.flush()
                done = subprocess.run([program("ftgate-smtpd"), "-c", file.name, "--check"], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
            self.assertEqual(78, done.returncode, done.stdout)
            self.assertIn(f"{file.name}:3: {name}: ", done.stdout.decode())
            self.assertIn(fault, done.stdout.decode())


if __name__ == "__main__":
    main()
