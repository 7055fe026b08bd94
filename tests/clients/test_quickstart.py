#!/usr/bin/env python3
"""ftgatectl quickstart: what it checks, lists and writes; that it changes nothing that exists; and that the server then serves."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import alone
from encrypted import Certificate
from fake_name_server import FakeNameServer
from server import SECONDS, TestCase, environment, has_terminals, main, program

USAGE, DATAERR, NOUSER, CANTCREAT = 64, 65, 67, 73
HOST = "mail.example.org"
ZONE = (f"MX example.org 10:{HOST}", f"A {HOST} 192.0.2.1", f"AAAA {HOST} 2001:db8::1", "TXT example.org v=spf1 mx -all",
        f"TXT {HOST} v=spf1 a -all", "TXT _dmarc.example.org v=DMARC1; p=none; rua=mailto:postmaster@example.org",
        f"PTR 192.0.2.1 {HOST}", f"PTR 2001:db8::1 {HOST}")


class QuickstartCase(TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = os.path.join(self.folder, "etc/ftgate.conf")
        self.data = os.path.join(self.folder, "data")
        self.names = self.enterContext(FakeNameServer())

    def words(self, *words, domain="example.org"):
        return ["-c", self.config, "--data", self.data, "quickstart", domain, "hostname=" + HOST, "address=192.0.2.1",
                "address=2001:db8::1", f"resolver=127.0.0.1:{self.names.port}", *(["user=root"] if os.geteuid() == 0 else []), *words]

    def ctl(self, *words, status=0, input="", **language):
        done = subprocess.run([program("ftgatectl"), *words], env=environment(**language), input=input, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        self.error = done.stderr
        return done.stdout

    def quickstart(self, *words, **options):
        return self.ctl(*self.words(*words), **options)

    def found(self):
        """All files below the test's folder, with what is in them."""
        files = {}
        for folder, folders, names in os.walk(self.folder):
            for name in folders:
                files[os.path.join(folder, name)] = None
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    files[os.path.join(folder, name)] = file.read()
        return files


class Records(QuickstartCase):
    def states(self, *words):
        told = json.loads(self.quickstart("write=no", "--json", *words))
        return [(record["type"], record["state"], record["published"]) for record in told["records"]]

    def test_records_that_are_published_are_ok(self):
        for record in ZONE:
            self.names.tell(record)
        self.assertEqual([("MX", "ok", None), ("A", "ok", None), ("AAAA", "ok", None), ("TXT", "ok", None), ("TXT", "ok", None),
                          ("TXT", "ok", None), ("PTR", "ok", None), ("PTR", "ok", None)], self.states())
        self.assertEqual({"example.org", HOST, "_dmarc.example.org", "1.2.0.192.in-addr.arpa",
                          FakeNameServer.reverse("2001:db8::1")}, set(self.names.heard))
        self.assertEqual(8, len(self.names.heard))

    def test_records_that_are_missing_or_others_are_told(self):
        for record in ("MX example.org 5:old.example.net", f"A {HOST} 192.0.2.9", "TXT example.org unrelated=1",
                       f"TXT {HOST} v=spf1 include:example.net ~all", "TXT _dmarc.example.org failed", "PTR 192.0.2.1 cable.example.net"):
            self.names.tell(record)
        self.assertEqual([("MX", "differs", "old.example.net"), ("A", "differs", "192.0.2.9"), ("AAAA", "missing", None),
                          ("TXT", "missing", None), ("TXT", "differs", "v=spf1 include:example.net ~all"), ("TXT", "unknown", None),
                          ("PTR", "differs", "cable.example.net"), ("PTR", "missing", None)], self.states())

    def test_silent_name_server_leaves_all_unknown(self):
        self.names.silent = True
        self.assertEqual({"unknown"}, {state for _, state, _ in self.states()})

    def test_hostile_answer_is_harmless_at_a_terminal(self):
        self.names.put("TXT", "example.org", b"\x0fv=spf1 \x1b[2J\xff\n\0x")
        shown = self.quickstart("write=no")
        self.assertNotIn("\x1b", shown)
        self.assertIn("differs: v=spf1 \\x1B[2J\\xFF\\x0A\n", shown)

    def test_zone_is_printed_as_a_zone_file(self):
        shown = self.quickstart("write=no")
        for line in (rf"example\.org\. +MX +10 {HOST}\.", rf"{HOST}\. +A +192\.0\.2\.1", rf"{HOST}\. +AAAA +2001:db8::1",
                     r'example\.org\. +TXT +"v=spf1 mx -all"', r'_dmarc\.example\.org\. +TXT +"v=DMARC1; p=none; rua=mailto:postmaster@example\.org"',
                     rf"1\.2\.0\.192\.in-addr\.arpa\. +PTR +{HOST}\."):
            self.assertRegex(shown, rf"(?m)^    {line} +; missing$")
        self.assertIn("Nothing was written.", shown)
        self.assertEqual({}, self.found())

    def test_domain_in_unicode_is_listed_as_the_dns_has_it(self):
        told = json.loads(self.ctl(*self.words("write=no", "--json", domain="b\u00fccher.example")))
        self.assertEqual(["xn--bcher-kva.example", "xn--bcher-kva.example"], [told["domain"], told["records"][0]["name"]])

    def test_people_read_the_name_with_all_letters_beside_that_of_the_dns(self):
        shown = self.ctl(*self.words(domain="b\u00fccher.example"), LANG="C.UTF-8")
        self.assertIn("\n    b\u00fccher.example is xn--bcher-kva.example in the DNS.\n", shown)
        self.assertRegex(shown, r"(?m)^    xn--bcher-kva\.example\. +MX ")
        self.assertIn("and in it the account postmaster@b\u00fccher.example.\n", shown)
        self.assertIn("\nThe password of postmaster@b\u00fccher.example is shown only here: ", shown)
        self.assertNotIn("in the DNS.", self.quickstart("write=no"))


