#!/usr/bin/env python3
"""The folder of all mail without its marker, as when its volume is not mounted: nothing is stored, fetched or made there."""

import os
import subprocess

from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, SECONDS, Server, Talk, TestCase, main, program

LOST = ".ftgate"


class MailFolder(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--workers", "1"))
        self.mail = os.path.join(self.server.data, "mail")

    def ctl(self, *words, status=0):
        run = subprocess.run([self.server.ctl, "--data", self.server.data, *words], capture_output=True, check=False, text=True,
                             env=self.server.environment, timeout=SECONDS)
        self.assertEqual(status, run.returncode, run.stderr)
        return run.stderr

    def send(self):
        with Talk(self.server) as talk:
            talk.mail()
            self.assertIn(b"(#3.04)", talk.say(f"RCPT TO:<{ACCOUNT}>".encode()))
            talk.say(b"DATA")
            return talk.say(b"Subject: s\r\n\r\nx\r\n.")

    def count(self, folder):
        return len(os.listdir(os.path.join(folder, DOMAIN, "erika", "new")))

    def log_in(self, server):
        with Pop3Talk(server) as talk:
            said = talk.log_in(ACCOUNT, PASSWORD)
            return said if said.startswith(b"-ERR") else talk.say(b"STAT")

    def check(self, name="ftgate-smtpd"):
        return subprocess.run([program(name), "-c", self.server.config, "--data", self.server.data, "--check"],
                              env=self.server.environment, capture_output=True, check=False, text=True, timeout=SECONDS)

    def unmount(self):
        """Leaves an empty folder, as an unmounted volume does."""
        os.rename(self.mail, self.mail + ".volume")
        os.mkdir(self.mail, 0o700)

    def mount(self):
        os.rmdir(self.mail)
        os.rename(self.mail + ".volume", self.mail)

    def stop(self):
        self.server.process.terminate()
        self.assertEqual(0, self.server.process.wait(SECONDS))

    def refused(self):
        return self.server.log().count("event=mail-folder-refused")

    def test_volume_that_is_not_mounted_gets_no_mail_and_makes_no_mailbox(self):
        self.assertIn(b"(#3.05)", self.send())
        pop3 = self.enterContext(Pop3Server(beside=self.server))
        self.assertTrue(self.log_in(pop3).startswith(b"+OK 1 "))
        self.unmount()
        for _ in range(3):
            said = self.send()
            self.assertEqual(b"450", said[:3])
            self.assertIn(b"(#3.22)", said)
        self.assertIn(b"(#7.25)", self.log_in(pop3))
        self.assertEqual([], os.listdir(self.mail))
        self.assertEqual(1, self.server.counted("event=mail-folder-refused", 1))
        self.assertRegex(self.server.log(), rf"event=mail-folder-refused path={self.mail} detail=\"no file \.ftgate: mount")
        self.assertEqual(1, pop3.counted("event=mail-folder-refused", 1))
        self.assertIn("there is no file .ftgate in the folder mail",
                      self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password", status=75))
        self.mount()
        self.assertIn(b"(#3.05)", self.send())
        self.assertTrue(self.log_in(pop3).startswith(b"+OK 2 "))
        self.assertEqual(1, self.server.counted("event=mail-folder-usable", 1))
        self.ctl("account", "add", f"bob@{DOMAIN}", "--no-password")
        self.assertEqual(2, self.count(self.mail))

    def test_check_and_start_say_it_and_touching_the_marker_is_the_cure(self):
        self.assertEqual(0, self.check().returncode)
        self.unmount()
        for name in ("ftgate-smtpd", "ftgate-pop3d"):
            checked = self.check(name)
            self.assertEqual(65, checked.returncode)
            self.assertIn(f"there is no file {self.mail}/.ftgate: mount the volume", checked.stderr)
        self.stop()
        self.server.start()
        self.server.wait_for_log("event=mail-folder-refused")
        self.assertIn(b"(#3.22)", self.send())
        with open(os.path.join(self.mail, LOST), "w", encoding="ascii"):
            pass
        self.assertIn(b"(#3.05)", self.send())
        self.assertEqual((0, 1), (self.count(self.mail + ".volume"), self.count(self.mail)))
        self.assertEqual(0, self.check().returncode)

    def test_folder_of_an_earlier_release_is_marked_at_the_next_start(self):
        self.assertIn(b"(#3.05)", self.send())
        self.stop()
        os.remove(os.path.join(self.mail, LOST))
        os.remove(self.mail + ".marked")
        self.assertEqual(0, self.check().returncode)
        self.server.start()
        self.assertTrue(os.path.exists(os.path.join(self.mail, LOST)))
        self.assertIn(b"(#3.05)", self.send())
        self.assertEqual((0, 2), (self.refused(), self.count(self.mail)))


class EmptyVolume(Server):
    """A server whose data folder has a new volume for the mail, or a folder that an earlier release made, and nothing else."""

    def fill(self):
        os.makedirs(os.path.join(self.data, "mail", "lost+found"))
        self.checked = subprocess.run([self.smtpd, "-c", self.config, "--data", self.data, "--check"], env=self.environment,
                                      capture_output=True, check=False, text=True, timeout=SECONDS)


class EmptyVolumeWithCommands(EmptyVolume):
    """The first command makes a domain and an account before the server starts."""

    def fill(self):
        super().fill()
        self.control("domain", "add", "first.test")
        self.control("account", "add", "anna@first.test", "--no-password")


class UnmountedVolume(Server):
    """An earlier release had accounts, and the volume is not mounted when this one starts."""

    def fill(self):
        super().fill()
        mail = os.path.join(self.data, "mail")
        os.rename(mail, mail + ".volume")
        os.remove(mail + ".marked")
        os.mkdir(mail)


class FirstUse(TestCase):
    def test_server_without_accounts_marks_an_empty_folder(self):
        server = self.enterContext(EmptyVolume("--workers", "1"))
        self.assertEqual((0, ""), (server.checked.returncode, server.checked.stderr))
        self.assertTrue(os.path.exists(os.path.join(server.data, "mail", LOST)))
        self.assertTrue(os.path.exists(os.path.join(server.data, "mail.marked")))
        server.control("domain", "add", "first.test")
        server.control("account", "add", "anna@first.test", "--no-password")
        self.assertIn("anna", os.listdir(os.path.join(server.data, "mail", "first.test")))
        self.assertEqual(0, server.log().count("event=mail-folder-refused"))

    def test_first_account_marks_an_empty_folder(self):
        server = self.enterContext(EmptyVolumeWithCommands("--workers", "1"))
        self.assertIn("anna", os.listdir(os.path.join(server.data, "mail", "first.test")))
        self.assertEqual(0, server.log().count("event=mail-folder-refused"))

    def test_empty_folder_is_refused_if_there_are_accounts(self):
        server = self.enterContext(UnmountedVolume("--workers", "1"))
        server.wait_for_log("event=mail-folder-refused")
        self.assertEqual([], os.listdir(os.path.join(server.data, "mail")))
        checked = subprocess.run([server.smtpd, "-c", server.config, "--data", server.data, "--check"],
                                 env=server.environment, capture_output=True, check=False, text=True, timeout=SECONDS)
        self.assertEqual(65, checked.returncode)
        self.assertIn("mount the volume", checked.stderr)
        added = subprocess.run([server.ctl, "--data", server.data, "account", "add", f"bob@{DOMAIN}", "--no-password"],
                               env=server.environment, capture_output=True, check=False, timeout=SECONDS)
        self.assertEqual(75, added.returncode)
        self.assertEqual([], os.listdir(os.path.join(server.data, "mail")))


if __name__ == "__main__":
    main()
