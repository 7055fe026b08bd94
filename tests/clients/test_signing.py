#!/usr/bin/env python3
"""DKIM signatures and results of checks by the real rspamd; at the next server, dkimpy and an rspamd of its own verify them."""

import base64
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import textwrap
import unittest
import urllib.request

from fake_next_hop import FakeNextHop
from limits import LimitsCase
from server import ACCOUNT, DOMAIN, SECONDS, SENDER, Server, Talk, TestCase, main
from services import Dnsmasq, Rspamd
from test_proxy import LISTENERS, header

sys.path.append("/usr/lib/python3/dist-packages")
import dkim  # noqa: E402

KEY_SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "etc", "dkim-key")
MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "operators.md")
SELECTOR = "dkim"
U, A = "bücher.example", "xn--bcher-kva.example"
CLIENT = "192.0.2.7"
OWN = "192.0.2.25"  # this server, as the next one sees it
FAR = "far@elsewhere.example"
FORWARD = "fwd@" + DOMAIN
SIGNING = """
dkim { }
modules { path = "$PLUGINSDIR/arc.lua"; path = "$PLUGINSDIR/dkim_signing.lua"; path = "$PLUGINSDIR/milter_headers.lua";
    path = "$PLUGINSDIR/settings.lua"; }
.include "$CONFDIR/settings.conf"
.include "$CONFDIR/modules.d/arc.conf"
.include "$CONFDIR/modules.d/dkim_signing.conf"
.include "$CONFDIR/modules.d/milter_headers.conf"
"""
VERIFYING = """
dkim {{ }}
dmarc {{ }}
modules {{ path = "$PLUGINSDIR/dmarc.lua"; }}
"""
PASSED = ("R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW")
BODY = b"Gr\xfc\xdfe \r\n.dot\r\n" + b"x" * 900 + b"\r\n \t\r\n\r\n"
SUBJECT = "Grüße"


def make_key(folder, domain=DOMAIN):
    """Makes a key by the script, and returns the value of the record that the script prints."""
    def run():
        return subprocess.run(["sh", KEY_SCRIPT, domain, SELECTOR, folder], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=SECONDS).stdout.decode()
    record = run()
    if record != run():
        raise AssertionError("the key has been made again")
    if not record.startswith(f"{SELECTOR}._domainkey.{domain}. IN TXT ("):
        raise AssertionError(record)
    return "".join(re.findall(r'"([^"]*)"', record))


def documented(name):
    """What the manual has operators write to a file of /etc/rspamd/local.d."""
    with open(MANUAL, encoding="utf-8") as manual:
        (text,) = re.findall(rf"/etc/rspamd/local\.d/{re.escape(name)}`:\n\n((?:    .*\n|\n)+)", manual.read())
    return textwrap.dedent(text)


class Signer(Rspamd):
    """rspamd with Debian's settings and those of the manual, for our domain, with the keys of a folder."""

    FILES = ("arc.conf", "dkim_signing.conf", "milter_headers.conf", "settings.conf")

    def __init__(self, names, keys):
        super().__init__(names, SIGNING, "dkim")
        self.keys = keys

    def command(self):
        for name in self.FILES:
            os.makedirs(self.path("local.d"), exist_ok=True)
            text = documented(name).replace("/var/lib/rspamd", self.folder).replace("example.org", DOMAIN)
            self.path(os.path.join("local.d", name), text)
        shutil.copytree(self.keys, self.path("dkim"), dirs_exist_ok=True)
        return [*super().command(), "--var=LOCAL_CONFDIR=" + self.folder]


