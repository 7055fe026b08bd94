#!/usr/bin/env python3
"""How ftgatectl prints: tables that fit the terminal, JSON and CSV, colours, and the charset of the locale."""

import csv
import fcntl
import io
import ipaddress
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import termios
import unicodedata
import unittest

from server import ACCOUNT, DOMAIN, SECONDS, TestCase, environment, has_terminals, main, program

COMMENTS = {"192.0.2.1": "ordinary words of a comment that is too long for a line of eighty columns of a terminal",
            "192.0.2.2": "長いコメント" * 12, "192.0.2.3": "e\u0301" * 90, "192.0.2.4": "\033]0;title\007\u202e",
            "192.0.2.5": "a, \"b\"\nc", "192.0.2.6": ""}
BOLD, RED, END = "\033[1m", "\033[1;31m", "\033[0m"


def columns_of(text):
    """The columns that a line takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def on_terminal(*command, columns=80, errors=False, **variables):
    """What a program writes to a terminal of so many columns."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    kept = {name: value for name, value in environment().items() if name not in ("COLUMNS", "NO_COLOR", "TERM")}
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if errors else slave,
                               stderr=slave if errors else subprocess.PIPE, env={**kept, "TERM": "xterm", **variables})
    os.close(slave)
    printed = b""
    try:
        while piece := os.read(master, 65536):
            printed += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    started.wait(SECONDS)
    if not errors:
        started.stderr.close()
    return printed


