#!/usr/bin/env python3
"""ftgate-msg for translators: a translation is begun with `new`, and looked at with `preview --po`."""

import os
import re
import subprocess
import unittest

from msg import HEADER, ROOT, Folder, out, run
from server import some

TRANSLATOR = "Anna Test <anna@example.org>"


def languages():
    """The languages that `new` knows, and the number of plural forms of each."""
    with open(os.path.join(ROOT, "src/cmd/msg/languages.def"), encoding="utf-8") as file:
        return re.findall(r'^LANGUAGE\("([^"]+)", +"[^"]+", +"nplurals=(\d)', file.read(), re.M)


def fill(po, id_, text):
    """Writes a text into each form of an entry, with the number of the form."""
    start = po.index(f'msgctxt "{id_}"')
    end = po.index("\n\n", start) if "\n\n" in po[start:] else len(po)
    entry = re.sub(r'msgstr\[(\d)\] ""', lambda form: f'msgstr[{form[1]}] "{text} %lu form{form[1]}"', po[start:end])
    return po[:start] + entry.replace('msgstr ""', f'msgstr "{text}"') + po[end:]


class New(Folder):
    def test_each_language_gets_a_file_that_gettext_and_lint_find_in_order(self):
        self.assertGreater(len(languages()), 150)
        paths = []
        for language, _ in some(languages(), 6):
            paths.append(self.write(language + ".po", out("new", language, "--translator", TRANSLATOR)))
            subprocess.run(["msgfmt", "-c", "-o", "/dev/null", paths[-1]], check=True, capture_output=True)
        *notes, summary = out("lint", "--werror", *paths).splitlines()
        self.assertEqual(summary, f"{len(paths)} files: 0 errors, 0 warnings")
        self.assertEqual(len(notes), len(paths))
        self.assertTrue(all(": note: -: missing: 0 of " in note for note in notes), notes)

    def test_each_language_speaks_all_forms_of_its_plural_rule(self):
        for language, forms in some(languages(), 6):
            po = fill(out("new", language, "--translator", TRANSLATOR), "FTG_POP_RETR", "Text")
            shown = out("preview", "--utf8", "--po", self.write("x.po", po))
            entry = shown[shown.index("#7.07 ") : shown.index("#7.08 ")]
            self.assertEqual({int(n) for n in re.findall(r"form(\d)", entry)}, set(range(int(forms))), (language, entry))

    def test_header_is_filled_in(self):
        po = out("new", "pt_BR", "-t", TRANSLATOR)
        self.assertTrue(po.startswith("# Replies of ftgate in Brazilian Portuguese.\n"))
        self.assertIn('"Language-Team: Brazilian Portuguese\\n"\n"Language: pt_BR\\n"\n', po)
        self.assertIn(f'"Last-Translator: {TRANSLATOR}\\n"', po)
        self.assertIn('"Plural-Forms: nplurals=2; plural=(n > 1);\\n"', po)
        self.assertRegex(po, r'"PO-Revision-Date: \d{4}-\d\d-\d\d \d\d:\d\d[+-]\d{4}\\n"')
        latin = out("new", "sr@latin", EMAIL="me@example.org", LC_ALL="C")
        self.assertTrue(latin.startswith("# Replies of ftgate in Serbian (Latin script).\n"))
        self.assertIn(" <me@example.org>\\n", latin)
        self.assertIn("Plural-Forms: nplurals=2", out("new", "de_AT"))

    def test_name_of_the_translator_cannot_end_the_string(self):
        po = out("new", "de", "-t", 'A "B" \\C\nmsgid "x" <a@example.org>')
        self.assertIn('"Last-Translator: A \\"B\\" \\\\C?msgid \\"x\\" <a@example.org>\\n"', po)
        subprocess.run(["msgfmt", "-o", "/dev/null", self.write("de.po", po)], check=True)

    def test_unknown_language_is_told_from_a_wrong_name(self):
        done = run("new", "tlh")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"ftgate.pot", done.stderr)
        for name in ("", "../de", "de.UTF-8", "C", "de fr"):
            self.assertEqual(run("new", name).returncode, 2, name)
        self.assertEqual(run("new").returncode, 2)
        self.assertEqual(run("new", "de", "fr").returncode, 2)


class Preview(Folder):
    def po(self, text, language="de"):
        entry = f'\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "{text}"\n'
        return self.write("some.po", HEADER.replace("Language: de", "Language: " + language) + entry)

    def reply(self, *arguments):
        return out("render", *arguments, "5.03")

    def test_text_is_shown_without_compiling_it(self):
        self.assertEqual(self.reply("--po", self.po("Bitte TLS nutzen")), "-ERR Bitte TLS nutzen (#5.03)\r\n")
        shown = out("preview", "--po", self.po("Bitte TLS nutzen"))
        self.assertIn("#5.03 ERR_POP_TLS\n    -ERR Bitte TLS nutzen (#5.03)\n", shown)

    def test_entries_without_a_text_are_not_those_of_the_installed_language(self):
        shown = out("preview", "--po", self.po("Bitte TLS nutzen"))
        self.assertNotIn("Postfach", shown)
        self.assertEqual(shown.count("(English, no translation)"), out("list", "--format", "tsv").count("\n") - 3)

    def test_language_is_that_of_the_header_else_of_the_name(self):
        po = HEADER.replace('"Language: de\\n"\n', "") + '\nmsgctxt "ERR_POP_TLS"\nmsgid "TLS Required"\nmsgstr "größer"\n'
        self.assertIn("groesser", self.reply("--po", self.write("de.po", po)))
        self.assertIn("grosser", self.reply("--po", self.write("fr.po", po)))
        self.assertEqual(run("render", "--po", self.write("new-words.po", po), "5.03").returncode, 2)

    def test_refused_text_is_reported_by_the_name_of_the_file(self):
        path = self.po("%n")
        done = run("render", "--po", path, "5.03")
        self.assertIn(f"{path}: ERR_POP_TLS: directive: %n".encode(), done.stderr)

    def test_file_that_lint_would_not_read_is_not_read_either(self):
        path = self.write("de.po", HEADER.encode() + b"# x\n" * 300000)
        for command in ("lint", "preview", "render"):
            arguments = (path,) if command == "lint" else ("--po", path)
            done = run(command, *arguments, *(["ERR_SMTP_OK"] if command == "render" else []))
            self.assertEqual((2, True), (done.returncode, b"File too large" in done.stderr), command)

    def test_what_is_no_po_is_trouble(self):
        for content in ('msgctxt "x', 'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', b"\xff\xfe\x00"):
            done = run("preview", "--po", self.write("de.po", content))
            self.assertEqual((done.returncode, done.stdout), (2, b""), content)
            self.assertIn(b"de.po", done.stderr)
        for path in (self.folder, "/dev/null", self.folder + "/none.po"):
            self.assertEqual(run("preview", "--po", path).returncode, 2, path)


if __name__ == "__main__":
    unittest.main()
