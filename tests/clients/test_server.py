#!/usr/bin/env python3
"""The processes of ftgate-smtpd: starting, stopping, dying, reloading, and what they do when much or odd is asked of them."""

import contextlib
import fcntl
import os
import pathlib
import pwd
import re
import resource
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import unittest

from encrypted import Certificate
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, SENDER, Server, Talk, TestCase, main, program, render

BYE = re.compile(rb"^421 .*\(#6\.04\)\r\n$")
IDLE = re.compile(rb"^421 .*\(#6\.03\)\r\n$")
CROWDED = re.compile(rb"^421 .*\(#6\.05\)\r\n$")
NOBODY = b"RCPT TO:<nobody@%s>\r\n" % DOMAIN.encode()


ONE_WORKER = LIMITS + "workers: 1\n"


class ServerTest(TestCase):
    """Each test has a server of its own."""

    config = LIMITS
    arguments = ()
    prepare = None

    def setUp(self):
        server = Server(*self.arguments, config=self.config)
        server.prepare = self.prepare
        self.server = self.enterContext(server)

    def workers(self):
        """The processes that serve now, by number."""
        self.server.wait_for_log("event=catalogue-loaded worker=0")
        found = {}
        for number, pid in re.findall(r"event=worker-started worker=(\d+) pid=(\d+)", self.server.log()):
            found[int(number)] = int(pid)
        return found

    def talk(self):
        return self.enterContext(Talk(self.server))

    def message(self, talk, text=b"Subject: x\r\n\r\nHello\r\n"):
        """Brings a message up to the dot that ends it."""
        talk.mail()
        self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode())[:3])
        self.assertEqual(b"354", talk.say(b"DATA")[:3])
        talk.socket.sendall(text)

    def until_greeted(self):
        """Connects until a session begins: those that have ended are counted for a moment."""
        until = time.monotonic() + SECONDS
        while (talk := self.talk()).greeting[:3] != b"220":
            self.assertRegex(talk.greeting, CROWDED)
            self.assertLess(time.monotonic(), until, self.server.log())
        return talk

    def ended(self, talk):
        """Nothing more comes."""
        return talk.input.read() == b""


def exists(user):
    try:
        return pwd.getpwnam(user) is not None
    except KeyError:
        return False


