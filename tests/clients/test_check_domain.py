#!/usr/bin/env python3
"""ftgatectl check-domain: each finding, present and absent; its exit status; and that no answer of the DNS does harm."""

import base64
import csv
import io
import json
import os
import shutil
import struct
import subprocess
import tempfile

from fake_name_server import TYPES, FakeNameServer, encode
from server import SECONDS, TestCase, environment, main, program

DOMAIN, HOST = "example.org", "mail.example.org"
GOOD, FAULTY, NOT_KNOWN, USAGE, DATAERR, CONFIG = 0, 1, 2, 64, 65, 78
TYPES["TLSA"] = 52


def public_key(bits):
    """An RSA key as SubjectPublicKeyInfo, in base64."""
    private = subprocess.run(["openssl", "genrsa", str(bits)], capture_output=True, check=True, timeout=SECONDS).stdout
    return base64.b64encode(subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True,
                                           check=True, timeout=SECONDS).stdout).decode()


KEYS = {bits: public_key(bits) for bits in (512, 1024, 2048, 4096)}


class CheckCase(TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.names = self.enterContext(FakeNameServer())
        self.secure = False
        self.names.twist = lambda message: message[:3] + bytes([message[3] | (0x20 if self.secure else 0)]) + message[4:]
        self.configure(f"hostname: {HOST}\ndns:\n  servers: 127.0.0.1:{self.names.port}\n")

    def configure(self, text):
        self.config = os.path.join(self.folder, "ftgate.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def publish(self, *records):
        for record in records:
            kind, name, *data = record.split(" ", 2)
            if kind == "TXT" and data[0] not in ("failed", "no-name"):
                self.texts(name, data[0].encode())
            else:
                self.names.tell(record)

    def texts(self, name, *texts):
        """TXT records, each cut into strings."""
        self.names.put("TXT", name, *(b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255] for i in range(0, len(text), 255))
                                      for text in texts))

    def sound(self):
        """All that a domain needs."""
        self.publish(f"MX {DOMAIN} 10:{HOST}", f"A {HOST} 192.0.2.1", f"AAAA {HOST} 2001:db8::1", f"PTR 192.0.2.1 {HOST}",
                     f"PTR 2001:db8::1 {HOST}", f"TXT {DOMAIN} v=spf1 mx -all", f"TXT {HOST} v=spf1 a -all",
                     f"TXT dkim._domainkey.{DOMAIN} v=DKIM1; k=rsa; p={KEYS[2048]}",
                     f"TXT _dmarc.{DOMAIN} v=DMARC1; p=reject; rua=mailto:d@{DOMAIN}",
                     f"TXT _mta-sts.{DOMAIN} v=STSv1; id=20260101;", f"TXT _smtp._tls.{DOMAIN} v=TLSRPTv1; rua=mailto:t@{DOMAIN}")
        self.names.put("TLSA", f"_25._tcp.{HOST}", b"\x03\x01\x01" + bytes(32))
        self.secure = True

    def ctl(self, *words, status, **language):
        done = subprocess.run([program("ftgatectl"), "-c", self.config, "check-domain", *words], env=environment(**language),
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(status, done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode())
        self.error = done.stderr.decode()
        return done.stdout.decode()

    ADDRESSES = ("--ip", "192.0.2.1", "--ip", "2001:db8::1")

    def check(self, *words, status, domain=DOMAIN):
        """The findings: those of a check as pairs of state and detail."""
        told = json.loads(self.ctl(domain, "--json", *(words or self.ADDRESSES), status=status))
        self.assertEqual({GOOD: "ok", FAULTY: "faulty", NOT_KNOWN: "unknown"}[status], told["result"])
        self.told = told["findings"]
        return told

    def states(self, check):
        return [found["state"] for found in self.told if found["check"] == check]

    def finds(self, check, state, detail, record=None):
        found = [one for one in self.told if one["check"] == check and one["state"] == state and detail in one["detail"]]
        self.assertEqual(1, len(found), f"{detail} in {self.told}")
        if record is not None:
            self.assertEqual(record, found[0]["record"])
        return found[0]


class Whole(CheckCase):
    def test_domain_that_has_all_is_good(self):
        self.sound()
        told = self.check(status=GOOD)
        self.assertEqual({"ok"}, {found["state"] for found in self.told}, self.told)
        self.assertEqual({"MX", "EHLO", "PTR", "SPF", "DKIM", "DMARC", "MTA-STS", "TLSRPT", "TLSA"}, {found["check"] for found in self.told})
        self.assertEqual([DOMAIN, HOST, ["192.0.2.1", "2001:db8::1"]], [told[key] for key in ("domain", "hostname", "addresses")])
        self.assertEqual({None}, {found["record"] for found in self.told})
        self.assertEqual((15, 12), (len(self.names.heard), len(set(self.names.heard))))  # each question once; names have several types

    def test_empty_zone_lacks_all_and_the_records_to_publish_are_named(self):
        self.check(status=FAULTY)
        for check, state, name, record in (
                ("MX", "missing", DOMAIN, f"{DOMAIN}. MX 10 {HOST}."), ("EHLO", "missing", HOST, f"{HOST}. A 192.0.2.1"),
                ("PTR", "missing", "192.0.2.1", f"1.2.0.192.in-addr.arpa. PTR {HOST}."),
                ("SPF", "missing", f"{DOMAIN} has", f'{DOMAIN}. TXT "v=spf1 mx -all"'),
                ("SPF", "optional", f"{HOST} has", f'{HOST}. TXT "v=spf1 a -all"'),
                ("DKIM", "missing", "dkim, mail, default, ftgate",
                 f'dkim._domainkey.{DOMAIN}. TXT "v=DKIM1; k=rsa; p=(the public key of the program that signs)"'),
                ("DMARC", "missing", f"_dmarc.{DOMAIN}", f'_dmarc.{DOMAIN}. TXT "v=DMARC1; p=none; rua=mailto:postmaster@{DOMAIN}"'),
                ("MTA-STS", "optional", f"_mta-sts.{DOMAIN}", f'_mta-sts.{DOMAIN}. TXT "v=STSv1; id=1"'),
                ("TLSRPT", "optional", f"_smtp._tls.{DOMAIN}", f'_smtp._tls.{DOMAIN}. TXT "v=TLSRPTv1; rua=mailto:postmaster@{DOMAIN}"')):
            self.assertTrue(self.finds(check, state, name, record)["why"])

    def test_host_name_without_a_dot_is_a_fault_and_in_no_record(self):
        self.configure(f"hostname: vm\ndns:\n  servers: 127.0.0.1:{self.names.port}\n")
        self.check(status=FAULTY)
        self.finds("EHLO", "wrong", "vm is not a full name: set hostname in ftgate.conf", None)
        self.assertEqual([], [found for found in self.told if found["record"] and "vm" in found["record"]], self.told)
        self.assertNotIn("vm", self.names.heard)
        self.finds("MX", "missing", f"{DOMAIN} has no MX record")
        self.sound()
        self.check(status=FAULTY)
        self.assertEqual({"ok"}, {found["state"] for found in self.told if found["check"] != "EHLO"}, self.told)

    def test_name_server_that_fails_leaves_it_unknown(self):
        self.names.twist = lambda message: message[:2] + b"\x81\x82" + message[4:6] + bytes(6) + message[12:]
        self.check(status=NOT_KNOWN)
        self.assertEqual({"unknown"}, {found["state"] for found in self.told})

    def test_name_server_that_is_silent_leaves_it_unknown(self):
        self.sound()
        self.names.silent = True
        self.check(status=NOT_KNOWN)
        self.assertEqual({"unknown"}, {found["state"] for found in self.told})
        self.assertEqual(11, len(set(self.names.heard)))  # nothing that other answers would name

    def test_csv_has_a_line_for_each_finding(self):
        self.sound()
        told = json.loads(self.ctl(DOMAIN, *self.ADDRESSES, "--json", status=GOOD))
        printed = self.ctl(DOMAIN, *self.ADDRESSES, "--format", "csv", status=GOOD)
        whole = {name: told[name] for name in ("domain", "hostname", "result")}
        self.assertEqual([{name: value or "" for name, value in {**whole, **found}.items()} for found in told["findings"]],
                         list(csv.DictReader(io.StringIO(printed, newline=""))))

    def test_what_is_missing_precedes_what_is_unknown(self):
        self.sound()
        self.publish(f"TXT _mta-sts.{DOMAIN} failed")
        self.check(status=NOT_KNOWN)
        self.finds("MTA-STS", "unknown", "could not be looked up")
        self.names.answers.pop((f"_dmarc.{DOMAIN}", TYPES["TXT"]))
        self.check(status=FAULTY)

    def test_people_read_states_records_and_reasons(self):
        self.sound()
        self.publish(f"TXT {DOMAIN} v=spf1 -all")
        shown = self.ctl(DOMAIN, *self.ADDRESSES, status=FAULTY)
        self.assertIn(f"    This server calls itself {HOST}. It sends from: 192.0.2.1 2001:db8::1\n", shown)
        self.assertIn(f"wrong    SPF      SPF does not let mail of {DOMAIN} from 192.0.2.1 pass\n    published: v=spf1 -all\n"
                      f'    publish: {DOMAIN}. TXT "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"\n', shown)
        self.assertEqual(1, shown.count("SPF says which addresses send mail of the domain."))
        self.assertNotIn("DKIM signature shows", shown)

    def test_domain_with_letters_is_that_of_the_dns(self):
        told = self.check(*self.ADDRESSES, domain="b\u00fccher.example", status=FAULTY)
        self.assertEqual("xn--bcher-kva.example", told["domain"])
        self.assertIn("xn--bcher-kva.example", self.names.heard)
        shown = self.ctl("b\u00fccher.example", *self.ADDRESSES, status=FAULTY, LANG="C.UTF-8")
        self.assertIn("    b\u00fccher.example is xn--bcher-kva.example in the DNS.\n", shown)

    def test_words_that_are_refused(self):
        for words, status, error in ((("no domain",), DATAERR, "is not a domain"), (("[192.0.2.1]",), DATAERR, "is not a domain"),
                                     (("foo",), DATAERR, "is not a domain"),
                                     ((DOMAIN, "--ip", "host"), USAGE, "is not an IP address"),
                                     ((DOMAIN, "--selector", "a b"), USAGE, "is not a name of the DNS"),
                                     ((DOMAIN, *(9 * ("--ip", "192.0.2.1"))), USAGE, "8 of them at most"),
                                     ((DOMAIN, *(9 * ("--selector", "a"))), USAGE, "8 of them at most")):
            self.ctl(*words, status=status)
            self.assertIn(error, self.error)
        done = subprocess.run([program("ftgatectl"), "status", "--ip", "192.0.2.1"], capture_output=True, text=True, timeout=SECONDS,
                              env=environment(), check=False)
        self.assertEqual(USAGE, done.returncode)
        self.assertIn("--ip is for check-domain, not for status", done.stderr)


class Hosts(CheckCase):
    def test_mx_without_address_and_one_that_is_another_machine(self):
        self.sound()
        self.publish(f"MX {DOMAIN} 10:gone.example.org 20:other.example.net", "A other.example.net 198.51.100.1")
        self.check(status=FAULTY)
        self.finds("MX", "wrong", "gone.example.org has no address")
        self.finds("MX", "ok", "other.example.net has the addresses 198.51.100.1")
        self.finds("MX", "optional", "no MX of example.org is this machine")

    def test_null_mx_needs_no_mail_records_but_policies(self):
        self.sound()
        self.names.put("MX", DOMAIN, b"\0\0\0")
        self.publish(f"TXT {DOMAIN} v=spf1 -all", f"TXT _dmarc.{DOMAIN} v=DMARC1; p=reject; rua=mailto:a@example.org")
        self.check(status=GOOD)
        self.finds("MX", "ok", "accepts no mail")
        self.assertEqual([[], [], [], []], [self.states(check) for check in ("DKIM", "MTA-STS", "TLSRPT", "TLSA")])
        for name in DOMAIN, "_dmarc." + DOMAIN:
            self.names.answers.pop((name, TYPES["TXT"]))
        self.check(status=FAULTY)
        self.finds("SPF", "missing", DOMAIN, f'{DOMAIN}. TXT "v=spf1 -all"')
        self.finds("DMARC", "missing", DOMAIN, f'_dmarc.{DOMAIN}. TXT "v=DMARC1; p=reject"')

    def test_null_mx_beside_others_is_wrong(self):
        self.sound()
        self.names.put("MX", DOMAIN, b"\0\0\0", b"\0\x0a" + encode(HOST))
        self.check(status=FAULTY)
        self.finds("MX", "wrong", "null MX beside others")

    def test_ptr_must_lead_back(self):
        self.sound()
        self.publish("PTR 192.0.2.1 cable.example.net", "A cable.example.net 192.0.2.9")
        self.check(status=FAULTY)
        self.finds("PTR", "wrong", "cable.example.net, and that name does not have the address", f"1.2.0.192.in-addr.arpa. PTR {HOST}.")
        self.publish("A cable.example.net 192.0.2.1")
        self.check(status=GOOD)
        self.finds("PTR", "optional", "this server calls itself mail.example.org")
        self.publish(f"PTR 192.0.2.1 cable.example.net {HOST}")
        self.check(status=GOOD)
        self.assertEqual(["ok", "ok"], self.states("PTR"))

    def test_addresses_that_are_not_named_are_those_of_the_machine_or_of_its_name(self):
        self.sound()
        done = subprocess.run([program("ftgatectl"), "-c", self.config, "check-domain", DOMAIN, "--json"], env=environment(),
                              capture_output=True, timeout=SECONDS, check=False)
        told = json.loads(done.stdout)
        self.assertEqual(len(told["addresses"]), len([found for found in told["findings"] if found["check"] == "PTR"]))
        self.assertTrue(told["addresses"])
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, timeout=SECONDS, check=True).stdout.split()
        if not set(told["addresses"]) & set(own):
            self.assertEqual((["192.0.2.1", "2001:db8::1"], GOOD), (told["addresses"], done.returncode))

    def test_name_that_lacks_an_address_of_the_server(self):
        self.sound()
        self.publish("TXT example.org v=spf1 ip4:192.0.2.7 -all", f"PTR 192.0.2.7 {HOST}")
        self.check("--ip", "192.0.2.7", status=FAULTY)
        self.finds("EHLO", "optional", "does not have the address 192.0.2.7")

    def test_tlsa(self):
        self.sound()
        self.secure = False
        self.check(status=GOOD)
        self.finds("TLSA", "optional", "does not confirm them by DNSSEC")
        self.names.put("TLSA", f"_25._tcp.{HOST}", b"\x01\x01\x01" + bytes(32))
        self.check(status=GOOD)
        self.finds("TLSA", "optional", "none with the usage 2 or 3")
        self.names.answers.pop((f"_25._tcp.{HOST}", TYPES["TLSA"]))
        self.check(status=GOOD)
        self.finds("TLSA", "optional", "has no TLSA record",
                   f"_25._tcp.{HOST}. TLSA 3 1 1 (SHA-256 of the public key of the certificate)")


