#!/usr/bin/env python3
"""ftgate-msg explain: finds the reply in whatever is pasted, and says what it means."""

import csv
import email.policy
import functools
import glob
import io
import json
import os
import random
import re
import subprocess
import unittest
from email.message import EmailMessage

from msg import HEADER, PROGRAM, ROOT, TESTS, Folder, out, rows, run
from server import SANITIZED, has_terminals, some

LARGE = (1 if SANITIZED else 4) * 1024 * 1024  # octets of a paste
LANGUAGES = ("C", "de", "en", "fr", "fa", "ja")
with open(os.path.join(ROOT, "po/LINGUAS"), encoding="ascii") as linguas:
    EVERY_LANGUAGE = ("C", *linguas.read().split())


def told(*arguments, **options):
    """The answers as JSON, and the exit status."""
    done = run("explain", "--json", *arguments, **options)
    return json.loads(done.stdout), done.returncode


def flat(answer):
    """An answer of JSON as a row of CSV: what stands in an object has the object's name in front; without what is empty."""
    cells = {}
    for name, value in answer.items():
        if isinstance(value, dict):
            cells.update({f"{name}_{inner}": text for inner, text in value.items()})
        else:
            cells[name] = "\n".join(value) if isinstance(value, list) else value
    return {name: value for name, value in cells.items() if value}


def run_program(name, *arguments):
    return subprocess.run([os.path.join(os.path.dirname(PROGRAM), name), *arguments], capture_output=True, text=True,
                          env={"LC_ALL": "C"}, check=True, timeout=120).stdout


def ids(*arguments, **options):
    """The IDs that are told."""
    return [answer["id"] for answer in told(*arguments, **options)[0] if answer["kind"] == "reply"]


@functools.cache
def answers():
    """The answer to each ID, several by one run of the program."""
    names = [row["id"] for row in json.loads(out("list", "--format", "json"))]
    parts = [names[i : i + 20] for i in range(0, len(names), 20)]
    return dict(zip(names, [answer for part in parts for answer in told(*part)[0]], strict=True))


def replies(*options):
    """Every reply as on the wire with sample arguments, as (ID, line)."""
    shown = out("preview", *options)
    for block in re.split(r"(?m)^#", shown)[1:]:
        heading, *lines = block.splitlines()
        for line in lines:
            yield heading.split()[1], line.strip()


