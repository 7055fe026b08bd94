#!/usr/bin/env python3
"""Where a server logs: standard error, the journal or a file, which a reload opens again."""

import gzip
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from journal import Journal
from server import LIMITS, SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, environment, main, program

# Serves with a folder in place of /run, and with standard error as the stream to the journal that JOURNAL_STREAM names.
UNDER_A_MANAGER = """#!/bin/sh
export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
exec unshare -m sh -c 'mount --bind "$0" /run && exec "$@"' {run} {smtpd} "$@"
"""


class Managed(Server):
    """A server whose standard error is connected to the journal."""

    logs = False


class Targets(TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-log-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def journal(self, name="socket"):
        return self.enterContext(Journal(self.path(name)))

    def serve(self, log, *arguments, **options):
        return self.enterContext(Server("--workers", "2", *arguments, config=f"log: {log}\n" + LIMITS, **options))

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def wait_for(self, name, pattern):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if os.path.exists(self.path(name)) and re.search(pattern, self.read(name)):
                return self.read(name)
            time.sleep(0.01)
        raise AssertionError(f"{name} never said {pattern}: {self.read(name)}")


class ToTheJournal(Targets):
    def test_refusal_is_an_entry_with_fields(self):
        journal = self.journal()
        server = self.serve("journal:" + journal.path, LANG="de_DE")
        with Talk(server) as talk:
            talk.mail()
            self.assertIn(b"(#4.28)", talk.refused())
        entry = journal.wait("reply")
        self.assertEqual(
            ["PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "MESSAGE_ID", "MESSAGE", "FTGATE_EVENT", "FTGATE_SESSION",
             "FTGATE_CLIENT", "FTGATE_LANG", "FTGATE_REF", "FTGATE_ID", "FTGATE_CAUSE", "FTGATE_HELO", "FTGATE_FROM",
             "FTGATE_TO", "_PID"], list(entry))
        self.assertEqual("ftgate-smtpd", entry["SYSLOG_IDENTIFIER"])
        self.assertEqual("#4.28", entry["FTGATE_REF"])
        self.assertEqual(STRANGER, entry["FTGATE_TO"])
        self.assertRegex(entry["MESSAGE"], r"\Aevent=reply session=\w+ client=127\.0\.0\.1 lang=de ref=#4\.28 id=\w+ ")
        self.assertNotRegex(server.log(), r"event=")

    def test_each_process_logs_there_from_its_start_to_its_end(self):
        journal = self.journal()
        server = self.serve("journal:" + journal.path)
        pids = {journal.wait("catalogue-loaded", FTGATE_WORKER=number)["_PID"] for number in ("0", "1", "2")}
        self.assertEqual(3, len(pids))
        os.kill(server.pid, signal.SIGHUP)
        self.assertEqual(str(server.pid), journal.wait("reload")["_PID"])
        server.process.terminate()
        self.assertEqual("0", journal.wait("worker-stopped", FTGATE_WORKER="1")["FTGATE_STATUS"])
        journal.wait("stopped")

    def test_hostile_words_are_in_their_own_field(self):
        journal = self.journal()
        server = self.serve("journal:" + journal.path)
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<a@example.org>")
            talk.say(b'RCPT TO:<"a client=192.0.2.9\\\\ FTGATE_CLIENT=192.0.2.9"@example.test>')
        entry = journal.wait("reply")
        self.assertEqual("127.0.0.1", entry["FTGATE_CLIENT"])
        self.assertEqual(1, len(re.findall(r"(?<!\S)client=", entry["MESSAGE"].split('"')[0])))

    def test_journal_that_does_not_read_delays_nobody_and_the_loss_is_counted(self):
        journal = self.journal()
        metrics = self.enterContext(Server("--metrics", "127.0.0.1:0", "--workers", "1", config=f"log: journal:{journal.path}\n" + LIMITS))
        with Talk(metrics) as talk:
            talk.mail()
            for _ in range(3000):
                talk.refused()
        port = int(re.search(r"metrics at http://127\.0\.0\.1:(\d+)", metrics.log()).group(1))
        page = subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/metrics"], stdout=subprocess.PIPE, check=True,
                              timeout=SECONDS, text=True).stdout
        lost = int(re.search(r"^ftgate_log_lost_lines_total (\d+)$", page, re.M).group(1))
        self.assertGreater(lost, 0)
        while journal.read():
            pass
        with Talk(metrics):
            pass
        self.assertGreater(int(journal.wait("log-lost")["FTGATE_LINES"]), 0)

    def test_start_without_the_journal_fails_and_names_the_setting(self):
        config = self.path("ftgate.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("log: journal:/nonexistent/socket\n")
        run = subprocess.run([program("ftgate-smtpd"), "-c", config, "--data", self.path("data"), "--listen", "127.0.0.1:0"],
                             env=environment(), capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(73, run.returncode)
        self.assertIn("log: journal:/nonexistent/socket: No such file or directory; start systemd's journal", run.stderr)

    @unittest.skipIf(os.geteuid() != 0, "only root can mount")
    def test_under_systemd_the_journal_is_found_by_itself(self):
        with open(self.path("smtpd"), "w", encoding="ascii") as script:
            script.write(UNDER_A_MANAGER.format(run=self.path("run"), smtpd=program("ftgate-smtpd")))
        os.chmod(self.path("smtpd"), 0o755)
        journal = self.journal("run/systemd/journal/socket")
        probe = subprocess.run(["unshare", "-m", "mount", "--bind", self.folder, "/run"], stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            self.skipTest("mounts are not permitted here")
        server = self.enterContext(Managed(smtpd=self.path("smtpd")))
        self.assertEqual("127.0.0.1", self.connect(server, journal)["FTGATE_CLIENT"])
        self.assertIn("listening on", server.log())
        self.assertNotIn("event=connect", server.log())

    def connect(self, server, journal):
        with Talk(server):
            return journal.wait("connect")


class ToAFile(Targets):
    def test_lines_are_those_of_standard_error_and_only_the_user_reads_them(self):
        server = self.serve(self.path("ftgate.log"))
        with Talk(server) as talk:
            talk.mail()
            talk.refused()
        log = self.wait_for("ftgate.log", "event=disconnect")
        self.assertRegex(log, r"(?m)^\d{4}-\d\d-\d\dT[\d:.]{12}Z event=reply session=\w+ client=127\.0\.0\.1 .*ref=#4\.28 ")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(self.path("ftgate.log")).st_mode))
        self.assertNotIn("event=", server.log())
        self.assertIn("listening on", server.log())

    def run_as_nobody(self, log):
        """Starts a server that becomes nobody. Returns it, with its standard error."""
        with open(self.path("ftgate.conf"), "w", encoding="ascii") as file:
            file.write(f"log: {self.path(log)}\nuser: nobody\n")
        server = subprocess.Popen(
            [program("ftgate-smtpd"), "-c", self.path("ftgate.conf"), "--data", self.path("data"), "--listen", "127.0.0.1:0"],
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait, SECONDS)
        self.addCleanup(server.terminate)
        return server

    def let_others_pass(self):
        folder = self.folder
        while os.stat(folder).st_uid == os.geteuid() and folder != tempfile.gettempdir() and folder not in ("/", "/tmp"):
            os.chmod(folder, 0o711)
            folder = os.path.dirname(folder)
        if tempfile.gettempdir() != "/tmp":
            os.chmod(tempfile.gettempdir(), 0o711)

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_file_is_opened_by_the_user_of_the_server(self):
        user = pwd.getpwnam("nobody")
        self.let_others_pass()
        os.mkdir(self.path("logs"), 0o700)
        os.chown(self.path("logs"), user.pw_uid, user.pw_gid)
        self.run_as_nobody("logs/ftgate.log")
        self.wait_for("logs/ftgate.log", "event=catalogue-loaded")
        self.assertEqual(user.pw_uid, os.stat(self.path("logs/ftgate.log")).st_uid)

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_link_that_its_user_has_made_leads_root_nowhere(self):
        self.let_others_pass()
        os.symlink(self.path("of-root"), self.path("link"))
        server = self.run_as_nobody("link")
        self.assertEqual(73, server.wait(SECONDS))
        self.assertIn("link: Permission denied; name a file", server.stderr.read())
        self.assertFalse(os.path.exists(self.path("of-root")))

    def test_reload_opens_the_file_again_in_each_process(self):
        server = self.serve(self.path("ftgate.log"))
        self.wait_for("ftgate.log", "event=catalogue-loaded worker=2")
        os.rename(self.path("ftgate.log"), self.path("ftgate.log.1"))
        with Talk(server):
            self.wait_for("ftgate.log.1", "event=connect")
            os.kill(server.pid, signal.SIGHUP)
            self.wait_for("ftgate.log", "event=reload")
        log = self.wait_for("ftgate.log", "event=disconnect")
        for process in range(3):
            self.assertIn(f"event=catalogue-loaded worker={process}", log)
        server.process.terminate()
        self.wait_for("ftgate.log", "event=stopped")
        self.assertNotIn("event=disconnect", self.read("ftgate.log.1"))

    def test_file_that_cannot_be_opened_again_leaves_the_old_one_in_use(self):
        os.mkdir(self.path("logs"))
        server = self.serve(self.path("logs/ftgate.log"))
        self.wait_for("logs/ftgate.log", "event=catalogue-loaded worker=2")
        os.rename(self.path("logs"), self.path("moved"))
        os.kill(server.pid, signal.SIGHUP)
        log = self.wait_for("moved/ftgate.log", "event=reload")
        self.assertEqual(4, len(re.findall(r"event=log-kept file=\S+ detail=\"No such file or directory\"", log)))


@unittest.skipIf(shutil.which("logrotate") is None or os.geteuid() != 0, "needs logrotate, and root to name a user by su")
class Rotated(Targets):
    def rotation(self, server):
        """etc/logrotate.d/ftgate with the folders, the user and the server of this test."""
        with open(os.path.join(SOURCE, "etc/logrotate.d/ftgate"), encoding="ascii") as file:
            text = file.read()
        for old, new in (("/var/log/ftgate/", self.folder + "/"), ("su ftgate ftgate", "su root root"),
                         ("ftgatectl --server", f"{server.ctl} --data {server.data} --server")):
            self.assertEqual(1, text.count("\t" + old) + text.count("\n" + old), old)
            text = text.replace("\t" + old, "\t" + new).replace("\n" + old, "\n" + new)
        with open(self.path("rotation"), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path("rotation"), 0o644)
        return self.path("rotation")

    def rotate(self, rotation):
        run = subprocess.run(["logrotate", "--force", "--state", self.path("state"), rotation], capture_output=True, text=True,
                             timeout=SECONDS)
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))

    def count(self, pattern):
        """Lines of all files, those that are compressed, too."""
        found = {}
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("ftgate.log"):
                opened = gzip.open(self.path(name), "rt") if name.endswith(".gz") else open(self.path(name), encoding="ascii")
                with opened as file:
                    found[name] = len(re.findall(pattern, file.read()))
        return found

    def test_no_line_is_lost_while_clients_are_served(self):
        server = self.serve(self.path("ftgate.log"))
        rotation, refused, rotating = self.rotation(server), [0], threading.Event()

        def refuse():
            with Talk(server) as talk:
                talk.mail()
                while not rotating.is_set() or refused[0] < 100:
                    talk.refused()
                    refused[0] += 1

        client = threading.Thread(target=refuse)
        client.start()
        try:
            for left in reversed(range(5)):
                done = refused[0]
                while refused[0] < done + 25:
                    time.sleep(0.001)
                if left:
                    self.rotate(rotation)
        finally:
            rotating.set()
            client.join(SECONDS)
        self.wait_for("ftgate.log", "event=disconnect")
        found = self.count(r"(?m)^\S+Z event=reply .* ref=#4\.28 ")
        self.assertEqual(["ftgate.log", "ftgate.log.1", "ftgate.log.2.gz", "ftgate.log.3.gz", "ftgate.log.4.gz"], list(found))
        self.assertEqual(refused[0], sum(found.values()))
        self.assertTrue(all(found.values()), found)
        self.assertEqual(4, sum(self.count("event=reload ").values()))
        self.assertEqual({0}, set(self.count("event=log-(lost|kept)").values()))