class Spf(CheckCase):
    def spf(self, text, status, *others):
        self.sound()
        self.publish(*others)
        self.texts(DOMAIN, b"unrelated=1", text.encode() if isinstance(text, str) else text)
        self.check(status=status)

    def test_ways_to_pass(self):
        others = ("TXT _spf.example.net v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?all", "A four.example.net 192.0.2.200",
                  "AAAA four.example.net 2001:db8::ffff", "MX five.example.net 10:four.example.net")
        for text in ("v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", "v=spf1 a:mail.example.org -all", "v=spf1 mx -all",
                     "v=spf1 include:_spf.example.net -all", "v=spf1 redirect=_spf.example.net", "V=SPF1 MX -ALL",
                     "v=spf1 a:four.example.net/24//64 -all", "v=spf1 mx:five.example.net/24//64 -all",
                     "v=spf1 exists:four.example.net -all", "v=spf1 -ip4:198.51.100.0/24 mx -all"):
            with self.subTest(text):
                self.spf(text, GOOD, *others)
                self.assertEqual({"ok"}, set(self.states("SPF")), self.told)

    def test_ways_not_to_pass(self):
        others = ("TXT _spf.example.net v=spf1 ip4:192.0.2.0/24 -all", "A four.example.net 192.0.2.200")
        for text in ("v=spf1 ip4:192.0.2.2 -all", "v=spf1 ~all", "v=spf1", "v=spf1 -ip4:192.0.2.1 mx -all", "v=spf1 -all mx",
                     "v=spf1 ~include:_spf.example.net -all", "v=spf1 a:four.example.net/32 -all"):
            with self.subTest(text):
                self.spf(text, FAULTY, *others)
                found = self.finds("SPF", "wrong", "from 192.0.2.1 pass")
                self.assertEqual(text, found["published"])
                self.spf(found["record"].split('"')[1], GOOD, *others)  # what is proposed is a remedy

    def test_end_of_the_record(self):
        self.spf("v=spf1 +all", FAULTY)
        self.finds("SPF", "wrong", "ends with +all")
        self.spf("v=spf1 mx ?all", GOOD)
        self.finds("SPF", "optional", "does not refuse other senders")

    def test_two_records_and_a_malformed_one(self):
        self.sound()
        self.texts(DOMAIN, b"v=spf1 mx -all", b"v=spf1 a -all")
        self.check(status=FAULTY)
        self.finds("SPF", "wrong", "has several SPF records")
        self.spf("v=spf1 mx ip4:192.0.2.1/33 -all", FAULTY)
        self.finds("SPF", "wrong", "malformed: ip4:192.0.2.1/33")
        self.spf("v=spf1 include:nothing.example.net -all", FAULTY)
        self.finds("SPF", "wrong", "includes nothing.example.net")
        self.spf("v=spf1 include:broken.example.net -all", FAULTY, "TXT broken.example.net v=spf1 nonsense")
        self.finds("SPF", "wrong", "record of broken.example.net has a term that is malformed: nonsense")

    def test_lookups_are_counted_and_bounded(self):
        chain = [f"TXT s{i}.example.net v=spf1 include:s{i + 1}.example.net -all" for i in range(40)]
        self.spf("v=spf1 mx include:s32.example.net -all", GOOD, *chain, "TXT s40.example.net v=spf1 -all")
        self.finds("SPF", "ok", "needs 10 of 10 lookups")
        self.spf("v=spf1 mx include:s31.example.net -all", FAULTY, *chain)
        self.finds("SPF", "wrong", "more than 10 terms")
        self.names.heard.clear()
        self.spf("v=spf1 mx include:loop.example.net -all", FAULTY, "TXT loop.example.net v=spf1 include:loop.example.net include:loop.example.net")
        self.finds("SPF", "wrong", "more than 10 terms")
        self.assertEqual(1, self.names.heard.count("loop.example.net"))

    def test_terms_that_find_nothing(self):
        self.spf("v=spf1 mx a:a.example.net a:b.example.net -all", GOOD)
        self.spf("v=spf1 mx a:a.example.net a:b.example.net mx:c.example.net -all", FAULTY)
        self.finds("SPF", "wrong", "that find nothing in the DNS: 3")

    def test_macros_and_ptr_are_not_guessed(self):
        self.spf("v=spf1 exists:%{i}.example.net -all", NOT_KNOWN)
        self.assertEqual(2, self.states("SPF").count("unknown"))
        self.spf("v=spf1 mx exists:%{i}.example.net -all", GOOD)
        self.spf("v=spf1 mx ptr -all", GOOD)
        self.finds("SPF", "optional", "has the term ptr")

    def test_lookup_that_fails_leaves_it_unknown(self):
        self.spf("v=spf1 a:broken.example.net -all", NOT_KNOWN, "A broken.example.net failed")
        self.assertEqual(1, self.states("SPF").count("unknown"))

    def test_long_record_is_not_judged_by_its_beginning(self):
        self.spf("v=spf1 " + 100 * "ip4:198.51.100.1 " + "-all", NOT_KNOWN)
        self.finds("SPF", "unknown", "too long")


