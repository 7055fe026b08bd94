#!/usr/bin/env python3
"""ftgatectl trace: the story of real messages, from the logs of the servers that had them."""

import csv
import gettext
import glob
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from fake_next_hop import FakeNextHop
from journal import Journal
from mo import mo
from pop3 import Pop3Server, Pop3Talk
from server import ACCOUNT, BUILD, LIMITS, SECONDS, STRANGER, Server, Talk, TestCase, environment, main, program
from test_relay import TO, RelayCase

FOUND, NOTHING, TROUBLE = 0, 1, 2
MESSAGE_ID = "<probe@client.example.org>"
HEADER = f"From: <{ACCOUNT}>\r\nMessage-ID: {MESSAGE_ID}\r\n\r\n".encode()
SENDER = "sender@example.org"
GONE = "gone@example.net"
REMOTE = "/lib/systemd/systemd-journal-remote"


def trace(*arguments, ctl=None, language="en", path=None, **options):
    """Exit status, output, errors."""
    done = subprocess.run([ctl or program("ftgatectl"), "trace", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(LANGUAGE=language, LC_ALL="C.UTF-8", **({"PATH": path} if path else {})), timeout=SECONDS,
                          **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def plain(text):
    """The lines with times, IDs and ports replaced by names, in the order in which they come, without explanations."""
    names = {}
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"(?<=127\.0\.0\.1\]:)\d+", "PORT", text)
    lines = [line for line in text.splitlines() if not line.startswith("    ")]

    def name(match):
        return names.setdefault(match[0], f"N{len(names) + 1}")

    return [re.sub(r" +", " ", re.sub(r"\b1[a-z0-9]{8,}\b", name, line)) for line in lines]


class TraceCase(RelayCase):
    def story(self, log, *arguments, **options):
        status, output, errors = trace("--log", log, *arguments, **options)
        self.assertEqual((FOUND, ""), (status, errors))
        return plain(output)

    def results(self, log, *arguments):
        status, output, errors = trace("--log", log, "--json", *arguments)
        self.assertEqual((FOUND, ""), (status, errors))
        found = json.loads(output)["results"]
        status, output, errors = trace("--log", log, "--format", "csv", *arguments)
        self.assertEqual((FOUND, ""), (status, errors))
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(io.StringIO(output, newline=""))]
        self.assertEqual([{name: str(value) for name, value in one.items() if value not in ("", None)} for one in found], rows)
        return [(result["to"], result["result"]) for result in found]