def setUpModule():
    """One rspamd for all tests."""
    folder = unittest.enterModuleContext(tempfile.TemporaryDirectory(prefix="ftgate-test-"))
    published = {domain: make_key(folder, domain) for domain in (DOMAIN, A)}
    for domain, record in published.items():
        SigningCase.records[f"{SELECTOR}._domainkey.{domain}."] = record
    keys = (f"txt-record={SELECTOR}._domainkey.{domain}," + ",".join(record[i:i + 250] for i in range(0, len(record), 250))
            for domain, record in published.items())
    SigningCase.names = unittest.enterModuleContext(Dnsmasq(
        *keys, "txt-record=fail.example,v=spf1 ip4:192.0.2.1 -all", f"txt-record={DOMAIN},v=spf1 ip4:{OWN} -all",
        f"txt-record=_dmarc.{DOMAIN},v=DMARC1; p=reject; aspf=s; adkim=s"))
    SigningCase.rspamd = unittest.enterModuleContext(Signer(SigningCase.names, folder))


class Key(TestCase):
    def run_script(self, *words):
        done = subprocess.run(["sh", KEY_SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS,
                              encoding="ascii", check=False)
        return done.returncode, done.stdout, done.stderr

    def test_help_is_no_error(self):
        code, out, errors = self.run_script("--help")
        self.assertEqual((0, ""), (code, errors))
        self.assertIn("usage: dkim-key DOMAIN SELECTOR [FOLDER]\n", out)
        self.assertEqual((1, "", "dkim-key: usage: dkim-key DOMAIN SELECTOR [FOLDER]\n"), self.run_script(DOMAIN))

    def test_second_run_says_that_the_key_is_kept(self):
        with tempfile.TemporaryDirectory(prefix="ftgate-test-") as folder:
            key = os.path.join(folder, f"{DOMAIN}.dkim.key")
            code, record, said = self.run_script(DOMAIN, "dkim", folder)
            self.assertEqual((0, f"{key} is new\n"), (code, said))
            self.assertEqual((0, record, f"{key} exists, and is kept\n"), self.run_script(DOMAIN, "dkim", folder))


class Hosted(Server):
    """Hosts an internationalized domain too."""

    def fill(self):
        super().fill()
        self.control("domain", "add", A)
        for local in "Ännchen", "otto":
            self.control("account", "add", f"{local}@{U}", "--password-stdin", input=b"correct horse\n")


class SigningCase(LimitsCase):
    listeners = ""
    kind = Server
    records = {}

    def setUp(self):
        self.following = self.enterContext(FakeNextHop(EHLO="250-next.example\r\n250-8BITMIME\r\n250 SMTPUTF8"))
        self.server = self.enterContext(self.kind("--workers", "1", "--hostname", "mx.example.test", config=self.listeners + (
            "auth: PLAIN\nauth-in-clear: yes\n"
            f"relay:\n  smarthost: 127.0.0.1:{self.following.port}\n  tls: none\n"
            f"filters:\n  - address: {self.rspamd.address}\n    on-failure: defer\n    max-size: 0\n")))

    def client(self, user):
        client = smtplib.SMTP("127.0.0.1", self.server.port, "client.example.org", timeout=SECONDS)
        self.addCleanup(client.close)
        client.ehlo()
        client.putcmd("AUTH PLAIN", base64.b64encode(b"\0" + user.encode() + b"\0correct horse").decode())
        self.assertEqual(235, client.getreply()[0])
        client.command_encoding = "utf-8"
        return client

    def send(self, head, body, options=(), recipients=(FAR,), sender=ACCOUNT):
        """Sends by command, so that no octet is changed on the way."""
        client = self.client(sender)
        client.putcmd("MAIL FROM:<" + sender + ">" + "".join(" " + option for option in options))
        self.assertEqual(250, client.getreply()[0])
        for recipient in recipients:
            client.putcmd("RCPT TO:<" + recipient + ">")
            self.assertEqual(250, client.getreply()[0])
        code, said = client.data(head + b"\r\n" + body)
        self.assertEqual(250, code, said)

    def look_up(self, name, **_):
        return self.records[name.decode().replace(U, A)].encode()

    def assertSigned(self, octets, domain=DOMAIN):
        """One signature, which is that of the domain and true; and false for a message that is not the same."""
        self.assertEqual(1, octets.partition(b"\r\n\r\n")[0].lower().count(b"dkim-signature:"))
        self.assertIn(f"; d={domain};".encode(), octets)
        self.assertTrue(dkim.verify(octets, dnsfunc=self.look_up))
        self.assertFalse(dkim.verify(octets.replace(b".dot", b".dit"), dnsfunc=self.look_up))
        self.assertFalse(dkim.verify(octets.replace(b"\r\nFrom: ", b"\r\nFrom: X "), dnsfunc=self.look_up))

    def header(self, subject, more=b""):
        return b"From: Erika <%s>\r\nTo: <%s>\r\nSubject: %s\r\n%s" % (ACCOUNT.encode(), FAR.encode(), subject.encode(), more)


class Signing(SigningCase):
    def sent(self, number=1):
        return self.following.wait(number)[number - 1].octets

    def test_seven_bit_message_is_signed_at_the_next_server(self):
        body = b"plain \r\n.dot\r\n\r\n"
        self.send(self.header("x"), body)
        octets = self.sent()
        self.assertSigned(octets)
        self.assertEqual(body, octets.partition(b"\r\n\r\n")[2])
        self.assertRegex(octets, rb"\ADKIM-Signature: (?:.*\r\n[ \t])+.*\r\nReceived: ")
        self.server.wait_for_log(r"event=edited [^\n]*filter=rspamd added-fields=DKIM-Signature")

    def test_eight_bit_message_is_signed_and_its_body_is_not_changed(self):
        self.send(self.header("x"), BODY, ["BODY=8BITMIME"])
        octets = self.sent()
        self.assertSigned(octets)
        self.assertEqual(BODY, octets.partition(b"\r\n\r\n")[2])

    def test_internationalized_message_is_signed(self):
        header = self.header(SUBJECT).replace(b"Erika", "Jörg Ümläut".encode())
        self.send(header, BODY, ["BODY=8BITMIME", "SMTPUTF8"])
        octets = self.sent()
        self.assertSigned(octets)
        self.assertIn(b"\r\nSubject: " + SUBJECT.encode() + b"\r\n", octets)
        self.assertEqual(BODY, octets.partition(b"\r\n\r\n")[2])

    def test_signature_is_of_what_is_sent(self):
        """Date and Message-ID are added, the domain is completed and Bcc removed before rspamd signs."""
        header = self.header("x", b"Bcc: <hidden@elsewhere.example>\r\n").replace(ACCOUNT.encode(), ACCOUNT.split("@")[0].encode())
        self.send(header, b".dot\r\n")
        octets = self.sent()
        self.assertSigned(octets)
        self.assertNotIn(b"hidden", octets)
        self.assertIn(b"\r\nFrom: Erika <" + ACCOUNT.encode() + b">\r\n", octets)
        self.assertRegex(octets, rb"\r\nDate: .*\r\nMessage-ID: <.*@mx\.example\.test>\r\n")
        signed = re.search(rb"\bh=([^;]*);", octets).group(1).lower()
        for name in b"date", b"message-id", b"from":
            self.assertIn(name, signed)

    def test_message_for_a_mailbox_here_is_signed_too(self):
        self.send(self.header("x"), BODY, ["BODY=8BITMIME"], recipients=(ACCOUNT, FAR))
        self.assertSigned(self.sent())
        (stored,) = self.server.messages()
        self.assertTrue(stored.startswith(b"Return-Path: <%s>\nDelivered-To: %s\nDKIM-Signature: " % (2 * (ACCOUNT.encode(),))))
        self.assertSigned(stored.replace(b"\n", b"\r\n"))

    def test_large_message_is_signed(self):
        body = b".dot\r\n" + 30000 * (b"y" * 70 + b"\r\n")
        self.send(self.header("x"), body)
        octets = self.sent()
        self.assertSigned(octets)
        self.assertEqual(body, octets.partition(b"\r\n\r\n")[2])


class Internationalized(SigningCase):
    """Users whose addresses are internationalized."""

    kind = Hosted

    def test_user_is_signed_for_however_the_domain_is_spelled(self):
        sent = 0
        for local in "Ännchen", "otto":
            for domain in U, A:
                for spelled in U, A:
                    with self.subTest(sender=f"{local}@{domain}", field=f"{local}@{spelled}"):
                        header = f"From: Ännchen <{local}@{spelled}>\r\nTo: <für@{U}>\r\nSubject: {SUBJECT}\r\n".encode()
                        self.send(header, BODY, ["BODY=8BITMIME", "SMTPUTF8"], sender=f"{local}@{domain}")
                        sent += 1
                        octets = self.following.wait(sent)[sent - 1].octets
                        self.assertSigned(octets, spelled)
                        self.assertNotIn(b"\r\nX-Spam", octets)

    def test_user_is_not_signed_for_as_an_author_of_another_domain(self):
        sent = 0
        for local in "Ännchen", "otto":
            for author in ACCOUNT, f"a@mail.{U}", f"{local}@{U}, {ACCOUNT}", f"{ACCOUNT} <{local}@{U}>":
                with self.subTest(local=local, author=author):
                    self.send(f"From: {author}\r\nSubject: x\r\n".encode(), BODY, ["BODY=8BITMIME", "SMTPUTF8"], sender=f"{local}@{U}")
                    sent += 1
                    self.assertNotIn(b"DKIM-Signature", self.following.wait(sent)[sent - 1].octets)

    def test_user_whose_address_is_completed_is_signed_for(self):
        sent = 0
        for local in "Ännchen", "otto":
            self.send(f"From: {local}\r\nSubject: x\r\n".encode(), BODY, ["BODY=8BITMIME", "SMTPUTF8"], sender=f"{local}@{U}")
            sent += 1
            self.assertSigned(self.following.wait(sent)[sent - 1].octets, A)

    def test_user_is_signed_for_in_a_message_without_smtputf8(self):
        self.send(f"From: Otto <otto@{A}>\r\nSubject: x\r\n".encode(), b"plain\r\n.dot\r\n", sender=f"otto@{A}")
        self.assertSigned(self.following.wait(1)[0].octets, A)


class Verification(SigningCase):
    """The next server asks an rspamd of its own for SPF, DKIM and DMARC."""

    @classmethod
    def setUpClass(cls):
        cls.verifier = cls.enterClassContext(Rspamd(cls.names, VERIFYING.format(), "dkim"))

    def symbols(self, octets, address=OWN):
        fields = {"IP": address, "Helo": "mx.example.test", "From": ACCOUNT, "Rcpt": FAR}
        request = urllib.request.Request(f"http://{self.verifier.address}/checkv2", octets, fields)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["symbols"]

    def assertPasses(self, subject, body, options):
        self.send(self.header(subject), body, options)
        octets = self.following.wait(1)[0].octets
        self.assertLessEqual(set(PASSED), set(self.symbols(octets)))
        forged = self.symbols(octets.replace(b".dot", b".dit"), CLIENT)
        self.assertIn("DMARC_POLICY_REJECT", forged)
        self.assertFalse(set(PASSED) & set(forged), forged)

    def test_seven_bit_message_passes(self):
        self.assertPasses("x", b"plain\r\n.dot\r\n", [])

    def test_eight_bit_message_passes(self):
        self.assertPasses("x", BODY, ["BODY=8BITMIME"])

    def test_internationalized_message_passes(self):
        self.assertPasses(SUBJECT, BODY, ["BODY=8BITMIME", "SMTPUTF8"])


class Results(SigningCase):
    """The client has an address that is not local: rspamd does not check what comes from such."""

    listeners = LISTENERS

    def deliver(self, message, sender):
        with Talk(self.server, first=header(CLIENT)) as talk:
            for command in b"EHLO client.example", b"MAIL FROM:<%s> BODY=8BITMIME" % sender.encode():
                self.assertTrue(talk.say(command).startswith(b"250"))
            self.assertAccepted(talk)
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(message.replace(b"\r\n.", b"\r\n..") + b"."))

    def test_results_are_those_of_this_server_alone(self):
        forged = (b"Authentication-Results: mx.example.test; dkim=pass header.d=bank.example\r\n"
                  b"X-Spam-Status: No\r\nReceived-SPF: pass\r\n")
        self.deliver(forged + b"From: <a@fail.example>\r\nSubject: x\r\n\r\n" + BODY, "a@fail.example")
        (stored,) = self.server.messages()
        head, _, body = stored.partition(b"\n\n")
        self.assertEqual(BODY.replace(b"\r\n", b"\n"), body)
        (results,) = re.findall(rb"(?m)^Authentication-Results: (.*(?:\n[ \t].*)*)", head)
        self.assertTrue(results.startswith(b"mx.example.test;"), results)
        self.assertIn(b"spf=fail", results)
        self.assertNotIn(b"bank.example", head)
        self.assertNotIn(b"DKIM-Signature", head)
        self.assertNotIn(b"Received-SPF", head)
        self.server.wait_for_log(r'event=edited [^\n]*removed-fields="Authentication-Results X-Spam-Status Received-SPF"')

    def test_message_of_a_stranger_is_not_signed(self):
        self.deliver(self.header("x") + b"\r\n" + BODY, SENDER)
        self.assertNotIn(b"DKIM-Signature", self.server.messages()[0])


