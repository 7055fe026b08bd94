#!/usr/bin/env python3
"""ftgate-msg export --format postfix-reject-pcre: what Postfix finds in the table for each of its refusals."""

import functools
import os
import re
import subprocess
import tempfile
import unittest

from maps import URL, Map, MapServer
from msg import HEADER, TESTS, Folder, out, run
from postfix import MISSING, Postfix
from server import SECONDS, Talk, TestCase, environment, main

HOST = "host.example"
HOSTILE = HEADER + r"""
msgctxt "ERR_SMTP_ADDRESS_UNKNOWN"
msgid "%s unknown mailbox"
msgstr "\\c$1 ${client} \\\\n\\%s $$ \\n"

msgctxt "ERR_SMTP_SYNTAX3"
msgid "Bad command"
msgstr "%% /x/ #1"
"""


def texts():
    """Each reply of the list of the unit test, and what it is: an ID and its arguments, or None."""
    found = {}
    with open(TESTS + "/unit/postfix_texts.tsv", encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            _, _, reply, match, row = line.rstrip("\n").split("\t")
            found[reply] = None if match == "none" else tuple(row.split("|"))
    return found


@functools.cache
def footer(language, reply_id, *arguments):
    """The words of a reply as a footer: without codes, and with what Postfix reads in it doubled."""
    lines = out("render", "--lang", language, "--host", HOST, reply_id, *arguments).rstrip("\r\n").split("\r\n")
    words = "\\n".join(re.sub(r"^\d{3}[ -](\d\.\d+\.\d+ )?", "", line) for line in lines)
    return words.replace("$", "$$").replace(HOST, "${server_name}")


def look_up(table, keys):
    """What postmap finds for each key that is in the table."""
    with tempfile.TemporaryDirectory() as folder:
        for name in "main.cf", "master.cf", "table":
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(table if name == "table" else "")
            os.utime(os.path.join(folder, name), (1, 1))
        done = subprocess.run(["postmap", "-c", folder, "-q", "-", f"pcre:{folder}/table"], input="\n".join(keys) + "\n",
                              env=environment(), capture_output=True, text=True, timeout=SECONDS, encoding="utf-8",
                              errors="surrogateescape")
    assert done.stderr == "", done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def exported(language, *options):
    return out("export", "--format", "postfix-reject-pcre", "--lang", language, *options)


@unittest.skipIf(MISSING, MISSING)
class Table(Folder):
    def test_each_text_of_postfix_has_the_words_of_its_row(self):
        # A key of postmap is one line, and a reply of several lines is found by its enhanced status alone.
        replies = {reply: row for reply, row in texts().items() if "\\r\\n" not in reply}
        self.assertGreater(len(replies), 200)
        for language in "de", "fr", "ja":
            found = look_up(exported(language), replies)
            for reply, row in replies.items():
                self.assertEqual(footer(language, *row) if row else None, found.get(reply), (language, reply))

    def test_map_server_answers_what_is_in_the_table(self):
        replies = [reply for reply in texts() if "\\r\\n" not in reply]
        for language in "de", "ja":
            found = look_up(exported(language, "--help-url", URL), replies)
            config = f"language: {language}\nhelp-url: '{URL}'\n"
            with MapServer("--hostname", HOST, config=config) as server, Map(server.port) as connection:
                for reply in replies:
                    wanted = "OK " + found[reply].replace("${server_name}", HOST) if reply in found else "NOTFOUND "
                    self.assertEqual(wanted, connection.look_up(reply).decode(), reply)

    def test_argument_that_postfix_would_read_is_in_no_footer(self):
        wrong = ["a$client_name@example.org", "a\\nb@example.org", "a(#4.63)@example.org", "ä@example.org", "a b@example.org",
                 "a@example.org>: <b", "a" * 255, ""]
        keys = [f"550 5.1.1 <{address}>: Recipient address rejected: User unknown" for address in wrong]
        self.assertEqual({}, look_up(exported("de"), keys))
        helo = ["$helo_name", "a\\nb", "(#1.00)", "a" * 256, ""]
        self.assertEqual({}, look_up(exported("de"), [f"504 5.5.2 <{name}>: Helo command rejected: Invalid name" for name in helo]))
        longest = "a" * 254
        found = look_up(exported("de"), [f"550 5.1.1 <{longest}>: Recipient address rejected: User unknown"])
        self.assertEqual([footer("de", "ERR_SMTP_ADDRESS_UNKNOWN", longest)], list(found.values()))

    def test_words_cannot_begin_a_line_or_name_an_attribute(self):
        self.compile("de/LC_MESSAGES/ftgate-local.mo", HOSTILE)
        table = exported("de", "--overlay", self.folder)
        found = look_up(table, ["550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown",
                                "500 5.5.2 Error: command not recognized"])
        self.assertEqual(["c$$1  nnobody@example.org $$$$ n (#4.28)", "% /x/ #1 (#4.23)"], list(found.values()))

    def test_contact_is_the_postmaster_and_what_cannot_be_filled_in_is_named(self):
        self.compile("de/LC_MESSAGES/ftgate-local.mo", HEADER + '''
msgctxt "ERR_SMTP_ADDRESS_UNKNOWN"
msgid "%s unknown mailbox"
msgstr "Fragen an ${contact} von ${host} ${time}!"
''')
        key = "550 5.1.1 <a@example.org>: Recipient address rejected: User unknown"
        # An own text without the argument is for any.
        for options, contact in ([], "postmaster@${server_name}"), (["--contact", "$x 1"], "$$x 1"):
            done = run("export", "--format", "postfix-reject-pcre", "--lang", "de", "--overlay", self.folder, *options)
            self.assertEqual(f"Fragen an {contact} von ${{server_name}} ! (#4.28)", look_up(done.stdout.decode(), [key])[key])
            self.assertEqual(b"ftgate-msg export: ERR_SMTP_ADDRESS_UNKNOWN: ${time} in its text is empty here: there is no value "
                             b"for it", done.stderr.split(b"\n")[0])
        done = run("export", "--format", "postfix-reject-pcre", "--lang", "de", "--overlay", self.folder)
        self.assertEqual(2, done.stderr.count(b"\n"), done.stderr)
        self.assertEqual(1, run("export", "--format", "postfix-reject-pcre", "--lang", "de").stderr.count(b"\n"))

    def test_summary_says_how_many_texts_have_words(self):
        done = run("export", "--format", "postfix-reject-pcre", "--lang", "de")
        rows = done.stdout.decode().count("\n/^")
        self.assertEqual(f"ftgate-msg export: de: words for {rows} of {rows} texts of Postfix\n", done.stderr.decode())
        done = run("export", "--format", "postfix-reject-pcre", "--lang", "ja")
        self.assertIn(f"ftgate-msg export: ja: {rows} of them are in another language, since ASCII", done.stderr.decode())


@unittest.skipIf(MISSING, MISSING)
class Real(TestCase):
    """Postfix as Debian configures it, chrooted, with the table."""

    def use(self, postfix, *options):
        table = postfix.path("de.pcre", exported("de", *options))
        self.assertEqual(0, postfix.run("postconf", "-e", f"smtpd_reject_footer_maps=pcre:{table}").returncode)
        os.utime(postfix.folder + "/main.cf", (1, 1))
        self.assertEqual(0, postfix.run("postfix", "reload").returncode)

    def refusals(self, postfix, *commands):
        with Talk(None, port=postfix.port) as talk:
            return [talk.say(command) for command in commands]

    def test_refusals_are_followed_by_german(self):
        with Postfix(smtpd_helo_required="yes") as postfix:
            self.use(postfix)
            _, _, unknown, _, command = self.refusals(
                postfix, b"EHLO client.test", b"MAIL FROM:<a@example.org>", b"RCPT TO:<nobody@postfix.test>", b"RSET", b"FOO")
            self.assertEqual(b"550-5.1.1 <nobody@postfix.test>: Recipient address rejected: User unknown in virtual mailbox table\r\n"
                             b"550 5.1.1 Postfach nobody@postfix.test existiert nicht (#4.28)\r\n", unknown)
            self.assertEqual(b"500-5.5.2 Error: command not recognized\r\n500 5.5.2 Unbekannter Befehl (#4.23)\r\n", command)
            self.assertIsNone(re.search("warning|fatal", postfix.maillog()), postfix.maillog())

    def test_link_follows_in_a_line_of_its_own(self):
        with Postfix() as postfix:
            self.use(postfix, "--help-url", URL)
            self.assertEqual([b"500-5.5.2 Error: command not recognized\r\n500-5.5.2 Unbekannter Befehl (#4.23)\r\n"
                              b"500 5.5.2 https://mail.example/replies/de.html#4.23\r\n"], self.refusals(postfix, b"FOO"))

    def test_name_of_the_server_and_soft_bounce_are_those_of_postfix(self):
        with Postfix(soft_bounce="yes", smtpd_timeout="1s") as postfix:
            self.use(postfix)
            with Talk(None, port=postfix.port) as talk:
                self.assertEqual(b"421-4.4.2 mx.postfix.test Error: timeout exceeded\r\n421 4.4.2 mx.postfix.test Zu lange kein "
                                 b"Befehl empfangen, Verbindung wird geschlossen (#6.03)\r\n", talk.reply())
            *_, unknown = self.refusals(postfix, b"HELO client.test", b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@postfix.test>")
            self.assertEqual(b"450-4.1.1 <b@postfix.test>: Recipient address rejected: User unknown in virtual mailbox table\r\n"
                             b"450 4.1.1 Postfach b@postfix.test existiert nicht (#4.28)\r\n", unknown)

    def test_postscreen_uses_the_table_unless_it_has_one_of_its_own(self):
        english, german = b"502 5.5.2 Error: command not recognized\r\n", b"502 5.5.2 Unbekannter Befehl (#4.23)\r\n"
        for own, wanted in ({}, english.replace(b"502 ", b"502-") + german), ({"postscreen_reject_footer_maps": ""}, english):
            with Postfix(screened=True, postscreen_access_list="", postscreen_greet_wait="1s", postscreen_pipelining_enable="yes",
                         **own) as postfix:
                self.use(postfix)
                _, _, command, recipient = self.refusals(postfix, b"EHLO client.test", b"MAIL FROM:<a@example.org>", b"FOO",
                                                         b"RCPT TO:<erika@postfix.test>")
                self.assertEqual(wanted, command)
                self.assertEqual(b"450 4.3.2 Service currently unavailable\r\n", recipient)


if __name__ == "__main__":
    main()
