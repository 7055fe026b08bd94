#!/usr/bin/env python3
"""examples/classify_bounce.py: bounces of ftgate's own queue in several languages, those of other servers, and hostile ones."""

import base64
import importlib.util
import json
import os
import quopri
import re
import subprocess
import sys
import tempfile

from fake_next_hop import OK, FakeNextHop
from server import ACCOUNT, LIMITS, SECONDS, SOURCE, Server, Talk, TestCase, environment, main, program
from test_msg_corpus import pastes, texts
from test_relay import wait_until

PROGRAM = os.path.join(SOURCE, "examples/classify_bounce.py")
NET = "example.net"

# Recipients of a message, the reply to each, and the reply's language and wire.
REFUSED = {
    "anna": ("ERR_SMTP_ADDRESS_UNKNOWN", "de", []),
    "bert": ("ERR_SMTP_RELAYFAIL", "ja", ["-u"]),
    "cleo": ("ERR_SMTP_ADDRESS_UNKNOWN", "ar", ["-u"]),
    "dora": ("ERR_SMTP_ACCESSDENIED", "pl", ["-u"]),
    "emil": ("ERR_SMTP_ADDRESS_RCPTCOUNT", "ru", []),
}
OTHERS = {
    "fred": "550 5.1.1 <fred@example.net>: Recipient address rejected: User unknown in virtual mailbox table",
    "gerd": "554 5.7.1 <gerd@example.net>: Relay access denied",
}
POSTFIX = b"""Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="A/b"

--A/b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net.

<anna@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1
    <anna@example.net>: Recipient address rejected: User unknown in local
    recipient table (in reply to RCPT TO command)

--A/b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; anna@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <anna@example.net>: Recipient address
    rejected: User unknown in local recipient table

Final-Recipient: rfc822; bert@example.net
Action: delayed
Status: 4.2.2
Diagnostic-Code: smtp; 452-4.2.2 <bert@example.net>: mailbox full 452-4.2.2
    Postfach bert@example.net ist voll (#3.14) 452 4.2.2 https://example.net/de.html#3.14

--A/b
Content-Type: message/rfc822

Subject: (#4.28)

550 5.1.1 (#4.28)
--A/b--
"""


def load():
    spec = importlib.util.spec_from_file_location("classify_bounce", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def export(*options):
    return subprocess.run([program("ftgate-msg"), "export", "--format", "json", *options], env=environment(), check=True,
                          stdout=subprocess.PIPE, timeout=SECONDS).stdout


class Classify(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="ftgate-classify-"))
        cls.exported = os.path.join(cls.folder, "replies.json")
        with open(cls.exported, "wb") as file:
            file.write(export("--lang", "de:ar:pl:zh-Hans"))
        cls.classifier = load()
        with open(cls.exported, encoding="utf-8") as file:
            cls.replies = cls.classifier.Replies(file.read())

    def run_it(self, *arguments, stdin=b"", exported=None):
        done = subprocess.run([sys.executable, "-B", PROGRAM, "--replies", exported or self.exported, *arguments], input=stdin,
                              capture_output=True, timeout=SECONDS)
        self.assertNotIn(b"Traceback", done.stderr)
        return done

    def results(self, octets, *arguments):
        """Its status, and its results."""
        done = self.run_it("--json", *arguments, stdin=octets)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def row(self, name):
        (row,) = [row for rows in self.replies.rows.values() for row in rows if row["id"] == name]
        return row


