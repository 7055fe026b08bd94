#!/usr/bin/env python3
"""What journalctl -x explains: the journal's catalogues of all languages, and the entries of a real session."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from journal import Journal
from server import BUILD, LIMITS, SECONDS, SOURCE, Server, Talk, TestCase, main, program

REMOTE = "/lib/systemd/systemd-journal-remote"
CATALOGUES = os.path.join(BUILD, "journal")
JOURNALCTL = shutil.which("journalctl")


def languages():
    with open(os.path.join(SOURCE, "po/LINGUAS"), encoding="ascii") as file:
        return [line.strip() for line in file if re.match("[a-z]", line)]


def replies():
    """IDs of the replies that are sent, by reference and ID."""
    with open(os.path.join(SOURCE, "include/ftgate/replies.def"), encoding="ascii") as file:
        return set(re.findall(r"^\w+\((\w+),", file.read(), re.M))


def catalogue(language):
    with open(os.path.join(CATALOGUES, f"ftgate.{language}.catalog" if language != "en" else "ftgate.catalog"),
              encoding="utf-8") as file:
        return file.read()


def entries(text):
    """What is explained, by MESSAGE_ID."""
    parts = re.split(r"(?m)^-- ([0-9a-f]{32})\n", text)
    return dict(zip(parts[1::2], parts[2::2]))


class Written(TestCase):
    def test_each_language_but_those_with_a_modifier_has_one(self):
        wanted = {f"ftgate.{language}.catalog" for language in languages() if "@" not in language and language != "en"}
        self.assertEqual(wanted | {"ftgate.catalog"}, {name for name in os.listdir(CATALOGUES) if name.endswith(".catalog")})

    def test_each_reply_is_in_each_language_and_each_event_is_in_english(self):
        english = entries(catalogue("en"))
        events = {found for entry in english.values() for found in re.findall(r"\ASubject: ([a-z-]+)\n", entry)}
        self.assertLessEqual({"blacklisted", "login-failed", "log-lost", "bounced"}, events)
        sent = {key for key, entry in english.items() if re.match(r"Subject: #", entry)}
        self.assertEqual(len(sent) + len(events), len(english))
        known = {re.match(r"Subject: #\d\.\d\d (\w+)", english[key]).group(1) for key in sent}
        self.assertEqual({name for name in replies() if not name.startswith("FTG_NOTICE_")}, known)
        for language in languages():
            if "@" not in language and language != "en":
                self.assertEqual(sent, set(entries(catalogue(language))), language)

    def test_nothing_but_client_and_session_is_filled_in_and_no_line_is_a_comment(self):
        for language in languages():
            if "@" in language:
                continue
            text = catalogue(language)
            self.assertEqual({"@FTGATE_CLIENT@", "@FTGATE_SESSION@"}, set(re.findall("@[A-Z0-9_]+@", text)), language)
            self.assertEqual(1, len(re.findall(r"(?m)^[#;]", text)), language)
            self.assertNotRegex(text, r"(?m)^Subject:.*[%$][{0-9sl]", language)

    def test_texts_of_the_operator_are_those_that_are_said(self):
        for words in catalogue("de"), catalogue("fr"):
            self.assertIn("ERR_SMTP_ADDRESS_UNKNOWN", words)
        self.assertIn("ERR_SMTP_ADDRESS_UNKNOWN: Postfach … existiert nicht\n", catalogue("de"))


@unittest.skipIf(JOURNALCTL is None or not os.path.exists(REMOTE), "needs journalctl and systemd-journal-remote")
class Read(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = tempfile.mkdtemp(prefix="ftgate-journal-")
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.database = os.path.join(cls.root, "var/lib/systemd/catalog")
        os.makedirs(cls.database)
        shutil.copytree(CATALOGUES, os.path.join(cls.root, "usr/lib/systemd/catalog"))
        cls.update = subprocess.run([JOURNALCTL, "--update-catalog", "--root", cls.root], capture_output=True, text=True,
                                    timeout=SECONDS)

    def test_journalctl_takes_all_catalogues_without_a_word(self):
        self.assertEqual((0, "", ""), (self.update.returncode, self.update.stdout, self.update.stderr))
        listed = subprocess.run([JOURNALCTL, "--root", self.root, "--list-catalog"], capture_output=True, text=True,
                                check=True, timeout=SECONDS).stdout
        self.assertEqual(set(entries(catalogue("en"))), {line.split()[0] for line in listed.splitlines()})

    def record(self, fill):
        """Lets a server log to a journal while fill talks to it. Returns the path of a journal file with its entries."""
        path = os.path.join(self.root, self.id() + ".journal")
        with Journal(os.path.join(self.root, "socket")) as journal, \
                Server(config=f"log: journal:{journal.path}\n" + LIMITS, LANG="fr_FR") as server:
            fill(server, journal)
        os.unlink(journal.path)
        subprocess.run([REMOTE, "-o", path, "-"], input=journal.export(), check=True, capture_output=True, timeout=SECONDS)
        return path

    def locale(self, name):
        """A locale with the name of a language, for which journalctl looks in the catalogues."""
        folder = os.path.join(self.root, "locale")
        shutil.copytree("/usr/lib/locale/C.utf8", os.path.join(folder, name + ".UTF-8"), dirs_exist_ok=True)
        return {"LOCPATH": folder, "LC_ALL": name + ".UTF-8", "PATH": os.environ["PATH"]}

    def explain(self, path, environment, *wanted):
        """What journalctl -x prints, which looks for the database in one place only."""
        command = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /var/lib/systemd/catalog && exec "$@"', self.database,
                   JOURNALCTL, "-x", "--no-pager", "--file", path, *wanted]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
        if "mount" in run.stderr or "unshare" in run.stderr:
            self.skipTest("mounts are not permitted here")
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout

    @unittest.skipIf(os.geteuid() != 0, "only root can mount")
    def test_refusal_is_explained_in_the_language_of_the_operator(self):
        sessions = []

        def fill(server, journal):
            with Talk(server) as talk:
                talk.mail()
                talk.refused()
            sessions.append(journal.wait("disconnect")["FTGATE_SESSION"])

        path = self.record(fill)
        german = self.explain(path, self.locale("de_DE"), "FTGATE_REF=#4.28")
        self.assertRegex(german, r"\bmx ftgate-smtpd\[\d+\]: event=reply session=\w+ client=127\.0\.0\.1 lang=fr ref=#4\.28 ")
        self.assertIn("#4.28 ERR_SMTP_ADDRESS_UNKNOWN: Postfach … existiert nicht\n", german)
        self.assertIn(f"client=127.0.0.1 session={sessions[0]} (journalctl FTGATE_SESSION={sessions[0]})\n", german)
        self.assertIn("Was der Betreiber tun kann:\n", german)
        english = self.explain(path, self.locale("en_US"), "FTGATE_REF=#4.28")
        self.assertIn("#4.28 ERR_SMTP_ADDRESS_UNKNOWN: ", english)
        self.assertIn("What the operator can do:\n", english)
        whole = self.explain(path, self.locale("de_DE"), f"FTGATE_SESSION={sessions[0]}")
        self.assertEqual(["connect", "reply", "disconnect"], re.findall(r"\]: event=(\S+)", whole))
        self.assertIn("The connection was closed.\n", whole)


if __name__ == "__main__":
    main()