class References(unittest.TestCase):
    def test_every_spelling_of_a_reference(self):
        for what in ("4.46", "#4.46", "(#4.46)", " (#4.46). ", "ERR_SMTP_REJECT_PTR", "err_smtp_reject_ptr", '"#4.46",'):
            self.assertEqual(ids(what), ["ERR_SMTP_REJECT_PTR"], what)

    def test_every_id_and_every_reference(self):
        for row in some(rows(), 6):
            self.assertEqual(ids(row["id"]), [row["id"]])
            self.assertIn(row["id"], ids(row["ref"]))

    def test_every_reply_in_every_language_and_encoding(self):
        for language in some(EVERY_LANGUAGE, 6):
            for encoding in ([], ["--utf8"]):
                pasted = [(name, line) for name, line in replies("--lang", language, *encoding)
                          if "#" in line and name != "ERR_MAX_CONCURRENT"]
                answers = ids(*[" " + line for _, line in pasted])
                self.assertEqual(answers, [name for name, _ in pasted], language)

    def test_each_command_that_is_advised_exists(self):
        listed = run_program("ftgatectl", "--help")
        known = set(re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)?)(?: |$)", listed[listed.index("Commands:"):]))
        for row in some(rows(), 6):
            for command in re.findall(r"'ftgatectl ([^']+)'", re.sub(r"\s+", " ", out("explain", row["id"]))):
                words = re.sub(r"--server \S+ ", "", command).split()
                self.assertTrue({" ".join(words[:2]), words[0]} & known, (row["id"], command))

    def test_refused_network_is_an_entry_of_the_directory(self):
        shown = re.sub(r"\s+", " ", out("explain", "4.45"))
        self.assertIn("'ftgatectl access list refused'", shown)
        self.assertIn("'ftgatectl access remove refused NETWORK'", shown)
        self.assertNotIn("--check", shown)

    def test_shared_reference_is_narrowed_by_the_reply_code(self):
        self.assertEqual(ids("#1.04"), ["ERR_MAX_CONCURRENT", "ERR_SMTP_REJECT_CONCURRENT", "ERR_POP_CONCURRENT"])
        for line, wanted in (
            ("451 4.5.1 [192.0.2.1] zu viele (#1.04)", "ERR_SMTP_REJECT_CONCURRENT"),
            ("421 mx.example.org [192.0.2.1] zu viele (#1.04)", "ERR_SMTP_REJECT_CONCURRENT"),
            ("-ERR zu viele (#1.04)", "ERR_POP_CONCURRENT"),
            ("-ERR [SYS/TEMP] zu viele (#1.04)", "ERR_POP_CONCURRENT"),
        ):
            self.assertEqual(ids(line), [wanted], line)

    def test_last_reference_of_a_line_counts(self):
        self.assertEqual(ids("550 5.5.0 Access Denied <a@example.org> (Mailbox Disabled (#1.00)) (#4.65)"),
                         ["ERR_SMTP_ACCESSDENIED"])
        self.assertEqual(ids("550 5.1.1 <(#5.13)@example.org> unknown mailbox (#4.28)"), ["ERR_SMTP_ADDRESS_UNKNOWN"])

    def test_multi_line_reply_ends_with_its_reference(self):
        pasted = b"550-5.5.0 Sorry (#5.13)\r\n550-5.5.0 (#5.12)\r\n550 5.5.0 <a@example.org> (#4.63)\r\n"
        self.assertEqual(ids(stdin=pasted), ["ERR_SMTP_RELAYFAIL"])
        self.assertEqual(ids("-", stdin=b"Diagnostic-Code: smtp; " + pasted), ["ERR_SMTP_RELAYFAIL"])

    def test_code_on_the_line_before_a_folded_reference(self):
        self.assertEqual(ids(stdin=b"Diagnostic-Code: smtp; 451 4.5.1\n [192.0.2.1] trop de sessions\n\t(#1.04)\n"),
                         ["ERR_SMTP_REJECT_CONCURRENT"])

    def test_each_of_several_lines_is_explained_once(self):
        pasted = b"550 a (#4.28)\n  550 b (#4.63)\n550 c (#4.28)\n"
        self.assertEqual(ids(stdin=pasted), ["ERR_SMTP_ADDRESS_UNKNOWN", "ERR_SMTP_RELAYFAIL"])

    def test_reference_in_a_sentence(self):
        for what in ("see #4.46", "siehe #4.46.", "what is #4.46?", "#4.46 please", "\u53c2\u7167#4.46"):
            self.assertEqual(ids(what), ["ERR_SMTP_REJECT_PTR"], what)
        self.assertEqual(ids("#4.28 or #4.46"), ["ERR_SMTP_ADDRESS_UNKNOWN", "ERR_SMTP_REJECT_PTR"])
        self.assertEqual(ids("see", "#4.46"), ["ERR_SMTP_REJECT_PTR"])
        for what in ("see bug#4.46", "see a#4.46", "see #4.46x", "see\n#4.46", "Version #4.46 is out", "see #4.46 " + "x" * 300):
            self.assertEqual(ids(what), [], what)

    def test_malformed_references_are_not_found(self):
        for what in ("#14.46", "#4.461", "#4.4", "#4,46", "4.46.1.2", "# 4.46", "#4.46.1"):
            self.assertNotIn("ERR_SMTP_REJECT_PTR", ids(what), what)

    def test_our_log(self):
        line = "2026-01-31T12:00:00Z event=reply ref=4.28 id=ERR_SMTP_ADDRESS_UNKNOWN lang=de text=\"...\""
        self.assertEqual(ids(line), ["ERR_SMTP_ADDRESS_UNKNOWN"])
        self.assertEqual(ids("event=reply ref=4.28 lang=de"), ["ERR_SMTP_ADDRESS_UNKNOWN"])

    def test_words_of_a_line_that_the_shell_took_apart(self):
        self.assertEqual(ids("550", "5.1.1", "unknown", "mailbox", "(#4.28)"), ["ERR_SMTP_ADDRESS_UNKNOWN"])
        self.assertEqual(ids("4.28", "5.13"), ["ERR_SMTP_ADDRESS_UNKNOWN", "ERR_POP_MESSAGECOUNT"])

    def test_nonexistent_references_name_their_neighbours(self):
        for ref, nearest in (("3.18", ["3.17", "3.19"]), ("4.01", ["4.21"]), ("4.20", ["4.21"]), ("5.99", ["5.13"]), ("9.01", [])):
            answers, status = told("#" + ref)
            self.assertEqual(answers, [{"kind": "no such reference", "ref": ref, "nearest": nearest}])
            self.assertEqual(status, 1)
            self.assertIn(f"#{ref} does not exist", run("explain", ref).stdout.decode())


    def test_reference_from_right_to_left(self):
        for what in ("5.07#", "(5.07#)", ")5.07#(", "-ERR \u2067...\u2069 \u200e(#5.07)", "-ERR ... (5.07#)", "-ERR ... 5.07#"):
            self.assertEqual(ids(" " + what), ["ERR_POP_LOCKED"], what)

    def test_reference_that_a_line_end_broke(self):
        for what in ("550 5.1.1 unbekannt (#4.\n28)", "> 550 5.1.1 unbekannt (#4.2\n> 8)", "550 unbekannt (#\r\n\t4.28)"):
            self.assertEqual(ids(stdin=what.encode()), ["ERR_SMTP_ADDRESS_UNKNOWN"], what)


