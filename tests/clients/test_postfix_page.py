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
from server import BUILD, SECONDS, TestCase, main
from test_readme import blocks

PAGE = "docs/postfix.md"
INSTALL = "apt-get install postfix-pcre swaks ./build/packages/ftgate-msg_*.deb\n"
TABLE, TRY, SAID, SCREEN, BOUNCE, OWN, UNDO = (
    "ftgate-msg export --format postfix-reject-pcre", "swaks", "<** 550-", "postconf -e postscreen_reject_footer_maps=",
    "ftgate-msg export --format postfix-bounce", "mkdir", "postconf -X")
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


def block(begin):
    found = [lines for lines in blocks(PAGE) if lines.startswith(begin)]
    assert len(found) == 1, (begin, found)
    return found[0]


class Blocks(TestCase):
    def test_each_is_run_here_but_the_installation(self):
        here = [INSTALL, *map(block, (TABLE, TRY, SAID, SCREEN, BOUNCE, OWN, UNDO))]
        self.assertEqual(here, blocks(PAGE))


@unittest.skipIf(MISSING, MISSING)
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
        self.shell("postalias /etc/postfix/aliases && postfix start")
        self.addCleanup(self.shell, "postfix abort")
        self.wait(lambda: "daemon started" in self.maillog())

    def write(self, name, text):
        """Postfix waits for files that were changed a moment ago."""
        with open(f"{self.folder}/etc/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(file.name, (1, 1))

    def shell(self, lines):
        path = f"{BUILD}:{os.environ['PATH']}:/usr/sbin:/sbin"
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
        path = self.folder + "/spool/maillog"
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def refused(self):
        """The lines of the refusal that swaks prints; it ends with the status of its own for it."""
        said = self.shell(block(TRY).rstrip("\n") + " || true\n")
        return "".join(re.findall(r"(?m)^<\*\* .*\n", said))

    def test_commands_do_what_the_page_says(self):
        english = block(SAID).split("\n")[0].replace("550-", "550 ") + "\n"
        self.assertEqual(english, self.refused())
        self.shell(block(TABLE))
        self.assertEqual(block(SAID), self.refused())

        self.assertEqual("$smtpd_reject_footer_maps\n", self.shell("postconf -h postscreen_reject_footer_maps"))
        self.shell(block(SCREEN))
        self.assertEqual("\n", self.shell("postconf -h postscreen_reject_footer_maps"))

        self.assertIn(f"Hier schreibt der Mailserver {ORIGIN}. ", self.shell(block(BOUNCE)))
        self.assertEqual("/etc/postfix/bounce.cf\n", self.shell("postconf -h bounce_template_file"))

        self.shell(block(OWN))
        self.assertEqual(block(SAID).replace("Postfach nosuch@mail.example.org existiert nicht",
                                             "Das Postfach nosuch@mail.example.org gibt es bei uns nicht"), self.refused())
        self.shell(block(UNDO))
        self.assertEqual(english, self.refused())
        self.assertEqual("\n", self.shell("postconf -h bounce_template_file"))
        self.assertEqual([], [name for name in os.listdir(self.folder + "/etc") if "ftgate" in name or "bounce" in name])
        self.assertIsNone(re.search("warning|fatal", self.maillog()), self.maillog())


if __name__ == "__main__":
    main()
