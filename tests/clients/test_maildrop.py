#!/usr/bin/env python3
"""One Maildir, read by POP3 while Dovecot and other sessions are at it."""

import glob
import os
import poplib
import signal
import subprocess
import time

from server import ACCOUNT, SECONDS, Server, TestCase, main, program

NOBODY = 65534
UIDS = [b"1 1700000001.M1P1.host", b"2 1700000002.M1P1.host", b"3 1700000003.M1P1.host"]


class Maildrop(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server(smtpd=program("ftgate-pop3d"), config="auth-in-clear: yes\n"))
        self.box = os.path.join(self.server.data, "mail", "example.test", "erika")
        for part in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(self.box, part), exist_ok=True)
        self.put("new/1700000001.M1P1.host,S=14,W=17", b"Subject: a\n\na\n")
        self.put("new/1700000002.M1P1.host", b"Subject: b\n\nb\n")
        self.put("cur/1700000003.M1P1.host,S=14:2,", b"Subject: c\n\nc\n")

    def put(self, name, content):
        with open(os.path.join(self.box, name), "wb") as file:
            file.write(content)

    def log_in(self):
        client = poplib.POP3("127.0.0.1", self.server.port, SECONDS)
        self.addCleanup(client.close)
        client.user(ACCOUNT)
        client.pass_("correct horse")
        return client

    def log_in_soon(self):
        """Logs in as soon as the server, and the lock, let it."""
        until = time.monotonic() + SECONDS
        while True:
            try:
                return self.log_in()
            except (OSError, EOFError, poplib.error_proto) as error:
                self.assertLess(time.monotonic(), until, error)
                time.sleep(0.05)

    def files(self):
        found = glob.glob(os.path.join(self.box, "new", "*")) + glob.glob(os.path.join(self.box, "cur", "*"))
        return sorted(os.path.basename(name) for name in found)

    def subjects(self, client):
        return [client.retr(i + 1)[1][0] for i in range(client.stat()[0])]

    def let_in(self, user):
        """Gives the Maildir to a user, and a way to it."""
        for folder in (self.server.folder, self.server.data, os.path.join(self.server.data, "mail"),
                       os.path.dirname(self.box)):
            os.chmod(folder, 0o711)
        subprocess.run(["chown", "-R", str(user), self.box], check=True, timeout=SECONDS)

    def dovecot(self, *command, **options):
        """Has Dovecot do something with the Maildir, which it does not do as root."""
        user = os.getuid() or NOBODY
        if os.getuid() == 0:
            self.let_in(user)
        index = os.path.join(self.server.folder, "dovecot")
        os.makedirs(index, mode=0o777, exist_ok=True)
        os.chmod(index, 0o777)
        config = os.path.join(self.server.folder, "dovecot.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("protocols =\nlog_path = /dev/stderr\nfirst_valid_uid = 1\nfirst_valid_gid = 0\n"
                       f"mail_home = {index}\nmail_location = maildir:{self.box}:INDEX={index}\n"
                       f"mail_uid = {user}\nmail_gid = {user}\n")
        rights = {"user": user, "group": user, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(["doveadm", "-c", config, *command], env={**os.environ, "HOME": index, "USER": "erika"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, **rights, **options)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_messages_stay_what_they_are_while_dovecot_flags_them(self):
        client = self.log_in()
        self.assertEqual(UIDS, client.uidl()[1])
        self.dovecot("flags", "add", "\\Seen \\Flagged", "mailbox", "INBOX", "ALL")
        self.assertTrue(all(name.endswith(":2,FS") for name in self.files()), self.files())
        self.assertEqual([b"Subject: a", b"Subject: b", b"Subject: c"], self.subjects(client))
        client.quit()
        client = self.log_in()
        self.assertEqual(UIDS, client.uidl()[1])
        self.assertEqual((3, 51), client.stat())
        client.dele(2)
        self.dovecot("flags", "remove", "\\Seen", "mailbox", "INBOX", "ALL")
        client.quit()
        self.assertEqual(["1700000001.M1P1.host,S=14,W=17:2,F", "1700000003.M1P1.host,S=14:2,F"], self.files())

    def test_what_dovecot_delivers_and_removes_does_not_disturb_a_session(self):
        client = self.log_in()
        self.dovecot("save", "-m", "INBOX", input=b"Subject: d\n\nd\n")
        self.dovecot("expunge", "mailbox", "INBOX", "subject", "a")
        self.assertEqual((3, 51), client.stat())
        with self.assertRaisesRegex(poplib.error_proto, r"\(#5\.12\)"):
            client.retr(1)
        self.assertEqual(b"Subject: b", client.retr(2)[1][0])
        client.dele(1)
        self.assertRegex(client.quit(), rb"\A\+OK")
        client = self.log_in()
        self.assertEqual([b"Subject: b", b"Subject: c", b"Subject: d"], self.subjects(client))
        self.assertEqual(UIDS[1][2:], client.uidl()[1][0][2:])

    def test_one_session_at_a_time(self):
        client = self.log_in()
        with self.assertRaisesRegex(poplib.error_proto, r"\(#5\.07\)"):
            self.log_in()
        client.quit()
        self.log_in()

    def test_connection_that_is_dropped_deletes_nothing_and_holds_nothing(self):
        client = self.log_in()
        client.dele(1)
        client.close()
        self.assertEqual(UIDS, self.log_in_soon().uidl()[1])
        self.assertEqual(3, len(self.files()))

    def test_no_lock_stays_behind_a_killed_worker(self):
        client = self.log_in()
        client.dele(1)
        with open(f"/proc/{self.server.pid}/task/{self.server.pid}/children", encoding="ascii") as children:
            for worker in children.read().split():
                os.kill(int(worker), signal.SIGKILL)
        self.assertEqual(UIDS, self.log_in_soon().uidl()[1])


if __name__ == "__main__":
    main()