class Checked(Targets):
    def check(self, log):
        config = self.path("ftgate.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"log: '{log}'\n" + (f"user: {pwd.getpwuid(os.geteuid()).pw_name}\n"))
        return subprocess.run([program("ftgate-smtpd"), "-c", config, "--data", self.path("data"), "--check"],
                              env=environment(), capture_output=True, text=True, timeout=SECONDS)

    def test_place_that_is_none_is_named_with_its_line(self):
        for log in ("ftgate.log", "syslog", "journal:", "journal:socket", "/", "/var/log/"):
            run = self.check(log)
            self.assertEqual(78, run.returncode, log)
            self.assertIn(f"ftgate.conf:1: log: '{log}' is no place for a log", run.stderr)

    def test_file_that_cannot_be_made_is_named_and_none_is_made(self):
        run = self.check("/nonexistent/ftgate.log")
        self.assertEqual(65, run.returncode, run.stderr)
        self.assertIn("ftgate.conf:1: log: /nonexistent/ftgate.log: No such file or directory", run.stderr)
        run = self.check("journal:/nonexistent/socket")
        self.assertEqual(65, run.returncode, run.stderr)
        self.assertIn("/nonexistent/socket: No such file or directory; start systemd's journal", run.stderr)
        run = self.check(self.path("ftgate.log"))
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertIn(f"log           {self.path('ftgate.log')}\n", run.stdout)
        self.assertEqual(["ftgate.conf"], os.listdir(self.folder))


if __name__ == "__main__":
    main()
