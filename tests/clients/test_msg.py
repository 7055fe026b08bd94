#!/usr/bin/env python3
"""ftgate-msg: list, render, preview, stats, pot and export, as a user runs them."""

import collections
import ctypes
import json
import os
import re
import subprocess
import unittest

from msg import BUILD, HEADER, ROOT, Folder, out, rows, run

COLUMNS = "ref id service reply enhanced strict_reply strict_enhanced text".split()


class List(unittest.TestCase):
    def test_tsv_is_the_published_table(self):
        lines = out("list", "--format", "tsv").splitlines()
        self.assertEqual(lines[0].split("\t"), COLUMNS)
        wanted = ["\t".join(row[column] for column in COLUMNS) for row in rows()]
        self.assertEqual(lines[1 : 1 + len(wanted)], wanted)
        for line in lines[1 + len(wanted) :]:
            self.assertRegex(line, r"^[6-9]\.\d\d\tFTG_(SMTP|POP|NOTICE)_")

    def test_json_holds_the_same_and_the_arguments(self):
        listed = json.loads(out("list", "--format=json"))
        for row, given in zip(rows(), listed):
            for column in COLUMNS[:-1]:
                self.assertEqual(given[column] or "-", row[column])
            text = " | ".join(filter(None, (given["text"], given["plural"]))) or "-"
            self.assertEqual(text, row["text"])
            self.assertEqual(",".join(given["args"]) or "-", row["args"])

    def test_text_has_a_line_for_each_id(self):
        listed = out("list")
        for row in rows():
            self.assertRegex(listed, rf"(?m)^#{re.escape(row['ref'])}  {row['id']} ")

    def test_unknown_format_is_misuse(self):
        self.assertEqual(run("list", "--format", "xml").returncode, 2)