class OutputCase(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.mkdtemp(prefix="ftgate-test-")
        cls.addClassCleanup(shutil.rmtree, cls.data)
        for words in (["domain", "add", DOMAIN], ["account", "add", ACCOUNT, "--no-password", "quota-bytes=10M"],
                      ["alias", "add", "info@" + DOMAIN, ACCOUNT], ["list", "add", "all@" + DOMAIN, ACCOUNT, "info@" + DOMAIN],
                      *(["access", "add", "refused", network, "comment="] for network in COMMENTS)):
            subprocess.run(cls.command(*words), env=environment(), check=True, timeout=SECONDS)
        with sqlite3.connect(os.path.join(cls.data, "ftgate.db")) as database:  # an older version took any text
            database.executemany("UPDATE access SET comment = ? WHERE network = ?",
                                 [(text or None, ipaddress.IPv6Address("::ffff:" + network).packed)
                                  for network, text in COMMENTS.items()])
        database.close()

    @classmethod
    def command(cls, *words):
        return [program("ftgatectl"), "--data", cls.data, *words]

    def run_ctl(self, *words, status=0, **variables):
        done = subprocess.run(self.command(*words), env=environment(**variables), capture_output=True, timeout=SECONDS)
        self.assertEqual(status, done.returncode, done.stderr)
        self.error = done.stderr
        return done.stdout

    def rows(self, *words):
        """The rows of CSV, as objects of texts."""
        return list(csv.DictReader(io.StringIO(self.run_ctl("--format", "csv", *words).decode(), newline="")))


class Formats(OutputCase):
    def test_json_and_csv_have_the_same_fields_and_values(self):
        def text(value):
            if isinstance(value, list):
                return "\n".join(value)
            return {None: "", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, int) or \
                isinstance(value, bool) else str(value)
        for noun in ("domain", "account", "alias", "list", "access"):
            listed = json.loads(self.run_ctl("--json", noun, "list"))
            self.assertEqual([{name: text(value) for name, value in row.items()} for row in listed], self.rows(noun, "list"))
            self.assertEqual(listed, json.loads(self.run_ctl("--format=json", noun, "list")))
        shown = json.loads(self.run_ctl("--json", "list", "show", "all@" + DOMAIN))
        self.assertEqual([{name: text(value) for name, value in shown.items()}], self.rows("list", "show", "all@" + DOMAIN))
        self.assertEqual([ACCOUNT, "info@" + DOMAIN], shown["members"])

    def test_data_of_others_is_kept_for_programs(self):
        self.assertEqual(list(COMMENTS.values()), [row["comment"] for row in self.rows("access", "list")])
        self.assertEqual([text or None for text in COMMENTS.values()],
                         [row["comment"] for row in json.loads(self.run_ctl("--json", "access", "list"))])

    def test_pipe_gets_whole_lines_without_a_heading(self):
        lines = self.run_ctl("access", "list").decode().splitlines()
        self.assertEqual([f"refused  {network}  {text}".rstrip() for network, text in list(COMMENTS.items())[:3]], lines[:3])
        self.assertEqual(r"refused  192.0.2.4  \x1B]0;title\x07\xE2\x80\xAE", lines[3])
        self.assertEqual(r'refused  192.0.2.5  a, "b"\x0Ac', lines[4])
        self.assertEqual("refused  192.0.2.6", lines[5])

    def test_unknown_format_is_refused(self):
        self.run_ctl("--format", "xml", "access", "list", status=64)
        self.assertIn(b"there is no format 'xml'; use table, json or csv", self.error)
        self.run_ctl("--color", "pink", "access", "list", status=64)
        self.assertIn(b"'pink' is not one of auto, always, never", self.error)

    # Commands that change something or act; what they print is for people.
    SILENT = {*(f"{noun} {verb}" for noun in ("domain", "account", "alias", "list", "access")
                for verb in ("add", "set", "remove", "rename")),
              *(f"import {kind}" for kind in ("domains", "accounts", "aliases", "lists", "access")), "quickstart", "reload",
              "blacklist remove", "blacklist clear", "queue run", "queue hold", "queue release", "queue remove", "text set",
              "text unset", "text edit", "text apply", "text revert", "text forget", "srs rotate", "database migrate"}
    WORDS = {"domain show": [DOMAIN], "account show": [ACCOUNT], "alias show": ["info@" + DOMAIN], "list show": ["all@" + DOMAIN],
             "access show": ["refused", "192.0.2.1"], "text show": ["de", "4.28"], "text diff": ["de"], "text history": ["de"]}
    # A message in the queue, a log, PostgreSQL: test_queue.py, test_trace.py, test_postgres_texts.py
    NEEDS_MORE = {"queue show", "trace", "text status"}

    def words_of(self, *words):
        return subprocess.run([program("ftgatectl"), "complete", *words, ""], env=environment(), check=True, timeout=SECONDS,
                              stdout=subprocess.PIPE).stdout.decode().split()

    def test_each_command_that_prints_data_has_json_and_csv(self):
        for text in ("Kein %s", "Niemals %s"):
            subprocess.run(self.command("text", "set", "de", "4.28", text), env=environment(), check=True, timeout=SECONDS,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        listed = self.run_ctl("--format", "csv", "text", "list").decode()
        self.assertTrue(listed.startswith("language,ref,id,state,line,text\n"), listed)
        self.assertIn(",#4.28,ERR_SMTP_ADDRESS_UNKNOWN,live,", listed)
        self.run_ctl("--format", "csv", "quickstart", "example.org", status=64)
        self.assertIn(b"quickstart prints text or JSON, not csv", self.error)
        walked = 0
        for noun in self.words_of():
            for verb in self.words_of(noun) if f"{noun}" not in ("quickstart", "reload", "status", "trace") else [""]:
                name = f"{noun} {verb}".strip()
                if name in self.SILENT | self.NEEDS_MORE or noun == "rename":
                    continue
                printed = [subprocess.run(self.command("--format", form, *name.split(), *self.WORDS.get(name, [])),
                                          env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                          timeout=SECONDS).stdout.decode() for form in ("json", "csv")]
                data = [json.loads(line) for line in printed[0].splitlines()] if noun == "export" else json.loads(printed[0])
                rows = list(csv.reader(io.StringIO(printed[1], newline="")))
                self.assertEqual([], [row for row in rows if len(row) != len(rows[0])], name)
                if isinstance(data, list):
                    self.assertEqual(len(data), max(len(rows) - 1, 0), name)
                else:
                    self.assertGreaterEqual(len(rows), 2, name)
                walked += 1
        self.assertGreater(walked, 15)


@unittest.skipUnless(has_terminals(), "needs pseudo-terminals")
class Terminal(OutputCase):
    def lines(self, *words, columns=80, **variables):
        return on_terminal(*self.command(*words), columns=columns, **variables).decode().splitlines()

    def test_lines_fit_the_terminal(self):
        for columns in (40, 61, 80, 300):
            for variables in ({}, {"COLUMNS": "50"}):
                heading, *lines = self.lines("access", "list", columns=columns, LC_ALL="C.UTF-8", LOCPATH="", **variables)
                wide = int(variables.get("COLUMNS", columns))
                self.assertEqual(f"{BOLD}kind     value      comment{END}", heading)
                self.assertEqual(len(COMMENTS), len(lines))
                for line, text in zip(lines, COMMENTS.values()):
                    self.assertLessEqual(columns_of(line), wide, line)
                    if columns_of(text) > wide and text.isprintable():
                        self.assertTrue(line.endswith("…"), line)
                        self.assertGreaterEqual(columns_of(line), wide - 1, line)
                        self.assertTrue(text.startswith(line[20:-1]), line)
                        self.assertFalse(unicodedata.combining(text[len(line[20:-1])]), line)

    def test_ellipsis_is_of_the_charset(self):
        line = self.lines("access", "list", LC_ALL="C")[1]
        self.assertTrue(line.isascii() and line.endswith("..."), line)
        self.assertEqual(80, len(line))

    def test_data_cannot_control_the_terminal(self):
        for words in (["access", "list"], ["access", "show", "refused", "192.0.2.4"], ["--json", "access", "list"],
                      ["--format", "csv", "access", "list"]):
            printed = "".join(self.lines("--color", "never", *words, LC_ALL="C.UTF-8", LOCPATH=""))
            self.assertFalse(set("\033\007\u202e") & set(printed), printed)
            self.assertIn("title", printed)

    def test_colour_is_for_terminals_that_have_it(self):
        for has, options, variables in ((True, [], {}), (False, [], {"TERM": "dumb"}), (False, [], {"NO_COLOR": "1"}),
                                        (True, [], {"NO_COLOR": ""}), (False, ["--color", "never"], {}),
                                        (True, ["--color=always"], {"NO_COLOR": "1", "TERM": "dumb"}),
                                        (False, ["--color=auto"], {"TERM": ""})):
            heading = self.lines(*options, "access", "list", **variables)[0]
            self.assertEqual(has, BOLD in heading, (options, variables))
            errors = on_terminal(*self.command(*options, "access", "show", "refused", "192.0.2.9"), errors=True,
                                 **variables).decode()
            self.assertEqual(has, errors.startswith(f"{RED}ftgatectl:{END} "), (errors, variables))
            self.assertIn("ftgatectl:", errors)
        self.assertNotIn(b"\033", self.run_ctl("access", "list", TERM="xterm"))


@unittest.skipUnless(has_terminals(), "needs pseudo-terminals")
class ColoursOfMsg(TestCase):
    """ftgate-msg colours what ftgatectl does, if a terminal has colours."""

    def printed(self, *words, **options):
        return on_terminal(program("ftgate-msg"), *words, LC_ALL="C", **options).decode()

    def test_headings_are_bold_where_there_are_colours(self):
        for words, heading in ((["explain", "4.28"], "ERR_SMTP_ADDRESS_UNKNOWN (#4.28)"), (["preview"], "#4.28 ERR_SMTP_ADDRESS_UNKNOWN")):
            for has, options, variables in ((True, [], {}), (False, [], {"NO_COLOR": "1"}), (False, [], {"TERM": "dumb"}),
                                            (False, ["--color=never"], {}), (True, ["--color", "always"], {"NO_COLOR": "1"})):
                for command in ([*options, *words], [*words, *options]):
                    shown = self.printed(*command, **variables)
                    self.assertIn(f"{BOLD}{heading}{END}" if has else heading, shown, (command, variables))
                    self.assertEqual(has, "\033" in shown, (command, variables))
        self.assertTrue(self.printed("stats").startswith(f"{BOLD}language "))

    def test_errors_have_the_name_of_the_command_in_red(self):
        for has, options in (True, []), (False, ["--color=never"]):
            error = self.printed("explain", *options, "/nonexistent", errors=True)
            name = "ftgate-msg explain:"
            self.assertTrue(error.startswith((f"{RED}{name}{END}" if has else name) + " /nonexistent: "), error)
        refused = subprocess.run([program("ftgate-msg"), "explain", "--color=pink", "4.28"], env=environment(), stderr=subprocess.PIPE,
                                 timeout=SECONDS)
        self.assertEqual(2, refused.returncode)
        self.assertIn(b"--color: 'pink' is not one of auto, always, never", refused.stderr)

    def test_data_for_programs_has_no_colours(self):
        for words in (["explain", "--json", "4.28"], ["explain", "--format=csv", "4.28"], ["list"], ["stats", "--format=csv"],
                      ["export", "--format=json", "--lang=de"], ["render", "4.21"]):
            self.assertNotIn("\033", self.printed(*words, "--color=always"), words)


class Charset(OutputCase):
    """The locale need not be installed: its name says the charset."""

    def help(self, **language):
        return self.run_ctl("--help", LOCPATH="", **language)

    def test_help_is_encoded_for_the_locale(self):
        for charset, text, language in (
                ("utf-8", "hinzufügen", {"LANG": "de_DE.UTF-8"}), ("utf-8", "hinzufügen", {"LANG": "de_DE"}),
                ("utf-8", "hinzufügen", {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}),
                ("utf-8", "hinzufügen", {"LC_MESSAGES": "de_DE.UTF-8"}),
                ("iso8859-1", "hinzufügen", {"LANG": "de_DE.ISO-8859-1"}),
                ("iso8859-15", "hinzufügen", {"LC_ALL": "de_DE.ISO-8859-15@euro"}),
                ("iso8859-2", "usunięcie", {"LANG": "pl_PL.ISO-8859-2"}), ("koi8-r", "показать", {"LANG": "ru_RU.KOI8-R"}),
                ("euc-jp", "一覧", {"LANG": "ja_JP.EUC-JP"})):
            self.assertIn(text, self.help(**language).decode(charset), language)

    def test_umlaut_is_one_octet_in_latin_1(self):
        self.assertIn(b"hinzuf\xfcgen", self.help(LANG="de_DE.ISO-8859-1"))
        self.assertIn("hinzufügen".encode(), self.help(LANG="de_DE"))

    def test_errors_are_encoded_too(self):
        self.run_ctl("access", "list", "grün", status=65, LANG="de_DE.ISO-8859-1", LOCPATH="")
        self.assertIn(b"'gr\xfcn'", self.error)

    def test_words_of_the_command_line_are_in_the_charset_of_the_locale(self):
        latin = {"LANG": "de_DE.ISO-8859-1", "LOCPATH": ""}
        self.run_ctl("access", "add", "refused", "198.51.100.1", "comment=Grüße".encode("latin-1"), **latin)
        self.addCleanup(self.run_ctl, "access", "remove", "refused", "198.51.100.1")
        self.assertIn("Grüße\n".encode(), self.run_ctl("access", "list"))
        self.run_ctl("account", "show", "jörg@bücher.example".encode("latin-1"), status=67, **latin)
        self.assertIn("jörg@bücher.example", self.error.decode("latin-1"))
        self.run_ctl("text", "set", "de", "4.28", "%s Tschüss".encode("latin-1"), **latin)
        self.addCleanup(self.run_ctl, "text", "unset", "de", "4.28")
        self.assertIn("Tschüss".encode(), self.run_ctl("text", "show", "de", "4.28"))
        self.run_ctl("text", "set", "ja", "4.28", "%s は無い".encode("euc-jp"), LANG="ja_JP.EUC-JP", LOCPATH="")
        self.addCleanup(self.run_ctl, "text", "unset", "ja", "4.28")
        self.assertIn(" は無い".encode(), self.run_ctl("text", "show", "ja", "4.28"))

    def test_password_is_in_the_charset_of_the_locale(self):
        add = self.command("account", "add", "latin@" + DOMAIN, "--password-stdin", "--keep-secret")
        subprocess.run(add, input="schön\n".encode("latin-1"), env=environment(LANG="de_DE.ISO-8859-1", LOCPATH=""), check=True,
                       timeout=SECONDS)
        self.addCleanup(self.run_ctl, "account", "remove", "latin@" + DOMAIN)
        exported = [json.loads(line) for line in self.run_ctl("--json", "export", "accounts", "--with-passwords").splitlines()]
        self.assertIn("schön", [account.get("secret") for account in exported])

    def test_names_of_files_are_octets(self):
        path = os.path.join(os.fsencode(self.data), "für.csv".encode("latin-1"))
        with open(path, "wb") as file:
            file.write(b"name\n")
        self.run_ctl("import", "domains", path, LANG="de_DE.ISO-8859-1", LOCPATH="")

    def test_what_the_charset_lacks_is_spelled_or_said_in_english(self):
        self.assertIn(b"hinzufuegen", self.help(LANG="de_DE.ASCII") if not has_terminals() else
                      on_terminal(*self.command("--help"), LANG="de_DE.ASCII", LOCPATH=""))
        shown = self.help(LANG="ja_JP.ISO-8859-1")
        self.assertIn(b"list the hosted domains", shown)
        self.assertNotIn(b"\\x", shown)

    def test_names_are_not_spelled_otherwise(self):
        self.run_ctl("access", "add", "refused", "198.51.100.1", "comment=Grüße 東")
        self.addCleanup(self.run_ctl, "access", "remove", "refused", "198.51.100.1")
        self.assertIn(b"Gr\xfc\xdfe \\xE6\\x9D\\xB1\n", self.run_ctl("access", "list", LANG="de_DE.ISO-8859-1", LOCPATH=""))
        self.assertIn("Grüße 東\n".encode(), self.run_ctl("access", "list", LC_ALL="C"))
        if has_terminals():
            self.assertIn(rb"Gr\xC3\xBC\xC3\x9Fe \xE6\x9D\xB1", on_terminal(*self.command("access", "list"), LC_ALL="C"))

    def test_data_for_programs_is_utf_8(self):
        self.run_ctl("access", "add", "refused", "198.51.100.1", "comment=Grüße")
        self.addCleanup(self.run_ctl, "access", "remove", "refused", "198.51.100.1")
        for option in ("--json", "--format=csv"):
            for language in ({"LC_ALL": "C"}, {"LANG": "de_DE.ISO-8859-1", "LOCPATH": ""}):
                self.assertIn("Grüße".encode(), self.run_ctl(option, "access", "list", **language))


class Messages(TestCase):
    def printed(self, *words, **variables):
        return subprocess.run([program("ftgate-msg"), *words], env=environment(**variables), stdout=subprocess.PIPE, check=True,
                              timeout=SECONDS).stdout.decode()

    def test_texts_of_the_command_line_are_in_the_charset_of_the_locale(self):
        latin = {"LANG": "en_US.ISO-8859-1", "LOCPATH": ""}
        address = "jörg@bücher.example"
        for words in (["render", "--utf8", "--lang", "de", "4.28", address],
                      ["render", "--utf8", "--lang", "de", "--var", "contact=jörg", "--host", "bücher.example", "3.01", "x"],
                      ["explain", "--json", "550 5.1.1 Das Postfach " + address + " gibt es (#4.28)"]):
            encoded = [word.encode("latin-1") for word in words]
            self.assertEqual(self.printed(*words), self.printed(*encoded, **latin), words)

    def test_list_and_stats_have_json_and_csv(self):
        for command in ("list", "stats"):
            data = json.loads(self.printed(command, "--format", "json"))
            rows = list(csv.DictReader(io.StringIO(self.printed(command, "--format", "csv"), newline="")))
            self.assertEqual([list(row) for row in data], [list(row) for row in rows])
            text = lambda value: "" if value is None else "\n".join(value) if isinstance(value, list) else str(value)
            self.assertEqual([{name: text(value) for name, value in row.items()} for row in data], rows)
            self.assertGreater(len(rows), 40)


class Words(OutputCase):
    def refusal(self, name, *words, status):
        done = subprocess.run([program(name), *words], env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=SECONDS)
        self.assertEqual((status, b""), (done.returncode, done.stdout), words)
        return done.stderr.decode()

    def test_error_names_the_word_and_the_nearest(self):
        for word, nearest, *words in (
                ("acount", "account", "acount", "list"), ("account lsit", "account list", "account", "lsit"),
                ("--jsno", "--json", "--jsno", "account", "list"), ("--fromat=csv", "--format", "--fromat=csv", "queue", "list"),
                ("quota-byte", "quota-bytes", "account", "set", ACCOUNT, "quota-byte=1"),
                ("refusd", "refused", "access", "list", "refusd"),
                ("expand=acounts", "accounts", "list", "set", "all@" + DOMAIN, "expand=acounts"),
                ("recipients=neutrl", "neutral", "domain", "set", DOMAIN, "recipients=neutrl"),
                ("german", "de", "domain", "set", DOMAIN, "language=german"),
                ("germn", "de", "text", "show", "germn"),
                ("ERR_SMTP_ADRESS_UNKNOWN", "ERR_SMTP_ADDRESS_UNKNOWN", "text", "show", "de", "ERR_SMTP_ADRESS_UNKNOWN"),
                ("hostnam=x", "hostname", "quickstart", "example.org", "hostnam=x")):
            error = self.refusal("ftgatectl", "--data", self.data, *words, status=65 if nearest not in (
                "account", "account list", "--json", "--format", "hostname") else 64)
            self.assertIn(word, error)
            self.assertIn(f"; did you mean '{nearest}'?\n", error)
        for word, nearest, *words in (
                ("lst", "list", "lst"), ("--formt", "--format", "list", "--formt", "json"),
                ("ERR_SMTP_ADRESS_UNKNOWN", "ERR_SMTP_ADDRESS_UNKNOWN", "render", "ERR_SMTP_ADRESS_UNKNOWN"),
                ("ERR_SMTP_ADRESS_UNKNOWN", "ERR_SMTP_ADDRESS_UNKNOWN", "explain", "ERR_SMTP_ADRESS_UNKNOWN"),
                ("germn", "de", "new", "germn")):
            error = self.refusal("ftgate-msg", *words, status=1 if words[0] in ("new", "explain") else 2)
            self.assertIn(word, error)
            self.assertIn(f"; did you mean '{nearest}'?\n", error)
        for name in ("ftgate-smtpd", "ftgate-pop3d"):
            self.assertIn("unknown option '--wrkers'; did you mean '--workers'?", self.refusal(name, "--wrkers", "1", status=64))

    def test_word_that_is_near_to_none_has_no_hint(self):
        for words in (["mailbox"], ["--loud"], ["account", "delete"]):
            self.assertNotIn("did you mean", self.refusal("ftgatectl", *words, status=64))

    def test_short_help_is_help(self):
        for name, words in (("ftgatectl", []), ("ftgatectl", ["account", "add"]), ("ftgatectl", ["queue"]),
                            ("ftgate-smtpd", []), ("ftgate-pop3d", []), ("ftgate-msg", []), ("ftgate-msg", ["render"]),
                            ("ftgate-msg", ["preview"]), ("ftgate-msg", ["lint"]), ("ftgate-msg", ["explain"])):
            shown = [subprocess.run([program(name), *words, option], env=environment(), capture_output=True, check=True,
                                    timeout=SECONDS).stdout for option in ("-h", "--help")]
            self.assertEqual(shown[1], shown[0], (name, words))
            self.assertIn(b"Usage: " + name.encode(), shown[0])

    def test_help_of_a_command_is_about_it(self):
        shown = self.run_ctl("account", "add", "--help").decode()
        self.assertIn("account add ADDRESS", shown)
        self.assertIn("quota-bytes", shown)
        for other in ("account list", "domain add", "Settings of a domain", "Kinds of access"):
            self.assertNotIn(other, shown)


if __name__ == "__main__":
    main()
