#!/usr/bin/env python3
"""scripts/abi finds each kind of change that breaks programs, and permits what does not: usage: abi_test.py LIBRARY, a built
libftgate. Each case changes a copy of the headers, which it compiles to a library. Exit status 77: abigail-tools is missing."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LIBRARY = sys.argv.pop()
TOP = Path(__file__).resolve().parent.parent.parent
ROW = 'REPLY(FTG_SMTP_ONLY_IN_A_TEST, "#6.99", SMTP(250, 2,5,0), SMTP(250, 2,5,0), NONE, "Added")\n'
NUMBER = "is the number of its ID"


class Abi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.include = Path(folder.name) / "include"
        shutil.copytree(TOP / "include", self.include)
        self.map = shutil.copy(TOP / "src/catalog/libftgate.map", folder.name)

    def change(self, name, pattern, to):
        path = self.include / "ftgate" / name if name else Path(self.map)
        text, count = re.subn(pattern, to, path.read_text(), flags=re.M)
        self.assertEqual(count, 1, pattern)
        path.write_text(text)

    def check(self, *options):
        done = subprocess.run([TOP / "scripts/abi", "--include", self.include, "--map", self.map, *options], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def is_kept(self, *options):
        self.assertEqual(self.check(*options), (0, ""))

    def is_broken(self, cure, *named):
        status, said = self.check()
        self.assertEqual(status, 1, said)
        self.assertIn(cure, said.split("\nCure: ")[1])
        self.assertIn('See "The ABI of libftgate" in CONTRIBUTING.md.', said)
        for word in named:
            self.assertIn(word, said)
        self.assertNotIn("Traceback", said)

    def test_headers_are_those_of_the_library(self):
        self.is_kept("--library", LIBRARY)

    def test_added_function_is_permitted_once_it_is_exported(self):
        self.change("reply.h", r"^(FTG_API const char \*ftg_var_name.*)", r"\1\nFTG_API int ftg_added(int number);")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("does not export ftg_added, which the headers declare.\nCure: add it to the node of the coming release.", said)
        with open(self.map, "a") as file:
            file.write("FTGATE_9.9 {\nglobal:\n\tftg_added;\n} FTGATE_0.1;\n")
        self.is_kept()
        status, said = self.check("--library", LIBRARY)
        self.assertEqual(status, 1)
        self.assertIn("{'ftg_added@@FTGATE_9.9'}", said)

    def test_row_is_permitted_at_the_end_of_a_table_only(self):
        path = self.include / "ftgate/replies.def"
        path.write_text(path.read_text() + ROW)
        self.is_kept()
        self.change("replies.def", r"^(REPLY\(FTG_SMTP_BLOCKED.*\n)", r"\1" + ROW.replace("A_TEST", "ANOTHER"))
        self.is_broken(NUMBER, "'ftg_id::FTG_POP_HELLO' from value")

    def test_rule_is_permitted_at_the_end_of_a_table_only(self):
        path = self.include / "ftgate/rules.def"
        path.write_text(path.read_text() + 'RULE(FTG_RULE_ONLY_IN_A_TEST, "added", "")\n')
        self.is_kept()
        self.change("rules.def", r"^(RULE\(FTG_RULE_HOST.*\n)", r'RULE(FTG_RULE_ONLY_IN_ANOTHER, "other", "")\n\1')
        self.is_broken("put new rows of include/ftgate/rules.def at its end", "'ftg_rule::FTG_RULE_HOST' from value")

    def test_row_is_not_renamed(self):
        self.change("replies.def", r"^REPLY\(ERR_SMTP_SENDEROK,", "REPLY(ERR_SMTP_SENDER_OK,")
        self.is_broken(NUMBER, "ERR_SMTP_SENDEROK")

    def test_last_row_of_the_release_is_not_removed(self):
        dump = (TOP / "abi/libftgate.so.0.abi").read_text()
        last = re.findall(r"enumerator name='(\w+)'", re.search(r"<enum-decl name='ftg_id'.*?</enum-decl>", dump, re.S)[0])[-1]
        self.change("replies.def", rf"^REPLY\({last},.*\n", "")
        self.is_broken(NUMBER, last)

    def test_function_is_not_removed(self):
        self.change("reply.h", r"^FTG_API const char \*ftg_var_name.*\n", "")
        self.is_broken("put the function back", "ftg_var_name@@FTGATE_0.1")

    def test_function_does_not_change_its_version(self):
        self.change("", "^\tftg_row;\n", "")
        with open(self.map, "a") as file:
            file.write("FTGATE_9.9 {\nglobal:\n\tftg_row;\n} FTGATE_0.1;\n")
        self.is_broken("put the function back", "ftg_row@@FTGATE_0.1")

    def test_parameter_is_not_added(self):
        self.change("catalog.h", r"ftg_language_is_rtl\(const char \*name\)", "ftg_language_is_rtl(const char *name, int more)")
        self.is_broken("add a function of another name", "ftg_language_is_rtl")

    def test_result_does_not_change(self):
        self.change("reply.h", r"^FTG_API size_t ftg_arg_max", "FTG_API int ftg_arg_max")
        self.is_broken("add a function of another name", "ftg_arg_max")

    def test_struct_does_not_grow(self):
        self.change("reply.h", r"^(\tconst ftg_text \*text;.*)", r"\1\n\tint more;")
        self.is_broken("do not change a struct", "'struct ftg_voice", "'int more'")

    def test_member_of_a_struct_that_is_passed_in_another_does_not_change(self):
        self.change("reply.h", r"^\tsize_t len;\n", "\tunsigned len;\n")
        self.is_broken("do not change a struct", "ftg_arg", "size_t")

    def test_variable_is_not_added(self):
        self.change("reply.h", r"FTG_VAR_HELP, FTG_VARS", "FTG_VAR_HELP, FTG_VAR_MORE, FTG_VARS")
        self.is_broken("do not change a struct", "ftg_vars", "FTG_VAR_MORE")

    def test_enumerators_are_not_exchanged(self):
        self.change("reply.h", r"FTG_ASCII, FTG_UTF8,", "FTG_UTF8, FTG_ASCII,")
        self.is_broken("give each enumerator its old number", "FTG_UTF8")

    def test_constants_do_not_change_which_no_function_names(self):
        for name, constant, old, new in (
            ("reply.h", "FTG_REPLY_MAX", "= 6144", "= 8192"),
            ("catalog.h", "FTG_PREFERENCE_MAX", "= 256", "= 255"),
            ("catalog.h", "FTG_REMARK_SAME", "= 1 << 4", "= 1 << 5"),
            ("catalog.h", "define FTG_CALLERS", "1", "2"),
        ):
            with self.subTest(constant):
                self.change(name, f"{constant} {old}", f"{constant} {new}")
                self.is_broken("give each enumerator its old number", constant.split()[-1])
                self.change(name, f"{constant} {new}", f"{constant} {old}")

    def test_soname_is_that_of_the_dump(self):
        status, said = self.check("--soname", "libftgate.so.1")
        self.assertEqual(status, 1)
        self.assertIn("abi/libftgate.so.1.abi: scripts/abi --renew writes it.", said)
        status, said = self.check("--soname", "libftgate.so.1", "--library", LIBRARY)
        self.assertEqual(status, 1)
        self.assertIn("has not the soname libftgate.so.1", said)


if __name__ == "__main__":
    if not shutil.which("abidiff"):
        sys.exit(77)
    unittest.main()