class Writing(QuickstartCase):
    def test_what_is_written_is_fit_to_serve(self):
        told = json.loads(self.quickstart("--json", "account=anna", "language=de"))
        self.assertEqual(["anna@example.org", "de", True], [told["account"], told["language"], told["written"]])
        self.assertRegex(told["password"], r"^\S{16}$")
        self.assertIn(f"ftgatectl -c {self.config} text edit de", told["commands"])
        self.assertEqual("anna@example.org\n", self.ctl("-c", self.config, "account", "list"))
        shown = json.loads(self.ctl("-c", self.config, "--json", "account", "show", "anna@example.org"))
        self.assertEqual([True, True, False], [shown[name] for name in ("password", "scram-sha-256", "secret")])
        for server, address in ("ftgate-smtpd", "0.0.0.0:25"), ("ftgate-pop3d", "127.0.0.1:2110"):
            done = subprocess.run([program(server), "-c", self.config, "--check"], env=environment(), capture_output=True, text=True,
                                  timeout=SECONDS, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertIn(f"listen        {address}\n", done.stdout)
            self.assertIn("language      de\n", done.stdout)
        self.assertEqual([0o644, 0o700], [os.stat(path).st_mode & 0o777 for path in (self.config, self.data)])

    def test_language_of_the_terminal_is_proposed_once_and_both_servers_are_started(self):
        told = json.loads(self.quickstart("--json", "account=anna", LANG="de_DE.UTF-8"))
        self.assertEqual("de_DE", told["language"])
        for server in "ftgate-smtpd", "ftgate-pop3d":
            self.assertIn(f"{server} -c {self.config}", told["commands"])

    def test_certificate_switches_on_what_needs_it(self):
        certificate = self.enterContext(Certificate())
        self.quickstart("tls-cert=" + certificate.file, "tls-key=" + certificate.key)
        with open(self.config, encoding="utf-8") as file:
            now = file.read()
        self.assertNotIn("##", now)
        for line in ("0.0.0.0:25", "0.0.0.0:587", "0.0.0.0:110", "0.0.0.0:995", "tls: required", "tls: implicit", certificate.file):
            self.assertIn(line, now)

    def test_command_that_is_printed_switches_it_on_later(self):
        certificate = self.enterContext(Certificate())
        os.rename(certificate.key, certificate.key + ".later")
        told = json.loads(self.quickstart("--json", "tls-cert=" + certificate.file, "tls-key=" + certificate.key))
        os.rename(certificate.key + ".later", certificate.key)
        command = next(command for command in told["commands"] if command.startswith("sed"))
        subprocess.run(["sh", "-c", command], check=True, timeout=SECONDS)
        done = subprocess.run([program("ftgate-pop3d"), "-c", self.config, "--check"], env=environment(), capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn("0.0.0.0:995 with TLS", done.stdout)

    def test_what_exists_is_not_changed(self):
        self.quickstart()
        before = self.found()
        self.quickstart(status=CANTCREAT)
        self.assertIn(f"{self.config} exists: nothing was changed. To host the domain with it: ftgatectl -c {self.config} domain add", self.error)
        self.config = os.path.join(self.folder, "other.conf")
        self.quickstart(status=CANTCREAT)
        self.assertIn(f"{self.data} holds accounts: nothing was changed", self.error)
        self.quickstart("write=no")
        self.assertEqual(before, self.found())

    def test_failure_leaves_nothing(self):
        self.quickstart("--password-stdin", input="bell\a\n", status=DATAERR)
        self.assertEqual([self.data, os.path.dirname(self.config)], sorted(path for path, _ in self.found().items()))
        self.assertEqual("", self.quickstart("account=anna", "--password-stdin", input="", status=DATAERR))
        self.assertFalse(os.path.exists(self.config))
        file = os.path.join(self.folder, "file")
        with open(file, "wb"):
            pass
        self.data = file + "/data"
        self.quickstart(status=CANTCREAT)
        self.assertFalse(os.path.exists(self.config))
        self.data = os.path.join(self.folder, "data")
        self.quickstart()

    def test_password_may_be_given_or_left_out(self):
        told = json.loads(self.quickstart("--json", "--password-stdin", input="correct horse\n"))
        self.assertIsNone(told["password"])
        self.assertTrue(json.loads(self.ctl("-c", self.config, "--json", "account", "list"))[0]["password"])
        shutil.rmtree(self.data)
        os.unlink(self.config)
        self.quickstart("--no-password")
        self.assertFalse(json.loads(self.ctl("-c", self.config, "--json", "account", "list"))[0]["password"])

    def test_nonsense_is_refused(self):
        for status, error, *words in (
                (USAGE, "'colour=red' is not one of hostname=NAME, account=ADDRESS", "colour=red"),
                (DATAERR, "hostname=mail: write a name such as mail.example.org", "hostname=mail"),
                (DATAERR, "account=anna@example.net: the first account is one of example.org", "account=anna@example.net"),
                (DATAERR, "has a character that quickstart does not write", 'account="a b"'),
                (DATAERR, "there is no catalogue for 'tlh'", "language=tlh"),
                (DATAERR, "there is no catalogue for", "language=de:$(true)"),
                (DATAERR, "address=here: write an IP address", "address=here"),
                (DATAERR, "resolver=dns.example.org: ", "resolver=dns.example.org"),
                (DATAERR, "write=perhaps: write yes or no", "write=perhaps"),
                (DATAERR, "has a character that quickstart does not write", "tls-cert=/a b", "tls-key=/c"),
                (USAGE, "tls-cert and tls-key go together", "tls-cert=/a")):
            self.assertEqual("", self.quickstart(*words, status=status))
            self.assertIn(error, self.error)
        for domain in ("example", "ex ample.org", "-"):
            self.ctl("-c", self.config, "--data", self.data, "quickstart", "--", domain, status=DATAERR)
        self.ctl("-c", self.config, "--data", self.data, "quickstart", status=USAGE)
        self.ctl(*self.words("--keep-secret"), status=USAGE)
        self.assertEqual({}, self.found())

    @unittest.skipUnless(os.geteuid() == 0, "only root makes files for another user")
    def test_user_must_exist(self):
        self.quickstart("user=nobody-here", status=NOUSER)
        self.assertIn("there is no user nobody-here; first run: useradd --system", self.error)
        self.assertEqual({}, self.found())

    @unittest.skipUnless(has_terminals(), "this machine has no pseudo-terminals")
    def test_terminal_is_asked_for_what_is_not_named(self):
        words = [word for word in self.words() if not word.startswith("hostname=")]
        answers = [b"mail\n", b"mx.example.org\n", b"anna\n", b"tlh\n", b"fr\n"]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(program("ftgatectl"), ["ftgatectl", *words], environment(LANG="C.UTF-8"))
        shown = b""
        try:
            while True:
                shown += os.read(terminal, 4096)
                if shown.endswith(b"]: ") and answers:
                    os.write(terminal, answers.pop(0))
        except OSError:
            pass
        os.close(terminal)
        self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown)
        self.assertIn(b"First account [postmaster@example.org]: ", shown)
        with open(self.config, encoding="utf-8") as file:
            written = file.read()
        for line in ("hostname: mx.example.org\n", 'language: "fr"\n', 'postmaster: "anna@example.org"\n'):
            self.assertIn(line, written)


@unittest.skipUnless(alone.is_possible(), "this machine has no network namespaces for users")
class Machine(QuickstartCase):
    """In a network of its own, where the ports of mail are free."""

    def setUp(self):
        super().setUp()
        self.net = self.enterContext(alone.Alone())

    def run_in_network(self, *words):
        done = self.net.run(*words, timeout=SECONDS)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def start(self, *words):
        process = self.net.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

    def listens(self, port):
        return self.net.run("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}", timeout=SECONDS).returncode == 0

    def wait_for(self, port):
        until = time.monotonic() + SECONDS
        while not self.listens(port):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def checks(self):
        told = json.loads(self.run_in_network(program("ftgatectl"), *self.words("write=no", "--json", "user=root")))
        return {check["check"]: check["state"] for check in told["checks"]}

    def test_port_that_is_taken_is_told(self):
        self.assertEqual(["ok"] * 4, [self.checks()[f"port {port}"] for port in (25, 587, 110, 995)])
        self.start(program("ftgate-smtpd"), "--data", os.path.join(self.folder, "taken"), "--listen", "127.0.0.1:25")
        self.wait_for(25)
        self.assertEqual(["warning", "ok"], [self.checks()[f"port {port}"] for port in (25, 587)])
        self.start(program("ftgate-smtpd"), "--data", self.data, "--listen", "127.0.0.1:587")
        self.wait_for(587)
        until = time.monotonic() + SECONDS  # the control socket is made after the others
        while self.net.run(program("ftgatectl"), "--data", self.data, "--server", "smtpd", "status", timeout=SECONDS).returncode != 0:
            self.assertLess(time.monotonic(), until)
        told = json.loads(self.run_in_network(program("ftgatectl"), *self.words("write=no", "--json", "user=root")))
        self.assertIn({"check": "port 587", "state": "ok", "detail": "port 587 is served by ftgate-smtpd"}, told["checks"])

    @unittest.skipUnless(alone.has("curl"), "this machine lacks curl")
    def test_message_is_sent_and_fetched_after_it(self):
        certificate = self.enterContext(Certificate())
        told = json.loads(self.run_in_network(program("ftgatectl"), *self.words(
            "--json", "account=anna", "language=de", "user=root", "tls-cert=" + certificate.file, "tls-key=" + certificate.key)))
        for name, port in ("ftgate-smtpd", 25), ("ftgate-pop3d", 995):
            self.start(program(name), "-c", self.config)
            self.wait_for(port)
        message = os.path.join(self.folder, "message")
        with open(message, "w", encoding="ascii", newline="") as file:
            file.write("Subject: Hello\r\n\r\nHello, Anna.\r\n")
        login = ("--user", "anna@example.org:" + told["password"])
        self.run_in_network("curl", "-sS", "--mail-from", "bob@example.net", "--mail-rcpt", "anna@example.org", "-T", message, "smtp://127.0.0.1:25")
        self.assertIn("\nHello, Anna.", self.run_in_network("curl", "-sS", "--cacert", certificate.file, *login, "pop3s://127.0.0.1/1"))
        refused = self.net.run("curl", "-sSv", "--mail-from", "bob@example.net", "--mail-rcpt", "x@example.org", "-T", message,
                               "smtp://127.0.0.1:25", timeout=SECONDS)
        self.assertRegex(refused.stderr, r"550 5\.1\.1 Postfach x@example\.org existiert nicht \(#4\.28\)")
        self.run_in_network("curl", "-sS", "--ssl-reqd", "--cacert", certificate.file, *login, "--mail-from", "anna@example.org", "--mail-rcpt",
                       "anna@example.org", "-T", message, "smtp://127.0.0.1:587")

    @unittest.skipUnless(alone.has("curl", "swaks"), "this machine lacks curl or swaks")
    def test_first_message_arrives_at_any_account(self):
        for account, tool, domain in ("j\u00fcrgen", "printf", "b\u00fccher.example"), ("anna", "swaks", "b\u00fccher.example"):
            self.config = os.path.join(self.folder, account, "ftgate.conf")
            self.data = os.path.join(self.folder, account, "data")
            told = json.loads(self.run_in_network(program("ftgatectl"), *self.words(
                "--json", "account=" + account, "user=root", domain=domain)))
            server = self.net.start(program("ftgate-smtpd"), "-c", self.config, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            self.addCleanup(server.wait)
            self.addCleanup(server.terminate)
            self.wait_for(25)
            command = told["commands"][-1]
            self.assertTrue(command.startswith(tool), command)
            self.run_in_network("sh", "-c", command)
            self.assertEqual(1, sum(len(files) for folder, _, files in os.walk(self.data) if folder.endswith("/new")))
            server.terminate()
            server.wait(SECONDS)


if __name__ == "__main__":
    main()