class LogWords(unittest.TestCase):
    def words(self, *arguments):
        return [(answer["key"], answer["name"]) for answer in told(*arguments)[0] if answer["kind"] == "word of the log"]

    def test_each_word_of_the_page_is_explained_as_there(self):
        with open(os.path.join(ROOT, "man/ftgate-log.7"), encoding="utf-8") as file:
            page = file.read()
        for section, key, mark in (("EVENTS", "event", "Cm"), ("CAUSES", "cause", "Li")):
            names = re.findall(rf"(?m)^\.It {mark} (.*)$", page.split(".Sh " + section)[1].split(".Sh ")[0])
            names = some(sum((line.split(" , ") for line in names), []), 6)
            self.assertEqual({(key, name) for name in names} - set(self.words(*[f"{key}={name}" for name in names])), set())
        self.assertEqual(told("cause=hops")[0][0]["meaning"], "The message has more Received lines than max-hops.")

    def test_check_and_names_alone(self):
        self.assertEqual(self.words("check=greylist"), [("key", "check")])
        self.assertEqual(self.words("seconds-left="), [("key", "seconds-left")])
        self.assertEqual(self.words("greylisted"), [("event", "greylisted")])
        self.assertIn("ftgate-log(7)", out("explain", "cause=hops"))

    def test_line_of_the_log(self):
        line = "2026-01-31T12:00:00.250Z event=dns-failed session=1hqk3c9 client=192.0.2.1 name=example.org type=MX"
        self.assertEqual(self.words(line), [("event", "dns-failed")])
        self.assertEqual(ids(line + " ref=#4.28"), ["ERR_SMTP_ADDRESS_UNKNOWN"])


