#!/usr/bin/env python3
"""ftgate-msg export --format postfix-bounce: the templates of bounce(5) in every language, and a notification of Postfix."""

import email
import email.policy
import email.utils
import os
import re
import shutil
import subprocess
import time
import unittest

from msg import HEADER, Folder, out, run
from postfix import HOST, MISSING, Postfix
from server import SECONDS, SOURCE, TestCase, main

TEMPLATES = ["failure_template", "delay_template", "success_template", "verify_template"]
SUBJECTS = {"failure_template": "8.01", "delay_template": "8.02", "success_template": "8.04"}
ROWS = {"failure_template": ["8.05", "8.01", "8.20", "8.22"], "delay_template": ["8.05", "8.02", "8.21", "8.22"],
        "success_template": ["8.05", "8.04", "8.21"], "verify_template": ["8.05", "8.22"]}
HOSTILE = HEADER + r"""
msgctxt "FTG_NOTICE_SUBJECT_FAILED"
msgid "Your message could not be delivered"
msgstr "$mydomain $$ %% END"

msgctxt "FTG_NOTICE_CONTACT"
msgid "If you need help, write to %s and include this message."
msgstr "$mydomain $$ %% END"

msgctxt "FTG_NOTICE_ATTACHED"
msgid "Your message is attached."
msgstr "END"

msgctxt "FTG_NOTICE_INTRO"
msgid "This is the mail server %s. A program wrote this message; please do not reply to it."
msgstr "${host} ist %s"
"""


def languages():
    with open(os.path.join(SOURCE, "po/LINGUAS"), encoding="ascii") as file:
        return [line.strip() for line in file if re.match("[a-z]", line)]


def exported(language, *options):
    return out("export", "--format", "postfix-bounce", "--lang", language, *options)


def templates(text):
    """The header and the paragraphs of each template by its name, in the order of the file."""
    found = {}
    for name, body in re.findall(r"(?ms)^(\w+) = <<END\n(.*?)^END\n", text):
        head, *paragraphs = body.rstrip("\n").split("\n\n")
        found[name] = dict(line.split(": ", 1) for line in head.split("\n")), paragraphs
    return found


def words(text):
    """The text without what breaks its lines."""
    return re.sub(r"\s+", "", text)


def rendered(language, reference):
    arguments = {"8.05": ["${myhostname}"], "8.22": ["postmaster@${myhostname}"]}.get(reference, [])
    return out("render", "--utf8", "--lang", language, reference, *arguments).rstrip("\r\n")


def decoded(header):
    return str(email.header.make_header(email.header.decode_header(header)))


