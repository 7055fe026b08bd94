#!/usr/bin/env python3
"""ftgate-msg lint: finds each fault that a catalogue may have, tells it where it is, and survives any file."""

import glob
import os
import random
import re
import subprocess
import unittest

from msg import BUILD, HEADER, ROOT, TESTS, Folder, out, run

FINDING = re.compile(r"^(?P<file>.+?)(:(?P<line>\d+))?: (?P<severity>error|warning|note): (?P<id>\S+): (?P<rule>\S+): .")
PO = os.path.join(TESTS, "clients", "po")


def findings(*arguments):
    """The findings of a run as (line, severity, id, rule), and its exit status."""
    done = run("lint", *arguments)
    *lines, summary = done.stdout.decode().splitlines()
    assert re.match(r"\d+ files?: \d+ errors?, \d+ warnings?$", summary), done
    found = [FINDING.match(line) for line in lines]
    assert all(found), lines
    return [(int(m["line"] or 0), m["severity"], m["id"], m["rule"]) for m in found], done.returncode


def announced(path):
    """What a fixture says is to be found, as (id, severity, rule), and the lines of the entries."""
    wanted, lines, pending = set(), {}, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("# expect: "):
                pending.append(tuple(line.split()[2:4]))
            elif line.startswith("msgctxt") or (pending and line.startswith("msgid")):
                context = line.split('"')[1] if line.startswith("msgctxt") else "-"
                known = re.fullmatch(r"(ERR|FTG)_[A-Z0-9_]+", context) and context != "ERR_SMTP_NO_SUCH"
                wanted |= {(context if known else "-", *expected) for expected in pending}
                lines.setdefault(context if known else "-", []).append(number)
                pending = []
    return wanted, lines


class Fixtures(unittest.TestCase):
    def test_each_fault_and_nothing_else_is_found_at_its_entry(self):
        for name, status in (("faults.po", 1), ("warnings.po", 0)):
            path = os.path.join(PO, name)
            wanted, lines = announced(path)
            found, returned = findings(path)
            found = [finding for finding in found if finding[3] != "missing"]
            self.assertEqual({finding[2:3] + finding[1:2] + finding[3:] for finding in found}, wanted)
            self.assertEqual(returned, status)
            for line, _, name_, _ in found:
                self.assertTrue(any(0 <= line - start <= 6 for start in lines[name_]), (line, name_))

    def test_fault_of_a_whole_file_is_found(self):
        for path in glob.glob(os.path.join(PO, "*.po")):
            with open(path, encoding="utf-8") as file:
                expected = re.match(r"# expect-file: (\w+) (\w+)", file.readline())
            if expected:
                found, status = findings(path)
                self.assertIn(expected.groups(), {(severity, rule) for _, severity, _, rule in found}, path)
                self.assertEqual(status, expected[1] == "error", path)

    def test_warnings_fail_on_demand(self):
        self.assertEqual(run("lint", "--werror", os.path.join(PO, "warnings.po")).returncode, 1)

    def test_shipped_languages_are_clean(self):
        found, status = findings("--werror", *glob.glob(os.path.join(ROOT, "po", "*.po")))
        other_scripts = [finding for finding in found if finding[1:] == ("note", "-", "ascii")]
        self.assertEqual((other_scripts, status), (found, 0))
        self.assertEqual(len(other_scripts), 3)  # ar, ja, ru
        self.assertEqual(findings("--werror", *glob.glob(os.path.join(BUILD, "locale/*/LC_MESSAGES/ftgate.mo"))), ([], 0))
        self.assertEqual(findings(os.path.join(ROOT, "po", "ftgate.pot")), ([], 0))

    def test_terminal_escapes_are_not_echoed(self):
        for path in glob.glob(os.path.join(PO, "*.po")):
            done = run("lint", path)
            self.assertNotRegex(done.stdout + done.stderr, rb"[\x00-\x09\x0b-\x1f\x7f]", path)


