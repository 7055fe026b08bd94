#!/usr/bin/env python3
"""Texts change while the server runs, on connections that are open; hostile catalogues are refused by name."""

import os
import random
import re
import subprocess

from mo import mo
from server import SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, main, render

UNKNOWN = ("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox")
OK = ("ERR_SMTP_OK", "Ok")


def write(path, octets):
    """Puts a file into place in one step."""
    with open(path + ".new", "wb") as file:
        file.write(octets)
    os.rename(path + ".new", path)


def compile_with(path, reply_id, text):
    """Compiles de.po, with one text changed, to path."""
    with open(os.path.join(SOURCE, "po/de.po"), encoding="utf-8") as file:
        po = file.read()
    changed, times = re.subn(rf'(msgctxt "{reply_id}"\nmsgid .*\n)msgstr .*\n', rf'\1msgstr "{text}"\n', po)
    assert times == 1, reply_id
    subprocess.run(["msgfmt", "-c", "-o", path, "-"], input=changed.encode(), check=True, timeout=SECONDS)


class Reload(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server(
            "--hostname", "mx.example.test", "--help-url", "https://example.test/replies#", LANG="de_DE"))
        self.talk = self.enterContext(Talk(self.server))
        self.talk.mail()
        self.german = render("de", UNKNOWN[0], STRANGER)
        self.assertEqual(self.german, self.talk.refused())

    def test_a_changed_text_is_spoken_on_an_open_connection(self):
        compile_with(self.server.overlay("de"), UNKNOWN[0], "Hier gibt es kein Postfach %s, schöne Grüße")
        self.assertEqual(self.german, self.talk.refused())
        self.server.reload()
        self.assertEqual(
            b"550 5.1.1 Hier gibt es kein Postfach nobody@example.test, schoene Gruesse (#4.28)\r\n",
            self.talk.refused())
        self.assertEqual(render("de", OK[0]), self.talk.say(b"NOOP"))

        os.unlink(self.server.overlay("de"))
        self.server.reload()
        self.assertEqual(self.german, self.talk.refused())

    def test_variables_are_filled_in(self):
        write(self.server.overlay("de"), mo({UNKNOWN: "%s fehlt (${client}), ${ref}, ${contact}, ${help} ${host}."}))
        self.server.reload()
        self.assertEqual(
            b"550 5.1.1 nobody@example.test fehlt (127.0.0.1), #4.28, postmaster@mx.example.test, "
            b"https://example.test/replies#4.28 mx.example.test. (#4.28)\r\n",
            self.talk.refused())


class Hostile(TestCase):
    """Each catalogue is refused in part or whole, is named in the log, and changes nothing else."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(LANG="de_DE"))
        cls.german = render("de", UNKNOWN[0], STRANGER)
        cls.own = b"550 5.1.1 Eigener Text zu nobody@example.test (#4.28)\r\n"

    def setUp(self):
        self.path = self.server.overlay("de")
        write(self.path, mo({UNKNOWN: "Eigener Text zu %s"}))
        self.server.reload()
        self.talk = self.enterContext(Talk(self.server))
        self.talk.mail()
        self.assertEqual(self.own, self.talk.refused())

    def refused(self, octets, said, *named):
        """After this file is loaded the open connection and a new one say the same, and the log names what it was."""
        write(self.path, octets)
        log = self.server.reload()
        for name in named:
            self.assertIn(name, log)
        self.assertEqual(said, self.talk.refused())
        with Talk(self.server) as second:
            self.assertWire(second.greeting)
            second.mail()
            self.assertEqual(said, second.refused())
            self.assertEqual(render("de", OK[0]), second.say(b"NOOP"))

    def refused_text(self, text, rule):
        """One text is refused: the shipped German goes on; its neighbour in the same file is taken."""
        neighbour = ("ERR_SMTP_SYNTAX3", "Bad command")
        self.refused(mo({UNKNOWN: text, neighbour: "Was bitte?"}), self.german, UNKNOWN[0], f"rule={rule}", "lang=de")
        self.assertEqual(b"500 5.5.1 Was bitte? (#4.23)\r\n", self.talk.say(b"HURZ"))

    def refused_file(self, octets):
        """The whole file is refused: the texts of before go on."""
        self.refused(octets, self.own, self.path, "rule=file")

    def test_a_line_end_is_refused(self):
        self.refused_text("%s\r\n250 ok", "control")

    def test_a_second_line_that_looks_like_a_reply_gets_its_own_code(self):
        write(self.path, mo({UNKNOWN: "%s\n250 ok"}))
        self.server.reload()
        said = self.talk.refused()
        for line in said.splitlines():
            self.assertRegex(line, rb"\A550[ -]5\.1\.1 ")

    def test_a_directive_that_writes_memory_is_refused(self):
        self.refused_text("%n", "directive")
        self.refused_text("%s %n", "directive")

    def test_a_width_is_refused(self):
        self.refused_text("%99999999s", "directive")

    def test_more_arguments_than_there_are_are_refused(self):
        self.refused_text("%s %s %s", "argument")

    def test_a_long_text_is_refused(self):
        self.refused_text("%s " + "lang " * 400, "length")

    def test_a_forged_code_is_refused(self):
        self.refused_text("250 2.1.5 %s", "code")

    def test_an_invisible_character_is_refused(self):
        self.refused_text("%s fehlt \u202e", "invisible")

    def test_bad_utf8_is_refused(self):
        self.refused_text(b"%s fehlt \xff\xfe", "utf8")

    def test_an_unknown_variable_is_refused(self):
        self.refused_text("%s ${PATH}", "variable")

    def test_a_truncated_file_is_refused(self):
        whole = mo({UNKNOWN: "Eigener Text zu %s"})
        for length in (0, 3, 4, 20, 27, 28, 40, len(whole) // 2, len(whole) - 1):
            with self.subTest(length=length):
                self.refused_file(whole[:length])

    def test_random_octets_are_refused(self):
        for seed in range(5):
            with self.subTest(seed=seed):
                self.refused_file(random.Random(seed).randbytes(4096))

    def test_offsets_out_of_bounds_are_refused(self):
        whole = mo({UNKNOWN: "Eigener Text zu %s"})
        for place in (8, 12, 16):
            with self.subTest(place=place):
                self.refused_file(whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4:])

    def test_a_plural_expression_that_divides_by_nought_is_refused(self):
        header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n%0;\n"
        write(self.path, mo({UNKNOWN: "Eigener Text zu %s"}, header))
        self.server.reload()
        self.assertWire(self.talk.refused())

    def test_damaged_files_never_stop_the_server(self):
        whole = mo({UNKNOWN: "Eigener Text zu %s", OK: "Gut"})
        dice = random.Random(1)
        for _ in range(40):
            damaged = bytearray(whole)
            for _ in range(dice.randint(1, 4)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            write(self.path, bytes(damaged))
            self.server.reload()
            self.assertWire(self.talk.refused())
            self.assertWire(self.talk.say(b"NOOP"))


if __name__ == "__main__":
    main()
