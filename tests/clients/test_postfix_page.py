#!/usr/bin/env python3
"""The commands of docs/postfix.md do what it says, as they are printed, with the Postfix of Debian and its own settings."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import alone
from postfix import MISSING, PACKAGE
from server import BUILD, SECONDS, SOURCE, TestCase, main, program
from test_readme import blocks

# Each block of the page; the packages are installed by tests/packages.
INSTALL, TABLE, TRY, SAID, INSTALL_MAP, MAP, ASK, SAID_BY_MAP, SCREEN, BOUNCE, OWN, UNDO = blocks("docs/postfix.md")
ORIGIN = "mail.example.org"
# As Debian's package sets a site on the Internet up, but for the log.
SETTINGS = f"""myhostname = {ORIGIN}
alias_maps = hash:/etc/postfix/aliases
mydestination = $myhostname, localhost
relayhost =
mynetworks = 127.0.0.0/8
inet_interfaces = all
maillog_file = /var/spool/postfix/maillog
maillog_file_prefixes = /var/spool
"""


class Blocks(TestCase):
    def test_table_is_replaced_only_by_a_whole_one(self):
        for block in TABLE, BOUNCE, OWN:
            self.assertRegex(block, r"(?m)^ftgate-msg export .* >(\S+)\.new &&\n  mv \1\.new \1$")
            self.assertNotRegex(block, r">(?!\S+\.new )")

    def test_reference_is_explained_as_the_page_says(self):
        with open(SOURCE + "/docs/postfix.md", encoding="utf-8") as file:
            command = re.search(r"`ftgate-msg (explain 4\.28 --lang de)` says", file.read())[1]
        self.assertIn("Ursache", subprocess.run(
            [program("ftgate-msg"), *command.split()], check=True, capture_output=True, encoding="utf-8").stdout)

    def test_only_packages_are_not_installed_here(self):
        for block in INSTALL, INSTALL_MAP:
            self.assertRegex(block, r"\Aapt-get install .*\n\Z")


@unittest.skipIf(MISSING, MISSING)
@unittest.skipUnless(alone.mounts(), "no mounts can be made here")
@unittest.skipUnless(alone.has("swaks"), "this machine lacks swaks")
class Page(TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o755)
        shutil.copytree("/etc/postfix", self.folder + "/etc")
        for name in "spool", "lib":
            os.mkdir(f"{self.folder}/{name}")
        shutil.chown(self.folder + "/lib", "postfix")
        with open(PACKAGE + "/main.cf.debian", encoding="utf-8") as file:
            self.write("main.cf", file.read() + SETTINGS)
        self.write("aliases", "postmaster: root\n")
        self.net = self.enterContext(alone.Alone(users=False, etc_postfix=self.folder + "/etc",
                                                 var_spool_postfix=self.folder + "/spool", var_lib_postfix=self.folder + "/lib"))
        self.make_map_server()
        self.shell("postalias /etc/postfix/aliases && postfix start")
        self.addCleanup(self.shell, "postfix abort")
        self.wait(lambda: "daemon started" in self.maillog())

    def make_map_server(self):
        """Its folders, with what the package writes; the first stands in the place of /etc/ftgate in the commands."""
        for name in "ftgate", "data", "data/locale":
            os.mkdir(f"{self.folder}/{name}")
        with open(SOURCE + "/etc/mapd.conf", encoding="utf-8") as file:
            text = file.read().replace("/var/lib/ftgate", self.folder + "/data")
        with open(self.folder + "/ftgate/mapd.conf", "w", encoding="utf-8") as file:
            file.write(text)

    def start_map_server(self):
        with open(self.folder + "/log", "wb") as log:
            server = self.net.start(program("ftgate-mapd"), "-c", self.folder + "/ftgate/mapd.conf", stdout=log, stderr=log)
        self.addCleanup(server.wait, SECONDS)
        self.addCleanup(server.terminate)
        self.wait(lambda: "listening on 127.0.0.1:2794\n" in self.text("log"))

    def write(self, name, text):
        """Postfix waits for files that were changed a moment ago."""
        with open(f"{self.folder}/etc/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(file.name, (1, 1))

    def shell(self, lines):
        path = f"{BUILD}:{os.environ['PATH']}:/usr/sbin:/sbin"
        lines = lines.replace("/etc/ftgate/", self.folder + "/ftgate/")
        done = self.net.run("bash", "-ec", lines, env={"PATH": path}, stdin=subprocess.DEVNULL, timeout=4 * SECONDS)
        self.assertEqual(0, done.returncode, (lines, done.stderr))
        for name in os.listdir(self.folder + "/etc"):
            if os.path.isfile(f"{self.folder}/etc/{name}"):
                os.utime(f"{self.folder}/etc/{name}", (1, 1))
        return done.stdout

    def wait(self, holds):
        until = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), until, self.maillog())
            time.sleep(0.02)

    def maillog(self):
        return self.text("spool/maillog")

    def text(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def refused(self):
        """The lines of the refusal that swaks prints; it ends with the status of its own for it."""
        said = self.shell(TRY.rstrip("\n") + " || true\n")
        return "".join(re.findall(r"(?m)^<\*\* .*\n", said))

    def test_commands_do_what_the_page_says(self):
        english = SAID.split("\n")[0].replace("550-", "550 ") + "\n"
        self.assertEqual(english, self.refused())
        self.shell(TABLE)
        self.assertEqual(SAID, self.refused())

        self.shell(MAP)
        self.start_map_server()
        self.shell(ASK)
        self.assertEqual(SAID_BY_MAP, self.refused())
        self.shell("postconf -X postscreen_reject_footer_maps")
        self.shell(TABLE)

        self.assertEqual("$smtpd_reject_footer_maps\n", self.shell("postconf -h postscreen_reject_footer_maps"))
        self.shell(SCREEN)
        self.assertEqual("\n", self.shell("postconf -h postscreen_reject_footer_maps"))

        self.assertIn(f"Hier schreibt der Mailserver {ORIGIN}. ", self.shell(BOUNCE))
        self.assertEqual("/etc/postfix/bounce.cf\n", self.shell("postconf -h bounce_template_file"))

        self.shell(OWN)
        self.assertEqual(SAID.replace("Postfach nosuch@mail.example.org existiert nicht",
                                             "Das Postfach nosuch@mail.example.org gibt es bei uns nicht"), self.refused())
        self.shell(UNDO)
        self.assertEqual(english, self.refused())
        self.assertEqual("\n", self.shell("postconf -h bounce_template_file"))
        self.assertEqual([], [name for name in os.listdir(self.folder + "/etc") if "ftgate" in name or "bounce" in name])
        self.assertIsNone(re.search("warning|fatal", self.maillog()), self.maillog())


if __name__ == "__main__":
    main()