class Files(Folder):
    def test_unreadable_files_are_trouble_and_the_others_are_checked(self):
        large = self.write("large.po", b"#" * (1024 * 1024 + 1))
        fifo = os.path.join(self.folder, "fifo.po")
        os.mkfifo(fifo)
        for path in (large, fifo, self.folder, self.folder + "/none.po", "-", self.folder + "/none.mo"):
            done = run("lint", path, os.path.join(PO, "faults.po"))
            self.assertEqual(done.returncode, 2, path)
            self.assertIn(b"ftgate-msg lint: " + path.encode(), done.stderr)
            self.assertIn(b"ERR_SMTP_AUTHOK: control", done.stdout)

    def test_own_catalogue_need_not_be_whole(self):
        own = '\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "Bitte TLS benutzen"\n'
        few = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        path = self.write("de/LC_MESSAGES/ftgate-local.po", few + own)
        self.assertEqual([f[3] for f in findings(path)[0]], ["language"])
        self.assertEqual(findings("--partial", self.write("x.po", HEADER + own)), ([], 0))
        self.assertIn("missing", {f[3] for f in findings(self.write("de.po", HEADER + own))[0]})

    def test_script_without_ascii_form_is_logged_once(self):
        own = '\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "Требуется TLS"\n'
        path = self.write("ru.po", HEADER.replace("Language: de", "Language: ru") + own)
        self.assertEqual([f[1:] for f in findings("--partial", path)[0]], [("note", "-", "ascii")])

    def test_polite_english_may_be_the_english_text(self):
        own = '\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "TLS Required"\n'
        path = self.write("en.po", HEADER.replace("Language: de", "Language: en") + own)
        self.assertEqual(findings("--partial", path), ([], 0))

    def test_compiled_faults_are_found_too(self):
        wanted, _ = announced(os.path.join(PO, "faults.po"))
        wanted.remove(("ERR_SMTP_RCPTOK", "error", "lines"))
        with open(os.path.join(PO, "faults.po"), encoding="utf-8") as file:
            # The one that msgfmt never compiles.
            self.compile("de/LC_MESSAGES/ftgate.mo", file.read().replace(r"angenommen\n", "angenommen"))
        found, status = findings(self.folder + "/de/LC_MESSAGES/ftgate.mo")
        self.assertEqual(status, 1)
        self.assertGreaterEqual({f[2:3] + f[1:2] + f[3:] for f in found if f[2] != "-"}, {w for w in wanted if w[0] != "-"})

    def test_truncated_mo_is_refused_whole(self):
        with open(os.path.join(BUILD, "locale/de/LC_MESSAGES/ftgate.mo"), "rb") as file:
            whole = file.read()
        for size in (0, 3, 27, 28, 200, len(whole) // 2, len(whole) - 1):
            found, status = findings(self.write("de.mo", whole[:size]))
            self.assertEqual((found, status), ([(0, "error", "-", "file")], 1), size)

    def damage(self, octets, random_):
        octets = bytearray(octets)
        for _ in range(random_.randint(1, 6)):
            at = random_.randrange(len(octets))
            octets[at : at + random_.randint(0, 3)] = random_.randbytes(random_.randint(0, 3))
        return bytes(octets)

    def test_damaged_files_end_no_check(self):
        random_ = random.Random(25)
        with open(os.path.join(BUILD, "locale/de/LC_MESSAGES/ftgate.mo"), "rb") as file:
            mo = file.read()
        with open(os.path.join(PO, "warnings.po"), "rb") as file:
            po = file.read()
        paths = []
        for i in range(60):
            paths.append(self.write(f"{i}.mo", self.damage(mo, random_)))
            paths.append(self.write(f"{i}.po", self.damage(po, random_)))
        done = run("lint", *paths)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual(done.stderr, b"")

    def test_many_findings_take_little_time(self):
        entries = "".join(f'\nmsgctxt "X{i}"\nmsgid "a"\nmsgstr "b"\n' for i in range(25000))
        done = run("lint", self.write("many.po", HEADER + entries))
        self.assertEqual(done.returncode, 1)
        self.assertLess(len(done.stdout.splitlines()), 1100)
        self.assertIn(b": 25000 errors", done.stdout)

    def test_every_text_that_lint_takes_msgfmt_compiles(self):
        path = os.path.join(PO, "warnings.po")
        subprocess.run(["msgfmt", "-o", "/dev/null", path], check=True)


if __name__ == "__main__":
    unittest.main()