class Render(Folder):
    def test_bytes_are_those_of_the_wire(self):
        said = run("render", "--lang", "de", "ERR_SMTP_ADDRESS_UNKNOWN", "bert@example.org")
        self.assertEqual(said.stdout, b"550 5.1.1 Postfach bert@example.org existiert nicht (#4.28)\r\n")
        self.assertEqual((said.returncode, said.stderr), (0, b""))

    def test_published_line_of_each_row(self):
        samples = {"count": "2", "reason": "ERR_SECPOL_BLACK", "banner": "mx.example.org ESMTP"}
        for row in rows():
            kinds = [] if row["args"] == "-" else row["args"].split(",")
            said = run("render", "--host", "mx.example.org", row["id"], *[samples.get(kind, "192.0.2.1") for kind in kinds])
            self.assertEqual(said.returncode, 0, said)
            for code in ("reply", "enhanced"):
                if row[code] != "-":
                    self.assertIn(row[code].encode(), said.stdout)
            if row["id"] != "ERR_SMTP_334":
                self.assertIn(b"#" + row["ref"].encode(), said.stdout)

    def test_strict_codes(self):
        said = out("render", "--profile=strict", "4.46", "192.0.2.1")
        self.assertTrue(said.startswith("554 "), said)

    def test_utf8_and_ascii(self):
        self.assertEqual(out("render", "-l", "fr", "-u", "1.00"), "la boîte aux lettres est désactivée (#1.00)")
        self.assertEqual(out("render", "-l", "fr", "1.00"), "la boite aux lettres est desactivee (#1.00)")

    def test_dsn_has_all_letters_of_its_language(self):
        self.assertEqual(out("render", "-l", "de", "8.18", "mx.example.net"), "Die Nachricht ist größer, als der Server mx.example.net erlaubt.")
        self.assertIn("\n    Die Nachricht ist größer,", out("preview", "-l", "de"))

    def test_number_chooses_the_plural_form(self):
        self.assertIn("1 message in", out("render", "5.13", "1"))
        self.assertIn("2 messages in", out("render", "5.13", "2"))

    def test_reason_is_in_the_language_of_the_reply(self):
        said = out("render", "-l", "de", "ERR_SMTP_ACCESSDENIED", "a@example.org", "ERR_SECPOL_RBL")
        self.assertIn("DNS-Sperrliste (#2.03) (#4.65)\r\n", said)

    def test_environment_chooses_the_language(self):
        for environment, wanted in (
            ({"LANG": "de_DE"}, "OK"),
            ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "Ok"),
            ({"LANG": "xx", "LANGUAGE": "de_AT:fr"}, "OK"),
            ({"LANG": "xx"}, "OK"),
            ({"LANGUAGE": "C:de"}, "Ok"),
            ({"LC_ALL": "C.UTF-8"}, "Ok"),
        ):
            self.assertEqual(out("render", "ERR_SMTP_OK", **environment), f"250 2.5.0 {wanted} (#3.07)\r\n")

    def test_options_stand_anywhere(self):
        wanted = out("render", "--lang", "de", "4.46", "192.0.2.1")
        self.assertEqual(out("--lang", "de", "render", "4.46", "192.0.2.1"), wanted)
        self.assertEqual(out("render", "4.46", "192.0.2.1", "--lang", "de"), wanted)
        self.assertEqual(out("render", "4.46", "--lang=de", "192.0.2.1"), wanted)

    def test_wrong_arguments_are_misuse(self):
        for arguments in (
            ["ERR_SMTP_OK", "surplus"],
            ["ERR_SMTP_REJECT_PTR"],
            ["ERR_POP_MESSAGECOUNT", "-1"],
            ["ERR_POP_MESSAGECOUNT", "3x"],
            ["ERR_POP_MESSAGECOUNT", "99999999999999999999"],
            ["ERR_SMTP_ACCESSDENIED", "a@example.org", "ERR_SMTP_OK"],
            ["ERR_SMTP_ACCESSDENIED", "a@example.org"],
            ["ERR_NONSENSE"],
            ["1.04"],
            ["3.18"],
            [],
            ["--profile", "loose", "3.07"],
            ["--var", "nonsense=1", "3.07"],
            ["--var", "host", "3.07"],
            ["--overlay", "/does/not/exist", "3.07"],
            ["--locale", "/etc/passwd", "3.07"],
        ):
            said = run("render", "--", *arguments) if "-1" in arguments else run("render", *arguments)
            self.assertEqual((said.returncode, said.stdout), (2, b""), arguments)
            self.assertTrue(said.stderr.startswith(b"ftgate-msg render: "), said.stderr)

    def test_unknown_language_is_english_and_said_so(self):
        said = run("render", "--lang", "xx", "3.07")
        self.assertEqual((said.returncode, said.stdout), (0, b"250 2.5.0 OK (#3.07)\r\n"))
        self.assertIn(b"'xx'", said.stderr)

    def test_a_reply_that_the_wire_cannot_carry_is_said_to_be_english(self):
        said = run("render", "--lang", "ja", "4.28", "a@example.org")
        self.assertEqual(said.stdout, run("render", "--lang", "en", "4.28", "a@example.org").stdout)
        self.assertIn(b"is sent in 'en': 'ja' has no text", said.stderr)
        for arguments in (["-u", "-l", "ja", "4.28", "a"], ["-l", "ja", "FTG_NOTICE_HEADER"], ["-l", "de", "4.28", "a"],
                          ["-l", "C", "4.28", "a"]):
            self.assertEqual(b"", run("render", *arguments).stderr, arguments)

    def test_preview_marks_what_is_english_and_no_notice_that_is_translated(self):
        def marked(*arguments):
            return set(re.findall(r"(?m)^#\S+ (\S+) \(English, no translation\)", out("preview", *arguments)))

        findings = json.loads(run("lint", "--format=json", os.path.join(ROOT, "po", "ja.po")).stdout)["findings"]
        gaps = {finding["id"] for finding in findings if finding["rule"] in ("untranslated", "missing")}
        self.assertEqual(gaps, marked("-u", "-l", "ja"))
        self.assertEqual(gaps, {id_ for id_ in marked("-l", "ja") if "NOTICE" in id_} | gaps)
        self.assertIn("ERR_SMTP_ADDRESS_UNKNOWN", marked("-l", "ja"))
        self.assertEqual(set(), marked("-l", "en"))

    def test_argument_cannot_end_the_line(self):
        said = run("render", "4.28", "a\r\n250 ok")
        self.assertEqual(said.stdout.count(b"\r\n"), 1)

    def own(self, text):
        return self.compile(
            "locale/de/LC_MESSAGES/ftgate-local.mo",
            HEADER + f'\nmsgctxt "ERR_SMTP_OK"\nmsgid "Ok"\nmsgstr "{text}"\n',
        )

    def test_overlay_goes_before_the_translation(self):
        folder = self.own("Alles gut. Fragen: ${contact}")
        said = out("render", "-l", "de", "-o", folder + "/locale", "--var", "contact=post@example.org", "3.07")
        self.assertEqual(said, "250 2.5.0 Alles gut. Fragen: post@example.org (#3.07)\r\n")

    def test_refused_text_is_reported_and_the_translation_sent(self):
        folder = self.own("%s")
        said = run("render", "-l", "de", "-o", folder + "/locale", "3.07")
        self.assertEqual((said.returncode, said.stdout), (0, b"250 2.5.0 OK (#3.07)\r\n"))
        self.assertRegex(said.stderr, rb"ftgate-local\.mo: ERR_SMTP_OK: (argument|directive): ")


