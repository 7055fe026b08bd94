#!/usr/bin/env python3
"""Own words by ftgatectl text: what is set is spoken by both servers; what breaks a rule is named, and changes nothing."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

from mo import HEADER, mo
from pop3 import Pop3Server, Pop3Talk
from server import SECONDS, STRANGER, Server, Talk, TestCase, environment, has_terminals, main, program, render

REFUSED, USAGE, DATAERR, NOINPUT, TEMPFAIL, NOPERM = 1, 64, 65, 66, 75, 77
OWN = "Das Postfach %s gibt es bei uns nicht, schöne Grüße. Fragen: ${contact}"
ADDRESS_UNKNOWN = ("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox")
PO = """# Our words
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

# Anna asked for this
msgctxt "ERR_SMTP_ADDRESS_UNKNOWN"
msgid "%s unknown mailbox"
msgstr "Kein %s"
"""


class Text(TestCase):
    """Runs ftgatectl on the data folder of a server, or of none."""

    data = None

    def text(self, *words, status=0, options=(), input=b"", **variables):
        """What `ftgatectl text` prints; self.error is what it complains of."""
        done = subprocess.run(
            [program("ftgatectl"), "--data", self.data, *options, "text", *words], input=input, timeout=SECONDS,
            env={**environment(), **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.error = done.stderr.decode()
        self.assertEqual(status, done.returncode, (words, done.stdout.decode(), self.error))
        return done.stdout.decode()

    def folder(self, language="de"):
        return os.path.join(self.data, "locale", language, "LC_MESSAGES")

    def files(self):
        """All files of own texts, with their octets."""
        found = {}
        for folder, _, names in os.walk(os.path.join(self.data, "locale")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.join(folder, name)] = file.read()
        return found

    def source(self, language="de"):
        with open(os.path.join(self.folder(language), "ftgate-local.po"), encoding="utf-8") as file:
            return file.read()

    def put(self, name, octets, language="de"):
        os.makedirs(self.folder(language), exist_ok=True)
        with open(os.path.join(self.folder(language), name), "wb") as file:
            file.write(octets if isinstance(octets, bytes) else octets.encode())

    def written(self, text):
        """The path of a file that holds a text, until the test ends."""
        file = self.enterContext(tempfile.NamedTemporaryFile(suffix=".po"))
        file.write(text.encode())
        file.flush()
        return file.name

    def editor(self, *steps):
        """An editor that does one step each time it is started: a text for the file, or None to leave it."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for i, step in enumerate(steps):
            if step is not None:
                with open(os.path.join(folder, f"step{i}"), "w", encoding="utf-8") as file:
                    file.write(step)
        path = os.path.join(folder, "editor")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