class OwnQueue(Classify):
    """A server of ftgate whose next hop refuses, in a language of its own; senders get notices in theirs."""

    def answers(self):
        answers = {"EHLO": OK["EHLO"] + "\r\n250 SMTPUTF8", "MAIL": OK["MAIL"]}
        answers["EHLO"] = answers["EHLO"].replace("250 SIZE", "250-SIZE")
        for name, (reply, language, wire) in REFUSED.items():
            arguments = [f"{name}@{NET}"] * (reply not in ("ERR_SMTP_ADDRESS_RCPTCOUNT",)) + ["ERR_SECPOL_BLACK"] * ("DENIED" in reply)
            said = subprocess.run([program("ftgate-msg"), "render", *wire, "--lang", language, reply, *arguments], check=True,
                                  env=environment(), stdout=subprocess.PIPE, timeout=SECONDS).stdout
            answers[f"RCPT TO:<{name.upper()}@"] = said.decode("latin-1").removesuffix("\r\n")
        return answers | {f"RCPT TO:<{name.upper()}@": said for name, said in OTHERS.items()}

    def send(self, talk, language, recipients, body=b"text\r\n"):
        self.assertIn(b"(#6.08)", talk.say(b"XLANG " + language))
        self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (ACCOUNT.encode(), b" SMTPUTF8" * (language == b"ar")))[:3])
        for name in recipients:
            self.assertEqual(b"250", talk.say(b"RCPT TO:<%s@%s>" % (name.encode(), NET.encode()))[:3])
        talk.say(b"DATA")
        self.assertEqual(b"250", talk.say(b"Subject: 550 5.1.1 (#4.33)\r\n\r\n" + body + b".")[:3])

    def bounces(self):
        following = self.enterContext(FakeNextHop(**self.answers()))
        relay = f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\n"
        server = self.enterContext(Server("--workers", "1", config=LIMITS + "xlang: yes\n" + relay, LANG="C"))
        server.control("access", "add", "relay", "127.0.0.0/8")
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            for language in b"en", b"ja", b"ar":
                self.send(talk, language, [*REFUSED, *OTHERS])
            self.send(talk, b"de", ["large"], 15000 * (70 * b"x" + b"\r\n"))
        wait_until(lambda: len(server.messages()) == 4)
        return server.messages()

    def test_notices_of_each_language_are_understood(self):
        seen = []
        for octets in self.bounces():
            status, results = self.results(octets, "--lang", "de")
            self.assertEqual("large@" + NET not in [one["recipient"] for one in results], status == 1, results)
            for one in results:
                self.check(one)
                seen.append(one["recipient"].partition("@")[0])
        self.assertEqual(sorted(3 * [*REFUSED, *OTHERS] + ["large"]), sorted(seen))

    def check(self, one):
        name = one["recipient"].partition("@")[0]
        self.assertEqual("permanent", one["outcome"], one)
        if name in OTHERS:
            self.assertEqual((None, None, OTHERS[name], OTHERS[name][:3], OTHERS[name][4:9]),
                             tuple(one[member] for member in ("reference", "reason", "reply", "code", "status")))
            return
        reply = REFUSED[name][0] if name in REFUSED else "FTG_NOTICE_FAILED"
        row = self.row(reply)
        self.assertEqual((row["ref"], reply, row["reason"]), tuple(one[member] for member in ("reference", "id", "reason")), one)
        for member in "cause", "sender", "operator":
            self.assertEqual(row["explanations"]["de"][member], one[member])