class Preview(unittest.TestCase):
    def test_every_id_with_a_line_of_its_own(self):
        shown = out("preview", "--lang", "de", "--english")
        for row in rows():
            self.assertIn(f"#{row['ref']} {row['id']}\n", shown)
        self.assertIn("\n    550 5.1.1 Postfach bert@example.net existiert nicht (#4.28)\n", shown)
        self.assertIn("\nen: 550 5.1.1 bert@example.net unknown mailbox (#4.28)\n", shown)
        self.assertNotIn("\r", shown)
        self.assertNotIn("\033", shown)

    def test_notice_has_each_plural_form_of_its_own_language(self):
        for language, forms in (("ar", 6), ("pl", 3), ("ja", 1)):
            shown = out("preview", "--lang", language)
            lines = shown[shown.index("#8.07 ") : shown.index("#8.08 ")].strip().splitlines()[1:]
            self.assertEqual(len(lines), forms, lines)

    def test_right_to_left_lines_are_as_on_the_wire(self):
        shown = out("preview", "--lang", "fa", "--utf8")
        self.assertIn("-ERR \u2067", shown)
        self.assertNotIn("\\x", shown)

    def test_ascii_unless_asked(self):
        self.assertTrue(out("preview", "--lang", "fr").partition("#8.01")[0].isascii())
        self.assertFalse(out("preview", "--lang", "fr", "--utf8").isascii())


class Pot(Folder):
    def test_is_the_one_in_the_tree(self):
        with open(os.path.join(ROOT, "po", "ftgate.pot"), encoding="utf-8") as file:
            self.assertEqual(out("pot"), file.read())

    def test_gettext_takes_it(self):
        pot = self.write("ftgate.pot", out("pot"))
        listed = subprocess.run(["msgcat", "--no-location", pot], check=True, capture_output=True).stdout.decode()
        contexts = re.findall(r'^msgctxt "(.*)"', listed, re.M)
        wanted = [line.split("\t")[1] for line in out("list", "-f", "tsv").splitlines()[1:]]
        self.assertEqual(contexts, [name for name in wanted if name != "ERR_SMTP_334"])

    def test_format_flag_stands_where_there_is_a_directive(self):
        for entry in out("pot").split("\n\n")[1:]:
            msgid = re.search(r'^msgid "(.*)"', entry, re.M).group(1)
            self.assertEqual("#, c-format" in entry, bool(re.search("%(s|lu)", msgid)), entry)
            self.assertRegex(entry, r"(?m)^#\. Sent: ")
            self.assertRegex(entry, r"(?m)^#\. Longest text( that .*)?: \d+ octets$")

    def test_no_line_is_too_long_and_no_date_is_there(self):
        for line in out("pot").splitlines():
            if line.startswith("#"):
                self.assertLessEqual(len(line), 80, line)
            self.assertNotRegex(line, r"20\d\d-\d\d-\d\d")


with open(os.path.join(ROOT, "src/cmd/msg/export/formats.def"), encoding="ascii") as table:
    FORMATS = re.findall(r'(?m)^FORMAT\("([\w-]+)"', table.read())


