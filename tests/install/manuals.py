#!/usr/bin/env python3
"""Checks installed manual pages: manuals.py PREFIX, where the whole is installed."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

PREFIX = Path(sys.argv.pop())
MANUALS = PREFIX / "share/man"
HEADERS = PREFIX / "include/ftgate"

# Pages of other packages that ours refer to: a new one is added here after a look that it exists.
OTHERS = set(
    "access.5 bounce.5 catgets.3 crypt.5 dgettext.3 gencat.1 gettext.3 gzip.1 journalctl.1 msgfmt.1 msginit.1 pcre2pattern.3 pcre_table.5 renameat2.2 sd_listen_fds.3 sensible-editor.1 editor.1 nano.1"
    " postscreen.8 sd_notify.3 setlocale.3 smtpd.8 socketmap_table.5 tail.1 touch.1 vi.1".split()
)
FUNCTION = re.compile(r"(?:FTG_API|static inline)\s+([\w\s]*?[\s*]+)(ftg_\w+)\(((?:[^()]|\([^()]*\))*)\)\s*[;{]")


def one_line(text):
    return re.sub(r"\s*\*\s*", " *", " ".join(text.split())).strip()


def prototypes():
    """The functions of the headers: name, type, parameters."""
    for header in sorted(HEADERS.glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        for result, name, parameters in FUNCTION.findall(re.sub(r"typedef[^;]*;", "", text)):
            yield name, one_line(result), [one_line(part) for part in re.split(r",(?![^(]*\))", parameters)]


def words(line):
    """The arguments of a macro; those with blanks stand in quotes."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]


def documented():
    """The functions of the synopsis of ftgate(3), in the form of prototypes()."""
    text = (MANUALS / "man3/ftgate.3").read_text().split(".Sh SYNOPSIS\n")[1].split(".Sh ")[0]
    for result, function in re.findall(r"^\.Ft (.*)\n\.Fn (.*)$", text, re.M):
        name, *parameters = words(function)
        yield name, one_line(words(result)[0]), [one_line(parameter) for parameter in parameters]


def pages():
    return sorted(path for path in MANUALS.glob("man*/*") if path.is_file())


class Manuals(unittest.TestCase):
    def test_each_reference_leads_to_a_page(self):
        known = {path.name for path in pages()}
        count = 0
        for path in pages():
            for name, section in re.findall(r"(?:^\.| )Xr (\S+) (\d)\b", path.read_text(), re.M):
                self.assertIn(f"{name}.{section}", known | OTHERS, path.name)
                count += 1
        self.assertGreater(count, 50)

    def test_title_is_the_name_of_the_file(self):
        for path in pages():
            title = re.search(r"^\.Dt (\S+) (\d)$", path.read_text(), re.M)
            if not title:
                self.assertEqual(path.read_text(), ".so man3/ftgate.3\n", path)
                continue
            self.assertEqual(f"{title[1].lower()}.{title[2]}", path.name.lower())
            self.assertEqual(f"man{title[2]}", path.parent.name)

    def test_synopsis_is_that_of_the_headers(self):
        self.assertGreater(len(list(prototypes())), 30)
        self.assertEqual(sorted(documented()), sorted(prototypes()))

    def test_each_function_is_described_and_found_by_its_name(self):
        described = (MANUALS / "man3/ftgate.3").read_text().split(".Sh DESCRIPTION\n")[1]
        names = [name for name, _, _ in prototypes()]
        self.assertEqual([name for name in names if not re.search(rf"(?m)^\.(It )?Fn {name}\b", described)], [])
        done = subprocess.run(["man", "-M", MANUALS, "-w", "3", *names], capture_output=True, text=True)
        self.assertEqual(done.stdout, f"{MANUALS}/man3/ftgate.3\n" * len(names), done.stderr)
        self.assertEqual({path.stem for path in MANUALS.glob("man3/ftg_*")}, set(names))

    def test_man_shows_each_page_without_a_warning(self):
        for path in pages():
            if path.stem.startswith("ftg_"):
                continue
            done = subprocess.run(
                ["man", "-M", MANUALS, "--warnings", path.suffix[1:], path.stem],
                capture_output=True,
                text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "MANWIDTH": "80"},
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            self.assertGreater(len(done.stdout), 1000, path)

    def test_each_reply_has_an_entry_with_all_that_is_known_of_it(self):
        listed = subprocess.run([PREFIX / "bin/ftgate-msg", "list", "--format", "tsv"], capture_output=True, text=True)
        rows = [line.split("\t") for line in listed.stdout.splitlines()[1:]]
        entries = (MANUALS / "man7/ftgate-replies.7").read_text().split("\n.Ss ")[1:]
        self.assertGreater(len(rows), 150)
        self.assertEqual([entry.split("\n")[0] for entry in entries], [f"#{row[0]} {row[1]}" for row in rows])
        for row, entry in zip(rows, entries):
            labels = [label.replace("\\&", "") for label in re.findall(r"^\.It (.*)", entry, re.M)]
            expected = ["Codes"] if row[3] != "-" else []
            expected += ["English text (several)"] if " | " in row[7] else []
            expected += ["English text", "When it is sent", "Read by", "Cause", "What the sender can do"]
            expected += ["What the operator can do", "When it is not this"]
            self.assertEqual(labels, expected, row)


if __name__ == "__main__":
    unittest.main()