class Starting(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(Folder())

    def smtpd(self, *arguments):
        return subprocess.run([program("ftgate-smtpd"), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS, text=True)

    def refused(self, status, words, *arguments):
        done = self.smtpd(*arguments)
        self.assertEqual(status, done.returncode, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual("", done.stdout)

    def test_first_start_makes_a_demo_domain_and_says_so(self):
        log = open(os.path.join(self.folder, "log"), "w+b")
        self.addCleanup(log.close)
        server = subprocess.Popen([program("ftgate-smtpd"), "--listen", "127.0.0.1:0"], cwd=self.folder, stderr=log)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        until = time.monotonic() + SECONDS
        said = b""
        while b"listening on" not in said and time.monotonic() < until:
            time.sleep(0.01)
            log.seek(0)
            said = log.read()
        self.assertIn(b"example.test", said)
        port = int(re.search(rb"listening on 127\.0\.0\.1:(\d+)", said).group(1))
        with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
            client.sendall(b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.test>\r\nQUIT\r\n")
            self.assertEqual([b"220", b"250", b"250", b"250", b"221"],
                             [line[:3] for line in client.makefile("rb").readlines()])
        self.assertEqual(["anna", "bob", "postmaster"], sorted(os.listdir(
            os.path.join(self.folder, "ftgate-data/mail/example.test"))))
        mode = os.stat(os.path.join(self.folder, "ftgate-data/ftgate.db")).st_mode
        self.assertEqual(0o600, mode & 0o777)
        server.terminate()
        self.assertEqual(0, server.wait(SECONDS))

    def test_check_makes_no_data_folder(self):
        done = self.smtpd("--check", "--listen", "127.0.0.1:0", "--data", os.path.join(self.folder, "none"))
        self.assertEqual((0, False), (done.returncode, os.path.exists(os.path.join(self.folder, "none"))))

    def test_faults_of_the_command_line_are_reported_with_a_cure(self):
        self.refused(64, "write 127.0.0.1:2525 or [::1]:2525", "--listen", "localhost")
        self.refused(64, "write 127.0.0.1:2525 or [::1]:2525", "--listen", "127.0.0.1:65536")
        self.refused(64, "write published or strict", "--profile", "lax")
        self.refused(64, "write a tag such as de", "--language", "../de")
        self.refused(64, "write 1 to 64", "--workers", "0")
        self.refused(64, "mx.example.org", "--hostname", "a b")
        self.refused(64, "--nonsense", "--nonsense")

    def test_faults_of_the_configuration_are_reported_with_their_line(self):
        for text, words in (
            ("data: x\nworkers: many\n", "conf:2: workers: 'many'"),
            ("wrkers: 1\n", "conf:1: there is no setting 'wrkers' here; did you mean workers?"),
            ("limits:\n  max-recipients: 5\n", "conf:2: max-recipients: 5 is out of bounds"),
            ("data: [x\n", "conf:"),
        ):
            with self.subTest(text=text):
                with open(os.path.join(self.folder, "conf"), "w", encoding="utf-8") as file:
                    file.write(text)
                self.refused(78, words, "-c", "conf")

    def write(self, text, name="conf"):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_all_faults_are_reported_at_once(self):
        self.write("hostname: a b\nlanguage: ../de\ntls-cert: c.pem\nauth: PLAIN X\nlisteners:\n"
                   "  - address: 127.0.0.1:25\n  - address: localhost\n  - address: 127.0.0.1:25\n    role: pop3\n"
                   "  - address: '[::1]:465'\n    tls: implicit\n    language: /\n"
                   "greylist:\n  window: 2s\n  delay: 1h\nrelay:\n  smarthost: a b\ncontent:\n  rules: /nonexistent\n")
        for options in ((), ("--check",)):
            done = self.smtpd("-c", "conf", *options)
            self.assertEqual(78, done.returncode)
            for words in (
                    "conf:1: hostname: 'a b' is not a host name", "conf:2: language: '../de' is not a language",
                    "conf:3: tls-cert and tls-key go together", "conf:4: auth: 'X' is not one of",
                    "conf:7: address: 'localhost'", "conf:8: address: another listener has '127.0.0.1:25' already",
                    "conf:12: language: '/' is not a language", "conf:14: greylist: the window",
                    "conf:17: smarthost: 'a b'", "conf:19: rules: /nonexistent: No such file or directory"):
                self.assertIn(words, done.stderr)

    def test_each_fault_of_a_check_names_file_line_setting_and_cure(self):
        where = "listeners:\n  - address: 127.0.0.1:2526\n"
        for config, fault in (
                ("relay:\n  smarthost: h:25\n  tls: required\n  credentials: ../nofile\n",
                 "5: credentials: ../nofile: No such file or directory; name a file that the server can read"),
                ("relay:\n  smarthost: h:25\n  tls: required\n  tls-ca: ../nofile\n",
                 "5: tls-ca: ../nofile: No such file or directory; name a PEM file of certificates that the server can read"),
                ("routes:\n  - domain: a.example\n    to: h:25\n    tls-ca: /\n",
                 "5: routes: a.example: tls-ca: /: it is not a regular file; name a PEM file of certificates that the server can read"),
                ("content:\n  rules: ../nofile\n", "3: rules: ../nofile: No such file or directory; name a file of rules that the server can read"),
                (where + "    tls: required\n", "4: tls: 127.0.0.1:2526 needs a certificate: name its files by tls-cert and tls-key"),
                (where + "    language: tlh\n", "4: language: there is no catalogue for 'tlh'; 'ftgate-msg stats' lists the languages"),
                (where + "metrics: 127.0.0.1:2526\n", "4: metrics: '127.0.0.1:2526' is an address to listen at, too; choose another port"),
                ("help-url: javascript:alert(1)\n", "2: help-url: 'javascript:alert(1)' is not a URL for links; write one such as "
                 "https://mail.example.org/replies/{lang}.html#{ref}, without spaces and quotes"),
                ("user: nobody-here\n", "2: user: there is no user 'nobody-here'; create one (useradd --system nobody-here), or name another"),
                ("tls-cert: ../nofile\ntls-key: ../nofile\n", "2: tls-cert: certificate ../nofile: No such file or directory; name the PEM files "
                 "of a certificate and its key"),
                ("delivery:\n  lmtp: host:24\n", "3: delivery: lmtp: 'host:24' should be ADDRESS:PORT or the path of a socket")):
            with self.subTest(config):
                self.write("hostname: mx.example.org\n" + config)
                done = self.smtpd("--check", "-c", "conf", "--data", "none")
                self.assertIn(done.returncode, (65, 78))
                self.assertEqual(f"conf:{fault}\n", done.stderr)

    def test_check_says_that_a_route_needs_dane(self):
        smarthost = "relay:\n  smarthost: h.example:25\n  tls: dane-only\n"
        route = "routes:\n  - domain: a.example\n    to: mx\n    tls: dane-only\n"
        far, here = "dns:\n  servers: 127.0.0.1 192.0.2.53\n", "dns:\n  servers: 127.0.0.1:5353 ::1\n"
        said = ("tls: dane-only sends nothing with dane: {} in relay: set that to yes if the name servers validate by DNSSEC, or tls to "
                "required\n")
        for config, status, lines in (
                (smarthost + "  dane: no\n" + here, 78, ["3: " + said.format("no")]),
                ("relay:\n  dane: no\n" + route + here, 78, ["6: routes: a.example: " + said.format("no")]),
                (smarthost + route + far, 0, ["3: " + said.format("auto"), "7: routes: a.example: " + said.format("auto")]),
                (smarthost + route + here, 0, []), (smarthost + "  dane: yes\n" + route + far, 0, []), ("relay:\n  dane: no\n" + far, 0, [])):
            with self.subTest(config):
                self.write(config + "user: root\n")
                done = self.smtpd("--check", "-c", "conf", "--data", "none")
                self.assertEqual((status, "".join("conf:" + line for line in lines)), (done.returncode, done.stderr))

    def test_check_says_that_the_data_folder_cannot_be_made(self):
        self.write("workers: 1\ndata: no/such/folder\n")
        self.assertEqual("conf:2: data: no/such/folder: No such file or directory; name a folder, or make the one that it is to be in\n",
                         self.smtpd("--check", "-c", "conf").stderr)
        done = self.smtpd("--check", "--data", "conf")
        self.assertEqual((65, "data: conf: Not a directory; name a folder, or make the one that it is to be in"),
                         (done.returncode, done.stderr.splitlines()[0]))
        self.assertEqual(["conf"], os.listdir(self.folder))

    def test_address_that_is_named_twice_is_refused(self):
        self.refused(64, "'127.0.0.1:2526' is named twice", "--listen", "127.0.0.1:2526", "--listen", "[::1]:2526",
                     "--listen-tls", "127.0.0.1:2526")
        self.refused(64, "metrics: '[0::1]:2526' is an address to listen at, too", "--listen", "[::1]:2526", "--metrics",
                     "[0::1]:2526")

    def test_configuration_that_is_a_pipe_is_refused(self):
        os.mkfifo(os.path.join(self.folder, "conf"))
        self.refused(78, "conf: it is not a regular file", "-c", "conf")

    def test_user_that_does_not_exist_is_fatal(self):
        self.write("user: ftgat\n")
        self.refused(78, "user: there is no user 'ftgat'", "-c", "conf", "--listen", "127.0.0.1:0")
        done = self.smtpd("--check", "-c", "conf")
        self.assertEqual(78, done.returncode)
        self.assertIn("user: there is no user 'ftgat'", done.stderr)
        self.assertEqual(["conf"], os.listdir(self.folder))

    @unittest.skipUnless(os.geteuid() == 0 and not exists("ftgate"), "needs root, and no user named ftgate")
    def test_root_serves_the_network_only_if_configured(self):
        self.refused(78, "root must not serve 0.0.0.0:0: create the user 'ftgate'", "--listen", "127.0.0.1:0", "--listen",
                     "0.0.0.0:0")
        self.write("user: root\n")
        self.assertEqual(0, self.smtpd("--check", "-c", "conf", "--listen", "0.0.0.0:0").returncode)

    @unittest.skipUnless(os.geteuid() == 0 and not exists("ftgate"), "needs root, and no user named ftgate")
    def test_root_that_serves_is_logged_with_what_to_do_unless_it_is_meant(self):
        for config, detail in (("user: root\n", "root serves, as the configuration says"),
                               ("", "root serves: name a user in the configuration")):
            with Server(config=config) as server:
                self.assertIn(f'event=privileges-kept detail="{detail}"\n', server.log())

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_check_reads_files_as_the_user_that_would_serve(self):
        certificate = self.enterContext(Certificate())
        os.chmod(os.path.dirname(certificate.file), 0o755)
        for user, status in (("root", 0), ("nobody", 65)):
            self.write(f"user: {user}\n{certificate.settings()}")
            os.chmod(certificate.key, 0o600)
            done = self.smtpd("--check", "-c", "conf")
            self.assertEqual(status, done.returncode, done)
        self.assertIn("Permission denied", done.stdout)

    def test_check_warns_of_links_that_do_not_end_at_the_reply(self):
        warning = ("help-url: its links do not end at the reply; write {ref}, which becomes the reference, as in "
                   "https://mail.example.org/replies/{lang}.html#{ref}\n")
        for url, said in ("https://x/{lang}.html", warning), ("https://x/{lang}.html#{ref}", ""), ("https://x/replies#", ""):
            self.assertEqual((0, said), (lambda done: (done.returncode, done.stderr))(self.smtpd("--check", "--help-url", url)))
        self.refused(64, "'mail.example.org/replies' is not a URL for links", "--help-url", "mail.example.org/replies")

    def test_check_prints_the_configuration_in_effect(self):
        self.write("contact: 'a: b'\nlimits:\n  max-errors: 7\nroutes:\n  - domain: a.example\n    to: '[::1]:25'\n"
                   "auth: ''\nlisteners:\n  - address: 127.0.0.1:25\n    role: submission\n")
        first = self.smtpd("--check", "--verbose", "-c", "conf", "--language", "de", "--listen", "[::1]:25")
        self.assertEqual(0, first.returncode, first.stderr)
        for line in ("contact: \"a: b\"", "language: de", "auth: \"\"", "  max-errors: 7", "  max-hops: 100",
                     "  - address: \"[::1]:25\"", "    to: \"[::1]:25\""):
            self.assertIn(line, first.stdout.splitlines())
        self.assertNotIn("127.0.0.1:25", first.stdout)
        self.assertIn("languages ", first.stderr)
        self.write(first.stdout, "again")
        second = self.smtpd("--check", "--verbose", "-c", "again")
        self.assertEqual((0, first.stdout), (second.returncode, second.stdout))
        self.refused(64, "--verbose goes with --check", "--verbose")

    def test_address_in_use_is_reported(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            self.refused(69, "another program listens there", "--listen", "127.0.0.1:%d" % other.getsockname()[1])

    def test_data_folder_that_cannot_be_created_is_reported(self):
        self.refused(73, "cannot make the data folder /proc/nowhere", "--data", "/proc/nowhere", "--listen", "127.0.0.1:0")

    def test_check_prints_what_would_be_served_and_creates_nothing(self):
        done = self.smtpd("--check", "--language", "de", "--listen", "[::1]:25", "--profile", "strict")
        self.assertEqual(0, done.returncode, done.stderr)
        for words in ("listen        [::1]:25", "language      de", "profile       strict"):
            self.assertIn(words, done.stdout)
        self.assertEqual([], os.listdir(self.folder))

    def test_default_addresses_are_those_of_localhost(self):
        expected = ["listen        127.0.0.1:2525"]
        with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
            expected.append("listen        [::1]:2525")
        said = self.smtpd("--check").stdout
        self.assertEqual(expected, [line for line in said.splitlines() if line.startswith("listen")])

    def test_check_names_what_is_refused(self):
        folder = os.path.join(self.folder, "d/locale/de/LC_MESSAGES")
        os.makedirs(folder)
        with open(os.path.join(folder, "ftgate-local.mo"), "wb") as file:
            file.write(b"nonsense")
        done = self.smtpd("--check", "--data", "d", "--language", "de")
        self.assertEqual(65, done.returncode)
        self.assertIn("ftgate-local.mo: the whole file", done.stdout)
        done = self.smtpd("--check", "--language", "xx")
        self.assertEqual(65, done.returncode)
        self.assertIn("language: there is no catalogue for 'xx'; 'ftgate-msg stats' lists", done.stderr)

    def test_check_names_the_lines_of_language_and_certificate(self):
        with open(os.path.join(self.folder, "conf"), "w", encoding="ascii") as file:
            file.write("language: xx\ntls-cert: none.pem\ntls-key: none.key\n")
        done = self.smtpd("--check", "-c", "conf")
        self.assertEqual(65, done.returncode)
        self.assertIn("conf:1: language: there is no catalogue for 'xx'", done.stderr)
        self.assertIn("conf:2: tls-cert: certificate none.pem: No such file or directory; name the PEM", done.stderr)

    def test_version_and_help(self):
        self.assertRegex(self.smtpd("--version").stdout, r"^ftgate-smtpd \d+\.\d+")
        self.assertIn("--listen=ADDR:PORT", self.smtpd("--help").stdout)


class Folder:
    def __enter__(self):
        self.path = subprocess.check_output(["mktemp", "-d"], text=True).strip()
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class LogReader(unittest.TestCase):
    """Standard error is an ordinary pipe whose reader has stopped: the server goes on, and ends when it is told to."""

    ROUNDS = 400

    def setUp(self):
        self.folder = self.enterContext(Folder())
        self.reader, self.writer = os.pipe()
        self.addCleanup(os.close, self.reader)
        self.addCleanup(os.close, self.writer)
        self.said = b""
        with open(os.path.join(self.folder, "conf"), "w", encoding="ascii") as file:
            file.write(LIMITS)

    def start(self, program_name, *arguments):
        server = subprocess.Popen([program(program_name), "--workers", "1", "--listen", "127.0.0.1:0", *arguments],
                                  cwd=self.folder, stdin=subprocess.DEVNULL, stderr=self.writer, start_new_session=True)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server

    def fill(self):
        os.set_blocking(self.writer, False)
        try:
            while os.write(self.writer, b"." * 4095 + b"\n"):
                pass
        except BlockingIOError:
            pass
        os.set_blocking(self.writer, True)

    def log_until(self, pattern):
        """Reads until the log holds a pattern."""
        until = time.monotonic() + SECONDS
        while not re.search(pattern, self.said):
            ready, _, _ = select.select([self.reader], [], [], until - time.monotonic())
            self.assertTrue(ready, f"the log never said {pattern}: {self.said[-2000:]}")
            self.said += os.read(self.reader, 65536)
        return re.search(pattern, self.said)

    def refusals(self, port):
        """So many refused recipients that a pipe cannot take their lines. Returns the replies' codes."""
        with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
            client.sendall(b"HELO x\r\nMAIL FROM:<>\r\n" + NOBODY * self.ROUNDS + b"QUIT\r\n")
            return [line[:3] for line in client.makefile("rb").readlines()]

    def test_clients_are_served_while_nobody_reads(self):
        server = self.start("ftgate-smtpd", "-c", "conf")
        port = int(self.log_until(rb"listening on 127\.0\.0\.1:(\d+)").group(1))
        self.log_until(rb"event=catalogue-loaded worker=0")
        for _ in range(3):
            codes = self.refusals(port)
            self.assertEqual([b"220", b"250", b"250", b"221"], codes[:3] + codes[-1:])
            self.assertEqual(self.ROUNDS, codes.count(b"550"))
        self.log_until(rb"event=reply")
        self.refusals(port)
        self.assertGreater(int(self.log_until(rb"event=log-lost lines=(\d+)").group(1)), 0)
        os.kill(server.pid, signal.SIGTERM)
        self.assertEqual(0, server.wait(SECONDS))

    def test_start_and_stop_wait_for_no_reader(self):
        for name in ("ftgate-smtpd", "ftgate-pop3d"):
            with self.subTest(program=name):
                self.fill()
                server = self.start(name)
                path = os.path.join(self.folder, f"ftgate-data/{name}.sock")
                until = time.monotonic() + SECONDS
                while not self.answers(path) and time.monotonic() < until:
                    time.sleep(0.01)
                self.assertTrue(self.answers(path), "no worker has started")
                os.kill(server.pid, signal.SIGTERM)
                self.assertEqual(0, server.wait(SECONDS))

    def answers(self, path):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(SECONDS)
            try:
                client.connect(path)
                client.sendall(b"status\n")
                return client.recv(64) != b""
            except (FileNotFoundError, ConnectionRefusedError):
                return False

    def test_dead_worker_is_replaced_while_nobody_reads(self):
        server = self.start("ftgate-smtpd", "-c", "conf")
        port = int(self.log_until(rb"listening on 127\.0\.0\.1:(\d+)").group(1))
        worker = int(self.log_until(rb"event=worker-started worker=0 pid=(\d+)").group(1))
        self.log_until(rb"event=catalogue-loaded worker=0")
        self.fill()
        os.kill(worker, signal.SIGKILL)
        self.assertIn(b"221", self.refusals(port))
        os.kill(server.pid, signal.SIGTERM)
        self.assertEqual(0, server.wait(SECONDS))


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class Privileges(ServerTest):
    config = LIMITS + "workers: 1\nuser: nobody\n"

    def setUp(self):
        server = Server(config=self.config)
        server.prepare = lambda: (os.chmod(server.folder, 0o755), shutil.chown(server.data, "nobody"),
                                  [shutil.chown(os.path.join(folder, name), "nobody")
                                   for folder, folders, files in os.walk(server.data) for name in folders + files])
        self.server = self.enterContext(server)

    def test_refused_recipients_are_not_retried(self):
        nobody = str(pwd.getpwnam("nobody").pw_uid)
        for pid in (self.server.pid, self.workers()[0]):
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                said = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
            self.assertEqual([nobody] * 4, said["Uid"].split())
            self.assertEqual("", said["Groups"].strip())
            self.assertEqual("1", said["NoNewPrivs"])
            self.assertEqual("0", said["CapEff"].strip("0") or "0")

    def test_mail_and_accounts_are_the_users(self):
        talk = self.talk()
        self.message(talk)
        self.assertEqual(b"250", talk.say(b".")[:3])
        self.server.control("account", "add", f"karl@{DOMAIN}", "--no-password")
        for folder, folders, files in os.walk(self.server.data):
            for name in folders + files:
                self.assertEqual("nobody", pathlib.Path(folder, name).owner())


class TwoListeners(ServerTest):
    arguments = ("--listen", "[::1]:0", "--workers", "2")

    def setUp(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6 loopback")
        super().setUp()

    def test_both_answer_on_ports_that_the_system_chose(self):
        port = int(self.server.wait_for_log(r"listening on \[::1\]:(\d+)").group(1))
        self.assertNotIn(0, (port, self.server.port))
        with socket.create_connection(("::1", port), SECONDS) as client:
            self.assertEqual(b"220", client.recv(512)[:3])
        self.assertEqual(b"220", self.talk().greeting[:3])
        self.server.wait_for_log(r"event=connect .*client=::1")


class Workers(ServerTest):
    arguments = ("--workers", "2")

    def test_killed_worker_is_replaced_and_other_sessions_continue(self):
        talks = [self.talk() for _ in range(20)]
        before = self.workers()
        os.kill(before[0], signal.SIGKILL)
        self.server.wait_for_log(rf"event=worker-died worker=0 pid={before[0]} signal=9")
        self.server.wait_for_log(rf"event=worker-started worker=0 pid=(?!{before[0]})")
        self.assertEqual(b"220", self.talk().greeting[:3])
        alive = 0
        for talk in talks:
            try:
                alive += talk.say(b"NOOP")[:3] == b"250"
            except ConnectionError:
                pass
        served_by_other = self.sessions_of(before[1])
        self.assertEqual(served_by_other, alive)

    def sessions_of(self, pid):
        """How many connections a worker holds: its descriptors that are sockets, but for listener and loop."""
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [row.split() for row in table][1:]
        port = "%04X" % self.server.port
        open_here = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(":" + port) and row[3] == "01"}
        return len(open_here.intersection(links)) - self.new_ones(links, open_here)

    def new_ones(self, links, open_here):
        """The connection that was made after the kill may be this worker's."""
        inode = self.last_inode()
        return int(inode in open_here and inode in links)

    def last_inode(self):
        peer = "%04X" % self.last_port()
        with open("/proc/net/tcp", encoding="ascii") as table:
            for row in (row.split() for row in table):
                if row[2].endswith(":" + peer):
                    return f"socket:[{row[9]}]"
        return None

    def last_port(self):
        return self.last.socket.getsockname()[1]

    def talk(self):
        self.last = super().talk()
        return self.last

    def test_workers_that_die_at_once_are_restarted_with_growing_delays(self):
        started = time.monotonic()
        for _ in range(4):
            pid = self.workers()[0]
            start = len(self.server.log())
            os.kill(pid, signal.SIGKILL)
            self.server.wait_for_log(r"event=worker-started worker=0", start)
        self.assertGreater(time.monotonic() - started, 0.1 + 0.2 + 0.4)

    def test_end_with_their_master(self):
        before = self.workers()
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.process.wait()
        until = time.monotonic() + SECONDS
        while any(os.path.exists(f"/proc/{pid}/exe") and self.is_running(pid) for pid in before.values()):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        os.truncate(self.server.log_path, 0)
        self.server.start()
        self.assertEqual(b"220", self.talk().greeting[:3])

    @staticmethod
    def is_running(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def test_second_server_on_the_same_data_is_refused(self):
        done = subprocess.run([program("ftgate-smtpd"), "--data", self.server.data, "--listen", "127.0.0.1:0"],
                              stderr=subprocess.PIPE, timeout=SECONDS, text=True, check=False)
        self.assertEqual(69, done.returncode)
        self.assertIn(f"another server, process {self.server.pid}, uses the data folder", done.stderr)
        with open(os.path.join(self.server.data, "ftgate-smtpd.pid"), encoding="ascii") as file:
            self.assertEqual(self.server.pid, int(file.read()))

    def test_lock_of_a_server_that_was_killed_is_waited_for(self):
        with Server("--workers", "1") as server:
            server.process.kill()
            server.process.wait()
            with open(os.path.join(server.data, "ftgate-smtpd.pid"), encoding="ascii") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                release = threading.Timer(0.5, fcntl.flock, (file, fcntl.LOCK_UN))
                release.start()
                server.start()
                release.join()

    def test_reload_is_complete_once_all_workers_have_reported(self):
        self.server.wait_for_log(r"(?s)(event=catalogue-loaded.*){3}")  # two workers, and who sends mail on
        log = self.server.reload()
        self.assertEqual(3, log.count("event=catalogue-loaded"))
        self.assertIn("event=reload loaded=2 kept=0", log)


class Stopping(ServerTest):
    def stop(self):
        self.stopped = time.monotonic()
        self.server.process.terminate()

    def test_idle_sessions_get_a_reply(self):
        """They end while a message is under way."""
        talks, other = [self.talk() for _ in range(3)], self.talk()
        self.message(other)
        self.stop()
        for talk in talks:
            self.assertRegex(talk.reply(), BYE)
            self.assertTrue(self.ended(talk))
        self.assertEqual(b"250", other.say(b".")[:3])
        self.assertEqual(0, self.server.process.wait(SECONDS))
        self.assertFalse(os.path.exists(os.path.join(self.server.data, "ftgate-smtpd.pid")))

    def test_signal_to_the_whole_group_is_no_accident(self):
        for _ in range(10):
            os.killpg(self.server.process.pid, signal.SIGTERM)  # the master sends its own besides
            self.assertEqual(0, self.server.process.wait(SECONDS))
            self.assertNotIn("event=worker-died", self.server.log())
            self.server.start()

    def test_message_under_way_is_taken(self):
        talk = self.talk()
        self.message(talk)
        self.stop()
        until = time.monotonic() + SECONDS
        while self.is_open():
            self.assertLess(time.monotonic(), until, self.server.log())
        self.assertEqual(b"250", talk.say(b".")[:3])
        self.assertRegex(talk.reply(), BYE)
        self.assertTrue(self.ended(talk))
        self.assertEqual(0, self.server.process.wait(SECONDS))
        self.assertEqual(1, len(self.server.messages()))

    def is_open(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.server.port)) == 0

    def test_message_that_does_not_end_is_given_up_after_the_grace_time(self):
        talk = self.talk()
        self.message(talk)
        self.stop()
        self.assertRegex(talk.reply(), BYE)
        self.assertEqual(0, self.server.process.wait(SECONDS))
        self.assertGreater(time.monotonic() - self.stopped, 8)
        self.assertEqual([], self.server.messages())


class FakeFilter:
    """A filter that accepts connections and answers when a test says so."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(SECONDS)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        connection, _ = self.socket.accept()
        connection.settimeout(SECONDS)
        return connection


class StoppingInJobs(ServerTest):
    """A stop while a message waits for a filter."""

    def setUp(self):
        self.filter = self.enterContext(FakeFilter())
        self.config = ONE_WORKER + f"filters:\n  - kind: clamav\n    address: {self.filter.address}\n    time-limit: 60s\n"
        super().setUp()
        self.client = self.talk()
        self.message(self.client)
        self.client.socket.sendall(b".\r\n")
        self.asked = self.enterContext(self.filter.accept())

    def test_sessions_that_are_cut_are_counted_with_their_cause(self):
        self.server.process.terminate()
        self.assertTrue(self.ended(self.client))
        self.assertEqual(0, self.server.process.wait(SECONDS))
        log = self.server.log()
        self.assertRegex(log, r"event=disconnect session=\S+ client=127\.0\.0\.1 cause=cut-working\n")
        self.assertRegex(log, r"event=sessions-cut worker=0 sessions=1 working=1 unsent=0 disk=0 hashing=0\n")
        self.assertRegex(log, r"event=worker-stopped worker=0 pid=\d+ status=75\n")

    def test_second_request_to_stop_lets_a_job_finish_and_ends_who_waits_for_the_client(self):
        other = self.talk()
        self.message(other)
        self.server.process.terminate()
        self.server.wait_for_log("event=stopping")
        os.killpg(self.server.pid, signal.SIGTERM)
        self.assertRegex(other.reply(), BYE)
        self.assertTrue(self.ended(other))
        while not self.asked.recv(65536).endswith(b"\0\0\0\0"):
            pass
        self.asked.sendall(b"stream: OK\0")
        self.asked.close()
        self.assertEqual(b"250", self.client.reply()[:3])
        self.assertRegex(self.client.reply(), BYE)
        self.assertEqual(0, self.server.process.wait(SECONDS))
        self.assertEqual(1, len(self.server.messages()))
        self.assertRegex(self.server.log(), r"event=worker-stopped worker=0 pid=\d+ status=0\n")
        self.assertNotIn("event=worker-died", self.server.log())


class Hanging(ServerTest):
    """A process that does not die, but no longer turns."""

    arguments = ("--workers", "1")

    def setUp(self):
        server = Server(*self.arguments, config=self.config)
        server.environment["FTGATE_WATCHDOG"] = "3"
        self.server = self.enterContext(server)
        self.worker = self.workers()[0]

    def test_worker_is_aborted_and_replaced(self):
        os.kill(self.worker, signal.SIGSTOP)
        self.server.wait_for_log(rf"event=worker-hung worker=0 pid={self.worker} silent=\d+\n")
        self.server.wait_for_log(rf"event=worker-died worker=0 pid={self.worker} signal=6 cause=hung\n")
        self.server.wait_for_log(rf"event=worker-started worker=0 pid=(?!{self.worker})")
        self.assertEqual(b"220", self.talk().greeting[:3])

    def test_queue_process_is_watched_too(self):
        relay = int(self.server.wait_for_log(r"event=relay-started pid=(\d+)").group(1))
        os.kill(relay, signal.SIGSTOP)
        self.server.wait_for_log(rf"event=relay-died pid={relay} signal=6 cause=hung\n")
        self.server.wait_for_log(rf"event=relay-started pid=(?!{relay})")
        self.assertEqual(self.worker, self.workers()[0])


class Connections(ServerTest):
    config = ONE_WORKER

    def test_client_that_has_said_all_gets_all_answers(self):
        talk = self.talk()
        talk.socket.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: x\r\n\r\nHello\r\n.\r\nQUIT\r\n"
                            % ACCOUNT.encode())
        talk.socket.shutdown(socket.SHUT_WR)
        codes = [talk.reply()[:3] for _ in range(6)]
        self.assertEqual([b"250", b"250", b"250", b"354", b"250", b"221"], codes)
        self.assertTrue(self.ended(talk))
        self.assertEqual(1, len(self.server.messages()))

    def test_client_that_leaves_without_a_word_is_let_go(self):
        talk = self.talk()
        talk.socket.shutdown(socket.SHUT_WR)
        self.assertTrue(self.ended(talk))
        self.server.wait_for_log("cause=end-of-input")

    def test_octets_after_quit_do_not_destroy_the_reply(self):
        for _ in range(20):
            talk = self.talk()
            talk.socket.sendall(b"NOOP\r\nQUIT\r\n" + b"NOOP\r\n" * 10000)
            self.assertEqual(b"250", talk.reply()[:3])
            self.assertEqual(b"221", talk.reply()[:3])
            talk.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(self.ended(talk))

    def test_pipelined_commands_are_all_answered(self):
        talk = self.talk()
        talk.mail()
        talk.socket.sendall(NOBODY * 2000)
        for _ in range(2000):
            self.assertEqual(b"550", talk.reply()[:3])

    def test_client_that_does_not_read_is_not_read_either(self):
        talk = self.talk()
        worker = self.workers()[0]
        before = self.memory(worker)
        talk.socket.setblocking(False)
        sent = 0
        quiet = 0
        while quiet < 10:
            try:
                sent += talk.socket.send((b"HELP\r\n" * 10000)[sent % 6:])
                quiet = 0
            except BlockingIOError:
                quiet += 1
                time.sleep(0.05)
        self.assertLess(self.memory(worker) - before, 8 << 20)
        talk.socket.setblocking(True)
        talk.socket.shutdown(socket.SHUT_WR)
        answers = talk.input.read()
        self.assertEqual(sent // 6, answers.count(b"214 "))

    @staticmethod
    def memory(pid):
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def test_reset_in_the_midst_of_anything_harms_nobody(self):
        linger = b"\1\0\0\0\0\0\0\0"
        for text in (b"", b"EHLO x\r\n", b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nx\r\n" % ACCOUNT.encode(),
                     b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nx\r\n.\r\n" % ACCOUNT.encode(),
                     b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n%s" % (ACCOUNT.encode(), b"x" * 70 + b"\r\n" * 9000)):
            for _ in range(10):
                client = socket.create_connection(("127.0.0.1", self.server.port), SECONDS)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.sendall(text)
                client.close()
        self.assertEqual(b"220", self.talk().greeting[:3])
        self.assertEqual({0}, set(self.workers()))
        until = time.monotonic() + SECONDS
        while self.litter():
            self.assertLess(time.monotonic(), until, self.litter())
            time.sleep(0.01)

    def litter(self):
        return [name for folder, _, names in os.walk(self.server.data) if folder.endswith("/tmp") for name in names]

    def test_long_message_arrives_whole(self):
        talk = self.talk()
        text = b"".join(b"%08d %s\r\n" % (i, b"x" * (i % 900)) for i in range(6000))
        self.message(talk, text)
        self.assertEqual(b"250", talk.say(b".")[:3])
        self.assertTrue(self.server.messages()[0].endswith(text.replace(b"\r\n", b"\n")))

    def test_change_by_ftgatectl_is_seen_at_once(self):
        talk = self.talk()
        talk.mail()
        self.assertEqual(b"550", talk.say(b"RCPT TO:<karl@%s>" % DOMAIN.encode())[:3])
        self.server.control("account", "add", f"karl@{DOMAIN}", "--no-password")
        self.assertEqual(b"250", talk.say(b"RCPT TO:<karl@%s>" % DOMAIN.encode())[:3])


class Database(ServerTest):
    config = ONE_WORKER

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.server.data, "ftgate.db")
        self.client = self.talk()
        self.client.mail()

    def rcpt(self):
        return self.client.say(b"RCPT TO:<%s>" % ACCOUNT.encode())

    def until(self, reply_id):
        """Asks until the answer is the one that is waited for."""
        wanted = render(None, reply_id)
        until = time.monotonic() + SECONDS
        while self.rcpt() != wanted:
            self.assertLess(time.monotonic(), until, self.rcpt())
            time.sleep(0.05)

    def test_missing_database_is_a_passing_failure(self):
        self.until("ERR_SMTP_RCPTOK")
        os.rename(self.path, self.path + ".away")
        self.until("ERR_SMTP_HARDERROR")
        self.server.wait_for_log("event=directory-failed")
        os.rename(self.path + ".away", self.path)
        self.until("ERR_SMTP_RCPTOK")

    def test_database_that_is_being_written_serves(self):
        with sqlite3.connect(self.path, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.assertEqual(render(None, "ERR_SMTP_RCPTOK"), self.rcpt())
            other.execute("ROLLBACK")


class Idle(ServerTest):
    config = "limits:\n  idle-timeout: 1s\n"

    def test_silent_session_gets_a_reply_and_ends(self):
        talk = self.talk()
        started = time.monotonic()
        self.assertRegex(talk.reply(), IDLE)
        self.assertGreater(time.monotonic() - started, 0.9)
        self.assertTrue(self.ended(talk))

    def test_session_that_says_something_goes_on(self):
        """For three times the limit. On a machine that stalls, a pause can be too long."""
        until = time.monotonic() + SECONDS
        while not self.goes_on():
            self.assertLess(time.monotonic(), until, self.server.log())

    def goes_on(self):
        talk, started = self.talk(), time.monotonic()
        while time.monotonic() < started + 3:
            time.sleep(0.1)
            said = talk.say(b"NOOP")
            if IDLE.match(said):
                return False
            self.assertEqual(b"250", said[:3])
        return True


class Crowd(ServerTest):
    config = "limits:\n  max-sessions: 3\nworkers: 2\n"

    def test_session_over_the_limit_gets_a_reply_until_one_leaves(self):
        talks = [self.talk() for _ in range(3)]
        late = self.talk()
        self.assertRegex(late.greeting, CROWDED)
        self.assertTrue(self.ended(late))
        self.assertEqual(b"221", talks[0].say(b"QUIT")[:3])
        self.assertTrue(self.ended(talks[0]))
        self.until_greeted()


class CrowdFromOneAddress(ServerTest):
    config = "limits:\n  max-sessions-per-address: 2\nworkers: 2\n"

    def test_connection_over_the_limit_gets_a_reply(self):
        talks = [self.talk() for _ in range(2)]
        self.assertEqual(render(None, "ERR_SMTP_REJECT_CONCURRENT", "127.0.0.1"), self.talk().greeting)
        self.assertEqual(b"250", talks[1].say(b"NOOP")[:3])


class Descriptors(ServerTest):
    config = "limits:\n  max-sessions-per-address: 0\nworkers: 1\n"

    @staticmethod
    def prepare():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    def test_shortage_of_descriptors_is_logged_and_recovers(self):
        clients = [socket.create_connection(("127.0.0.1", self.server.port), SECONDS) for _ in range(150)]
        said = [client.recv(512) for client in clients]
        self.assertGreater(sum(line.startswith(b"220") for line in said), 20)
        self.assertGreater(sum(bool(CROWDED.match(line)) for line in said), 50)
        self.assertEqual([], [line for line in said if not re.match(rb"220|421", line)])
        before = self.cpu()
        time.sleep(1)
        self.assertLess(self.cpu() - before, 0.2)
        for client in clients:
            client.close()
        talk = self.until_greeted()
        self.message(talk)
        self.assertEqual(b"250", talk.say(b".")[:3])

    def cpu(self):
        with open(f"/proc/{self.workers()[0]}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def can_trace():
    """Is there an strace that may look at another process?"""
    if shutil.which("strace") is None:
        return False
    with subprocess.Popen(["sleep", "60"]) as other:
        time.sleep(0.1)
        done = subprocess.run(["timeout", "-s", "INT", "1", "strace", "-p", str(other.pid)], stderr=subprocess.PIPE, check=False)
        other.kill()
    return b"attached" in done.stderr


@unittest.skipUnless(can_trace(), "strace cannot be used here")
class SystemCalls(ServerTest):
    config = ONE_WORKER

    def trace(self, *arguments):
        path = os.path.join(self.server.folder, "trace")
        attached = [word for pid in self.workers().values() for word in ("-p", str(pid))]
        tracer = subprocess.Popen(["strace", "-f", "-o", path, *arguments, *attached], stderr=subprocess.PIPE)
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        tracer.stderr.readline()
        time.sleep(0.3)
        return tracer, path

    @staticmethod
    def end_trace(tracer, path):
        time.sleep(0.3)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        with open(path, encoding="utf-8", errors="replace") as trace:
            return trace.read()

    def calls(self, ask):
        tracer, path = self.trace()
        ask()
        return len([line for line in self.end_trace(tracer, path).splitlines() if "resumed>" not in line])

    def test_refused_recipient_costs_three_and_a_pipelined_one_none(self):
        talk = self.talk()
        talk.mail()
        talk.refused()

        def one_by_one():
            for _ in range(500):
                talk.refused()

        def pipelined():
            talk.socket.sendall(NOBODY * 500)
            for _ in range(500):
                talk.reply()

        self.assertLess(self.calls(one_by_one) / 500, 3.3)
        self.assertLess(self.calls(pipelined) / 500, 0.3)

    def test_message_is_durable_before_it_is_acknowledged(self):
        talk = self.talk()
        self.message(talk)
        tracer, path = self.trace("-e", "trace=openat,write,fsync,fdatasync,rename,renameat,renameat2,link,linkat")
        self.assertEqual(b"250", talk.say(b".")[:3])
        trace = self.end_trace(tracer, path)
        self.assertRegex(trace, re.compile(
            r'openat\(.*/tmp/.*write\(\d+, "Return-Path.*fsync\(.*renameat\(.*/new/.*openat\(.*/new".*fsync\(.*"250 ', re.S))


class Accepting(SystemCalls):
    """Two workers at one socket."""

    config = LIMITS + "workers: 2\n"

    def test_connection_wakes_one_worker_and_they_take_turns(self):
        self.server.wait_for_log(r"(?s)(event=catalogue-loaded.*){3}")
        for _ in range(4):  # both have accepted once
            self.talk().say(b"QUIT")
        tracer, path = self.trace("-e", "trace=accept4")
        for _ in range(60):
            with Talk(self.server) as talk:
                talk.say(b"QUIT")
        accepted = re.findall(r"(?m)^(\d+) +accept4\(", self.end_trace(tracer, path))
        self.assertLess(len(accepted), 70)
        for pid in self.workers().values():
            self.assertGreater(accepted.count(str(pid)), 15)

    test_refused_recipient_costs_three_and_a_pipelined_one_none = None
    test_message_is_durable_before_it_is_acknowledged = None


if __name__ == "__main__":
    main()