class Trace(TraceCase):
    """A message for a mailbox, for somebody elsewhere, and for nobody elsewhere; then a recipient that is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        next_hop = cls.enterClassContext(FakeNextHop(**{f"RCPT TO:<{GONE.upper()}": "550 5.1.1 no such user"}))
        cls.server = cls.enterClassContext(Server("--workers", "1", "--hostname", "mx.example.test",
                                                  config=LIMITS + cls.settings(next_hop.port, "")))
        cls.server.control("access", "add", "relay", "127.0.0.0/8")
        cls.send(cls("story"), cls.server, ACCOUNT, TO, GONE, header=HEADER)
        cls.server.wait_for_log("event=dsn ")
        with Talk(cls.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % SENDER.encode())
            talk.say(b"RCPT TO:<%s>" % STRANGER.encode())
        cls.server.wait_for_log("event=disconnect [^\n]*\n(?s:.*)event=disconnect ")

    def test_recipient_elsewhere_has_its_part_of_the_story(self):
        self.assertEqual([
            "TIME N1 127.0.0.1 connects",
            f"TIME N1 in the queue for {GONE}",
            f"TIME N1 accepted from 127.0.0.1 (client.example.org), sender {ACCOUNT}, 76 octets, {MESSAGE_ID}",
            "TIME N1 the connection ends (end-of-input)",
            f"TIME N1 given up for {GONE}, #8.12: [127.0.0.1]:PORT, 550 5.1.1 no such user",
            f"TIME N2 delivered to the mailbox {ACCOUNT}",
            f"TIME N3 a notification goes to {ACCOUNT}, <N2@mx.example.test>",
            "",
            "Result",
            f"{MESSAGE_ID} from {ACCOUNT} to {GONE}: given up at TIME (#8.12): 550 5.1.1 no such user",
            f"<N2@mx.example.test> from <> to {ACCOUNT}: delivered at TIME",
        ], self.story(self.server.log_path, GONE))

    def test_notification_about_others_is_no_part_of_the_story(self):
        self.assertEqual([
            "TIME N1 127.0.0.1 connects",
            f"TIME N1 in the queue for {TO}",
            f"TIME N1 accepted from 127.0.0.1 (client.example.org), sender {ACCOUNT}, 76 octets, {MESSAGE_ID}",
            "TIME N1 the connection ends (end-of-input)",
            f"TIME N1 sent for {TO} to [127.0.0.1]:PORT, which says: 250 2.0.0 queued",
            "",
            "Result",
            f"{MESSAGE_ID} from {ACCOUNT} to {TO}: sent at TIME, accepted by [127.0.0.1]:PORT",
        ], self.story(self.server.log_path, TO))

    def test_message_is_found_by_each_of_its_names(self):
        whole = [(ACCOUNT, "delivered"), (TO, "relayed"), (GONE, "bounced"), (ACCOUNT, "delivered")]
        line = re.search(r"event=message session=(\S+) .* id=(\S+) ", self.server.log())
        dsn = re.search(r"event=dsn .*message-id=(\S+)", self.server.log())
        for name in MESSAGE_ID, MESSAGE_ID.strip("<>"), line[1], line[2], ACCOUNT, ACCOUNT.upper(), dsn[1], "#8.12":
            self.assertEqual(whole, self.results(self.server.log_path, name), name)

    def test_each_line_of_the_story_is_a_line_of_the_log(self):
        output = trace("--log", self.server.log_path, "--json", MESSAGE_ID)[1]
        lines = [line for line in self.server.log().splitlines() if "event=" in line]
        for event in json.loads(output)["events"]:
            time, name = event.pop("time"), event.pop("event")
            (line,) = [line for line in lines if line.startswith(f"{time} event={name} ") and
                       all(value in line for value in event.values())]

    def test_refusal_has_its_meaning_and_cure(self):
        output = trace("--log", self.server.log_path, STRANGER)[1]
        self.assertEqual([
            "TIME N1 127.0.0.1 connects",
            f"TIME N1 refused with #4.28 (no-mailbox): from {SENDER} to {STRANGER}",
            "TIME N1 the connection ends (end-of-input)",
            "",
            "Result",
            f"N1 from {SENDER} to {STRANGER}: refused at TIME (#4.28)",
        ], plain(output))
        self.assertIn("\n    Cause: No mailbox, alias or list of this name exists at that hosted domain.\n", output)
        self.assertIn("\n    What the operator can do: 'ftgatectl account list'", output)
        for name in "4.28", "(#4.28)", "ERR_SMTP_ADDRESS_UNKNOWN", SENDER:
            self.assertEqual(plain(output), self.story(self.server.log_path, name), name)

    def test_story_is_told_in_german(self):
        folder = tempfile.mkdtemp(prefix="ftgate-trace-")
        self.addCleanup(shutil.rmtree, folder)
        ctl = shutil.copy(program("ftgatectl"), folder)
        messages = os.path.join(folder, "locale/de/LC_MESSAGES")
        os.makedirs(messages)
        with open(os.path.join(messages, "ftgate-tools.mo"), "wb") as file:
            file.write(mo({(None, text): german for text, german in {
                "${client} connects": "${client} baut eine Verbindung auf",
                "the connection ends (${cause})": "die Verbindung endet (${cause})",
                "refused with ${ref}[ (${cause})][: from ${from}][ to ${to}][, user ${user}][; the client was told ${said}]":
                    "mit ${ref} abgelehnt[: an ${to}][, von ${from}][, Benutzer ${user}]",
                "Result": "Ergebnis",
                "%s from %s to %s: ": "%s von %s an %s: ",
                "refused at %s (%s)\n": "abgelehnt um %s (%s)\n",
            }.items()}))
        self.assertEqual([
            "TIME N1 127.0.0.1 baut eine Verbindung auf",
            f"TIME N1 mit #4.28 abgelehnt: an {STRANGER}, von {SENDER}",
            "TIME N1 die Verbindung endet (end-of-input)",
            "",
            "Ergebnis",
            f"N1 von {SENDER} an {STRANGER}: abgelehnt um TIME (#4.28)",
        ], self.story(self.server.log_path, STRANGER, ctl=ctl, language="de"))

    def test_explanations_are_in_german(self):
        output = trace("--log", self.server.log_path, STRANGER, language="de")[1]
        self.assertIn("\n    Ursache: ", output)

    def test_rotated_and_compressed_files_are_read_too(self):
        folder = tempfile.mkdtemp(prefix="ftgate-trace-")
        self.addCleanup(shutil.rmtree, folder)
        log = os.path.join(folder, "log")
        lines = self.server.log().splitlines(keepends=True)
        third = len(lines) // 3
        with gzip.open(log + ".2.gz", "wt") as file:
            file.writelines(lines[:third])
        with open(log + "-20260131", "w") as file:
            file.writelines(lines[third:2 * third])
        with open(log, "w") as file:
            file.writelines(lines[2 * third:])
        for age, name in enumerate([log, log + "-20260131", log + ".2.gz"]):
            os.utime(name, (10**9 - age, 10**9 - age))
        self.assertEqual(self.story(self.server.log_path, MESSAGE_ID), self.story(log, MESSAGE_ID))

    def test_standard_input_is_read(self):
        expected = self.story(self.server.log_path, MESSAGE_ID)
        self.assertEqual(expected, self.story("-", MESSAGE_ID, input=self.server.log().encode()))
        syslog = "".join("Jan 31 12:00:00 mx ftgate-smtpd[1]: " + line for line in self.server.log().splitlines(True))
        self.assertEqual(expected, self.story("-", MESSAGE_ID, input=syslog.encode()))

    def test_times_limit_what_is_read(self):
        day = self.server.log()[:10]
        self.assertEqual(FOUND, trace("--log", self.server.log_path, "--since", day, "--until", day, STRANGER)[0])
        self.assertEqual(FOUND, trace("--log", self.server.log_path, "--since", "2h", STRANGER)[0])
        self.assertEqual(NOTHING, trace("--log", self.server.log_path, "--until", "2001-01-01 12:00", STRANGER)[0])
        self.assertEqual(NOTHING, trace("--log", self.server.log_path, "--since", "2099-01-01T00:00:00Z", STRANGER)[0])

    def test_nothing_found_and_errors_have_a_status_of_their_own(self):
        self.assertEqual((NOTHING, "", f"ftgatectl: nothing about 'otto@example.test' in this log: {self.server.log_path}; if "
                          "the servers log elsewhere, name the file by --log, or by the setting log\n"),
                         trace("--log", self.server.log_path, "otto@example.test"))
        status, output, errors = trace("--log", "journal", STRANGER, path="/nonexistent")
        self.assertEqual((TROUBLE, ""), (status, output))
        self.assertRegex(errors, "^ftgatectl: journalctl: .*; install it, or name a log that needs no such program by --log\n")
        self.assertEqual((TROUBLE, "", "ftgatectl: /nonexistent: No such file or directory\n"),
                         trace("--log", "/nonexistent", STRANGER))
        status, output, errors = trace("--log", self.server.log_path, "--since", "yesterday", STRANGER)
        self.assertEqual((TROUBLE, ""), (status, output))
        self.assertIn("--since: 'yesterday' is no time", errors)

    def test_gzip_file_that_is_damaged_is_an_error(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(gzip.compress(self.server.log().encode())[:-20])
            file.flush()
            status, output, errors = trace("--log", file.name, STRANGER)
        self.assertEqual((TROUBLE, ""), (status, output))
        self.assertIn("gzip cannot read", errors)

    def test_options_are_refused_elsewhere(self):
        done = subprocess.run([program("ftgatectl"), "--log", "x", "domain", "list"], stderr=subprocess.PIPE,
                              env=environment(), timeout=SECONDS)
        self.assertEqual(64, done.returncode)
        self.assertIn(b"--log is for trace, not for domain list", done.stderr)


class Hostile(TestCase):
    STAMP = "2026-01-31T12:00:00.250Z"

    def trace(self, *lines, question="anna@example.org"):
        text = "".join(f"{line}\n" for line in lines).encode("latin-1")
        return trace("--log", "-", question, input=text)

    def test_control_characters_are_shown_escaped(self):
        status, output, _ = self.trace(
            rf'{self.STAMP} event=reply session=1a client=192.0.2.1 ref=#4.28 id=ERR_SMTP_ADDRESS_UNKNOWN '
            r'from="\x1B[31m\x0D\x0Ax@example.net" to=anna@example.org')
        self.assertEqual(FOUND, status)
        self.assertIn(r"from \x1B[31m\x0D\x0Ax@example.net to anna@example.org", output)
        self.assertNotRegex(output, r"[\x00-\x09\x0b-\x1f\x7f]")

    def test_line_that_the_log_does_not_write_is_skipped(self):
        for line in (f"{self.STAMP} event=delivered mailbox=anna@example.org id=1 x",
                     f"mx postfix/smtpd[1]: helo=<ftgate-smtpd[1]: {self.STAMP} event=delivered mailbox=anna@example.org>",
                     f"{self.STAMP} event=delivered\0 mailbox=anna@example.org",
                     f'{self.STAMP} event=delivered id=1 mailbox="anna@example.org"'):
            self.assertEqual(NOTHING, self.trace(line)[0], line)

    def test_long_lines_and_any_octets_are_skipped(self):
        good = f"{self.STAMP} event=delivered id=1 from=a@example.net mailbox=anna@example.org size=1 delay=0"
        status, output, _ = self.trace("a" * 1000000, bytes(range(256)).replace(b"\n", b"").decode("latin-1"), good)
        self.assertEqual(FOUND, status)
        self.assertEqual(1, output.count("delivered to the mailbox anna@example.org\n"))

    def test_recipient_that_was_deferred_and_came_later_has_one_result(self):
        lines = [f"{self.STAMP} event=greylisted session=1a client=192.0.2.1 lang=en seconds-left=300",
                 f"{self.STAMP} event=reply session=1a client=192.0.2.1 lang=en ref=#3.20 id=ERR_SMTP_GLFAILRCP "
                 "check=greylist helo=a from=a@example.net to=anna@example.org"]
        later = [f"2026-01-31T12:06:00.000Z event=delivered session=1b id=1bu1 from=a@example.net "
                 "mailbox=anna@example.org size=1 delay=0"]
        status, output, _ = self.trace(*lines)
        self.assertEqual(FOUND, status)
        self.assertEqual([
            "2026-01-31 12:00:00Z 1a greylisting: the sender's server must try again after 300 seconds",
            "2026-01-31 12:00:00Z 1a refused with #3.20: from a@example.net to anna@example.org",
            "",
            "Result",
            "1a from a@example.net to anna@example.org: refused for now at 2026-01-31 12:00:00Z (#3.20): the sender's server "
            "tries again",
        ], [re.sub(" +", " ", line) for line in output.splitlines() if not line.startswith("    ")])
        output = self.trace(*lines, *later)[1]
        self.assertEqual("\nResult\n1bu1 from a@example.net to anna@example.org: delivered at 2026-01-31 12:06:00Z\n",
                         output[output.index("\nResult"):])

    def test_null_reverse_path_has_two_forms_in_old_logs(self):
        for empty in "<>", '""':
            status, output, errors = self.trace(
                f"{self.STAMP} event=expanded session=1a client=192.0.2.1 lang=en from=<> to=all@example.org recipients=1",
                f"{self.STAMP} event=message session=1a client=192.0.2.1 lang=en helo=a from=<> recipients=1 size=1 id=1au1",
                f"{self.STAMP} event=delivered session=1a id=1au1 from={empty} mailbox=anna@example.org size=1 delay=0",
                question="all@example.org")
            self.assertEqual((FOUND, ""), (status, errors), empty)
            self.assertIn("sender <>, 1 octets", output)
            self.assertIn("1au1 from <> to anna@example.org: delivered at", output)

    def test_cause_of_a_refusal_names_the_limit(self):
        output = self.trace(f"{self.STAMP} event=reply session=1a client=192.0.2.1 lang=en ref=#4.35 id=ERR_SMTP_ADDRESS_RCPTCOUNT "
                            "cause=max-messages-per-account-hour helo=a from=a@example.net to=anna@example.org user=a@example.net")[1]
        self.assertIn("refused with #4.35 (max-messages-per-account-hour): from a@example.net to anna@example.org, user a@", output)
        self.assertIn("raise the limit that cause= in the log names", " ".join(output.split()))

    def test_time_of_the_next_attempt_that_is_no_time_is_left_out(self):
        for again in 2**63 - 1, 2**63, -2**63, 2**31, -1, "1x", "x":
            status, output, errors = self.trace(
                f"{self.STAMP} event=deferred session=1a id=1au1 from=a@example.net to=anna@example.org ref=#8.10 "
                f"again={again}")
            self.assertEqual((FOUND, ""), (status, errors), again)
            self.assertIn("next attempt at 2026-01-31 12:00:00Z", output, again)

    def test_checks_of_other_recipients_are_no_part_of_the_story(self):
        common = "session=1a client=192.0.2.1 lang=en"
        refused = "id=ERR_SMTP_ADDRESS_UNKNOWN cause=no-mailbox helo=a from=a@example.net"
        output = self.trace(f"{self.STAMP} event=reply {common} ref=#4.28 {refused} to=anna@example.org",
                            f"{self.STAMP} event=filter {common} filter=one answer=refused",
                            f"{self.STAMP} event=reply {common} ref=#4.28 {refused} to=bert@example.org")[1]
        self.assertIn("to anna@example.org", output)
        self.assertNotIn("the filter one", output)

    def test_first_fetch_behind_the_delivery_belongs_to_the_story(self):
        def logout(minute, fetched):
            return (f"2026-01-31T12:{minute}:00.000Z event=logout session=1p{minute} client=192.0.2.7 lang=en "
                    f"user=anna@example.org fetched={fetched} removed=0")
        status, output, _ = self.trace(
            logout(10, 3), logout(21, 0), logout(22, 1), logout(23, 1),
            "2026-01-31T12:20:00.000Z event=delivered session=1a id=1au1 from=a@example.net mailbox=anna@example.org "
            "message-id=<1@example.net> size=1 delay=0", question="1@example.net")
        self.assertEqual(FOUND, status)
        self.assertEqual(["2026-01-31 12:20:00Z 1a", "2026-01-31 12:22:00Z 1p22"],
                         [" ".join(line.split()[:3]) for line in output.splitlines() if line.startswith("2026")])

    def test_alias_of_a_transaction_that_was_reset_links_no_other_message(self):
        session = "session=1a client=192.0.2.1 lang=en"
        status, output, _ = self.trace(
            f"{self.STAMP} event=expanded {session} from=a@example.net to=anna@example.org recipients=1",
            f"{self.STAMP} event=delivered session=1a id=1au1 from=b@example.net mailbox=bert@example.org size=1 delay=0",
            f"{self.STAMP} event=message {session} from=b@example.net recipients=1 size=1 id=1au1")
        self.assertEqual(FOUND, status)
        self.assertNotIn("bert@example.org", output)


class Translations(TestCase):
    def test_translations_have_the_keys_of_the_sentence(self):
        for path in glob.glob(os.path.join(BUILD, "locale/*/LC_MESSAGES/ftgate-tools.mo")):
            with open(path, "rb") as file:
                texts = gettext.GNUTranslations(file)._catalog  # pylint: disable=protected-access
            for english, text in texts.items():
                if isinstance(english, str) and "${" in english:
                    with self.subTest(path=path, english=english):
                        self.assertEqual(*(sorted(set(re.findall(r"\$\{[^}]*\}", words))) for words in (english, text)))


class Stories(TraceCase):
    def test_message_on_its_way_has_the_time_of_the_next_attempt(self):
        server = self.start(self.next(RCPT="450 4.2.0 later").port, "  retry: 1h\n  retry-max: 1h\n")
        self.send(server, header=HEADER)
        server.wait_for_log("event=deferred ")
        self.assertEqual([
            "TIME N1 127.0.0.1 connects",
            f"TIME N1 in the queue for {TO}",
            f"TIME N1 accepted from 127.0.0.1 (client.example.org), sender {ACCOUNT}, 76 octets, {MESSAGE_ID}",
            "TIME N1 the connection ends (end-of-input)",
            f"TIME N1 not yet sent for {TO}, #8.12: [127.0.0.1]:PORT, 450 4.2.0 later; next attempt at TIME",
            "",
            "Result",
            f"{MESSAGE_ID} from {ACCOUNT} to {TO}: on the way: next attempt at TIME (#8.12)",
        ], self.story(server.log_path, TO))
        output = json.loads(trace("--log", server.log_path, "--json", TO)[1])
        self.assertIn(output["results"][0]["again"], range(1, 7201))

    def test_alias_leads_to_the_mailboxes_behind_it(self):
        server = self.start(self.next().port)
        server.control("alias", "add", "team@example.test", ACCOUNT, TO)
        self.send(server, "team@example.test", sender=SENDER, header=HEADER)
        server.wait_for_log("event=relayed ")
        self.assertEqual([(ACCOUNT, "delivered"), (TO, "relayed")], self.results(server.log_path, "team@example.test"))
        self.assertIn("TIME N1 team@example.test stands for other addresses: 2",
                      self.story(server.log_path, "team@example.test"))

    def test_each_recipient_of_a_refused_message_is_found(self):
        server = self.enterContext(Server(config=LIMITS + "  max-message-size: 1000\n"))
        server.control("account", "add", "anna@example.test", "--no-password")
        with Talk(server) as talk:
            for line in b"EHLO client.example.org", b"MAIL FROM:<a@example.org>", b"RCPT TO:<%s>" % ACCOUNT.encode(), \
                    b"RCPT TO:<anna@example.test>", b"DATA":
                talk.say(line)
            talk.say(HEADER + 2000 * b"x" + b"\r\n.")
        server.wait_for_log("event=disconnect ")
        for recipient in ACCOUNT, "anna@example.test":
            self.assertEqual([(recipient, "refused")], self.results(server.log_path, recipient))

    def test_fetches_of_the_mailbox_belong_to_the_story(self):
        server = self.enterContext(Pop3Server())
        smtpd = self.enterContext(Server(beside=server))
        self.send(smtpd, ACCOUNT, sender=SENDER, header=HEADER)
        with Pop3Talk(server) as talk:
            talk.log_in()
            talk.many(b"RETR 1")
            talk.say(b"DELE 1")
            talk.say(b"QUIT")
        server.wait_for_log("event=logout ")
        smtpd.wait_for_log("event=disconnect ")
        story = self.story(smtpd.log_path, "--log", server.log_path, MESSAGE_ID)
        self.assertIn(f"TIME N2 {ACCOUNT} has fetched 1 and removed 1 messages by POP3 from 127.0.0.1", story)
        self.assertEqual([f"{MESSAGE_ID} from {SENDER} to {ACCOUNT}: delivered at TIME"], story[-1:])

    @unittest.skipIf(shutil.which("journalctl") is None or not os.path.exists(REMOTE),
                     "needs journalctl and systemd-journal-remote")
    def test_journal_is_read(self):
        folder = tempfile.mkdtemp(prefix="ftgate-trace-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "file.journal")
        with Journal(os.path.join(folder, "socket")) as journal, \
                Server("--workers", "1", config=f"log: journal:{journal.path}\n" + LIMITS) as server:
            self.send(server, ACCOUNT, sender=SENDER, header=HEADER)
            journal.wait("disconnect")
        subprocess.run([REMOTE, "-o", path, "-"], input=journal.export(), check=True, capture_output=True, timeout=SECONDS)
        self.assertEqual([
            "TIME N1 127.0.0.1 connects",
            f"TIME N1 delivered to the mailbox {ACCOUNT}",
            f"TIME N1 accepted from 127.0.0.1 (client.example.org), sender {SENDER}, 76 octets, {MESSAGE_ID}",
            "TIME N1 the connection ends (end-of-input)",
            "",
            "Result",
            f"{MESSAGE_ID} from {SENDER} to {ACCOUNT}: delivered at TIME",
        ], self.story(f"journal:{path}", ACCOUNT))

    @unittest.skipIf(shutil.which("journalctl") is None or not os.path.exists(REMOTE),
                     "needs journalctl and systemd-journal-remote")
    def test_entries_of_another_user_are_no_part_of_the_journal(self):
        folder = tempfile.mkdtemp(prefix="ftgate-trace-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "file.journal")
        with Journal(os.path.join(folder, "socket")) as journal, \
                Server("--workers", "1", config=f"log: journal:{journal.path}\n" + LIMITS) as server:
            self.send(server, ACCOUNT, sender=SENDER, header=HEADER)
            journal.wait("disconnect")
        other = os.geteuid() + 54321
        for trusted, status in ((f"_UID={other}\n_SYSTEMD_UNIT=session-1.scope\n", NOTHING), (f"_UID={other}\n", NOTHING),
                                ("", NOTHING), (f"_UID={os.geteuid()}\n", FOUND),
                                (f"_UID={other}\n_SYSTEMD_UNIT=ftgate-smtpd.service\n", FOUND)):
            with self.subTest(trusted=trusted):
                subprocess.run([REMOTE, "-o", path, "-"], input=journal.export(trusted=trusted.encode()), check=True,
                               capture_output=True, timeout=SECONDS)
                self.assertEqual(status, trace("--log", f"journal:{path}", ACCOUNT)[0])
                os.remove(path)

    def test_log_of_the_configuration_is_read(self):
        folder = tempfile.mkdtemp(prefix="ftgate-trace-")
        self.addCleanup(shutil.rmtree, folder)
        log, config = os.path.join(folder, "log"), os.path.join(folder, "ftgate.conf")
        with open(log, "w") as file:
            file.write(f"{Hostile.STAMP} event=delivered id=1 from=a@example.net mailbox=b@example.org size=1 delay=0\n")
        with open(config, "w") as file:
            file.write(f"log: {log}\n")
        self.assertEqual(FOUND, trace("-c", config, "b@example.org")[0])


if __name__ == "__main__":
    main()
