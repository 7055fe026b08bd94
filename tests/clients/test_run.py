#!/usr/bin/env python3
"""scripts/run starts both servers, and what it prints works as printed; scripts/deps says what it installs and asks."""

import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import alone
from server import BUILD, SECONDS, SOURCE, TestCase, environment, has_terminals, main

DEPS = os.path.join(SOURCE, "scripts/deps")


def group(name):
    """The packages of a group of scripts/packages.txt."""
    with open(os.path.join(SOURCE, "scripts/packages.txt"), encoding="utf-8") as file:
        text = file.read().split(f"[{name}]")[1].split("\n[")[0]
    return [line for line in text.splitlines()[1:] if line]


class Deps(TestCase):
    """With a dpkg-query that knows no package, and an apt-get and a sudo that only write down what they are told."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.told = os.path.join(self.folder, "told")
        self.fake("dpkg-query", "exit 1")
        self.fake("apt-get", f'echo "apt-get $*" >>{self.told}')
        self.fake("id", "echo ${FAKE_ID-0}")
        self.fake("sudo", '[ -n "${FAKE_SUDO-}" ] || exit 1; [ "$1" != -n ] || shift; exec "$@"')

    def fake(self, name, script):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)

    def environment(self, **more):
        return {**environment(), "PATH": self.folder + ":" + os.environ["PATH"], **more}

    def deps(self, *groups, **more):
        done = subprocess.run([DEPS, *groups], env=self.environment(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        return done.returncode, done.stderr

    def installed(self):
        if not os.path.exists(self.told):
            return None
        with open(self.told, encoding="utf-8") as file:
            return re.search(r"install -y --no-install-recommends (.*)", file.read()).group(1).split()

    def test_build_needs_few_packages_and_no_server(self):
        packages = group("build")
        self.assertLessEqual(len(packages), 23)
        others = set(group("test")) | set(group("check"))
        self.assertFalse(others & set(packages))
        self.assertTrue({"postfix", "dovecot-core", "rspamd", "clamav-daemon", "clang"} <= others)

    def test_packages_are_told_before_they_are_installed(self):
        status, said = self.deps("build")
        self.assertEqual((0, group("build")), (status, self.installed()))
        self.assertIn(f"{len(group('build'))} packages are missing", said)
        self.assertIn("\n    apt-get update && apt-get install --no-install-recommends " + " ".join(group("build")) + "\n", said)

    def test_user_with_sudo_installs(self):
        status, said = self.deps("build", FAKE_ID="1000", FAKE_SUDO="yes")
        self.assertEqual((0, group("build")), (status, self.installed()))
        self.assertIn("\n    sudo apt-get update && sudo apt-get install", said)

    def test_user_without_sudo_is_told_the_command(self):
        status, said = self.deps("build", FAKE_ID="1000")
        self.assertEqual((1, None), (status, self.installed()))
        self.assertIn("sudo apt-get install --no-install-recommends cmake", said)

    def test_nothing_is_said_if_nothing_is_missing(self):
        self.fake("dpkg-query", "shift 3; for p; do echo installed $p; done")
        self.assertEqual((0, ""), self.deps("build"))
        self.assertIsNone(self.installed())

    @unittest.skipUnless(has_terminals(), "this machine has no pseudo-terminals")
    def test_terminal_is_asked(self):
        for answer, status, installed in ((b"n\n", 1, None), (b"\n", 0, group("build")), (b"y\n", 0, group("build"))):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(DEPS, ["deps", "build"], self.environment())
            shown = b""
            try:
                while True:
                    shown += os.read(terminal, 4096)
                    if shown.endswith(b"[Y/n] "):
                        os.write(terminal, answer)
            except OSError:
                pass
            os.close(terminal)
            self.assertEqual(status, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown)
            self.assertEqual(installed, self.installed())


@unittest.skipUnless(alone.is_possible(), "this machine has no network namespaces for users")
@unittest.skipUnless(alone.has("swaks", "curl"), "this machine lacks swaks or curl")
class Run(TestCase):
    def setUp(self):
        self.net = self.enterContext(alone.Alone())
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *options, script=os.path.join(SOURCE, "scripts/run"), **language):
        """Starts scripts/run; what it prints, when it has printed all."""
        self.output = os.path.join(self.folder, "out")
        with open(self.output, "wb") as out, open(os.path.join(self.folder, "err"), "wb") as err:
            self.process = self.net.start(script, *options, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                          env={"FTGATE_BIN": BUILD, **language})
        self.addCleanup(self.stop)
        until = time.monotonic() + SECONDS
        while True:
            with open(self.output, encoding="utf-8") as out:
                said = out.read()
            if said.endswith("status\n\n"):
                return said
            with open(os.path.join(self.folder, "err"), encoding="utf-8") as err:
                self.assertTrue(self.process.poll() is None and time.monotonic() < until, said + err.read())
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def shell(self, line):
        return self.net.run("bash", "-c", line, cwd=self.folder, timeout=SECONDS)

    def test_each_line_that_is_printed_works(self):
        said = self.start(LANG="de_DE")
        lines = re.findall(r"^    ((?:swaks|curl|printf|/).*)$", said, re.M)
        self.assertEqual(["swaks", "ftgate-msg", "curl", "printf", "ftgatectl"], [line.split()[0].rpartition("/")[2] for line in lines])
        refused, explained, empty, fetched, status = (self.shell(line) for line in lines)
        self.assertIn("<** 550 5.1.1 Postfach nobody@example.test existiert nicht (#4.28)", refused.stdout)
        self.assertEqual([0, 0, 0, 0], [done.returncode for done in (explained, empty, fetched, status)], fetched.stderr)
        self.assertIn("ERR_SMTP_ADDRESS_UNKNOWN (#4.28)", explained.stdout)
        self.assertEqual("", empty.stdout.strip())
        self.assertIn("Return-Path: <bob@example.test>", fetched.stdout)
        self.assertIn("\nHello, Anna.\n", fetched.stdout)
        self.assertTrue(status.stdout.startswith("healthy\n"), status.stdout)

    def test_language_of_the_refusal_is_told_as_it_is(self):
        for language, told in (("de_DE", "de"), ("ja_JP", "en: ASCII cannot write ja"), ("ru_RU", "ru-Latn: ASCII cannot write ru"), ("C", "en")):
            with self.subTest(language):
                said = self.start(LANG=language)
                self.assertIn(f"\n    # a refusal (in {told}), and what it means\n", said)
                self.assertEqual(0, self.stop())

    def test_accounts_and_passwords_are_those_of_the_first_start(self):
        accounts = re.findall(r"^    (\S+@example\.test) (\S{12})$", self.start(), re.M)
        self.assertEqual(["postmaster@example.test", "anna@example.test", "bob@example.test"], [name for name, _ in accounts])
        self.assertEqual(3, len({password for _, password in accounts}))
        self.assertEqual(0, self.stop())
        self.assertEqual(accounts, re.findall(r"^    (\S+@example\.test) (\S{12})$", self.start(), re.M))
        self.assertEqual(0o600, os.stat(os.path.join(self.folder, "ftgate-data/demo-accounts")).st_mode & 0o777)

    def test_both_servers_end_with_it(self):
        self.start("--hostname", "mx.example.test")
        self.assertEqual(0, self.stop())
        for port in 2525, 2110:
            self.assertNotEqual(0, self.shell(f"exec 3<>/dev/tcp/127.0.0.1/{port}").returncode)

    def test_passwords_need_tls_where_others_can_connect(self):
        done = self.shell(f"FTGATE_BIN={BUILD} {SOURCE}/scripts/run --listen 0.0.0.0:2525")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("root must not serve 0.0.0.0:2525", done.stderr)
        with open(os.path.join(self.folder, "ftgate-data/demo.conf"), encoding="utf-8") as config:
            self.assertNotIn("auth-in-clear", config.read())

    def test_symbolic_links_lead_to_it_and_to_the_languages(self):
        link = os.path.join(self.folder, "run")
        os.symlink(os.path.join(SOURCE, "scripts/run"), link)
        self.assertIn("ftgate runs", self.start(script=link))
        for name, words, text in (("ftgate-msg", "render --lang de ERR_SMTP_ADDRESS_UNKNOWN a@example.org", "existiert nicht (#4.28)"),
                                  ("ftgatectl", "--help", "ein Konto und sein Maildir anlegen"),
                                  ("ftgate-smtpd", "--help", "Die Konfiguration aus DATEI lesen")):
            os.symlink(os.path.join(BUILD, name), os.path.join(self.folder, name))
            self.assertIn(text, " ".join(self.shell(f"LANG=de_DE.UTF-8 LANGUAGE=de LOCPATH= ./{name} {words}").stdout.split()))

    def test_help_names_the_options(self):
        done = self.shell(os.path.join(SOURCE, "scripts/run") + " --help")
        self.assertEqual(0, done.returncode)
        self.assertIn("--pop3-listen ADDRESS:PORT", done.stdout)
        self.assertEqual(64, self.shell(os.path.join(SOURCE, "scripts/run") + " --data").returncode)


if __name__ == "__main__":
    main()