class OtherServers(Classify):
    def test_report_of_an_internationalized_message_is_read_in_each_encoding(self):
        fields = "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; jürgen@example.net\nAction: failed\n" \
                 "Diagnostic-Code: smtp; 550 5.1.1 Postfach jürgen existiert nicht (#4.28)\n".encode()
        for name, encoded in (("8bit", fields), ("base64", base64.encodebytes(fields)), ("quoted-printable", quopri.encodestring(fields))):
            head = b"From: a\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: %s\n\n" % name.encode()
            (one,) = self.results(head + encoded)[1]
            self.assertEqual(("jürgen@example.net", "4.28", "550 5.1.1 Postfach jürgen existiert nicht (#4.28)"),
                             tuple(one[member] for member in ("recipient", "reference", "reply")), name)

    def test_report_of_postfix_has_no_reference_unless_the_reply_has_one(self):
        status, (anna, bert) = self.results(POSTFIX, "--lang", "pl_PL")
        self.assertEqual(1, status)
        self.assertEqual(("anna@example.net", "permanent", "550", "5.1.1", None, None), tuple(
            anna[member] for member in ("recipient", "outcome", "code", "status", "reference", "reason")))
        self.assertEqual(("bert@example.net", "temporary", "452", "4.2.2", "3.14", "mailboxfull"), tuple(
            bert[member] for member in ("recipient", "outcome", "code", "status", "reference", "reason")))
        self.assertEqual(self.row("ERR_SMTP_MAILBOX_FULL")["explanations"]["pl"]["sender"], bert["sender"])
        shown = self.run_it(stdin=POSTFIX).stdout.decode()
        self.assertIn("-: anna@example.net: permanent\n    550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown in local "
                      "recipient table\n    no reference of ftgate: this is the reply of another server\n", shown)
        self.assertIn("    #3.14 ERR_SMTP_MAILBOX_FULL, reason: mailboxfull\n    cause: The message would", shown)

    def test_no_reply_of_another_server_is_claimed_and_each_reference_in_a_text_is_found(self):
        found = 0
        for number, (expected, _, text) in enumerate([*texts(), *pastes()]):
            octets = text if isinstance(text, bytes) else text.encode()
            claimed = {one["id"] for one in self.classifier.classify(self.replies, "en", octets) if one["id"]}
            self.assertLessEqual(claimed, set(expected.split()), (number, octets[:300]))
            found += bool(claimed)
        self.assertGreater(found, 50)

    def test_code_decides_between_replies_of_one_reference_and_another_code_is_another_server(self):
        for line, wanted in ((b"-ERR Too many (#1.04)", "ERR_POP_CONCURRENT"), (b"451 4.5.1 [192.0.2.1] (#1.04)", "ERR_SMTP_REJECT_CONCURRENT"),
                             (b"421 [192.0.2.1] (#1.04)", "ERR_SMTP_REJECT_CONCURRENT"), (b"250 ok (#4.28)", None),
                             (b"550 5.7.1 (#2.02)", None), (b"550 5.1.1 (#3.18)", None), ("550 5.1.1 \u202b(4.28#)".encode(), "ERR_SMTP_ADDRESS_UNKNOWN")):
            (one,) = self.results(line)[1]
            self.assertEqual(wanted, one["id"], line)

    def test_language_that_is_not_there_is_english_and_a_region_that_is_not_there_its_language(self):
        row = self.row("ERR_SMTP_ADDRESS_UNKNOWN")["explanations"]
        for tag, told in ("de-AT", "de"), ("xx", "en"), ("ar", "en"), ("zh-Hans-CN", "zh-Hans"):
            self.assertEqual(row[told]["cause"], self.results(b"550 5.1.1 (#4.28)", "--lang", tag)[1][0]["cause"], tag)