class Export(Folder):
    def test_gencat_takes_each_language_and_catgets_finds_each_text(self):
        libc = ctypes.CDLL(None)
        libc.catopen.restype = libc.catgets.restype = ctypes.c_void_p
        exported = json.loads(out("export", "--format", "json"))
        references = collections.Counter(row["ref"] for row in exported["replies"])
        cat = os.path.join(self.folder, "ftgate.cat")
        self.assertGreater(len(exported["languages"]), 40)
        for language in exported["languages"]:
            source = self.write("ftgate.msg", out("export", "--format", "catgets", "--lang", language))
            done = subprocess.run(["gencat", "--new", cat, source], capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual((done.returncode, done.stderr), (0, b""), language)
            catalogue = ctypes.c_void_p(libc.catopen(cat.encode(), 0))
            for row in exported["replies"]:
                if language in row["texts"] and references[row["ref"]] == 1:
                    found = libc.catgets(catalogue, int(row["ref"][0]), int(row["ref"][2:]) + 1, b"none")
                    self.assertEqual(row["texts"][language]["utf8"]["forms"][-1], ctypes.string_at(found).decode(), (language, row["id"]))
            libc.catclose(catalogue)

    def test_numbers_follow_the_references(self):
        exported = out("export", "-f", "catgets", "-l", "C")
        self.assertIn('$set 4\n', exported)
        self.assertIn('\n47 "[%s] PTR record is blank - reverse DNS lookup failed"\n', exported)
        self.assertIn('\n105 "[%s] Max concurrent sessions"\n', exported)
        self.assertIn('\n9 "Service closing transmission channel"\n', exported)
        self.assertNotIn("ERR_SMTP_334", exported)

    def test_reordered_arguments_quotes_and_variables_are_kept(self):
        folder = self.compile(
            "locale/de/LC_MESSAGES/ftgate-local.mo",
            HEADER
            + '\n#, c-format\nmsgctxt "ERR_SMTP_ACCESSDENIED"\nmsgid "Access Denied <%s> (%s)"\n'
            + r'msgstr "%2$s: \"100 %%\" \\ <%1$s> ${contact}"' + "\n",
        )
        exported = out("export", "-f", "catgets", "-l", "de", "-o", folder + "/locale")
        self.assertIn(r'66 "%2$s: \"100 %%\" \\ <%1$s> ${contact}"' + "\n", exported)

    def test_page_of_the_manual_is_in_the_languages_that_are_asked_for(self):
        page = out("export", "--format", "mdoc")
        entry = page.split("\n.Ss #4.46 ERR_SMTP_REJECT_PTR\n")[1].split("\n.Ss ")[0]
        self.assertIn("\n\\&500 5.0.0 as published; 554 by the RFCs\n", entry)
        self.assertIn("\n\\&[%s] PTR record is blank \\- reverse DNS lookup failed\n", entry)
        self.assertIn("\\(aqdig \\-x ADDRESS\\(aq", entry)
        self.assertNotIn("\n.It \\&de\n", page)
        entry = out("export", "-f", "mdoc", "-l", "de").split(".Ss #7.05 ")[1].split("\n.Ss ")[0]
        self.assertEqual(entry.count("\n.It \\&de\n"), 2)
        self.assertIn("\n.It \\&What \\&the \\&sender", entry)

    def test_page_of_the_manual_has_no_macro_but_its_own(self):
        for language in ("C", "de", "pt-BR", "ar"):
            for line in out("export", "-f", "mdoc", "-l", language).splitlines()[8:]:
                self.assertRegex(line, r"^(\\&|\.(Sh|Ss|Bl|El|It|Xr)\b)")

    def test_format_must_be_named_and_known(self):
        self.assertEqual(run("export").returncode, 2)
        self.assertEqual(run("export", "--format", "xliff").returncode, 2)
        refused = run("export", "--format", "cagtets")
        self.assertEqual((2, b""), (refused.returncode, refused.stdout))
        self.assertIn(b"there is no format 'cagtets'; did you mean 'catgets'?\n", refused.stderr)

    def test_help_has_each_format_and_completion_their_names(self):
        shown = out("export", "--help")
        for name in FORMATS:
            self.assertRegex(shown, rf"(?m)^  {name} +\S")
        for option in "-f", "--format":
            self.assertEqual(FORMATS, out("complete", "export", option, "").split())

    def test_each_format_is_documented(self):
        with open(os.path.join(ROOT, "docs/formats.md"), encoding="utf-8") as page, \
                open(os.path.join(ROOT, "man/ftgate-msg.1"), encoding="utf-8") as manual:
            described, named = page.read(), manual.read()
        self.assertLessEqual({"catgets", "csv", "json"}, set(FORMATS))
        for name in FORMATS:
            self.assertRegex(described, rf"(?m)^\| `{name}` \|")
            self.assertRegex(named, rf"(?m)^\.It Cm {name}\b")

    def test_format_on_standard_output_takes_no_folder(self):
        refused = run("export", "--format", "mdoc", self.folder)
        self.assertEqual((2, b""), (refused.returncode, refused.stdout))
        self.assertIn(b"mdoc takes no folder", refused.stderr)

    def test_own_texts_of_a_data_folder_are_those_of_its_folder_locale(self):
        folder = self.compile("data/locale/de/LC_MESSAGES/ftgate-local.mo",
                              HEADER + '\nmsgctxt "ERR_SMTP_OK"\nmsgid "Ok"\nmsgstr "Gemacht"\n')
        overlay = out("export", "-f", "catgets", "-l", "de", "--overlay", folder + "/data/locale")
        self.assertIn('\n8 "Gemacht"\n', overlay)
        self.assertEqual(overlay, out("export", "-f", "catgets", "-l", "de", "--data", folder + "/data"))
        missing = run("export", "-f", "catgets", "--data", folder + "/none")
        self.assertEqual((2, b""), (missing.returncode, missing.stdout))
        self.assertIn(b"/none: No such file or directory; name the data folder of a server\n", missing.stderr)

    def export_refused(self, fault, *options):
        done = run("export", *options)
        self.assertEqual((2, b""), (done.returncode, done.stdout), options)
        self.assertIn(f"ftgate-msg export: {fault}", done.stderr.decode())

    def test_formats_are_listed_if_none_is_named(self):
        names = ": catgets, csv, html, journal-catalog, json, mdoc, postfix-bounce, postfix-reject-pcre\n"
        self.export_refused("--format is missing" + names)
        self.export_refused("there is no format 'nope'" + names, "--format", "nope")
        self.export_refused("there is no format 'jsn'; did you mean 'json'?\n", "--format", "jsn")

    def test_option_that_a_format_does_not_take_is_refused(self):
        url = ("--help-url", "https://example.org/#")
        for name in ("catgets", "csv", "html", "journal-catalog", "json", "mdoc", "postfix-bounce"):
            folder = [os.path.join(self.folder, "site")] if name == "html" else []
            self.export_refused(f"{name} takes no --help-url\n", "--format", name, *url, *folder)
        for name in ("postfix-bounce", "postfix-reject-pcre"):
            self.export_refused(f"{name} cannot be compared with an earlier export\n", "--format", name, "--since", "/etc")
        self.export_refused("json takes no --contact\n", "--format", "json", "--contact", "x")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "site")))

    def test_what_is_no_earlier_export_is_named(self):
        self.export_refused(f"{self.folder}/replies.tsv is not the table of an export\n",
                            "--format", "html", "--since", self.folder, os.path.join(self.folder, "site"))

    def test_url_that_is_no_link_is_refused(self):
        for url in ("mail.example.org/replies", "javascript:alert(1)", "https://x/a b{ref}"):
            self.export_refused(f"--help-url: '{url}' is not a URL for links; write one such as https://",
                                "--format", "postfix-reject-pcre", "--help-url", url)
        done = run("export", "--format", "postfix-reject-pcre", "--help-url", "https://x/{lang}.html")
        self.assertEqual(0, done.returncode)
        self.assertIn(b"ftgate-msg export: --help-url: its links do not end at the reply; write {ref}, ", done.stderr)