class Keys(CheckCase):
    def key(self, text, status, *words):
        self.sound()
        self.texts(f"dkim._domainkey.{DOMAIN}", *(text if isinstance(text, tuple) else (text,)))
        self.check(*self.ADDRESSES, *words, status=status)

    def test_keys_are_measured(self):
        for bits, status, state, detail in ((512, FAULTY, "wrong", "verifiers ignore keys below 1024"), (1024, GOOD, "optional", "use 2048"),
                                            (2048, GOOD, "ok", "RSA with 2048 bits"), (4096, GOOD, "ok", "RSA with 4096 bits")):
            self.key(b"v=DKIM1; p=" + KEYS[bits].encode(), status)
            self.finds("DKIM", state, detail)
        self.key(b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(32)), GOOD)
        self.finds("DKIM", "ok", "Ed25519 with 256 bits")

    def test_faults_of_keys(self):
        good = b"p=" + KEYS[1024].encode()
        for text, detail in ((b"v=DKIM1; p=", "revoked"), (b"v=DKIM1; p=AAAA", "holds no key"), (b"v=DKIM1; h=sha1; " + good, "SHA-256"),
                             (b"v=DKIM2; " + good, "no DKIM record"), (b"hello", "no DKIM record"),
                             ((b"v=DKIM1; " + good, b"v=DKIM1; p="), "has several TXT records")):
            self.key(text, FAULTY)
            self.finds("DKIM", "wrong", detail)
        self.key(b"v=DKIM1; t=y; p=" + KEYS[2048].encode(), GOOD)
        self.finds("DKIM", "optional", "testing")

    def test_selectors_that_are_named_must_have_keys(self):
        self.sound()
        self.publish(f"TXT 2026._domainkey.{DOMAIN} v=DKIM1; p={KEYS[2048]}")
        self.check(*self.ADDRESSES, "--selector", "2026", status=GOOD)
        self.finds("DKIM", "ok", f"2026._domainkey.{DOMAIN}")
        self.assertNotIn(f"dkim._domainkey.{DOMAIN}", self.names.heard)
        self.check(*self.ADDRESSES, "--selector", "2026", "--selector", "2027", status=FAULTY)
        self.finds("DKIM", "missing", f"2027._domainkey.{DOMAIN} has no DKIM record",
                   f'2027._domainkey.{DOMAIN}. TXT "v=DKIM1; k=rsa; p=(the public key of the program that signs)"')


