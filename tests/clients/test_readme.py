#!/usr/bin/env python3
"""Each command of README.md does what README.md says, as it is printed; each session there is what is said."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import alone
from server import BUILD, SECONDS, SOURCE, TestCase, main

RUN = "LANG=de_DE scripts/run"
SWAKS = "swaks --server localhost:2525 --helo client.example.org --from sender@example.org --to nobody@example.test"
CTL = "build/release/ftgatectl --data ftgate-data text "
SET = CTL + "set de 4.28 'Das Postfach %s gibt es bei uns nicht. Fragen: ${contact}'"
INSTALL = ("cmake --install build/release", "useradd --system --home-dir /var/lib/ftgate --shell /usr/sbin/nologin ftgate",
           "ftgatectl quickstart example.org")
COMMANDS = [RUN, SWAKS, "build/release/ftgate-msg explain 4.28", SET, CTL + "list de", CTL + "unset de 4.28", *INSTALL]


def blocks(page="README.md"):
    """The indented blocks, without the indentation."""
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        text = file.read()
    return ["".join(line[4:] + "\n" for line in block.splitlines()) for block in re.findall(r"(?m)(?:^    .*\n)+", text)]


class Commands(TestCase):
    def test_each_command_is_run_here(self):
        self.assertEqual(COMMANDS, [line for block in blocks() for line in block.splitlines()
                                    if re.match(r"LANG=|scripts/|build/|swaks|cmake|useradd|ftgate", line)])

    def test_files_that_it_names_exist(self):
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            text = file.read()
        headings = {"#" + name.lower().replace(" ", "-") for name in re.findall(r"(?m)^#+ (.*)$", text)}
        for name in re.findall(r"\]\(([^):]+)\)", text) + re.findall(r"`((?:scripts|docs|po)/[a-z/.]*)", text):
            self.assertTrue(name in headings or os.path.exists(os.path.join(SOURCE, name)), name)


class Place(TestCase):
    """A folder like a clone after scripts/run, in a network of its own."""

    def setUp(self):
        if not alone.is_possible():
            self.skipTest("this machine has no network namespaces for users")
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.clone = self.make("clone/build").removesuffix("/build")
        os.symlink(os.path.join(SOURCE, "scripts"), os.path.join(self.clone, "scripts"))
        os.symlink(BUILD, os.path.join(self.clone, "build/release"))
        self.environment = {"FTGATE_BIN": BUILD}

    def make(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path)
        return path

    def shell(self, line):
        return self.net.run("bash", "-c", line, cwd=self.clone, env=self.environment, stdin=subprocess.DEVNULL, timeout=4 * SECONDS)

    def works(self, line):
        done = self.shell(line)
        self.assertEqual(0, done.returncode, line + "\n" + done.stderr)
        return done.stdout


@unittest.skipUnless(alone.has("swaks"), "this machine lacks swaks")
class Session(Place):
    def setUp(self):
        super().setUp()
        self.net = self.enterContext(alone.Alone())

    def start(self, line):
        """Runs scripts/run until it has printed all; its process."""
        with open(os.path.join(self.folder, "out"), "wb") as out:
            process = self.net.start("bash", "-c", "exec env " + line, cwd=self.clone, env=self.environment, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop, process)
        until = time.monotonic() + SECONDS
        while b"To try it in another terminal" not in self.printed():
            self.assertTrue(process.poll() is None and time.monotonic() < until, self.printed())
            time.sleep(0.05)
        return process

    def printed(self):
        with open(os.path.join(self.folder, "out"), "rb") as out:
            return out.read()

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(SECONDS)

    def assertSaid(self, begin, said):
        """The block of README.md that begins so is in what was said, line by line, with nothing between."""
        found = [block for block in blocks() if block.startswith(begin)]
        self.assertEqual(1, len(found))
        self.assertIn(found[0], said)

    def test_session_is_what_is_said(self):
        self.assertEqual(0, self.stop(self.start(RUN)))
        self.start(RUN + " --hostname mx.example.test")
        self.assertSaid("<-  220", self.shell(SWAKS).stdout)
        self.assertSaid("ERR_SMTP_ADDRESS_UNKNOWN", self.works("build/release/ftgate-msg explain 4.28"))
        self.assertSaid("#4.28", self.works(SET))
        self.assertIn("550 5.1.1 Das Postfach nobody@example.test gibt es bei uns nicht. Fragen: postmaster@mx.example.test (#4.28)",
                      self.shell(SWAKS).stdout)
        self.assertRegex(self.works(CTL + "list de"), r"#4\.28 +live +ERR_SMTP_ADDRESS_UNKNOWN")
        self.works(CTL + "unset de 4.28")
        self.assertSaid("<-  220", self.shell(SWAKS).stdout)


class Root(Place):
    """With folders of its own for /etc, /var/lib and /var/backups, a user ftgate, and DESTDIR."""

    def setUp(self):
        super().setUp()
        etc = self.make("etc")
        for name, text in (("passwd", "root:x:0:0::/root:/bin/sh\nftgate:x:0:0::/:/usr/sbin/nologin\n"), ("resolv.conf", "nameserver 127.0.0.1\n"),
                           ("group", "root:x:0:\nftgate:x:0:\n"), ("nsswitch.conf", "passwd: files\ngroup: files\n")):
            with open(os.path.join(etc, name), "w", encoding="ascii") as file:
                file.write(text)
        if os.path.exists("/etc/ld.so.cache"):
            shutil.copy("/etc/ld.so.cache", etc)
        useradd = os.path.join(self.make("fake"), "useradd")
        with open(useradd, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho \"$*\" >{self.folder}/useradd\n")
        os.chmod(useradd, 0o755)
        self.net = self.enterContext(alone.Alone(etc=etc, var_lib=self.make("lib"), var_backups=self.make("backups")))
        root = self.make("root")
        self.environment["DESTDIR"] = root
        self.environment["PATH"] = f"{self.folder}/fake:{root}/usr/local/sbin:{root}/usr/local/bin:{os.environ['PATH']}"


class Install(Root):
    def test_installed_programs_set_up_a_server(self):
        said = [self.works(line) for line in INSTALL]
        with open(os.path.join(self.folder, "useradd"), encoding="ascii") as file:
            self.assertEqual("--system --home-dir /var/lib/ftgate --shell /usr/sbin/nologin ftgate\n", file.read())
        self.assertIn("Written: the configuration /etc/ftgate/ftgate.conf, the data folder /var/lib/ftgate, and in it the account "
                      "postmaster@example.org.", said[-1])
        self.assertEqual("postmaster@example.org\n", self.works("ftgatectl account list"))
        self.assertIn("hostname      ", self.works("ftgate-smtpd -c /etc/ftgate/ftgate.conf --check"))


if __name__ == "__main__":
    main()