class Files(Folder):
    def test_file_is_an_argument(self):
        path = self.write("my bounce.eml", b"Subject: x\nFrom: y\n\n550 5.1.1 unbekannt (#4.28)\n")
        self.assertEqual(ids(path), ["ERR_SMTP_ADDRESS_UNKNOWN"])
        self.assertEqual(ids(path, "5.13"), ["ERR_SMTP_ADDRESS_UNKNOWN", "ERR_POP_MESSAGECOUNT"])

    def test_what_looks_like_a_reply_is_no_file(self):
        self.write("4.28", b"550 5.1.1 no (#4.33)\n")
        done = subprocess.run([PROGRAM, "explain", "--json", "4.28"], cwd=self.folder, capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)[0]["id"], "ERR_SMTP_ADDRESS_UNKNOWN")

    def test_file_that_cannot_be_read(self):
        path = self.write("secret.eml", b"x")
        if os.geteuid() != 0:
            os.chmod(path, 0)
            self.assertEqual(run("explain", path).returncode, 2)

    def test_file_that_is_missing_is_named(self):
        for what in ("nofile.eml", "./nofile", "/tmp/no/such/file", "bounce.TXT"):
            done = run("explain", what)
            self.assertEqual((done.returncode, done.stdout), (2, b""), what)
            self.assertEqual(done.stderr.decode(), f"ftgate-msg explain: {what}: No such file or directory\n")
        done = run("explain", self.folder)
        self.assertEqual((done.returncode, done.stderr.decode()), (2, f"ftgate-msg explain: {self.folder}: Is a directory\n"))
        done = run("explain", "4.46", "nofile.eml")
        self.assertIn(b"nofile.eml: No such file", done.stderr)
        self.assertIn(b"ERR_SMTP_REJECT_PTR", done.stdout)
        self.assertEqual(run("explain", "https://example.org/x.eml").returncode, 1)


class StatusCodes(unittest.TestCase):
    def test_enhanced_status_is_distinguished_from_a_reference(self):
        for what in ("(#5.1.1)", "#5.1.1", "5.1.1", "550 #5.1.1 no such user", "Sorry, no mailbox here by that name. (#5.1.1)"):
            answers, status = told(what)
            self.assertEqual([(a["kind"], a["status"]) for a in answers], [("enhanced status code", "5.1.1")], what)
            self.assertEqual(answers[0]["detail"], "bad destination mailbox")
            self.assertEqual(status, 0)
        said = out("explain", "(#5.1.1)")
        self.assertIn("enhanced status code (RFC 3463)", said)
        self.assertIn("qmail", said)

    def test_code_of_a_stranger(self):
        for what in ("550 5.7.1 blocked by policy", "said: 550-5.7.1 blocked", "Action: failed\nStatus: 5.7.1\n",
                     "el servidor dijo: 5.7.1 Blocked", 'said: 550-"5.7.1 Blocked"', "Hello\n5.7.1 Blocked by policy"):
            self.assertEqual([a["status"] for a in told(what)[0]], ["5.7.1"], what)
        for what in ("it happens since version 5.7.1 of it", "at 192.4.2.1 it fails", "about 550 people came"):
            self.assertEqual(told(what), ([], 1), what)
        for what in ("250 5.7.1 is odd", "550 5.7.1.9 too"):
            self.assertEqual([a["status"] for a in told(what)[0]], [None], what)

    def test_own_reply_with_an_enhanced_code_is_a_reply(self):
        self.assertEqual(ids("550 5.1.1 foo (#4.28)"), ["ERR_SMTP_ADDRESS_UNKNOWN"])