class InternationalizedStranger(SigningCase):
    kind = Hosted
    listeners = LISTENERS

    def test_address_of_a_stranger_is_no_mark_of_spam(self):
        for sender in "jörg@köln.example", "otto@köln.example":
            with Talk(self.server, first=header(CLIENT)) as talk:
                talk.say(b"EHLO client.example")
                for command in f"MAIL FROM:<{sender}> SMTPUTF8", f"RCPT TO:<Ännchen@{U}>":
                    self.assertTrue(talk.say(command.encode()).startswith(b"250"))
                talk.say(b"DATA")
                message = f"From: <{sender}>\r\nTo: <Ännchen@{U}>\r\nSubject: {SUBJECT}\r\n\r\nx\r\n.".encode()
                self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(message))
        for stored in self.server.messages():
            self.assertNotIn(b"\nX-Spam", stored)
            self.assertNotIn(b"DKIM-Signature", stored)


class Forwarded(SigningCase):
    """ARC for what an alias leads to another server."""

    class WithAlias(Server):
        def fill(self):
            super().fill()
            self.control("alias", "add", FORWARD, FAR)

    kind = WithAlias
    listeners = LISTENERS

    def test_forwarded_message_is_sealed(self):
        with Talk(self.server, first=header(CLIENT)) as talk:
            for command in b"EHLO client.example", b"MAIL FROM:<a@fail.example> BODY=8BITMIME", b"RCPT TO:<%s>" % FORWARD.encode():
                self.assertTrue(talk.say(command).startswith(b"250"))
            talk.say(b"DATA")
            message = b"From: <a@fail.example>\r\nSubject: x\r\n\r\n" + BODY
            self.assertTrue(talk.say(message.replace(b"\r\n.", b"\r\n..") + b".").startswith(b"250"))
        octets = self.following.wait(1)[0].octets
        self.assertEqual(b"pass", self.chain(octets))
        self.assertRegex(octets, rb"(?m)^ARC-Seal: i=1; s=dkim; d=%s;" % DOMAIN.encode())
        self.assertRegex(octets, rb"(?m)^ARC-Authentication-Results: i=1;\s+mx\.example\.test;[^:]*spf=fail")
        self.assertNotIn(b"DKIM-Signature", octets)
        self.assertEqual(b"fail", self.chain(octets.replace(b".dot", b".dit")))

    def chain(self, octets):
        return dkim.arc_verify(octets, dnsfunc=self.look_up)[0]


if __name__ == "__main__":
    main()