class Templates(Folder):
    def test_every_language_has_the_words_of_its_catalogue(self):
        for language in "de", "ja", "ar", "zh_TW", "en":
            found = templates(exported(language))
            self.assertEqual(TEMPLATES, list(found), language)
            for name, (head, paragraphs) in found.items():
                said = [words(rendered(language, reference)) for reference in ROWS[name]]
                self.assertEqual(said, [words(paragraph) for paragraph in paragraphs], (language, name))
                if name in SUBJECTS:
                    self.assertEqual(rendered(language, SUBJECTS[name]), decoded(head["Subject"]), (language, name))

    def test_headers_are_one_line_of_ascii_and_lines_are_short(self):
        for language in languages():
            text = exported(language)
            for name, (head, paragraphs) in templates(text).items():
                wanted = {"Charset", "From", "Subject"} if name in SUBJECTS else {"Charset", "From"}
                self.assertEqual(wanted, set(head), (language, name))
                self.assertTrue(all(value.isascii() for value in head.values()), (language, head))
                ascii_only = all(paragraph.isascii() for paragraph in paragraphs)
                self.assertEqual("us-ascii" if ascii_only else "utf-8", head["Charset"], (language, name))
            self.assertLessEqual(max(len(line.encode()) for line in text.split("\n")), 998, language)

    def test_text_cannot_end_its_template_or_name_a_parameter(self):
        self.compile("de/LC_MESSAGES/ftgate-local.mo", HOSTILE)
        found = templates(exported("de", "--overlay", self.folder))
        self.assertEqual(TEMPLATES, list(found))
        head, paragraphs = found["failure_template"]
        self.assertEqual("$mydomain $$ % END", head["Subject"])
        self.assertEqual(["${myhostname} ist ${myhostname}", "$$mydomain $$$$ % END", " END", "$$mydomain $$$$ % END"], paragraphs)

    def test_contact_is_the_postmaster_or_the_one_that_is_given(self):
        self.compile("de/LC_MESSAGES/ftgate-local.mo", HEADER + '''
msgctxt "FTG_NOTICE_ATTACHED"
msgid "Your message is attached."
msgstr "Fragen: ${contact} ${time}"
''')
        for options, contact in ([], "postmaster@${myhostname}"), (["--contact", "Tel. 1 $x"], "Tel. 1 $$x"):
            done = run("export", "--format", "postfix-bounce", "--lang", "de", "--overlay", self.folder, *options)
            self.assertEqual(b"ftgate-msg export: FTG_NOTICE_ATTACHED: ${time} in its text is empty here: there is no value for it\n",
                             done.stderr)
            self.assertEqual(f"Fragen: {contact}", templates(done.stdout.decode())["failure_template"][1][2].rstrip())

    def test_nothing_is_written_if_there_is_no_room_for_it(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([os.environ["FTGATE_BUILD"] + "/ftgate-msg", "export", "--format", "postfix-bounce"],
                                  stdout=full, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"No space left on device", done.stderr)


@unittest.skipIf(MISSING, MISSING)
class Real(TestCase):
    def test_postfix_reads_each_language_without_a_warning(self):
        with Postfix() as postfix:
            for language in languages():
                file = postfix.path("bounce.cf", exported(language))
                done = postfix.run("postconf", "-b", file)
                self.assertEqual((0, b""), (done.returncode, done.stderr), language)
                shown = re.findall(r"(?ms)^expanded_(\w+)_text = <<EOF\n(.*?)^EOF\n?", done.stdout.decode())
                paragraphs = templates(exported(language))
                self.assertEqual([name.replace("_template", "") for name in paragraphs], [name for name, _ in shown])
                for name, text in shown:
                    wanted = "\n\n".join(paragraphs[name + "_template"][1]).replace("${myhostname}", HOST)
                    self.assertEqual(wanted, text.rstrip("\n"), (language, name))

    def test_sender_gets_a_notification_in_german(self):
        with Postfix() as postfix:
            file = postfix.path("bounce.cf", exported("de"))
            self.assertEqual(0, postfix.run("postconf", "-e", "bounce_template_file=" + file).returncode)
            os.utime(postfix.folder + "/main.cf", (1, 1))
            self.assertEqual(0, postfix.run("postfix", "reload").returncode)
            postfix.send("erika@postfix.test", "nobody@postfix.test", b"Subject: test\n\ntext\n")
            until = time.monotonic() + SECONDS
            while not postfix.mail() and time.monotonic() < until:
                time.sleep(0.02)
            self.assertEqual(1, len(postfix.mail()), postfix.maillog())
            message = email.message_from_bytes(postfix.mail()[0], policy=email.policy.default)
            self.assertEqual("Ihre Nachricht konnte nicht zugestellt werden", message["Subject"])
            self.assertEqual([("", "MAILER-DAEMON")], [(name, address.split("@")[0])
                                                        for name, address in email.utils.getaddresses([message["From"]])])
            text, report, _ = message.iter_parts()
            self.assertIn("\nIhre Nachricht konnte nicht zugestellt werden\n", text.get_content())
            self.assertEqual("utf-8", text.get_content_charset())
            self.assertIn(f"Hier schreibt der Mailserver {HOST}. Diese", text.get_content())
            self.assertIn("Ihre Nachricht ist angehängt.\n", text.get_content())
            self.assertIn(f"postmaster@{HOST} und fügen Sie", text.get_content())
            self.assertEqual("message/delivery-status", report.get_content_type())
            self.assertIsNone(re.search("warning|fatal", postfix.maillog()), postfix.maillog())


if __name__ == "__main__":
    main()
