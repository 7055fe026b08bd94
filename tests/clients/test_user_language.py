#!/usr/bin/env python3
"""ftgatectl and the servers speak the language of their user; JSON, keys and the log stay English."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

from server import ACCOUNT, DOMAIN, SECONDS, Server, TestCase, environment, main, program

GERMAN = {"LANGUAGE": "de", "LANG": "de_DE.UTF-8"}  # a locale that this machine need not have


def speaking(**language):
    """The environment of a user, with the locales of this machine."""
    return {name: value for name, value in environment(**language).items() if name != "LOCPATH"}


class UserLanguage(TestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.data)

    def run_program(self, name, *arguments, **language):
        done = subprocess.run([program(name), *arguments], env=speaking(**language or GERMAN), capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def ctl(self, *words, **language):
        return self.run_program("ftgatectl", "--data", self.data, *words, **language)

    def write(self, name, text):
        path = os.path.join(self.data, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_help_is_german(self):
        for name, texts in (
                ("ftgatectl", ("Verwaltet Domains", "ein Konto und sein Maildir anlegen", "Einstellungen einer Domain:",
                               "account add ADRESSE [EINSTELLUNG=WERT...]", "Das Passwort lesbar aufbewahren",
                               "--data=ORDNER", "SUBSTANTIV VERB", "darf Mail senden")),
                ("ftgate-smtpd", ("Mailserver, dessen Antworten", "Die Konfiguration aus DATEI lesen", "--listen=ADR:PORT",
                                  "SIGHUP lädt Texte und Zertifikat neu")),
                ("ftgate-pop3d", ("POP3-Server, dessen Antworten", "SIGTERM lässt laufende Abrufe"))):
            status, shown, _ = self.run_program(name, "--help")
            words = " ".join(shown.split())
            self.assertEqual(0, status)
            for text in texts:
                self.assertIn(text, words, name)

    def test_lines_of_the_help_are_indented_and_end_without_spaces(self):
        for language in "en", "de", "ru", "ja":
            shown = self.run_program("ftgatectl", "--help", LANGUAGE=language, LC_ALL="C.UTF-8")[1]
            shown = shown[shown.index("  quickstart "):].rstrip("\n").split("\n")
            self.assertEqual([], [line for line in shown if line.endswith(" ")], language)
            self.assertEqual([], [line for before, line in zip(shown, shown[1:]) if before and line and line[0] != " "], language)

    def test_environment_chooses_the_language(self):
        for language, text in (({"LANG": "de_AT"}, "Befehle:"), ({"LC_MESSAGES": "de_DE.UTF-8"}, "Befehle:"),
                               ({"LANGUAGE": "xx:de", "LC_ALL": "C.UTF-8"}, "Befehle:"), ({"LANG": "xx"}, "Commands:"),
                               ({"LC_ALL": "C", "LANGUAGE": "de"}, "Commands:"), ({"LANG": "C"}, "Commands:")):
            self.assertIn(text, self.run_program("ftgatectl", "--help", **language)[1], language)

    def test_errors_are_german(self):
        for status, error, *words in (
                (64, "Es fehlt ein Befehl, etwa 'account list'"),
                (64, "Es fehlt ein Wort: domain add nimmt NAME [EINSTELLUNG=WERT...]", "domain", "add"),
                (69, "mit --data den Datenordner des Servers nennen", "domain", "list"),
                (68, f"Die Domain {DOMAIN} wird hier nicht betreut; zuerst ausführen: ftgatectl domain add",
                 "account", "add", ACCOUNT, "--no-password")):
            returned, shown, errors = self.ctl(*words)
            self.assertEqual((status, ""), (returned, shown), errors)
            self.assertIn(error, errors)
        self.ctl("domain", "add", DOMAIN)
        self.assertIn("quota-bytes=viel: zu schreiben sind Oktette wie 500",
                      self.ctl("domain", "set", DOMAIN, "quota-bytes=viel")[2])
        self.assertIn(f"account: {ACCOUNT} gibt es nicht", self.ctl("account", "show", ACCOUNT)[2])

    def test_json_and_names_of_fields_are_never_translated(self):
        self.ctl("domain", "add", DOMAIN, "language=de")
        self.assertEqual(self.ctl("--json", "domain", "list", LC_ALL="C"), self.ctl("--json", "domain", "list"))
        self.assertEqual(self.ctl("domain", "show", DOMAIN, LC_ALL="C"), self.ctl("domain", "show", DOMAIN))
        self.assertEqual(DOMAIN, json.loads(self.ctl("--json", "domain", "list")[1])[0]["name"])

    def test_configuration_is_checked_in_german(self):
        for name in ("ftgate-smtpd", "ftgate-pop3d"):
            path = self.write("faulty", "wrkers: 1\nprofile: loose\nmetrics: 0.0.0.0:9\nlimits:\n  max-errors: none\n")
            status, _, errors = self.run_program(name, "--check", "-c", path)
            self.assertEqual(78, status)
            self.assertIn(f"{path}:1: Eine Einstellung 'wrkers' gibt es hier nicht; ist workers gemeint?", errors)
            self.assertIn(f"{path}:2: profile: Statt 'loose' muss dort published oder strict stehen", errors)
            self.assertIn(f"{path}:5: max-errors: 'none' ist keine Zahl wie 100", errors)

    def test_check_prints_german(self):
        overlay = os.path.join(self.data, "locale/de/LC_MESSAGES")
        os.makedirs(overlay)
        self.write("locale/de/LC_MESSAGES/ftgate-local.mo", "no catalogue")
        status, shown, errors = self.run_program(
            "ftgate-smtpd", "--check", "--data", self.data, "--listen-tls", "127.0.0.1:0", "--language", "qq",
            "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent")
        self.assertEqual(65, status, errors)
        self.assertIn("listen        127.0.0.1:0 mit TLS\n", shown)
        self.assertRegex(shown, r"(?m)^Sprachen      .*\bde\b")
        self.assertIn("language      en: für 'qq' gibt es keine\n", shown)
        self.assertRegex(shown, r"(?m)^Zertifikat    certificate /nonexistent")
        self.assertRegex(shown, r"(?m)^abgelehnt     .*/ftgate-local\.mo: die ganze Datei \(")
        self.assertIn("Für 'qq' gibt es keinen Katalog", errors)

    def test_start_that_fails_says_why_in_german(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            status, _, errors = self.run_program("ftgate-smtpd", "--data", self.data, "--listen", address)
        self.assertEqual(69, status)
        self.assertRegex(errors, f"ftgate-smtpd: Auf {address} kann nicht gewartet werden: .*; ein anderes Programm")

    def test_queue_and_reload_are_told_in_german_and_logged_in_english(self):
        with Server(**GERMAN) as server:
            self.data = server.data
            self.assertEqual((0, "Generation 2, abgelehnt 0\n", ""), self.ctl("reload"))
            self.assertEqual((0, "entfernt: 0\n", ""), self.ctl("blacklist", "clear"))
            server.wait_for_log(r"event=catalog-loaded|event=reload")
            self.assertTrue(re.search(r"(?m)^listening on 127\.0\.0\.1:", server.log()))


if __name__ == "__main__":
    main()
