#!/usr/bin/env python3
"""Shells complete the words of ftgatectl and ftgate-msg: real ones, driven as their completion is."""

import os
import shutil
import subprocess
import tempfile
import unittest

from server import ACCOUNT, DOMAIN, SECONDS, TestCase, environment, main, program

SCRIPTS = os.path.join(os.path.dirname(program("ftgatectl")), "completion")


class Completion(TestCase):
    HOSTILE = "$x`id`@", "--help@", "-rf@", "#c@", "=x@", "+x@"

    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.mkdtemp(prefix="ftgate-test-")
        cls.addClassCleanup(shutil.rmtree, cls.data)
        for words in (["domain", "add", DOMAIN], ["account", "add", ACCOUNT, "--no-password"],
                      ["alias", "add", "*@" + DOMAIN, ACCOUNT],
                      ["account", "add", "_plain@" + DOMAIN, "--no-password"],
                      ["account", "add", "\u00e9mile@" + DOMAIN, "--no-password"],
                      *(["account", "add", "--no-password", "--", word + DOMAIN] for word in cls.HOSTILE)):
            subprocess.run([program("ftgatectl"), "--data", cls.data, *words], env=environment(), check=True, timeout=SECONDS)

    def complete(self, name, *words):
        done = subprocess.run([program(name), "complete", *words], env=environment(), capture_output=True, check=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS)
        self.assertEqual(b"", done.stderr)
        return [word for word in done.stdout.decode().splitlines() if word.startswith(words[-1])]

    def test_words_come_from_the_tables(self):
        ctl = lambda *words: self.complete("ftgatectl", *words)
        self.assertEqual(["account", "access"], ctl("ac"))
        self.assertEqual(["list", "show", "add", "set", "remove"], ctl("domain", ""))
        self.assertEqual(["list", "show", "add", "set", "remove"], ctl("--json", "domain", ""))
        self.assertIn("--format=", ctl("--"))
        self.assertIn("--json", ctl("account", "list", "--js"))
        self.assertEqual(["table", "json", "csv"], ctl("--format", ""))
        self.assertEqual(["auto", "always", "never"], ctl("--color", ""))
        self.assertEqual(["smtpd", "pop3d", "mapd"], ctl("status", "--server", ""))
        self.assertEqual(["--domain=", "--dry-run"], ctl("text", "--d")[1:])
        self.assertIn("de", ctl("--domain", DOMAIN, "text", "set", "d"))
        self.assertEqual([], ctl("trace", "--since", ""))
        self.assertEqual(["quota-bytes=", "quota-messages="], ctl("account", "set", ACCOUNT, "quota"))
        self.assertEqual(["refused", "relay"], ctl("access", "list", "re"))
        self.assertIn("de", ctl("text", "list", "d"))
        self.assertEqual(["ERR_SMTP_ADDRESS_UNKNOWN", "ERR_SMTP_ADDRESS_UNKNOWN2"], ctl("text", "show", "de", "ERR_SMTP_ADDRESS_U"))
        self.assertEqual([], ctl("domain", "list", ""))
        self.assertEqual([], ctl("nothing", "at", "all", ""))

    def test_languages_are_those_with_a_translation(self):
        folder = os.path.join(os.path.dirname(program("ftgatectl")), "locale")
        languages = {name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, "LC_MESSAGES", "ftgate.mo"))}
        for words in (["text", "set", ""], ["text", "show", ""]):
            self.assertLessEqual(set(self.complete("ftgatectl", *words)), languages)
            self.assertIn("de", self.complete("ftgatectl", *words))
        self.assertLessEqual(set(self.complete("ftgate-msg", "render", "-l", "")), languages)

    def test_values_of_settings_follow_their_names(self):
        ctl = lambda *words: self.complete("ftgatectl", *words)
        self.assertIn("language=de", ctl("account", "set", ACCOUNT, "language=d"))
        self.assertNotIn("language=disabled=", ctl("account", "set", ACCOUNT, "language=d"))
        self.assertEqual(["recipients=distinct", "recipients=neutral"], ctl("domain", "set", DOMAIN, "recipients="))
        self.assertEqual(["pop3=yes", "pop3=no"], ctl("account", "set", ACCOUNT, "pop3="))
        self.assertEqual([], ctl("account", "set", ACCOUNT, "quota-bytes="))

    def test_place_of_a_file_is_left_to_the_shell(self):
        self.assertEqual([], self.complete("ftgatectl", "text", "apply", "d"))

    def test_records_are_those_of_the_data_folder(self):
        ctl = lambda *words: self.complete("ftgatectl", "--data", self.data, *words)
        self.assertEqual([DOMAIN], ctl("domain", "show", ""))
        self.assertEqual([DOMAIN], ctl("account", "list", ""))
        self.assertEqual([DOMAIN], ctl("text", "--domain", ""))
        self.assertEqual(["*@" + DOMAIN], ctl("alias", "remove", ""))
        self.assertIn(ACCOUNT, ctl("account", "show", ""))
        self.assertEqual(sorted([ACCOUNT, "_plain@" + DOMAIN, "\u00e9mile@" + DOMAIN]), sorted(ctl("account", "show", "")))

    def test_messages_of_the_other_program(self):
        msg = lambda *words: self.complete("ftgate-msg", *words)
        self.assertIn("explain", msg("ex"))
        self.assertIn("--format=", msg("list", "--"))
        self.assertIn("--host=", msg("preview", "--h"))
        for command in msg(""):
            self.assertIn("--help", msg(command, "--"), command)
        self.assertIn("de", msg("render", "--lang", "d"))
        self.assertEqual(["ERR_SMTP_RELAYFAIL", "ERR_SMTP_RELAYFAIL2"], msg("render", "ERR_SMTP_RELAYF"))

    def shell(self, shell, script):
        folders = {"PATH": os.path.dirname(program("ftgatectl")) + ":" + os.environ["PATH"], "HOME": self.data}
        done = subprocess.run([shell, *({"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]), "-c", script],
                              env={**environment(), **folders}, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
        self.assertEqual(b"", done.stderr)
        return done.stdout.decode().split()

    def test_bash_completes(self):
        def bash(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            return self.shell("bash", f"source {SCRIPTS}/{words[0]}.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                              f"compopt() {{ :; }}; _{words[0].replace('-', '_')} {words[0]} '{words[-1]}' x; "
                              "printf '%s\\n' \"${COMPREPLY[@]}\"")
        self.assertEqual(["account", "access"], bash("ftgatectl", "ac"))
        self.assertEqual(["add"], bash("ftgatectl", "domain", "ad"))
        self.assertEqual([DOMAIN], bash("ftgatectl", "--data", self.data, "domain", "show", ""))
        self.assertEqual(["explain", "export"], bash("ftgate-msg", "ex"))

    def test_bash_splits_words_at_more_than_spaces(self):
        def bash(*pieces):
            quoted = " ".join(f"'{piece}'" for piece in pieces)
            return self.shell("bash", f"source {SCRIPTS}/ftgatectl.bash; COMP_WORDS=(ftgatectl --data {self.data} {quoted}); "
                              f"COMP_CWORD={len(pieces) + 2}; compopt() {{ :; }}; _ftgatectl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        user, domain = ACCOUNT.split("@")
        self.assertEqual(["neutral"], bash("domain", "set", DOMAIN, "recipients", "=", "n"))
        self.assertEqual(["distinct", "neutral"], bash("domain", "set", DOMAIN, "recipients", "="))
        self.assertEqual([domain], bash("account", "show", user, "@", domain[:3]))
        self.assertEqual(["quota-bytes="], bash("account", "set", user, "@", domain, "quota-b"))
        self.assertEqual(["\\*@" + DOMAIN], bash("alias", "remove", ""))
        self.assertEqual([DOMAIN], bash("text", "--domain", ""))

    @unittest.skipUnless(shutil.which("fish"), "needs fish")
    def test_fish_completes(self):
        def fish(line):
            return self.shell("fish", f"source {SCRIPTS}/{line.split()[0]}.fish; complete -C '{line}'")
        self.assertEqual({"account", "access"}, set(fish("ftgatectl ac")))
        self.assertEqual([DOMAIN], fish(f"ftgatectl --data {self.data} domain show {DOMAIN[:3]}"))
        self.assertEqual({"explain", "export"}, set(fish("ftgate-msg ex")))

    @unittest.skipUnless(shutil.which("zsh"), "needs zsh")
    def test_zsh_completes(self):
        def zsh(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            return self.shell("zsh", f"compadd() {{ while [[ $1 != -- ]]; do shift; done; shift; print -l -- $@; }}; _files() {{ :; }}; "
                              f"words=({quoted}); CURRENT={len(words)}; f() {{ source {SCRIPTS}/{words[0]}.zsh; }}; f")
        self.assertIn("account", zsh("ftgatectl", "ac"))
        self.assertEqual([DOMAIN], zsh("ftgatectl", "--data", self.data, "domain", "show", ""))
        self.assertIn("explain", zsh("ftgate-msg", "ex"))


if __name__ == "__main__":
    main()
