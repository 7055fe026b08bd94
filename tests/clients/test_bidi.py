#!/usr/bin/env python3
"""Replies from right to left, laid out by fribidi (UAX 9): the reference is whole and last, whatever the direction is."""

import json
import re
import shutil
import subprocess
import unittest

from msg import out
from server import SOURCE, TestCase, main

RTL = [language for language in ("ar", "fa", "he") if re.search(rf"\b{language}\b", open(f"{SOURCE}/po/LINGUAS").read())]
CONTROLS = re.compile("[\u2066-\u2069\u200e\u200f]")


def displayed(text, direction):
    """The text as a terminal of this direction shows it, from left to right."""
    done = subprocess.run(["fribidi", f"--{direction}", "--nopad", "--nobreak", "--clean", "--charset=UTF-8"],
                          input=text.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip("\n").strip()


def samples(language):
    """Each reply to a client with its row, as it is sent in UTF-8."""
    values = {"count": "3", "reason": "ERR_SECPOL_RBL", "tag": language, "ip": "192.0.2.1"}
    for row in json.loads(out("list", "--format", "json")):
        if row["service"] in ("smtp", "pop3") and row["id"] != "ERR_SMTP_334":
            arguments = [values.get(kind, "a@example.org") for kind in row["args"]]
            yield row, out("render", "-u", "-l", language, row["id"], *arguments)


@unittest.skipUnless(shutil.which("fribidi"), "fribidi (libfribidi-bin) is missing")
class Bidi(TestCase):
    def test_there_are_such_languages(self):
        self.assertIn("ar", RTL)

    def test_words_and_reference_are_whole_in_both_directions_and_the_reference_last(self):
        for language in RTL:
            for row, said in samples(language):
                line = said.split("\r\n")[-2].removesuffix(" <a@example.org>")
                reference = f"(#{row['ref']})"
                left, right = displayed(line, "ltr"), displayed(line, "rtl")
                self.assertTrue(left.endswith(reference), (row["id"], left))
                self.assertEqual(1, right.count(reference), (row["id"], right))
                for words in re.findall("\u2067(.*)\u2069", line):
                    self.assertIn(displayed(words, "rtl"), left)
                    self.assertIn(displayed(words, "rtl"), right)

    def test_the_words_stay_in_their_order_behind_the_code(self):
        """Without the isolate, what follows a Latin word would move before the words in front of it."""
        for language in RTL:
            said = out("render", "-u", "-l", language, "5.02").rstrip("\r\n")
            head, words, tail = re.fullmatch("(-ERR )\u2067(.*)\u2069( \u200e\\(#5.02\\))", said).groups()
            alone = displayed(words, "rtl")
            self.assertEqual(head + alone + CONTROLS.sub("", tail), displayed(said, "ltr"))

    def test_ascii_has_no_controls(self):
        for language in RTL:
            self.assertEqual([], CONTROLS.findall(out("preview", "-l", language).split("FTG_NOTICE")[0]))


if __name__ == "__main__":
    main()
