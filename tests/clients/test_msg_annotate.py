#!/usr/bin/env python3
"""ftgate-msg annotate: logs pass unchanged, with the meaning behind each line that has a reply."""

import os
import subprocess
import tempfile

from server import SECONDS, STRANGER, Server, Talk, TestCase, environment, main, program

STAMP = b"2026-01-31T12:00:00.250Z"
REPLY = STAMP + b" event=reply session=1a client=192.0.2.1 lang=en ref=#4.28 id=ERR_SMTP_ADDRESS_UNKNOWN cause=no-mailbox\n"
POSTFIX = (b"Jan 31 12:00:00 mx postfix/smtp[7]: 4Zq: to=<a@example.org>, relay=mx.example.org[192.0.2.9]:25, dsn=5.1.1, "
           b"status=bounced (host mx.example.org[192.0.2.9] said: 550 5.1.1 a@example.org nicht vorhanden (#4.28) (in reply "
           b"to RCPT TO command))\n")
EXIM = (b"2026-01-31 12:00:00 1abcde-000000-00 ** a@example.org R=dnslookup T=remote_smtp: SMTP error from remote mail "
        b"server after RCPT TO:<a@example.org>: 550 5.1.1 Mailbox a@example.org does not exist (#4.28)\n")
MEANING = b"  # #4.28 ERR_SMTP_ADDRESS_UNKNOWN: No mailbox, alias or list of this name exists at that hosted domain."
OPERATOR = b"  # 'ftgatectl account list' shows what exists;"
SENDER = b"  # Check the spelling, and ask the recipient for the current address."


def command(*arguments):
    return [program("ftgate-msg"), "annotate", *arguments]


def annotate(text, *arguments, language="en"):
    done = subprocess.run(command(*arguments), input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment(LANGUAGE=language, LC_ALL="C.UTF-8"), timeout=SECONDS)
    return done.returncode, done.stdout, done.stderr


class Annotate(TestCase):
    def added(self, text, *arguments, **options):
        """The lines that were added; the others are those that were given."""
        status, output, errors = annotate(text, *arguments, **options)
        self.assertEqual((0, b""), (status, errors))
        lines = output.splitlines(keepends=True)
        self.assertEqual(text, b"".join(line for line in lines if not line.startswith(b"  # ")))
        return [line for line in lines if line.startswith(b"  # ")]

    def test_meaning_stands_behind_the_line(self):
        for line in REPLY, POSTFIX, EXIM:
            status, output, _ = annotate(b"before\n" + line + b"behind\n")
            self.assertEqual(0, status)
            first, given, meaning, cure, last = output.splitlines(keepends=True)
            self.assertEqual([b"before\n", line, b"behind\n"], [first, given, last])
            self.assertTrue(meaning.startswith(MEANING), meaning)
            self.assertTrue(cure.startswith(OPERATOR), cure)

    def test_audience_chooses_the_cure(self):
        (_, cure) = self.added(REPLY, "--audience", "sender")
        self.assertTrue(cure.startswith(SENDER), cure)
        (_, first, second) = self.added(REPLY, "--audience=both")
        self.assertTrue(first.startswith(SENDER) and second.startswith(OPERATOR), first + second)
        self.assertEqual(2, annotate(b"", "--audience", "nobody")[0])

    def test_reply_is_explained_once_or_each_time(self):
        self.assertEqual(2, len(self.added(REPLY + REPLY + POSTFIX)))
        self.assertEqual(6, len(self.added(REPLY + REPLY + POSTFIX, "--repeat")))

    def test_language_is_the_users_or_the_one_that_is_asked_for(self):
        german = self.added(REPLY, "-l", "de")
        self.assertEqual(german, self.added(REPLY, language="de"))
        self.assertNotEqual(german, self.added(REPLY))
        status, output, errors = annotate(REPLY, "-l", "tlh")
        self.assertEqual((2, b""), (status, output))
        self.assertIn(b"'tlh'", errors)

    def test_queue_lines_have_their_meaning_and_accepted_ones_have_none(self):
        line = b" id=1 from=a@example.org to=b@example.net ref=#8.12 next=mx reply=%s attempts=1 delay=0\n"
        self.assertEqual([], self.added(STAMP + b" event=relayed" + line % b'"250 ok"'))
        (meaning, _) = self.added(STAMP + b" event=bounced" + line % b'"550 5.1.1 no such user"')
        self.assertTrue(meaning.startswith(b"  # #8.12 FTG_NOTICE_SAID: "), meaning)
        (meaning, _) = self.added(STAMP + b" event=bounced" + line % b'"550 5.1.1 Gibt es nicht (#4.28)"')
        self.assertTrue(meaning.startswith(MEANING), meaning)

    def test_lines_without_a_reply_have_no_meaning(self):
        for line in (b"a ticket #4.28 of somebody\n", b"450 4.2.0 Greylisted\n", STAMP + b" event=connect session=1a\n",
                     b"4.28\n", b"#1 (#9.99)\n", b"\n"):
            self.assertEqual([], self.added(line), line)

    def test_any_octets_and_any_length_pass_unchanged(self):
        octets = bytes(range(256)) * 3 + b"\r\n\0\n" + b"x" * 1000000 + b" (#4.28)\n" + b"#" * 100000 + b"\n\xff\xfe"
        self.assertEqual((0, octets, b""), annotate(octets))
        self.assertEqual((0, b"", b""), annotate(b""))

    def test_last_line_without_a_line_feed(self):
        self.assertEqual((0, b"end", b""), annotate(b"end"))
        status, output, _ = annotate(REPLY[:-1])
        self.assertEqual(0, status)
        self.assertTrue(output.startswith(REPLY + MEANING), output)

    def test_files_are_read_in_their_order(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(REPLY)
            file.flush()
            output = annotate(b"standard input\n", file.name, "-")[1]
            self.assertTrue(output.startswith(REPLY) and output.endswith(b"standard input\n"), output)
            status, output, errors = annotate(b"", "/nonexistent", file.name)
        self.assertEqual((2, b"ftgate-msg annotate: /nonexistent: No such file or directory\n"), (status, errors))
        self.assertTrue(output.startswith(REPLY), output)

    def test_each_line_is_passed_on_as_it_comes(self):
        with subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                              env=environment(LANGUAGE="en", LC_ALL="C.UTF-8")) as process:
            reader = os.fdopen(os.dup(process.stdout.fileno()), "rb")
            process.stdin.write(REPLY)
            self.assertEqual(REPLY, reader.readline())
            self.assertTrue(reader.readline().startswith(MEANING))
            self.assertTrue(reader.readline().startswith(OPERATOR))
            process.stdin.write(b"half a")
            self.assertEqual(b"half a", reader.read(6))
            process.stdin.write(b" line\n")
            self.assertEqual(b" line\n", reader.readline())
            process.stdin.close()
            self.assertEqual(b"", reader.read())
            reader.close()

    def test_log_of_a_server_is_annotated(self):
        with Server() as server:
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<a@example.org>")
                talk.say(b"RCPT TO:<%s>" % STRANGER.encode())
            server.wait_for_log("event=disconnect ")
            log = server.log().encode()
        (meaning, cure) = self.added(log)
        self.assertTrue(meaning.startswith(MEANING) and cure.startswith(OPERATOR), meaning + cure)


if __name__ == "__main__":
    main()