class Policies(CheckCase):
    def test_dmarc(self):
        for text, status, state, detail in (
                ("v=DMARC1; p=none; rua=mailto:a@example.org", GOOD, "optional", "protects from nothing"),
                ("v=DMARC1; p=quarantine", GOOD, "optional", "nobody gets the reports"),
                ("v=DMARC1; p=quarantine; rua=mailto:a@example.org", GOOD, "ok", "the policy is quarantine"),
                ("v=DMARC1; rua=mailto:a@example.org", FAULTY, "wrong", "has no policy"), ("v=DMARC1; p", FAULTY, "wrong", "malformed"),
                ("v=DMARC2; p=none", FAULTY, "missing", "has no DMARC record")):
            self.sound()
            self.publish(f"TXT _dmarc.{DOMAIN} {text}")
            self.check(status=status)
            self.finds("DMARC", state, detail)
        self.texts(f"_dmarc.{DOMAIN}", b"v=DMARC1; p=none", b"v=DMARC1; p=reject")
        self.check(status=FAULTY)
        self.finds("DMARC", "wrong", "has several DMARC records")

    def test_another_domain_must_agree_to_get_reports(self):
        """RFC 7489 section 7.1."""
        uris = "rua=mailto:a@reports.example,mailto:b@Reports.Example!10m, mailto:c@sub.%s; ruf=mailto:d@agrees.example" % DOMAIN
        name = f"{DOMAIN}._report._dmarc."
        self.sound()
        self.publish(f"TXT _dmarc.{DOMAIN} v=DMARC1; p=reject; {uris}", f"TXT {name}agrees.example v=DMARC1;")
        self.check(status=GOOD)
        self.finds("DMARC", "ok", "the policy is reject")
        self.finds("DMARC", "optional", f"reports.example does not agree to get reports about {DOMAIN}",
                   f'{name}reports.example. TXT "v=DMARC1"')
        self.assertEqual(2, len([found for found in self.told if found["check"] == "DMARC"]))
        self.assertNotIn(f"{name}sub.{DOMAIN}", self.names.heard)
        self.publish(f"TXT {name}reports.example v=DMARC1; rua=mailto:x@reports.example")
        self.check(status=GOOD)
        self.assertEqual(1, len([found for found in self.told if found["check"] == "DMARC"]))

    def test_report_host_of_an_impossible_name_is_left_out(self):
        host = ".".join([60 * "a"] * 3 + [50 * "b"])
        self.sound()
        self.publish(f"TXT _dmarc.{DOMAIN} v=DMARC1; p=reject; rua=mailto:a@{host},mailto:b@{DOMAIN}.")
        self.check(status=GOOD)
        self.assertEqual(["ok"], self.states("DMARC"))

    def test_dmarc_is_inherited_from_the_domain_above(self):
        self.sound()
        self.publish(f"TXT _dmarc.{DOMAIN} v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@example.org")
        self.check(domain=f"a.b.{DOMAIN}", status=FAULTY)
        self.finds("DMARC", "ok", f"_dmarc.{DOMAIN}: the policy is quarantine")
        self.assertNotIn("_dmarc.org", self.names.heard)

    def test_sts_and_reports(self):
        self.sound()
        self.check(status=GOOD)
        self.finds("MTA-STS", "ok", f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt was not fetched")
        self.publish(f"TXT _mta-sts.{DOMAIN} v=STSv1; id=", f"TXT _smtp._tls.{DOMAIN} v=TLSRPTv1; rua=nobody")
        self.check(status=FAULTY)
        self.finds("MTA-STS", "wrong", "malformed", f'_mta-sts.{DOMAIN}. TXT "v=STSv1; id=1"')
        self.finds("TLSRPT", "wrong", "malformed")


class Hostile(CheckCase):
    def test_octets_of_the_dns_never_reach_a_terminal(self):
        self.sound()
        evil = b"\x1b[2J\x9b\xff\n\0\xe2\x80\xae"
        self.texts(DOMAIN, b"v=spf1 " + evil)
        self.texts(f"dkim._domainkey.{DOMAIN}", b"v=DKIM1; p=" + evil)
        for name, text in ((f"_dmarc.{DOMAIN}", b"v=DMARC1; p="), (f"_mta-sts.{DOMAIN}", b"v=STSv1; id="),
                           (f"_smtp._tls.{DOMAIN}", b"v=TLSRPTv1; rua=")):
            self.texts(name, text + evil)
        shown = self.ctl(DOMAIN, *self.ADDRESSES, status=FAULTY, LANG="C.UTF-8")
        for octet in "\x1b", "\x9b", "\0", "\u202e":
            self.assertNotIn(octet, shown)
        self.assertIn("published: v=spf1 \\x1B[2J\\x9B\\xFF\\x0A\\x00\\xE2\\x80\\xAE\n", shown)
        self.check(status=FAULTY)

    def test_many_records_are_bounded(self):
        self.sound()
        self.names.put("MX", DOMAIN, *(struct.pack(">H", i) + encode(f"m{i}.example.net") for i in range(60)))
        self.publish(*(f"A m{i}.example.net 192.0.2.1" for i in range(60)))
        self.texts(DOMAIN, ("v=spf1 " + " ".join(f"mx:d{i}.example.net" for i in range(12)) + " -all").encode())
        for i in range(12):
            self.names.put("MX", f"d{i}.example.net", *(b"\0\x01" + encode(f"h{i}-{k}.example.net") for k in range(60)))
        self.check(status=FAULTY)
        self.assertEqual(8, len([found for found in self.told if found["check"] == "MX" and found["state"] == "ok"]))
        self.assertLess(len(self.names.heard), 300)


if __name__ == "__main__":
    main()
