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

CORPUS = os.path.join(TESTS, "clients/corpus/bounces.txt")


def cases():
    """Each case of the corpus: what is expected, whose reply it is, and the text."""
    with open(CORPUS, encoding="utf-8") as file:
        parts = re.split(r"(?m)^=== (.*)\n", file.read())
    for heading, text in zip(parts[1::2], parts[2::2]):
        expected, _, server = heading.partition(" = ")
        yield expected, server or None, text.strip("\n") + "\n"


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


class Corpus(unittest.TestCase):
    maxDiff = None

    def test_every_case_in_several_forms(self):
        wrong, claimed, count = [], [], 0
        for number, (expected, server, text) in enumerate(cases()):
            for form in {plain, FORMS[1 + number % 8], FORMS[1 + (number + 3) % 8]}:
                if form is block and len(text) < 40:
                    continue
                ours, others = said(form(text))
                count += 1
                if expected.startswith(("ERR_", "FTG_")):
                    right = ours == [expected] and not others
                elif expected == "none":
                    right = not ours and not others
                else:
                    right = not ours and (expected, server) in others
                if not right:
                    wrong.append((form.__name__, expected, server, ours, others, text[:120]))
                if ours and not expected.startswith(("ERR_", "FTG_")):
                    claimed.append((form.__name__, expected, ours, text[:120]))
        self.assertEqual(claimed, [])
        self.assertEqual(wrong, [], f"{len(wrong)} of {count}")
        self.assertGreaterEqual(count, 150)


if __name__ == "__main__":
    unittest.main()