class Stats(Folder):
    def test_shipped_languages_have_nothing_stale_or_refused(self):
        for line in out("stats").splitlines()[1:]:
            self.assertRegex(line, r" [1-9]\d+ +0 +0 +\d+ +\d+%$")

    def test_po_and_mo_count_alike(self):
        po = HEADER + "\n".join(
            ['', 'msgctxt "ERR_SMTP_OK"', 'msgid "Ok"', 'msgstr "gut"',
             '', 'msgctxt "ERR_POP_TLS"', 'msgid "TLS"', 'msgstr "alt"',
             '', 'msgctxt "ERR_POP_SYNTAX"', 'msgid "Syntax Error"', 'msgstr "[X]"', ''])
        self.compile("locale/de/LC_MESSAGES/ftgate.mo", po)
        from_po = out("stats", self.write("de.po", po)).splitlines()[1].split()
        from_mo = out("stats", "--locale", self.folder + "/locale").splitlines()[1].split()
        self.assertEqual(from_po[-5:], from_mo[-5:])
        self.assertEqual(from_po[-5:-2], ["1", "1", "1"])

    def test_columns_say_what_each_wire_carries(self):
        # Without the shares, which are there while a text is missing.
        lines = [re.sub(r" \d+%(?= )", "", line) for line in out("stats").splitlines()[1:]]
        rows = {line.split()[0]: line.split()[1:5] for line in lines}
        self.assertEqual(["de", "de", "de", "de"], rows["de"])
        self.assertEqual(["en", "ja", "ja"], rows["ja"][:3])
        self.assertEqual(["en", "en", "en", "en"], rows["en"])

    def test_a_part_is_a_share(self):
        self.compile("locale/ru/LC_MESSAGES/ftgate.mo", HEADER.replace("de", "ru") + "\n".join(
            ['', 'msgctxt "ERR_SMTP_RCPTOK"', 'msgid "Recipient OK"', 'msgstr "Да"', '']))
        self.compile("locale/ru@latin/LC_MESSAGES/ftgate.mo", HEADER.replace("de", "ru@latin") + "\n".join(
            ['', 'msgctxt "ERR_SMTP_RCPTOK"', 'msgid "Recipient OK"', 'msgstr "Da"', '']))
        table = out("stats", "--format", "markdown", "--locale", self.folder + "/locale").splitlines()
        self.assertRegex(table[2], r"^\| `ru` \| en 9\d% \| en \| en \| en \|$")

    def test_readme_has_the_same_table(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        # Without the shares: a reply that has been added and not yet translated changes them all.
        table = re.sub(r" \d+%(?= \|)", "", out("stats", "--format", "markdown"))
        self.assertIn("\n\n" + table + "\n", re.sub(r" \d+%(?= \|)", "", readme), "run scripts/update-readme")

    def test_file_that_cannot_be_read_is_trouble(self):
        for name in ("syntax.po", "latin1.po"):
            self.assertEqual(run("stats", os.path.join(ROOT, "tests", "clients", "po", name)).returncode, 2, name)

    def test_file_beside_the_folders_of_languages_is_no_language(self):
        """The package locales of Debian has /usr/share/locale/locale.alias."""
        po = HEADER + '\nmsgctxt "ERR_SMTP_OK"\nmsgid "Ok"\nmsgstr "gut"\n'
        self.compile("locale/de/LC_MESSAGES/ftgate.mo", po)
        self.write("locale/locale.alias", "german de_DE.ISO-8859-1\n")
        self.assertEqual(2, len(out("stats", "--locale", self.folder + "/locale").splitlines()))

    def test_missing_folder_is_trouble(self):
        self.assertEqual(run("stats", "--locale", self.folder + "/nowhere").returncode, 2)


class Program(unittest.TestCase):
    def test_help_of_each_command(self):
        commands = re.findall(r"(?m)^  ([a-z]+) ", out("--help"))
        self.assertEqual(commands, sorted("list render preview explain annotate lint stats new pseudo pot export".split()))
        for command in commands:
            self.assertIn(f"Usage: ftgate-msg {command} ", out(command, "--help"))

    def test_usage_is_one_line_in_each_language(self):
        """An empty text that is translated is the header of the translations."""
        with open(os.path.join(ROOT, "po", "tools", "LINGUAS"), encoding="utf-8") as linguas:
            languages = linguas.read().split()
        for command in re.findall(r"(?m)^  ([a-z]+) ", out("--help")):
            for language in languages:
                help_text = out(command, "--help", LANGUAGE=language, LC_ALL="C.UTF-8")
                self.assertIn(f" ftgate-msg {command} ", help_text.splitlines()[0])
                self.assertNotIn("Project-Id-Version", help_text)
                self.assertEqual(1, help_text.count(f" ftgate-msg {command} ["), (command, language))

    def test_speaks_the_language_of_its_user_without_a_locale_of_the_system(self):
        if tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))) >= (2, 39):
            self.skipTest("this libc translates only where the locale is installed")
        self.assertIn("Gibt die Tabelle der Antworten aus", out("list", "--help", LANG="de_DE"))
        self.assertIn("Gibt die Tabelle der Antworten aus", out("list", "--help", LANGUAGE="de_AT:fr"))
        self.assertIn("Prints the table of the replies", out("list", "--help", LANG="de_DE", LC_ALL="C"))
        self.assertIn("Was der Absender tun kann", out("explain", "4.46", LANG="de_DE"))

    def test_version(self):
        self.assertRegex(out("--version"), r"^ftgate-msg \(ftgate\) \d+\.\d+\.\d+\n$")

    def test_misuse(self):
        for arguments in ([], ["nonsense"], ["list", "surplus"], ["--nonsense"], ["pot", "x"], ["lint"]):
            said = run(*arguments)
            self.assertEqual((said.returncode, said.stdout), (2, b""), arguments)
            self.assertIn(b"ftgate-msg", said.stderr)

    def test_full_disk_is_trouble(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([os.path.join(BUILD, "ftgate-msg"), "list"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    unittest.main()
