#!/usr/bin/env python3
"""Which data folder ftgatectl uses; that it makes none, and that what only reads makes nothing in it."""

import os
import shutil
import subprocess
import tempfile
import unittest

from server import ACCOUNT, DOMAIN, SECONDS, Server, Talk, TestCase, environment, main, program

USAGE, DATAERR, NOUSER, UNAVAILABLE, CONFIG = 64, 65, 67, 69, 78
READS = (("domain", "list"), ("domain", "show", DOMAIN), ("account", "list"), ("alias", "list"), ("list", "list"), ("access", "list"),
         ("queue", "list"), ("queue", "run"), ("queue", "show", "1a2b"), ("--server", "smtpd", "status"), ("reload",), ("blacklist", "clear"))


def can_replace_etc():
    """Can a process see another /etc here?"""
    return subprocess.run(["unshare", "-Urm", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Folder(TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.top)
        self.etc = self.make("etc/ftgate")
        self.here = self.make("here")

    def make(self, name):
        path = os.path.join(self.top, name)
        os.makedirs(path, 0o700)
        return path

    def write(self, name, text):
        path = os.path.join(self.top, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def ctl(self, *words, inside=()):
        done = subprocess.run([*inside, program("ftgatectl"), *words], cwd=self.here, env=environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
        self.error = done.stderr
        return done.returncode, done.stdout

    def ctl_with_etc(self, *words):
        """With the test's folder in place of /etc."""
        return self.ctl(*words, inside=("unshare", "-Urm", "sh", "-c", f'mount --bind "{self.top}/etc" /etc && exec "$@"', "sh"))

    def host(self, name, domain):
        """A data folder that hosts a domain."""
        path = self.make(name)
        self.assertEqual((0, ""), self.ctl("--data", path, "domain", "add", domain))
        return path

    def found(self):
        return sorted(os.path.join(folder, name) for folder, folders, files in os.walk(self.top) for name in folders + files)

    def test_folder_that_does_not_exist_is_not_made(self):
        before, missing = self.found(), os.path.join(self.top, "missing")
        for words in (*READS, ("domain", "add", DOMAIN), ("account", "add", ACCOUNT, "--no-password")):
            self.assertEqual((UNAVAILABLE, ""), self.ctl("--data", missing, *words))
            self.assertIn(f"{missing}: No such file or directory; name the server's data folder by --data", self.error)
        self.assertEqual(before, self.found())

    def test_file_is_no_folder(self):
        self.assertEqual((UNAVAILABLE, ""), self.ctl("--data", self.write("file", ""), "domain", "add", DOMAIN))
        self.assertIn("file: Not a directory", self.error)

    def test_what_reads_makes_nothing(self):
        for data in (self.make("empty"), self.host("made", DOMAIN)):
            before = self.found()
            for words in READS:
                self.assertIn(self.ctl("--data", data, *words)[0], (0, UNAVAILABLE))
                self.assertEqual(before, self.found(), words)
            self.assertEqual((0, "[]\n"), self.ctl("--data", data, "--json", "queue", "list"))

    def test_configuration_names_the_folder(self):
        data = self.host("data", DOMAIN)
        config = self.write("ftgate.conf", f"data: {data}\nlanguage: de\n")
        self.assertEqual((0, DOMAIN + "\n"), self.ctl("-c", config, "domain", "list"))
        self.assertEqual((0, DOMAIN + "\n"), self.ctl("domain", "list", "--config", config))
        other = self.host("other", "other.test")
        self.assertEqual((0, "other.test\n"), self.ctl("-c", config, "--data", other, "domain", "list"))

    def test_configuration_without_use_is_an_error(self):
        self.host("here/ftgate-data", DOMAIN)
        missing = os.path.join(self.top, "missing")
        for status, error, text in (
                (UNAVAILABLE, f"1.conf: data: {missing}: No such file", f"data: {missing}\n"),
                (CONFIG, "2.conf cannot be used; mend it, or name the server's data folder by --data", "data: x\nwrkers: 1\n"),
                (CONFIG, "2.conf:2: ", "data: x\nwrkers: 1\n")):
            config = self.write(error[:1] + ".conf" if error[1] == "." else "2.conf", text)
            self.assertEqual((status, ""), self.ctl("-c", config, "domain", "list"))
            self.assertIn(error, self.error)
        self.assertEqual((CONFIG, ""), self.ctl("-c", missing, "domain", "list"))
        self.assertFalse(os.path.exists(missing))

    def test_configuration_without_a_folder_means_that_of_the_server(self):
        config = self.write("ftgate.conf", "language: de\n")
        self.assertEqual((UNAVAILABLE, ""), self.ctl("-c", config, "domain", "list"))
        self.assertIn(f"{config} sets no data folder, and there is no ./ftgate-data here", self.error)
        self.host("here/ftgate-data", DOMAIN)
        self.assertEqual((0, DOMAIN + "\n"), self.ctl("-c", config, "domain", "list"))

    @unittest.skipUnless(can_replace_etc(), "this machine has no user namespaces")
    def test_default_is_the_configuration_of_the_system_then_the_folder_here(self):
        self.assertEqual((UNAVAILABLE, ""), self.ctl_with_etc("domain", "list"))
        self.assertIn("there is neither /etc/ftgate/ftgate.conf nor ./ftgate-data; name the server's data folder by --data", self.error)
        self.host("here/ftgate-data", "here.test")
        self.assertEqual((0, "here.test\n"), self.ctl_with_etc("domain", "list"))
        data = self.host("data", DOMAIN)
        self.write("etc/ftgate/ftgate.conf", f"data: {data}\n")
        self.assertEqual((0, DOMAIN + "\n"), self.ctl_with_etc("domain", "list"))
        self.assertEqual((0, "here.test\n"), self.ctl_with_etc("--data", "ftgate-data", "domain", "list"))

    def test_configuration_with_a_fault_may_name_another_database(self):
        data = self.host("data", DOMAIN)
        config = self.write("faulty.conf", "no-such-setting: 1\n")
        for words in ("domain", "add", "other.test"), ("account", "add", ACCOUNT, "--no-password"), ("database", "migrate"):
            self.assertEqual((CONFIG, ""), self.ctl("-c", config, "--data", data, *words))
            self.assertIn(f"{config}:1: there is no setting 'no-such-setting' here", self.error)
        self.assertEqual((0, DOMAIN + "\n"), self.ctl("--data", data, "domain", "list"))

    def test_each_noun_is_named(self):
        self.assertEqual((USAGE, ""), self.ctl("mailbox"))
        self.assertIn("'mailbox' is not one of quickstart, check-domain, domain, account, alias, list, access,", self.error)
        self.assertRegex(self.error, r"\breload\b.*\bstatus\b")


class Queue(TestCase):
    def test_word_that_is_no_message_is_refused(self):
        with Server() as server, Talk(server):
            def ctl(*words):
                done = subprocess.run([program("ftgatectl"), "--data", server.data, "queue", *words], env=environment(), text=True,
                                      capture_output=True, timeout=SECONDS, check=False)
                return done.returncode, done.stderr
            for verb in ("show", "run", "hold", "release", "remove"):
                status, error = ctl(verb, "1a2b3c4d")
                self.assertEqual(NOUSER, status, (verb, error))
                self.assertIn("there is no message 1a2b3c4d in the queue", error)
            self.assertEqual((0, ""), ctl("run", "elsewhere.example"))
            self.assertEqual((0, ""), ctl("run", "@elsewhere"))


if __name__ == "__main__":
    main()