class Bounces(Folder):
    def bounce(self, human, diagnostic, encoding):
        """A bounce as mail servers write it, with a part for people and one for programs."""
        message = EmailMessage(policy=email.policy.SMTP)
        message["Subject"] = "Undelivered Mail Returned to Sender"
        message.set_content(human, cte=encoding)
        message.add_attachment(
            b"Reporting-MTA: dns; mail.example.net\r\n\r\nFinal-Recipient: rfc822; bert@example.org\r\n"
            b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; " + diagnostic + b"\r\n",
            maintype="text", subtype="plain", cte="7bit")
        return message.as_bytes()

    def test_every_reply_inside_a_bounce(self):
        for language in ("C", "de"):
            for name, line in replies("--lang", language):
                if not line.startswith(("4", "5")):
                    continue
                folded = "\r\n    ".join(line.split(" ", 3))
                pasted = self.bounce(f"<bert@example.org>: host mx.example.org said:\n    {line} (in reply to RCPT TO)\n",
                                     folded.encode(), "7bit")
                self.assertEqual(ids(stdin=pasted), [name], pasted)

    def test_quoted_printable_alone(self):
        for body in (b"host said: 550 5.1.1 Postfach unbekannt (=234.28)\r\n",
                     b"host said: 550 5.1.1 Postfach unbe=\r\nkannt (#=\r\n4.28)\r\n",
                     b"550 5.1.1 Postfach unbekannt (#4=2E2=38)\n"):
            self.assertEqual(ids(stdin=b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + body),
                             ["ERR_SMTP_ADDRESS_UNKNOWN"], body)

    def test_large_bounce_is_read_to_its_limit(self):
        done = run("explain", stdin=b"550 x (#4.28)\n" + b"x" * (5 * 1024 * 1024))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"4 MiB", done.stderr)

    def test_hostile_pastes_take_little_time(self):
        for unit in (b" (#1.04)\n", b"550-x\n", b"(#", b"=\n", b"=3D=23", b" ", b"a\0b", b"ERR_", b"5.", b"\xff#9.99 "):
            done = run("explain", stdin=unit * (LARGE // len(unit)))
            self.assertIn(done.returncode, (0, 1), unit)

    def test_lines_that_continue_each_other_are_read_once(self):
        for unit in (b" \n", b"\n          550 x", b" #1.234\n"):
            done = run("explain", stdin=unit * (LARGE // len(unit)))
            self.assertIn(done.returncode, (0, 1), unit)

    def test_groups_of_addresses_in_each_other(self):
        message = b"From: x\nTo: x\nSubject: %s\nMIME-Version: 1.0\nReply-To: %s\n\n550 5.1.1 x (#4.28)\n"
        for unit in (b"a:", b"a:\n "):
            self.assertEqual(["ERR_SMTP_ADDRESS_UNKNOWN"], ids(stdin=message % (b"x", unit * 500000)), unit)

    def test_report_about_very_many_recipients(self):
        report = b"--q\nContent-Type: message/delivery-status\n\n%s\n--q--\n" % b"".join(
            b"\nFinal-Recipient: rfc822; u%d@example.net\nAction: failed\nStatus: 5.1.1\n" % i for i in range(900))
        message = b"From: x\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=q\n\n" + report
        self.assertEqual({"5.1.1"}, {answer.get("status") for answer in told(stdin=message)[0]})

    def test_random_pastes(self):
        random_ = random.Random(346)
        pieces = [b"#4.46", b"(#", b")", b"550 ", b"550-", b"\n", b"\r\n ", b"=23", b"=\n", b"5.1.1", b"ERR_SMTP_OK", b"\0", b"\xe4",
                  b"#1.04", b"-ERR", b"ref=", b"\033[31m", b"[AUTH]", b"\xff\xfe", b"<p>", b"Content-Type: text/html\n\n", b"--a\n"]
        for _ in range(100):
            done = run("explain", stdin=b"".join(random_.choices(pieces, k=40)))
            self.assertIn(done.returncode, (0, 1))
            self.assertNotIn(b"\033", done.stdout + done.stderr)


class Words(Folder):
    # Their words are the challenge alone, those of RFC 5321, or those of a reason that they quote.
    NOT_BY_WORDS = {"ERR_SMTP_334", "ERR_SMTP_CLOSING", "ERR_SMTP_DATASTART", "ERR_SMTP_ACCESSDENIED", "FTG_SMTP_BLOCKED"}

    def test_replies_that_lost_their_reference(self):
        for language in LANGUAGES:
            for encoding in ([], ["--utf8"]):
                for name, line in some(list(replies("--lang", language, *encoding))[::9], 4):
                    words = re.sub(r"^(\d{3}|-ERR)( \d\.\d\.\d+)? | ?\(?#\d\.\d\d\)?", "", line)
                    fixed = re.sub(r"bert@\S+|anna@\S+|mx\S+(?: ESMTP)?|sample text|192\S+|<[^>]*>|\+OK|pop\S+|\d+", "", words)
                    # Fewer words are other servers' words too, and any server says that a message was not delivered.
                    enough = len(re.findall(r"\w{2,}", fixed)) >= 4 and len(fixed) >= 24
                    if enough and name not in self.NOT_BY_WORDS and not name.startswith("FTG_NOTICE"):
                        self.assertIn(name, ids(" " + words.upper() if words.isascii() else words), (language, line))

    def test_words_that_are_cut_off(self):
        for line in ("450 4.7.1 Server busy please try again later. See http://tinyu", "Server busy please try again lat...",
                     "500 5.0.0 [192.0.2.1] PTR record is blank - reverse DNS lo"):
            self.assertEqual(len(ids(" " + line)), 2 if "busy" in line else 1, line)
        for line in ("550 5.7.1 Server busy please try again later. See http://tinyu", "Server busy please", "Please authenticate and"):
            self.assertEqual(ids(" " + line), [], line)

    def test_words_that_other_servers_write(self):
        for line in ("550 5.4.1 Recipient address rejected: Access denied.", "550 5.7.1 Access Denied", "-ERR Login Error",
                     "221 2.0.0 Service closing transmission channel", "354 Start mail input; end with <CRLF>.<CRLF>",
                     "452 4.5.3 too many recipients", "554 5.4.0 Too many hops", "-ERR Syntax Error",
                     "Your message could not be delivered", "421 4.7.0 Too many connections from your address",
                     "550 5.1.1 <bert@example.org>: Recipient address rejected: User unknown", "535 5.7.8 Auth Failed"):
            self.assertEqual(ids(line), [], line)

    def test_code_that_contradicts_words_or_reference(self):
        words = "Please authenticate and try again"
        self.assertEqual(ids(words), ["ERR_SMTP_SPOOF"])
        for line in ("450 4.7.1 " + words, "530 5.7.0 " + words, "550-5.0.0 no\n450 4.7.1 " + words):
            self.assertEqual(ids(line), ["ERR_SMTP_SPOOF"], line)
        for line in ("550 5.7.1 " + words, "450 4.1.8 " + words, "-ERR " + words, "250 2.0.0 queued (#4.28)", "-ERR no (#4.28)",
                     "550 5.1.1 no (#5.09)", "see ticket #4.28", "in version #4.28 of it"):
            self.assertEqual(ids(line), [], line)

    def test_code_behind_the_words_or_in_the_report_contradicts(self):
        words = "A caixa de correio eva@example.org est\u00e1 cheia e n\u00e3o pode aceitar mensagens agora."
        german = "Postfach bert@example.org ist voll"
        for text, wanted in (
            (german, ["ERR_SMTP_MAILBOX_FULL"]),
            (german + ". Antwort: 451 4.2.2 full", ["ERR_SMTP_MAILBOX_FULL"]),
            (german + ".\nRemote server returned '554 5.2.2 mailbox full'", []),
            (words + "\nRemote server returned '554 5.2.2 mailbox full'", []),
            ("Anmeldung fehlgeschlagen: 535 5.7.139 no", []),
        ):
            self.assertEqual(ids(stdin=text.encode()), wanted, text)
        for code, wanted in (("452 4.2.2", ["ERR_SMTP_MAILBOX_FULL"]), ("554 5.2.2", [])):
            bounce = f"""MIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n--b\n\n{german}\n--b
Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n
Final-Recipient: rfc822; bert@example.org\nAction: failed\nDiagnostic-Code: smtp; {code} no\n\n--b--\n"""
            self.assertEqual(ids(stdin=bounce.encode()), wanted, code)

    def test_words_of_prose_are_no_reply(self):
        for text in ("La bo\u00eete aux lettres est pleine", "Das Postfach vor dem Haus ist voll, und der Brief ist weg",
                     "La bo\u00eete aux lettres devant le n\u00b0 550 est pleine"):
            self.assertEqual(ids(stdin=text.encode()), [], text)

    def test_words_that_were_worded_otherwise_need_their_code(self):
        words = "Direccion del buzon a%b@example.org no valida: no se permite indicar una ruta dentro de la direccion"
        self.assertEqual(ids(stdin=f"550 5.1.1 {words}".encode()), ["ERR_SMTP_ADDRESS_BAD"])
        for text in (words, "550 5.1.2 " + words, "450 " + words):
            self.assertEqual(ids(stdin=text.encode()), [], text)

    def test_marks_that_a_mail_program_replaced(self):
        for dash in "-\u2010\u2013\u2014":
            self.assertEqual(ids(stdin=f"[192.0.2.1] PTR record is blank {dash} reverse DNS lookup failed".encode()), ["ERR_SMTP_REJECT_PTR"])

    def test_numbers_of_other_logs_are_no_codes(self):
        for text in ("exim[428]: pid=428, -q30m", "X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes", '"GET / HTTP/1.1" 451 550 "-"',
                     "502 Bad Gateway", "500 Internal Server Error", "there were about\n550 people", "> there were about\n> 550 people"):
            self.assertEqual(told(stdin=text.encode()), ([], 1), text)
        for text in ("Wrong password. 535 Incorrect authentication data", "code=550 no", "The server answered:\n550 no such user",
                     "He said\n550 no such user"):
            self.assertEqual([answer["kind"] for answer in told(stdin=text.encode())[0]], ["reply code"], text)

    def test_match_by_words_is_marked(self):
        answers, status = told("der Server sagte: Postfach bert@example.org existiert nicht")
        self.assertEqual([(a["id"], a["found_by"], a["language"]) for a in answers], [("ERR_SMTP_ADDRESS_UNKNOWN", "words", "de")])
        self.assertEqual(status, 0)

    def test_own_words(self):
        folder = self.compile(
            "locale/de/LC_MESSAGES/ftgate-local.mo",
            HEADER + '\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "Nur mit Geheimniskram"\n')
        self.assertEqual(ids("Fehler: nur mit Geheimniskram", "--overlay", folder + "/locale"), ["ERR_POP_TLS"])

    def test_nothing_found(self):
        done = run("explain", "The dog ate it \033]0;x\007")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"found no reply", done.stderr)
        self.assertIn(b"as a file (.eml)", done.stderr)
        self.assertEqual(told(stdin=b""), ([], 1))


class Identities(unittest.TestCase):
    """What rustc demands of its error codes. tests/support/ids.tsv has each ID that was ever given, also a retired one."""

    SOURCES = ("smtp", "pop3", "session", "relay", "net", "process", "cmd/smtpd", "cmd/pop3d")

    def setUp(self):
        with open(os.path.join(TESTS, "support/ids.tsv"), encoding="ascii") as file:
            self.given = [tuple(line.split()) for line in file][1:]

    def test_each_id_is_listed_once_and_none_is_lost(self):
        listed = [(row["ref"], row["id"]) for row in json.loads(out("list", "--format", "json"))]
        self.assertEqual(len({name for _, name in listed}), len(listed))
        self.assertEqual(sorted(set(self.given) - set(listed)), [], "an ID is never renamed, renumbered or removed")
        self.assertEqual(sorted(set(listed) - set(self.given)), [], "add the new ID to tests/support/ids.tsv")

    def test_each_id_has_a_page_of_its_own(self):
        for ref, name in self.given:
            answers = told(name)[0]
            self.assertEqual([(answer["ref"], answer["id"]) for answer in answers], [(ref, name)])

    def test_each_id_is_emitted_somewhere(self):
        sources = ""
        for folder in self.SOURCES:
            for path in glob.glob(os.path.join(ROOT, "src", folder, "**/*.[cd]*"), recursive=True):
                with open(path, encoding="utf-8") as file:
                    sources += file.read()
        words = set(re.findall(r"\w+", sources))
        self.assertEqual([name for _, name in self.given if name not in words], [])


class Formats(unittest.TestCase):
    WHATS = ("4.46", "FTG_POP_LIST", "3.18", "5.1.1", "550 5.7.26 x", "450 try later", "[AUTH] no", "event=deferred", "cause=hops",
             "550 5.1.1 Postfach a@example.org existiert nicht")

    def test_csv_has_what_json_has(self):
        for options in {}, {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}:
            answers, status = told(*self.WHATS, **options)
            done = run("explain", "--format", "csv", *self.WHATS, **options)
            self.assertEqual((status, 1), (done.returncode, status))
            rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline=""), strict=True))
            self.assertEqual([flat(answer) for answer in answers],
                             [{name: value for name, value in row.items() if value} for row in rows])
        self.assertLess(5, len({answer["kind"] for answer in answers}))

    def test_language_is_the_users_or_the_one_that_is_asked_for(self):
        german = out("explain", "4.28", LANGUAGE="de", LC_ALL="C.UTF-8")
        self.assertIn("Ursache: ", german)
        for option in ("--lang=de",), ("-l", "de"):
            self.assertEqual(german, out("explain", "4.28", *option))
        self.assertEqual(out("explain", "4.28"), out("explain", "4.28", "--lang=en", LANGUAGE="de", LC_ALL="C.UTF-8"))
        self.assertEqual(told("4.28", LANGUAGE="de", LC_ALL="C.UTF-8"), told("4.28", "--lang=de"))
        done = run("explain", "4.28", "--lang=xx")
        self.assertEqual((2, b"", b"ftgate-msg explain: there are no explanations in 'xx'\n"),
                         (done.returncode, done.stdout, done.stderr))

    def test_format_has_the_names_of_other_commands(self):
        self.assertEqual(out("explain", "--json", "4.46"), out("explain", "--format=json", "4.46"))
        self.assertEqual(out("explain", "4.46"), out("explain", "-f", "text", "4.46"))
        for name in "table", "xml":
            done = run("explain", "--format", name, "4.46")
            self.assertEqual((2, b""), (done.returncode, done.stdout))
            self.assertIn(b"use text, json or csv", done.stderr)