class Hostile(Classify):
    @staticmethod
    def inputs():
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000))
        report = b"From: a\nContent-Type: message/delivery-status\n\n"
        return {
            "nothing": b"", "rubbish": bytes(range(256)) * 100, "half": POSTFIX[:700], "nested": b"From: a\n" + nested,
            "semicolons": b"From: a\nContent-Type: multipart/mixed" + b";" * 1_000_000, "references": b"(#4.28)\n" * 20_000,
            "recipients": report + b"Final-Recipient: rfc822; a\n\n" * 5_000, "reports in reports": report * 2_000,
            "charset": b"From: a\nContent-Type: text/plain; charset=idna\nContent-Transfer-Encoding: base64\n\nKCM0LjI4KQ==\n",
            "no charset": b"From: a\nContent-Type: text/plain; charset=\"x\xff\"\n\n550 \xff (#4.28)\n",
            "long": b"550 5.1.1 " + b"x" * 4_000_000 + b"(#4.28)", "digits": b"5" * 1_000_000 + b"550 " * 200_000,
            "controls": report + b"Final-Recipient: rfc822; a\x1b[2J\x07\nAction: fa\x1biled\nDiagnostic-Code: smtp; 550 \x1b]0;x\x07 (#4.28)\n",
            "payload of a report": b"From: a\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n====\n",
            "empty report": report, "bidi": "550 \u202e(#4.28)\u2066\n".encode(), "surrogates": b"550 \xed\xa0\x80 (#4.28)",
            "carriage returns": b"550 5.1.1 x (#4.28)\r\r\r" * 5_000, "other charset": b"Content-Type: text/plain; charset=utf-16\n\n\xff",
        }

    def test_each_ends_with_results_that_are_bounded_and_cannot_control_a_terminal(self):
        paths = []
        for name, octets in self.inputs().items():
            paths.append(os.path.join(self.folder, name))
            with open(paths[-1], "wb") as file:
                file.write(octets)
        done = self.run_it("--json", *paths)
        self.assertEqual(1, done.returncode)
        results = {}
        for line in done.stdout.splitlines():
            one = json.loads(line)
            results.setdefault(os.path.basename(one["file"]), []).append(one)
            self.assertLessEqual(max(len(str(value)) for value in one.values()), 4000)
        self.assertEqual(1000, max(map(len, results.values())))
        for name, wanted in (("charset", "4.28"), ("no charset", "4.28"), ("bidi", "4.28"), ("surrogates", "4.28"), ("controls", "4.28"),
                             ("carriage returns", "4.28"), ("long", None), ("digits", None)):
            self.assertEqual(wanted, results[name][0]["reference"], name)
        for name in "nothing", "nested", "semicolons", "empty report", "payload of a report":
            self.assertNotIn(name, results)
        shown = self.run_it(*(path for path in paths if os.path.basename(path) in ("controls", "rubbish", "surrogates", "bidi")))
        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", shown.stdout + shown.stderr))
        self.assertIn("controls: a\\u001b[2J\\u0007: unknown\n".encode(), shown.stdout)

    def test_time_grows_no_faster_than_a_line(self):
        script = "import importlib.util, sys; spec = importlib.util.spec_from_file_location('it', sys.argv[1]); " \
                 "it = importlib.util.module_from_spec(spec); spec.loader.exec_module(it); " \
                 "print([bool(find(text * (400_000 // len(text)))) for text in ('-', '- ', '5', '550 ', '(#', '5.1') " \
                 "for find in (it.COPY.match, it.CODE.search, it.REFERENCE.search, it.STATUS.search)].count(True), " \
                 "*(bool(it.COPY.match(line)) for line in ('--- The header', '--this is a copy', '-- x follow', '--- --', '- follow')))"
        done = subprocess.run([sys.executable, "-B", "-c", script, PROGRAM], capture_output=True, timeout=SECONDS, text=True)
        self.assertEqual("2 True True True False False\n", done.stdout, done.stderr)

    def test_export_of_another_format_is_named_with_its_cure(self):
        path = os.path.join(self.folder, "r.csv")
        for content in b"language,wire\r\nde,utf8\r\n", b"", b"\xff\xfe":
            with open(path, "wb") as file:
                file.write(content)
            done = self.run_it(exported=path)
            self.assertEqual((2, b""), (done.returncode, done.stdout))
            self.assertIn(f"classify_bounce.py: {path}: ".encode(), done.stderr)
        with open(path, "wb") as file:
            file.write(b"language,wire\r\n")
        self.assertEqual(f"classify_bounce.py: {path}: this is not what 'ftgate-msg export --format json' prints\n".encode(),
                         self.run_it(exported=path).stderr)

    def test_language_without_explanations_is_reported(self):
        for tag, said in (("xx", f"classify_bounce.py: {self.exported} has no explanations in 'xx'; these are English\n"),
                          ("de-AT", ""), ("pl_PL", ""), ("en", "")):
            self.assertEqual(said.encode(), self.run_it("--lang", tag, stdin=b"550 5.1.1 (#4.28)").stderr, tag)

    def test_help_explains_the_exit_status(self):
        said = subprocess.run([sys.executable, "-B", PROGRAM, "--help"], capture_output=True, encoding="utf-8", timeout=SECONDS).stdout
        self.assertIn("also if one is the reply of another server", " ".join(said.split()))

    def test_file_that_cannot_be_read_and_an_export_of_another_kind_are_reported(self):
        done = self.run_it("/nonexistent")
        self.assertEqual((2, b""), (done.returncode, done.stdout))
        for name, content in ("newer", b'{"format": "ftgate-replies", "schema": 2, "replies": []}'), ("list", b"[]"), ("no json", b"{"):
            path = os.path.join(self.folder, name)
            with open(path, "wb") as file:
                file.write(content)
            done = self.run_it(stdin=b"550 (#4.28)", exported=path)
            self.assertEqual((2, b""), (done.returncode, done.stdout), name)
            self.assertRegex(done.stderr, rb"\Aclassify_bounce\.py: .+\n\Z")


if __name__ == "__main__":
    main()