n=$(cat {folder}/count 2>/dev/null || echo 0)
echo $((n + 1)) >{folder}/count
[ "$1" = --wait ] && shift
cat "$1" >>{folder}/seen
[ ! -e {folder}/step$n ] || cat {folder}/step$n >"$1"
""")
        os.chmod(path, 0o755)
        self.editor_folder = folder
        return path + " --wait"

    def started(self):
        """How often the editor was started."""
        with open(os.path.join(self.editor_folder, "count"), encoding="utf-8") as file:
            return int(file.read())


class Spoken(Text):
    def setUp(self):
        self.smtp = self.enterContext(Server("--hostname", "mx.example.test", LANG="de_DE"))
        self.data = self.smtp.data
        self.german = render("de", ADDRESS_UNKNOWN[0], STRANGER)

    def said(self):
        with Talk(self.smtp) as talk:
            talk.mail()
            return talk.refused()

    def generation(self):
        done = subprocess.run([program("ftgatectl"), "--data", self.data, "--server", "smtpd", "--json", "status"], timeout=SECONDS,
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["generation"]

    def test_one_command_from_nothing_to_the_next_session(self):
        pop3 = self.enterContext(Pop3Server("--hostname", "mx.example.test", beside=self.smtp, LANG="de_DE"))
        self.assertEqual(self.german, self.said())
        printed = self.text("set", "de", "4.28", OWN)
        self.assertEqual(
            b"550 5.1.1 Das Postfach nobody@example.test gibt es bei uns nicht, schoene Gruesse. Fragen: "
            b"postmaster@mx.example.test (#4.28)\r\n", self.said())
        self.assertIn("ftgate-smtpd: generation 2, refused 0\nftgate-pop3d: generation 2, refused 0\n", printed)
        self.assertIn("""#4.28 ERR_SMTP_ADDRESS_UNKNOWN
  ASCII  550 5.1.1 Das Postfach bert@example.net gibt es bei uns nicht, schoene Gruesse. Fragen: postmaster@mx.example.test (#4.28)
  UTF-8  550 5.1.1 Das Postfach bert@example.net gibt es bei uns nicht, schöne Grüße. Fragen: postmaster@mx.example.test (#4.28)
de: 1 own text is in use
""", printed)
        printed = self.text("set", "de", "FTG_POP_LOGIN", "%lu Brief für Dich (%lu)", "%lu Briefe für Dich (%lu)")
        self.assertIn("de: 2 own texts are in use\n", printed)
        with Pop3Talk(pop3) as talk:
            self.assertEqual(b"+OK 0 Briefe fuer Dich (0) (#7.04)\r\n", talk.log_in())
        with Pop3Talk(pop3) as talk:
            talk.say(b"UTF8")
            self.assertEqual("+OK 0 Briefe für Dich (0) (#7.04)\r\n".encode(), talk.log_in())

    def test_text_that_breaks_a_rule_is_named_and_the_old_one_goes_on(self):
        self.text("set", "de", "4.28", "Alt: %s")
        files, generation = self.files(), self.generation()
        for text, rule in (("%s %n", "directive"), ("%s %s", "argument"), ("250 ok %s", "code"), ("%s (#4.28)", "reference"),
                           ("%s ${PATH}", "variable"), ("%s \u202e", "invisible"), ("%s\a", "control"),
                           ("%s " + "lang " * 400, "length"), ("%s \\n", "lines")):
            with self.subTest(text=text):
                self.text("set", "de", "4.28", text, status=REFUSED)
                self.assertRegex(self.error, rf"\Acommand line: error: ERR_SMTP_ADDRESS_UNKNOWN: {rule}: .+\. .+\.\n"
                                             "ftgatectl: nothing is changed: 1 text is refused\n\\Z")
        self.text("set", "de", "4.28", "", status=REFUSED)
        self.assertIn("text unset de ERR_SMTP_ADDRESS_UNKNOWN", self.error)
        self.assertEqual((files, generation), (self.files(), self.generation()))
        self.assertEqual(b"550 5.1.1 Alt: nobody@example.test (#4.28)\r\n", self.said())

    def test_versions_are_kept_and_come_back(self):
        self.assertEqual("", self.text("history", "de"))
        for n in range(1, 14):
            self.text("set", "de", "4.28", f"Nummer {n}: %s")
        history = json.loads(self.text("history", "de", options=["--json"]))
        self.assertEqual(list(range(13, 3, -1)), [version["version"] for version in history])
        self.assertEqual([1] * 10, [version["texts"] for version in history])
        self.assertEqual("#4.28 ERR_SMTP_ADDRESS_UNKNOWN\n  -      Nummer 12: %s\n  +      Nummer 13: %s\n",
                         self.text("diff", "de"))
        self.text("revert", "de")
        self.assertEqual(b"550 5.1.1 Nummer 12: nobody@example.test (#4.28)\r\n", self.said())
        self.text("revert", "de")  # undoes the one before
        self.assertEqual(b"550 5.1.1 Nummer 13: nobody@example.test (#4.28)\r\n", self.said())
        self.text("revert", "de", "7")
        self.assertEqual(b"550 5.1.1 Nummer 6: nobody@example.test (#4.28)\r\n", self.said())
        files = self.files()
        for version in ("1", "99", "0", "x", "99999999999999999999"):
            self.text("revert", "de", version, status=DATAERR)
        self.text("revert", "fr", status=DATAERR)
        self.assertEqual(files, self.files())

    def test_first_change_can_be_taken_back(self):
        self.text("set", "de", "4.28", "Eins: %s")
        printed = self.text("revert", "de")
        self.assertEqual(self.german, self.said())
        self.assertIn("de: 0 own texts are in use\n", printed)
        self.assertIn(self.german.decode().replace(STRANGER, "bert@example.net").rstrip(), printed)

    def test_unset_brings_the_shipped_words_back_and_keeps_the_rest(self):
        self.text("apply", self.written(PO))
        self.text("set", "de", "4.23", "Was bitte?")
        source = self.source()
        self.text("unset", "de", "ERR_SMTP_SYNTAX3")
        self.assertEqual(PO, self.source())
        self.text("unset", "de", "4.23", status=DATAERR)
        self.text("revert", "de")
        self.assertEqual(source, self.source())
        self.text("unset", "de", "4.23", "4.28")
        self.assertEqual(PO[:PO.index("\n# Anna")], self.source())
        self.assertEqual(self.german, self.said())

    def test_editor_is_started_again_until_the_texts_keep_the_rules(self):
        self.text("apply", self.written(PO))
        editor = self.editor(PO.replace("Kein %s", "Kein %d"), PO.replace("Kein %s\"", "Kein %s"),
                             PO.replace("Kein", "Nicht da:"))
        printed = self.text("edit", "de", EDITOR=editor, input=b"what?\ne\ne\n")
        self.assertEqual(3, self.started())
        self.assertRegex(self.error, r"ftgate-text-\w+\.po:11: error: ERR_SMTP_ADDRESS_UNKNOWN: directive: ")
        self.assertRegex(self.error, r"ftgate-text-\w+\.po:11: error: -: syntax: a string has no closing quote")
        self.assertEqual(b"550 5.1.1 Nicht da: nobody@example.test (#4.28)\r\n", self.said())
        self.assertEqual(PO.replace("Kein", "Nicht da:"), self.source())
        self.assertIn("de: 1 own text is in use\n", printed)

    def test_edit_can_be_given_up(self):
        self.text("apply", self.written(PO))
        files, generation = self.files(), self.generation()
        for answer in (b"x\n", b""):
            self.text("edit", "de", EDITOR=self.editor(PO.replace("%s\"", "%d\"")), input=answer, status=REFUSED)
            self.assertEqual(1, self.started())
            self.assertEqual(answer == b"", "exit without saving: \n" in self.error)
        self.text("edit", "de", EDITOR="false", status=69)
        self.assertIn("the editor failed; set EDITOR to one that " + pwd.getpwuid(os.geteuid()).pw_name, self.error)
        self.assertEqual("nothing is changed\n", self.text("edit", "de", EDITOR=self.editor(None)))
        self.assertEqual((files, generation), (self.files(), self.generation()))

    def test_file_that_is_shown_is_clean_under_any_name(self):
        self.text("set", "de", "4.28", "Kein %s")
        path = self.written(self.text("show", "de"))
        done = subprocess.run([program("ftgate-msg"), "lint", "--werror", path], env=environment(), capture_output=True, text=True,
                              timeout=SECONDS)
        self.assertEqual((0, "1 file: 0 errors, 0 warnings\n"), (done.returncode, done.stdout))

    def test_without_a_setting_the_first_editor_that_is_installed_runs(self):
        self.text("apply", self.written(PO))
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for name in ("nano", "editor", "sensible-editor"):  # each before those above
            command = self.editor(None).split()[0]
            os.rename(command, os.path.join(folder, name))
            for variables in ({"EDITOR": ""}, {"VISUAL": "", "EDITOR": ""}):
                self.assertEqual("nothing is changed\n", self.text("edit", "de", PATH=folder + ":" + self.tools(), **variables))
            self.assertEqual(2, self.started(), name)

    def tools(self):
        """A folder with what the editors of this test need."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        os.symlink(shutil.which("cat"), os.path.join(folder, "cat"))
        return folder

    @unittest.skipUnless(os.geteuid() == 0, "only root becomes another user")
    def test_root_applies_a_file_that_the_owner_of_the_data_cannot_read(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())  # of mode 700, as /root
        path = os.path.join(folder, "de.po")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PO)
        with tempfile.TemporaryDirectory() as self.data:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
            self.text("apply", path)
            self.assertEqual(PO, self.source())
            self.assertEqual(nobody.pw_uid, os.stat(self.folder()).st_uid)
            editor = self.editor(None).split()[0]
            self.text("edit", "de", EDITOR=editor, TMPDIR=folder, status=69)
            self.assertIn("set EDITOR to one that nobody can run", self.error)

    def test_interrupt_at_the_question_leaves_no_copy(self):
        self.text("apply", self.written(PO))
        files, folder = self.files(), self.enterContext(tempfile.TemporaryDirectory())
        for number in (signal.SIGINT, signal.SIGTERM):
            editor = self.editor(PO.replace("%s\"", "%d\""))
            with subprocess.Popen([program("ftgatectl"), "--data", self.data, "text", "edit", "de"], stdin=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env={**environment(), "EDITOR": editor, "TMPDIR": folder}) as ctl:
                asked = b""
                while not asked.endswith(b"What now? e: edit again, x: exit without saving: "):
                    asked += os.read(ctl.stderr.fileno(), 4096) or self.fail(asked)
                self.assertEqual(1, len(os.listdir(folder)))
                ctl.send_signal(number)
                self.assertEqual(REFUSED, ctl.wait(SECONDS))
            self.assertEqual([], os.listdir(folder))
        self.assertEqual(files, self.files())

    def test_visual_comes_before_editor_and_a_new_file_has_its_header(self):
        editor = self.editor(None)
        self.text("edit", "sr@latin", VISUAL=editor, EDITOR="false")
        with open(os.path.join(self.editor_folder, "seen"), encoding="utf-8") as file:
            seen = file.read()
        self.assertIn('"Language: sr@latin\\n"', seen)
        self.assertIn('"Plural-Forms: nplurals=3;', seen)
        self.assertIn("# msgctxt", seen)

    def test_reload_names_what_is_not_read(self):
        self.put("ftgate-local.po", PO, "de")
        self.put("ftgate-local.mo", mo({}), "german!")
        os.mkdir(os.path.join(self.data, "locale", "@Example.ORG"))
        done = subprocess.run([program("ftgatectl"), "--data", self.data, "reload"], timeout=SECONDS, env=environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(REFUSED, done.returncode)
        self.assertRegex(done.stderr.decode(), r"/de/LC_MESSAGES/ftgate-local\.po: warning: no server reads it before it is "
                                               r"compiled: ftgatectl text apply .+/ftgate-local\.po\n")
        self.assertRegex(done.stderr.decode(), r"/german!/LC_MESSAGES/ftgate-local\.mo: warning: no server reads it: own")
        self.assertRegex(done.stderr.decode(), r"/@Example\.ORG: warning: no server reads it: write the domain in lower case")
        self.assertIn("not-compiled ERR_SMTP_ADDRESS_UNKNOWN", self.text("list"))
        self.text("apply", os.path.join(self.folder(), "ftgate-local.po"))
        self.assertEqual(b"550 5.1.1 Kein nobody@example.test (#4.28)\r\n", self.said())
        self.assertEqual("", self.text("history", "de"))

    def test_english_that_has_changed_is_shown_beside_the_old(self):
        old = PO.replace("%s unknown mailbox", "%s is unknown")
        self.text("apply", self.written(old), status=REFUSED)
        self.assertRegex(self.error, r":9: error: ERR_SMTP_ADDRESS_UNKNOWN: stale: ")
        self.assertEqual({}, {path: octets for path, octets in self.files().items() if octets})
        self.put("ftgate-local.po", old)
        self.put("ftgate-local.mo", mo({(ADDRESS_UNKNOWN[0], "%s is unknown"): "Kein %s"}))
        self.smtp.reload()
        status = json.loads(subprocess.run([program("ftgatectl"), "--data", self.data, "--server", "smtpd", "--json", "status"],
                                           timeout=SECONDS, stdout=subprocess.PIPE, check=True).stdout)
        self.assertEqual([{"language": "de", "live": 0, "stale": 1, "refused": 0}], status["own-texts"])
        self.assertIn("""de #4.28 ERR_SMTP_ADDRESS_UNKNOWN
  was    %s is unknown
  is     %s unknown mailbox
  own    Kein %s
""", self.text("stale", status=REFUSED))
        self.text("set", "de", "4.23", "Was bitte?")  # what was refused before is no reason to refuse this
        self.assertRegex(self.error, r":9: warning: ERR_SMTP_ADDRESS_UNKNOWN: stale: ")
        self.text("set", "de", "4.28", "Kein %s")
        self.assertEqual("", self.text("stale"))
        self.assertTrue(self.source().startswith(PO))

    def test_same_text_again_is_no_version_and_printed_all_the_same(self):
        first = self.text("set", "de", "4.28", OWN)
        again = self.text("set", "de", "4.28", OWN)
        self.assertEqual(first.replace("generation 2", "generation 3"), again)
        self.assertEqual(1, len(json.loads(self.text("history", "de", options=["--json"]))))

    def test_status_counts_own_texts_by_language(self):
        self.put("ftgate-local.mo", mo({ADDRESS_UNKNOWN: "Kein %n", ("ERR_SMTP_OK", "Ok"): "Gut"}))
        self.smtp.reload()
        self.text("set", "fr", "4.28", "Pas de %s")
        status = subprocess.run([program("ftgatectl"), "--data", self.data, "--server", "smtpd", "status"], timeout=SECONDS, text=True,
                                stdout=subprocess.PIPE, check=True).stdout
        self.assertRegex(status, r"own-texts +de live 1 stale 0 refused 1\nown-texts +fr live 1 stale 0 refused 0\n")

    def test_greeting_has_the_name_of_the_host(self):
        pop3 = self.enterContext(Pop3Server("--hostname", "mx.example.test", beside=self.smtp))
        self.assertIn("\n  ASCII  220 mx.example.test ESMTP Willkommen (#3.01)\n", self.text("set", "de", "3.01", "%s Willkommen"))
        shown = self.text("set", "de", "7.01", "%s Hallo")
        self.assertIn("+OK mx.example.test Hallo (#7.01) <1896.697170952@mx.example.test>\n", shown)
        self.assertNotIn("example.org", shown)
        self.assertTrue(pop3.pid)


class WithoutServer(Text):
    def setUp(self):
        self.data = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-test-"))

    def test_says_that_no_server_runs(self):
        printed = self.text("set", "de", "4.28", OWN)
        for server in ("smtpd", "pop3d"):
            self.assertIn(f"ftgate-{server}: does not run; it loads the texts when it starts\n", printed)
        self.assertIn("Fragen: ${contact} (#4.28)", printed)

    def test_says_that_the_published_english_has_no_own_texts(self):
        note = "servers use own texts of English only with 'language: en'"
        config = os.path.join(self.data, "ftgate.conf")
        for language, noted in (("", 1), ("language: C\n", 1), ("language: en\n", 0), ("language: de\n", 0)):
            with open(config, "w", encoding="utf-8") as file:
                file.write(language)
            with self.subTest(language=language):
                self.text("set", "en", "4.28", f"no %s {noted}", options=("-c", config))
                self.assertEqual(noted, self.error.count(note), self.error)
        self.text("set", "en", "4.28", "none: %s")
        self.assertEqual(1, self.error.count(note), self.error)
        self.text("apply", "en", "-", input=PO.replace("Language: de", "Language: en").encode())
        self.assertEqual(1, self.error.count(note), self.error)
        self.text("unset", "en", "4.28")
        self.text("set", "de", "4.28", "Kein %s")
        self.assertEqual("", self.error)

    def test_comments_and_all_other_octets_are_kept(self):
        self.text("apply", "-", input=PO.encode())
        self.text("set", "de", "4.23", "Was bitte?")
        added = '\nmsgctxt "ERR_SMTP_SYNTAX3"\nmsgid "Bad command"\nmsgstr "Was bitte?"\n'
        self.assertEqual(PO + added, self.source())
        self.text("set", "de", "4.28", "Nicht \"%s\"\\nhier")
        self.assertEqual(PO.replace("Kein %s", 'Nicht \\"%s\\"\\nhier') + added, self.source())
        self.assertEqual(self.source(), self.text("show", "de"))

    def test_msgfmt_agrees_with_what_is_compiled(self):
        self.text("apply", "-", input=PO.encode())
        self.text("set", "de", "7.04", "%lu Brief (%lu)", "%lu Briefe (%lu)")
        path = os.path.join(self.folder(), "ftgate-local")
        plain = subprocess.run(["msgunfmt", path + ".mo"], stdout=subprocess.PIPE, check=True, timeout=SECONDS).stdout
        compiled = subprocess.run(["msgfmt", "-c", "-o", "-", path + ".po"], stdout=subprocess.PIPE, check=True,
                                  timeout=SECONDS).stdout
        same = subprocess.run(["msgunfmt", "-"], input=compiled, stdout=subprocess.PIPE, check=True, timeout=SECONDS)
        self.assertEqual(same.stdout, plain)

    def test_files_can_be_read_by_the_service_whatever_the_umask(self):
        umask = os.umask(0o777)
        try:
            self.text("set", "de", "4.28", OWN)
        finally:
            os.umask(umask)
        for name, mode in (("ftgate-local.po", 0o644), ("ftgate-local.mo", 0o644), ("", 0o755)):
            status = os.stat(os.path.join(self.folder(), name))
            self.assertEqual((mode, os.stat(self.data).st_uid), (stat.S_IMODE(status.st_mode), status.st_uid), name)

    @unittest.skipIf(os.geteuid() != 0, "only root can give the folder to somebody else")
    def test_files_that_root_makes_belong_to_the_owner_of_the_folder(self):
        os.chown(self.data, 65534, 65534)
        self.text("set", "de", "4.28", OWN)
        for path in list(self.files()) + [self.folder(), os.path.join(self.data, "locale")]:
            self.assertEqual(65534, os.stat(path).st_uid, path)
        os.chown(self.folder(), 0, 0)
        self.text("set", "de", "4.28", "%s", status=NOPERM)
        self.assertIn("its folder must belong to the owner of", self.error)

    def test_replies_that_must_read_alike_are_changed_together(self):
        printed = self.text("set", "de", "5.08", "Falsch")
        self.assertEqual(2, printed.count("must read alike"))
        self.assertEqual({"ERR_POP_LOGIN", "ERR_POP_LOGIN2", "ERR_POP_LOGIN3"},
                         {entry["id"] for entry in json.loads(self.text("list", options=["--json"]))})
        self.assertEqual("", self.error)
        self.text("unset", "de", "5.06")
        self.assertEqual("[]\n", self.text("list", options=["--json"]))
        self.text("apply", "-", input=PO.replace(ADDRESS_UNKNOWN[1], "Mailbox Disabled").replace(
            ADDRESS_UNKNOWN[0], "ERR_MAILBOX_SPAMTRAP").replace("Kein %s", "Weg").encode(), status=REFUSED)
        self.assertIn("ERR_MAILBOX_SPAMTRAP: alike: its text must be that of ERR_MAILBOX_DISABLED", self.error)

    def test_json_has_all_that_is_printed(self):
        self.text("apply", "-", input=PO.encode())
        self.text("set", "de", "4.28", "Nie %s, schön")
        self.text("set", "de", "4.23", "Was?")
        shown = json.loads(self.text("show", "de", "4.28", options=["--json"]))
        self.assertEqual({
            "language": "de", "ref": "#4.28", "id": "ERR_SMTP_ADDRESS_UNKNOWN", "english": ["%s unknown mailbox"],
            "own": ["Nie %s, schön"], "ascii": "550 5.1.1 Nie bert@example.net, schoen (#4.28)\r\n",
            "utf-8": "550 5.1.1 Nie bert@example.net, schön (#4.28)\r\n"}, shown)
        self.assertIsNone(json.loads(self.text("show", "de", "4.46", options=["--json"]))["own"])
        self.assertEqual(
            [{"ref": "#4.28", "id": "ERR_SMTP_ADDRESS_UNKNOWN", "old": ["Kein %s"], "new": ["Nie %s, schön"]},
             {"ref": "#4.23", "id": "ERR_SMTP_SYNTAX3", "old": None, "new": ["Was?"]}],
            json.loads(self.text("diff", "de", "2", options=["--json"])))
        self.put("ftgate-local.po", PO.replace("%s unknown mailbox", "%s is unknown"))
        self.assertEqual([{"language": "de", "ref": "#4.28", "id": "ERR_SMTP_ADDRESS_UNKNOWN", "was": ["%s is unknown"],
                           "is": ["%s unknown mailbox"], "own": ["Kein %s"]}],
                         json.loads(self.text("stale", options=["--json"], status=REFUSED)))

    @unittest.skipUnless(has_terminals(), "needs pseudo-terminals")
    def test_file_cannot_control_the_terminal(self):
        self.put("ftgate-local.po", PO + "# \033]0;title\007\n")
        master, slave = os.openpty()
        try:
            subprocess.run([program("ftgatectl"), "--data", self.data, "text", "show", "de"], stdout=slave, check=True,
                           timeout=SECONDS)
            printed = os.read(master, 65536)
        finally:
            os.close(master)
            os.close(slave)
        self.assertIn(b"\\x1B]0;title\\x07", printed)
        self.assertNotIn(b"\033", printed)

    def test_one_command_changes_texts_at_a_time(self):
        self.text("set", "de", "4.28", OWN)
        files = self.files()
        with open(os.path.join(self.data, "locale/.lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for words in (["set", "de", "4.28", "%s"], ["unset", "de", "4.28"], ["revert", "de"], ["edit", "de"],
                          ["apply", self.written(PO)]):
                self.text(*words, status=TEMPFAIL)
                self.assertIn("another ftgatectl changes texts", self.error)
            self.assertIn("4.28", self.text("list"))
        self.assertEqual(files, self.files())

    def test_compiled_texts_without_their_source_are_not_lost(self):
        self.put("ftgate-local.mo", mo({ADDRESS_UNKNOWN: "Kein %s", ("FTG_POP_LOGIN", "%lu message (%lu octets)\0"
                                        "%lu messages (%lu octets)"): "%lu (%lu)\0%lu, %lu"}, HEADER))
        self.text("list")
        self.assertIn("its .po is missing", self.error)
        self.text("set", "de", "4.23", "Was bitte?")
        texts = {entry["id"]: entry["text"] for entry in json.loads(self.text("list", options=["--json"]))}
        self.assertEqual({"ERR_SMTP_ADDRESS_UNKNOWN": ["Kein %s"], "FTG_POP_LOGIN": ["%lu (%lu)", "%lu, %lu"],
                          "ERR_SMTP_SYNTAX3": ["Was bitte?"]}, texts)

    def test_language_is_found_by_any_spelling(self):
        for spelling, folder in (("pt-BR", "pt_BR"), ("PT_br", "pt_BR"), ("sr-Latn", "sr@latin"), ("de-AT", "de_AT")):
            self.text("set", spelling, "4.28", "%s ?")
            self.assertTrue(os.path.exists(os.path.join(self.folder(folder), "ftgate-local.mo")), spelling)
        self.text("apply", "-", input=PO.replace("Language: de", "Language: en").encode())
        self.assertTrue(os.path.exists(os.path.join(self.folder("en"), "ftgate-local.mo")))
        self.assertEqual({"de_AT", "en", "pt_BR", "sr@latin"},
                         {entry["language"] for entry in json.loads(self.text("list", options=["--json"]))})

    def test_folder_of_an_unknown_language_is_told(self):
        for language in ("german", "de", "de_LI", "sr@latin"):
            self.put("ftgate-local.po", PO, language)
            self.put("ftgate-local.mo", mo({ADDRESS_UNKNOWN: "Kein %s"}), language)
        self.text("list")
        self.assertEqual("german: warning: no known language has this name: clients get its texts only if they ask for it\n",
                         self.error)

    def test_misuse_names_the_word_and_the_cure(self):
        for status, error, *words in (
                (DATAERR, "'../x' is not a language", "set", "../x", "4.28", "%s"),
                (DATAERR, "'C' is not a language", "set", "C", "4.28", "%s"),
                (DATAERR, "'qx' is not a known language", "set", "qx", "4.28", "%s"),
                (DATAERR, "'4.99' is neither the ID nor the reference", "set", "de", "4.99", "%s"),
                (DATAERR, "ERR_SMTP_334 has no words", "set", "de", "ERR_SMTP_334", "x"),
                (USAGE, "FTG_POP_LOGIN needs 2 texts in this language, one for each plural form (nplurals=2; plural=(n != 1);); given: 1\n", "set", "de", "7.04", "%lu %lu"),
                (USAGE, "FTG_POP_LOGIN needs 3 texts in this language", "set", "ru", "7.04", "%lu %lu", "%lu %lu"),
                (USAGE, "FTG_POP_LOGIN needs 1 text in this language", "set", "ja", "7.04", "%lu %lu", "%lu %lu"),
                (USAGE, "has one text; given: 3. Put it in quotes", "set", "de", "4.28", "%s", "gibt", "es"),
                (USAGE, "text set takes LANGUAGE ID TEXT...", "set", "de", "4.28"),
                (NOINPUT, "No such file", "apply", "/nonexistent.po"),
                (DATAERR, "has no own text in this language", "unset", "de", "4.28"),
                (DATAERR, "neither its header nor its name has a language", "apply", "-")):
            self.text(*words, status=status)
            self.assertIn(error, self.error)
        self.assertEqual({}, {path: octets for path, octets in self.files().items() if octets})

    def test_reference_of_several_replies_lists_their_ids(self):
        listed = subprocess.run([program("ftgate-msg"), "list", "--format", "json"], stdout=subprocess.PIPE, check=True,
                                timeout=SECONDS).stdout
        rows = json.loads(listed)
        references = [row["ref"] for row in rows]
        reference = next(ref for ref in references if references.count(ref) > 1)
        self.text("set", "de", reference, "x", status=DATAERR)
        for row in rows:
            self.assertEqual(row["ref"] == reference, f"  {row['id']}\n" in self.error, row["id"])

    def test_source_with_a_fault_must_be_mended_first(self):
        self.put("ftgate-local.po", PO + "msgid nothing\n")
        self.text("set", "de", "4.28", "%s", status=REFUSED)
        self.assertRegex(self.error, r"ftgate-local\.po:12: error: -: syntax: .*\n.*text edit de\n")
        self.assertEqual(PO + "msgid nothing\n", self.source())
        self.text("edit", "de", EDITOR=self.editor(PO))
        self.assertEqual(PO, self.source())


if __name__ == "__main__":
    main()
