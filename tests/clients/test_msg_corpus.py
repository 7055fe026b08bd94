#!/usr/bin/env python3
"""ftgate-msg explain beside what mail servers write: its own replies are found, and no others are claimed."""

import base64
import email.policy
import html
import json
import os
import quopri
import re
import textwrap
import unittest
from email.message import EmailMessage

from msg import TESTS, run
from server import some

CORPUS = os.path.join(TESTS, "clients/corpus")
LEAST = 0.98  # of the answers are right


def cases(name):
    """Each case of a half of the corpus: its heading, and its text as it stands there."""
    with open(os.path.join(CORPUS, name), encoding="utf-8", newline="") as file:
        parts = re.split(r"(?m)^=== (.*)\n", file.read())
    return zip(parts[1::2], parts[2::2])


def texts():
    """The half that was written beside the program: what is expected, whose reply it is, and the text."""
    for heading, text in cases("bounces.txt"):
        expected, _, server = heading.partition(" = ")
        yield expected, server or None, text.strip("\n") + "\n"


def pastes():
    """The half that was written without sight of it: what is expected, whose reply it is, if that counts, and the octets."""
    for heading, text in cases("unseen.txt"):
        heading, _, encoding = heading.partition(" ; ")
        expected, _, server = heading.partition(" = ")
        octets = text[:-1].encode()
        yield expected, server or None, base64.b64decode(octets) if encoding == "base64" else octets


def plain(text):
    return text.encode()


def quoted(text):
    return "".join(f"> > {line}\r\n" for line in text.splitlines()).encode()


def wrapped(text):
    lines = [textwrap.wrap(line, 48, break_on_hyphens=False, break_long_words=False) or [""] for line in text.splitlines()]
    return "\n".join(sum(lines, [])).encode() + b"\n"


def page(text):
    lines = "<br>\n".join(html.escape(line, quote=False).replace("#", "&#35;").replace("  ", "&nbsp; ") for line in text.splitlines())
    return f"<!DOCTYPE html><html><head><style>p {{ x: 550 }}</style></head><body><p>{lines}</p></body></html>".encode()


def block(text):
    return base64.encodebytes(text.encode())


def wide(text):
    return text.encode("utf-16")


def printable(text):
    return b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" + quopri.encodestring(
        text.encode().replace(b"#", b"\x01")).replace(b"=01", b"=23")


def message(text, cte="base64"):
    """A bounce whose part for people is encoded, and which returns a message with a reply of ours in it."""
    bounce = EmailMessage(policy=email.policy.SMTP)
    bounce["From"] = "MAILER-DAEMON@mail.example.net"
    bounce["Subject"] = "Undelivered Mail Returned to Sender"
    bounce.set_content(text, cte=cte)
    returned = EmailMessage(policy=email.policy.SMTP)
    returned["Subject"] = "Re: 550 5.1.6 moved (#4.33)"
    returned.set_content("550 5.1.6 bert@example.org moved (#4.33)\n")
    bounce.add_attachment(returned)
    bounce.replace_header("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b=_1"')
    return bounce.as_bytes()


def page_message(text):
    header = b"From: postmaster@mail.example.net\r\nSubject: Undeliverable\r\nMIME-Version: 1.0\r\n"
    header += b"Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return header + base64.encodebytes(page(text).decode().replace("\n", "\r\n").encode("utf-16"))


FORMS = (plain, quoted, wrapped, page, block, wide, printable, message, page_message)


def said(octets):
    """What explain finds: IDs of ours, and (codes, server) of others."""
    done = run("explain", "--json", stdin=octets)
    answers = json.loads(done.stdout)
    ours = [answer["id"] for answer in answers if answer["kind"] == "reply"]
    others = [(" ".join(filter(None, (answer["code"], answer["status"]))), answer["server"])
              for answer in answers if answer["kind"] in ("enhanced status code", "reply code", "response code")]
    return ours, others


def is_id(word):
    return word.startswith(("ERR_", "FTG_"))


class Half:
    """The figures of one half."""

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.wrong = []
        self.claimed = []

    def judge(self, expected, octets, is_right, what):
        """Counts one answer; is_right decides about the replies of others."""
        ours, others = said(octets)
        due = [word for word in expected.split() if is_id(word)]
        self.count += 1
        if set(ours) - set(due):
            self.claimed.append((*what, ours))
        if ours != due or not is_right([word for word in expected.split() if not is_id(word)], others):
            self.wrong.append((*what, ours, others))

    def check(self, test):
        right = self.count - len(self.wrong)
        print(f"{self.name}: {right} of {self.count} right, {len(self.claimed)} claimed falsely", *self.wrong, sep="\n", flush=True)
        test.assertEqual(self.claimed, [])
        test.assertGreaterEqual(right, LEAST * self.count, self.wrong)


class Corpus(unittest.TestCase):
    maxDiff = None

    def test_every_text_in_several_forms(self):
        half, numbered = Half("written beside the program, in three forms each"), list(enumerate(texts(), 1))
        self.assertEqual(len(numbered), 150)
        for number, (expected, server, text) in some(numbered, 5):

            def is_right(codes, others, server=server):
                return (" ".join(codes), server) in others if codes not in ([], ["none"]) else not others

            for form in {plain, FORMS[1 + number % 8], FORMS[1 + (number + 3) % 8]}:
                if form is not block or len(text) >= 40:
                    half.judge(expected, form(text), is_right, (form.__name__, expected, server, text[:120]))
        half.check(self)

    def test_every_paste(self):
        half = Half("written without sight of the program")
        every = list(pastes())
        self.assertEqual(len(every), 150)
        for expected, server, octets in some(every, 5):

            def is_right(codes, others, server=server):
                if codes in ([], ["none"]):
                    return not others
                return any(set(codes) <= set(said_codes.split()) and server in (None, name) for said_codes, name in others)

            half.judge(expected, octets, is_right, (expected, server, octets[:120]))
        half.check(self)


if __name__ == "__main__":
    unittest.main()
