#!/usr/bin/env python3
"""The commands of docs/install.md that need neither the Internet nor a service manager do what it says."""

import os
import signal
import subprocess
import time
import unittest

import alone
from encrypted import Certificate
from server import SECONDS, TestCase, main
from test_readme import Root, blocks

QUICKSTART = "ftgatectl quickstart example.org"
CHECK = "ftgate-smtpd -c /etc/ftgate/ftgate.conf --check && ftgate-pop3d -c /etc/ftgate/ftgate.conf --check"
SWITCH_ON = "sed -i 's/^##//' /etc/ftgate/ftgate.conf"
BACKUP, RESTORE = "install -d -m 700 /var/backups/ftgate", "systemctl stop ftgate-smtpd ftgate-pop3d"
FIREWALL = "#!/usr/sbin/nft -f"

# By their first line: those that are run here, and those that need the Internet, a service manager, or a whole machine, which
# tests/packages has.
HERE = [QUICKSTART, CHECK, SWITCH_ON, FIREWALL, BACKUP, RESTORE, "ftgatectl text stale"]
ELSEWHERE = ["scripts/deps build", "apt-get install ./build/packages/ftgate-mapd_*.deb ./build/packages/ftgate-msg_*.deb",
             "apt-get install certbot", "apt-get install lego", "#!/bin/sh", "rm -r /var/lib/ftgate /etc/ftgate"]


def block(begin):
    found = [lines for lines in blocks("docs/install.md") if lines.startswith(begin)]
    return found[0]


class Blocks(TestCase):
    def test_each_is_run_here_or_needs_what_no_test_has(self):
        self.assertEqual(set(HERE + ELSEWHERE), {lines.splitlines()[0] for lines in blocks("docs/install.md")})


@unittest.skipUnless(alone.has("nft"), "this machine lacks nft")
class Firewall(Root):
    def test_rules_are_accepted(self):
        path = os.path.join(self.folder, "nftables.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(block(FIREWALL))
        self.works(f"nft -c -f {path}")


class Life(Root):
    def setUp(self):
        super().setUp()
        self.works("cmake --install build/release")
        self.works(QUICKSTART + " hostname=mail.example.org account=anna resolver=127.0.0.1")

    def start(self):
        server = self.net.start("bash", "-c", "exec ftgate-smtpd -c /etc/ftgate/ftgate.conf", env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        until = time.monotonic() + SECONDS
        while self.shell("ftgatectl status").returncode != 0:
            self.assertTrue(server.poll() is None and time.monotonic() < until)
            time.sleep(0.05)
        return server

    def stop(self, server):
        server.send_signal(signal.SIGTERM)
        self.assertEqual(0, server.wait(SECONDS))

    def run_block(self, begin):
        for line in block(begin).splitlines():
            if not line.startswith("systemctl"):
                self.works(line)

    def mail(self):
        return self.works("cd /var/lib/ftgate && find mail locale -type f -exec md5sum {} + | sort")

    def test_configuration_is_checked_and_switched_on(self):
        self.run_block(CHECK)
        certificate = self.enterContext(Certificate())
        self.works(f"cp {certificate.file} {certificate.key} /etc/ftgate")
        self.run_block(SWITCH_ON)
        self.assertIn("0.0.0.0:995 with TLS", self.works(CHECK))

    @unittest.skipUnless(alone.has("curl", "sqlite3"), "this machine lacks curl or sqlite3")
    def test_backup_of_a_running_server_is_restored(self):
        server = self.start()
        self.works("ftgatectl account add bob@example.org --no-password")
        self.works("ftgatectl text set de 4.28 'Das Postfach %s gibt es bei uns nicht.'")
        self.works("printf 'Subject: Hello\\r\\n\\r\\nHello.\\r\\n' | curl -sS --mail-from x@example.net --mail-rcpt anna@example.org -T - "
                   "smtp://127.0.0.1:25")
        before, config = self.mail(), self.works("cat /etc/ftgate/ftgate.conf")
        self.assertRegex(before, r"mail/example\.org/anna/new/")
        self.assertIn("ftgate-local.po", before)
        self.run_block(BACKUP)
        self.stop(server)
        self.works("rm -r /var/lib/ftgate /etc/ftgate")
        self.run_block(RESTORE)
        self.assertEqual((before, config), (self.mail(), self.works("cat /etc/ftgate/ftgate.conf")))
        self.assertEqual("700 600\n", self.works("echo $(stat -c %a /var/lib/ftgate /var/lib/ftgate/ftgate.db)"))
        server = self.start()
        self.assertEqual("anna@example.org\nbob@example.org\n", self.works("ftgatectl account list"))
        self.assertRegex(self.works("ftgatectl text list de"), r"#4\.28 +live")
        self.run_block("ftgatectl text stale")
        self.stop(server)


if __name__ == "__main__":
    main()