class Answers(unittest.TestCase):
    FIELDS = ("when", "whom", "cause", "sender", "operator", "other")

    def test_every_reply_has_every_answer(self):
        for name, answer in answers().items():
            self.assertEqual(answer["id"], name)
            for field in self.FIELDS:
                self.assertTrue(answer[field], (name, field))
        for row in rows():
            answer = answers()[row["id"]]
            for profile, prefix in (("published", ""), ("strict", "strict_")):
                self.assertEqual(answer[profile]["reply"] or "-", row[prefix + "reply"])
                self.assertEqual(answer[profile]["enhanced"] or "-", row[prefix + "enhanced"])

    def test_text_says_the_same(self):
        said = " ".join(out("explain", "4.46").split())
        answer = told("4.46")[0][0]
        for field in self.FIELDS:
            self.assertIn(answer[field], said)
        self.assertIn("500 5.0.0", said)
        self.assertIn("554", said)

    def test_when_it_is_not_this_names_another_reply(self):
        rows_ = json.loads(out("list", "--format", "json"))
        every = {row["ref"] for row in rows_}
        for row in rows_:
            named = set(re.findall(r"#(\d\.\d\d)", answers()[row["id"]]["other"]))
            self.assertTrue(named - {row["ref"]}, row["id"])
            self.assertLessEqual(named, every, row["id"])

    def test_explanations_name_only_references_that_exist(self):
        rows_ = json.loads(out("list", "--format", "json"))
        every = {row["ref"] for row in rows_}
        for row in rows_:
            answer = answers()[row["id"]]
            for field in self.FIELDS:
                self.assertLessEqual(set(re.findall(r"#(\d\.\d\d)", answer[field])), every, (row["id"], field))

    def test_lines_fit_the_terminal(self):
        for row in some(rows(), 6):
            for line in out("explain", row["id"]).splitlines():
                self.assertLessEqual(len(line), 80)

    @unittest.skipUnless(has_terminals(), "this machine has no pseudo-terminals")
    def test_narrow_terminal(self):
        script = f"stty cols 50; {PROGRAM} explain 4.46"
        done = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LC_ALL": "C"})
        lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode()).splitlines()  # colours take no columns
        self.assertIn("ERR_SMTP_REJECT_PTR (#4.46), SMTP", lines)
        self.assertLessEqual(max(map(len, lines)), 50)


if __name__ == "__main__":
    unittest.main()
