#!/usr/bin/env python3
"""ftgate-msg lint: finds each fault that a catalogue may have, tells it where it is, and survives any file."""

import csv
import glob
import io
import itertools
import json
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
        for name, status in (("faults.po", 1), ("warnings.po", 0), ("words.po", 0)):
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
        found, status = findings("--partial", "--werror", *glob.glob(os.path.join(ROOT, "po", "*.po")))
        notes = [finding for finding in found if finding[1] == "note" and finding[3] in ("ascii", "missing")]
        self.assertEqual((notes, status), (found, 0))
        self.assertEqual(findings("--werror", *glob.glob(os.path.join(BUILD, "locale/*/LC_MESSAGES/ftgate.mo"))), ([], 0))
        self.assertEqual(findings(os.path.join(ROOT, "po", "ftgate.pot")), ([], 0))

    def test_terminal_escapes_are_not_echoed(self):
        for path, form in itertools.product(glob.glob(os.path.join(PO, "*.po")), ("text", "json", "csv", "github")):
            done = run("lint", "--format", form, path)
            self.assertNotRegex(done.stdout + done.stderr, rb"[\x00-\x09\x0b-\x1f\x7f]", path)


def entry(id_, english, text):
    return f'\nmsgctxt "{id_}"\nmsgid "{english}"\nmsgstr "{text}"\n'


class Output(Folder):
    def test_errors_come_before_warnings_and_notes(self):
        severities = [f[1] for f in findings(os.path.join(PO, "faults.po"), os.path.join(PO, "warnings.po"))[0]]
        last_error = len(severities) - 1 - severities[::-1].index("error")
        self.assertEqual(set(severities[: last_error + 1]), {"error"})
        text = entry("ERR_POP_TLS", "TLS Required", " TLS") + entry("ERR_SMTP_OK", "Ok", "%n")
        found, _ = findings("--partial", self.write("de.po", HEADER + text))
        self.assertEqual([f[1:] for f in found], [("error", "ERR_SMTP_OK", "directive"), ("warning", "ERR_POP_TLS", "space")])

    def test_json_holds_the_same_findings(self):
        paths = [os.path.join(PO, name) for name in ("faults.po", "words.po", "domain.po")]
        done = run("lint", "--format=json", *paths)
        report = json.loads(done.stdout)
        found, status = findings(*paths)
        self.assertEqual([(f["line"], f["severity"], f["id"] or "-", f["rule"]) for f in report["findings"]], found)
        self.assertEqual((report["files"], done.returncode), (3, status))
        for severity in ("error", "warning"):
            self.assertEqual(report[severity + "s"], sum(f[1] == severity for f in found))
        self.assertTrue(all(f["file"] in paths and f["what"] and f["cure"] for f in report["findings"] if f["rule"] != "msgfmt"))
        none = json.loads(out("lint", "--format=json", "--partial", self.write("de.po", HEADER)))
        self.assertEqual(none, {"findings": [], "files": 1, "errors": 0, "warnings": 0})

    def test_csv_holds_the_same_findings(self):
        paths = [os.path.join(PO, name) for name in ("faults.po", "words.po", "domain.po")]
        wanted = json.loads(run("lint", "--format=json", *paths).stdout)
        done = run("lint", "--format=csv", *paths)
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline=""), strict=True))
        self.assertEqual([{name: str(value or "") if name != "line" else str(value) for name, value in found.items()}
                          for found in wanted["findings"]], rows)
        self.assertEqual(1, done.returncode)
        self.assertEqual("file,line,severity,id,rule,what,cure\n", out("lint", "--format=csv", "--partial", self.write("de.po", HEADER)))

    def test_annotations_of_github_escape_what_ends_them(self):
        path = self.write("a,b%:c/de.po", HEADER + entry("ERR_SMTP_OK", "Ok", "100 %"))
        lines = run("lint", "--format=github", "--partial", path).stdout.decode().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], r"^::error file=/[^:,]*/a%2Cb%25%3Ac/de\.po,line=15,title=ERR_SMTP_OK directive::%25\. Use")
        self.assertEqual(lines[1], "1 file: 1 error, 0 warnings")

    def test_cure_names_the_language_of_the_file(self):
        header = HEADER.replace("Language: de", "Language: pl")
        cures = {
            "directive": None,
            "ascii": "pl@latin.po",
            "plurals": "Plural-Forms: nplurals=3; plural=(n==1 ? 0",
        }
        path = self.write("pl.po", header.replace("nplurals=2; plural=(n != 1);", "nplurals=2") + entry("ERR_SMTP_OK", "Ok", "Да"))
        rules = {line.split(": ")[3]: line for line in run("lint", path).stdout.decode().splitlines()[:-1]}
        self.assertIn(cures["plurals"], rules["plurals"])
        path = self.write("pl.po", header + entry("ERR_SMTP_OK", "Ok", "Да"))
        self.assertIn(cures["ascii"], run("lint", path).stdout.decode())
        path = self.write("sk.po", HEADER.replace('"Language: de\\n"\n', ""))
        self.assertIn("'Language: sk'", run("lint", path).stdout.decode())


class OneCheck(Folder):
    """For whatever a .po becomes, lint has an error for a text if and only if a load does not use it."""

    PIECES = ["wort", "wort", "wort", "a\\nb", " ", " ", "%s", "%s", "%lu", "%1$s", "%2$s", "%d", "%Id", "%%", "%", "${host}", "${nix}",
              "\\n", "\\t", "\\r", "(#4.21)", "#", "[", "<", ": ", "250 ", "2.0.0 ", "+OK ", "é", "Ж", "☃", "\u200b", "\u200c",
              "\u202e", "x" * 500, "   "]

    def entries(self, random_):
        """Random entries as (ID, token, text of the .po). The token stands in each form, if the entry has a text."""
        listed = json.loads(out("list", "--format", "json"))
        for number, row in enumerate(random_.sample(listed, 50)):
            token = f"zq{number:02}zq"
            english = [row["text"] or "", *([row["plural"]] if row["plural"] else [])]
            context, flags = row["id"], random_.choice(["", "", "#, c-format\n", "#, fuzzy\n"])
            change = random_.randrange(16)
            if change == 0:
                context = context.lower()
            elif change == 1:
                english[0] += "!"
            forms = [self.text(random_, token) for _ in range(random_.choice([2, 2, 2, 1, 3]) if len(english) > 1 else 1)]
            if change == 2:
                forms[0] = ""
            lines = [f'{flags}msgctxt "{context}"', f'msgid "{english[0]}"']
            if len(english) > 1:
                lines += [f'msgid_plural "{english[1]}"'] + [f'msgstr[{i}] "{form}"' for i, form in enumerate(forms)]
            else:
                lines += [f'msgstr "{forms[0]}"']
            yield row["id"], token, "\n".join(lines) + "\n", any(forms)

    def text(self, random_, token):
        pieces = [random_.choice(self.PIECES) for _ in range(random_.choice([0, 0, 0, 0, 1, 2, 4]))]
        pieces.insert(random_.randint(0, len(pieces)), token)
        return "".join(pieces)

    def header(self, random_):
        header = HEADER.replace("nplurals=2", random_.choice(["nplurals=2"] * 5 + ["nplurals=3"]))
        return random_.choice([header] * 6 + [header.replace("UTF-8", "UTF-7"), ""])

    def check(self, seed):
        random_ = random.Random(seed)
        entries = list(self.entries(random_))
        po = self.write("de.po", self.header(random_) + "\n" + "\n".join(text for _, _, text, _ in entries))
        folder = os.path.join(self.folder, "locale")
        os.makedirs(folder + "/de/LC_MESSAGES", exist_ok=True)
        report = json.loads(run("lint", "--format=json", po).stdout)
        errors = {f["id"] for f in report["findings"] if f["severity"] == "error"}
        if subprocess.run(["msgfmt", "-o", folder + "/de/LC_MESSAGES/ftgate.mo", po], capture_output=True).returncode != 0:
            self.assertIn("msgfmt", {f["rule"] for f in report["findings"] if f["severity"] == "error"}, seed)
            return ["uncompiled"]
        spoken = run("preview", "-u", "-l", "de", "-L", folder).stdout.decode()
        whole = None in {f["id"] for f in report["findings"] if f["rule"] in ("charset", "plurals", "file") and f["severity"] == "error"}
        verdicts = []
        for id_, token, text, has_text in entries:
            if not has_text or "#, fuzzy" in text:
                self.assertNotIn(token, spoken, (seed, text))
                continue
            if id_.lower() in text and id_ not in text:
                self.assertNotIn(token, spoken, (seed, text))
                continue
            accepted = token in spoken
            self.assertEqual(accepted, id_ not in errors and not whole, (seed, text))
            verdicts.append(accepted)
        return verdicts

    def test_lint_has_an_error_for_a_text_exactly_if_a_load_refuses_it(self):
        verdicts = [verdict for seed in range(40) for verdict in self.check(seed)]
        self.assertGreater(verdicts.count(True), 300)
        self.assertGreater(verdicts.count(False), 300)
        self.assertGreater(verdicts.count("uncompiled"), 0)


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

    def test_catalogue_in_progress_gets_one_note_and_a_nearly_complete_one_each_gap(self):
        own = entry("ERR_POP_TLS", "TLS Required", "Bitte TLS benutzen")
        self.assertEqual(findings(self.write("de.po", HEADER + own)), ([(1, "note", "-", "missing")], 0))
        with open(os.path.join(ROOT, "po", "de.po"), encoding="utf-8") as file:
            shipped = file.read()
        gaps = findings(self.write("de.po", shipped))[0]
        po = re.sub(r'(msgid "Login Error"\n)msgstr "[^"]*"', r'\1msgstr ""', shipped)
        start = po.index('msgctxt "ERR_SMTP_OK"')
        po = po[:start] + po[po.index("\n\n", start) :]
        expected = {("ERR_POP_LOGIN", "untranslated"), ("ERR_POP_LOGIN2", "untranslated"),
                    ("ERR_POP_LOGIN3", "untranslated"), ("ERR_SMTP_OK", "missing")}
        found, status = findings(self.write("de.po", po))
        self.assertEqual(({f[2:] for f in found} - {f[2:] for f in gaps}, status), (expected, 0))
        self.assertEqual({f[1] for f in found}, {"warning"})
        self.assertEqual(findings("--partial", "--werror", self.write("de.po", po)), ([], 0))
        self.assertEqual(findings("--werror", self.write("de.po", po))[1], 1)

    def test_text_that_msgfmt_leaves_out_is_an_error(self):
        row = 'msgid "Message of %lu octet follows"\nmsgid_plural "Message of %lu octets follows"\n'
        text = f'\n#, c-format\nmsgctxt "FTG_POP_RETR"\n{row}msgstr[0] ""\nmsgstr[1] "%lu Oktette"\n'
        found, status = findings("--partial", self.write("de.po", HEADER + text))
        self.assertEqual(([f[1:] for f in found][:1], status), ([("error", "FTG_POP_RETR", "incomplete")], 1))

    def test_byte_order_mark_is_named_with_its_cure(self):
        path = self.write("de.po", "\ufeff" + HEADER)
        self.assertEqual(findings(path), ([(1, "error", "-", "bom")], 1))
        self.assertIn(b"without a byte order mark", run("lint", path).stdout)

    def test_placeholders_of_a_template_are_named(self):
        header = HEADER.replace("Test <test@example.org>", "FULL NAME <EMAIL@ADDRESS>").replace("2026-01-01 00:00+0000", "YEAR-MO-DA HO:MI+ZONE")
        found, _ = findings("--partial", self.write("de.po", "# Replies of ftgate in LANGUAGE.\n" + header))
        self.assertEqual([f[1:] for f in found], [("warning", "-", "placeholder")] * 4)
        self.assertEqual(findings("--partial", self.write("ftgate-local.po", header))[0], [])

    def test_lost_character_is_named_even_in_a_file_with_one_entry(self):
        for character, code in (("☃", "U+2603"), ("\U0001f4e7", "U+1F4E7"), ("Пост", "U+041F")):
            path = self.write("de.po", HEADER + entry("ERR_SMTP_OK", "Ok", f"In Ordnung {character}"))
            line = run("lint", "--partial", path).stdout.decode().splitlines()[0]
            self.assertIn(f"warning: ERR_SMTP_OK: ascii: it has no ASCII form, so that SMTP sends the English text, because of {code} ", line)

    def test_host_name_is_named_where_the_program_adds_it_also_in_own_texts(self):
        closing, ok = "Service closing transmission channel", "Ok"
        for own, expected in ((entry("ERR_SMTP_CLOSING", closing, "${host} schließt"), ["hostname"]),
                              (entry("ERR_SMTP_CLOSING", closing, "mx.example.org schließt"), ["hostname"]),
                              (entry("ERR_SMTP_CLOSING", closing, "Ende, z.B. bei Wartung"), []),
                              (entry("ERR_SMTP_OK", ok, "${host} ist bereit\\nmx.example.org"), [])):
            path = self.write("de/LC_MESSAGES/ftgate-local.po", HEADER + own)
            self.assertEqual([f[3] for f in findings(path)[0] if f[3] != "long"], expected, own)

    def test_companion_in_latin_letters_silences_the_note(self):
        own = HEADER.replace("Language: de", "Language: ru") + entry("ERR_POP_TLS", "TLS Required", "Требуется TLS")
        path = self.write("ru.po", own)
        self.assertEqual([f[3] for f in findings("--partial", path)[0]], ["ascii"])
        self.write("ru@latin.po", "")
        self.assertEqual(findings("--partial", path), ([], 0))

    def test_companion_is_named_as_a_server_looks_for_it(self):
        own = HEADER.replace("Language: de", "Language: mk_MK") + entry("ERR_POP_TLS", "TLS Required", "Потребен е TLS")
        path = self.write("mk_MK.po", own)
        self.assertIn(" mk@latin.po can hold", out("lint", "--partial", path))
        latin = self.write("mk@latin.po", HEADER.replace("Language: de", "Language: mk@latin") +
                           entry("ERR_POP_TLS", "TLS Required", "Potreben e TLS"))
        self.assertEqual(findings("--partial", path), ([], 0))
        locale = os.path.join(self.folder, "locale")
        for name, po in ("mk_MK", path), ("mk@latin", latin):
            os.makedirs(f"{locale}/{name}/LC_MESSAGES")
            subprocess.run(["msgfmt", "-o", f"{locale}/{name}/LC_MESSAGES/ftgate.mo", po], check=True)
        self.assertEqual("-ERR Potreben e TLS (#5.03)\r\n", out("render", "-L", locale, "-l", "mk_MK", "5.03"))

    def test_companion_is_proposed_only_for_scripts_that_readers_know_in_latin_letters(self):
        for language, text, proposed in (("mk", "Потребен е", True), ("el", "Απαιτείται", True), ("ja", "が必要です", False),
                                         ("zh", "需要", False), ("ar", "مطلوب", False), ("he", "נדרש", False), ("th", "ต้องใช้", False)):
            path = self.write(f"{language}.po", HEADER.replace("Language: de", "Language: " + language) +
                              entry("ERR_POP_TLS", "TLS Required", text + " TLS"))
            note = out("lint", "--partial", path).splitlines()[0]
            self.assertIn("note: -: ascii: 1 text has no ASCII form: SMTP sends polite English instead", note)
            self.assertEqual(proposed, f"{language}@latin.po can hold" in note, note)
            self.assertEqual(not proposed, "Nothing to do" in note, note)

    def test_joiners_are_taken_where_a_script_needs_them(self):
        taken = {"fa": "نمی\u200cشود", "hi": "क्\u200dष", "de": "gut"}
        for language, text in taken.items():
            for inserted, expected in (("", []), ("a\u200cb ", ["invisible"]), ("\u200d", ["invisible"])):
                header = HEADER.replace("Language: de", "Language: " + language)
                path = self.write(language + ".po", header + entry("ERR_SMTP_OK", "Ok", inserted + text))
                rules = [f[3] for f in findings("--partial", path)[0]]
                self.assertEqual([rule for rule in rules if rule != "ascii"], expected, (language, inserted))

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
        wanted -= {("ERR_SMTP_RCPTOK", "error", "lines"), ("ERR_SMTP_RCPTOK", "error", "msgfmt")}
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
        entries = "".join(f'\nmsgctxt "X{i}"\nmsgid "a"\nmsgstr "b"\n' for i in range(16000))
        done = run("lint", self.write("many.po", HEADER + entries))
        self.assertEqual(done.returncode, 1)
        self.assertLess(len(done.stdout.splitlines()), 1100)
        self.assertIn(b": 16000 errors", done.stdout)

    def test_every_text_that_lint_takes_msgfmt_compiles(self):
        path = os.path.join(PO, "warnings.po")
        subprocess.run(["msgfmt", "-o", "/dev/null", path], check=True)


if __name__ == "__main__":
    unittest.main()
