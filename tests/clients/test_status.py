#!/usr/bin/env python3
"""What a running server tells of itself: counts of connections, messages and replies, and how a reload ended."""

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time

from mo import mo
from server import ACCOUNT, SECONDS, Server, Talk, TestCase, environment, main, program

USAGE, UNAVAILABLE = 64, 69


def ctl(data, *words):
    return subprocess.run([program("ftgatectl"), "--data", data, *words], env=environment(), timeout=SECONDS,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="ascii")


def status(server):
    done = ctl(server.data, "--server", "smtpd", "--json", "status")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def replies(told):
    return {reply["id"]: reply["count"] for reply in told["replies"]}


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def send(server, text=b"Subject: x\r\n\r\nHello\r\n"):
    with Talk(server) as talk:
        talk.mail()
        talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode())
        talk.say(b"DATA")
        assert talk.say(text + b".").startswith(b"250")
        talk.say(b"QUIT")


class Status(TestCase):
    def start(self, *arguments, **options):
        return self.enterContext(Server("--workers", "2", *arguments, **options))

    def test_status_names_the_server(self):
        server = self.start("--profile", "strict", LANG="de_DE")
        told = status(server)
        self.assertEqual(server.pid, told["pid"])
        self.assertEqual((2, "de", "strict", 1, 0), tuple(
            told[name] for name in ("workers", "language", "profile", "generation", "refused")))
        self.assertLess(told["uptime"], SECONDS)
        self.assertEqual([], told["replies"])

    def test_each_reply_is_counted_by_its_id_whichever_worker_says_it(self):
        server = self.start()
        for _ in range(20):
            with Talk(server) as talk:
                talk.mail()
                talk.refused()
                self.assertLessEqual(1, status(server)["connections"])
                talk.say(b"QUIT")
        wait_until(lambda: status(server)["connections"] == 0)
        told = status(server)
        self.assertEqual(20, told["connections-total"])
        self.assertEqual(20, replies(told)["ERR_SMTP_ADDRESS_UNKNOWN"])
        self.assertNotIn("ERR_SMTP_MESSAGEOK", replies(told))

    def test_messages_and_their_octets_are_counted(self):
        server = self.start()
        for _ in range(3):
            send(server)
        told = status(server)
        self.assertEqual((3, 0), (told["messages"], told["local-bounced"]))
        self.assertEqual(3 * len(b"Subject: x\r\n\r\nHello\r\n"), told["octets"])
        self.assertEqual(3, replies(told)["ERR_SMTP_MESSAGEOK"])

    def test_a_worker_that_dies_takes_its_connections_along_and_leaves_its_counts(self):
        server = self.start()
        send(server)
        talks = [self.enterContext(Talk(server)) for _ in range(8)]
        wait_until(lambda: status(server)["connections"] == 8)  # that of the message has ended
        start = len(server.log())
        for pid in re.findall(r"event=worker-started worker=\d+ pid=(\d+)", server.log()):
            os.kill(int(pid), signal.SIGKILL)
        wait_until(lambda: len(re.findall("event=worker-started", server.log()[start:])) == 2)
        wait_until(lambda: status(server)["worker-restarts"] == 2)
        told = status(server)
        self.assertEqual((0, 9, 1), (told["connections"], told["connections-total"], told["messages"]))
        self.assertEqual(8, len(talks))

    def test_lines_stand_for_people(self):
        server = self.start()
        send(server)
        lines = ctl(server.data, "--server", "smtpd", "status").stdout
        self.assertRegex(lines, rf"(?m)^pid +{server.pid}$")
        self.assertRegex(lines, r"(?m)^messages +1$")
        self.assertRegex(lines, r"(?m)^reply #3\.\d\d +ERR_SMTP_MESSAGEOK +1$")
        named = re.findall(r"(?m)^(?!reply )(\S+ +)\S", lines)
        self.assertEqual(1, len({len(name) for name in named}), "the values are in one column")

    def test_missing_server_is_reported_as_such(self):
        with tempfile.TemporaryDirectory() as folder:
            for data in (folder, os.path.join(folder, "missing")):
                done = ctl(data, "--server", "smtpd", "status")
                self.assertEqual((UNAVAILABLE, ""), (done.returncode, done.stdout))
                self.assertIn(data, done.stderr)
                self.assertIn("--data", done.stderr)
            self.assertEqual([], os.listdir(folder))
            self.assertEqual(USAGE, ctl(folder, "status", "now").returncode)

    def test_status_of_a_killed_server_is_an_error(self):
        server = self.start()
        pids = re.findall(r"event=[a-z-]+-started .*?pid=(\d+)", server.log())
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))
        self.assertEqual(UNAVAILABLE, ctl(server.data, "--server", "smtpd", "status").returncode)
        start = len(server.log())
        server.start()
        server.wait_for_log("event=worker-started", start)
        self.assertEqual(server.pid, status(server)["pid"])


class Reload(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--workers", "2", LANG="de_DE"))
        self.server.wait_for_log("(?s)(event=catalogue-loaded.*){2}")

    def write(self, octets):
        with open(self.server.overlay("de"), "wb") as file:
            file.write(octets)

    def test_reload_increases_the_generation_number(self):
        for number in (2, 3):
            done = ctl(self.server.data, "reload")
            self.assertEqual((0, f"generation {number}, refused 0\n", ""), (done.returncode, done.stdout, done.stderr))

    def po(self, *entries):
        """Writes a .po beside the catalogue, and compiles it. The first entry begins at line 4, each has four lines."""
        path = self.server.overlay("de").replace(".mo", ".po")
        head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + "".join(f'\nmsgctxt "{i}"\nmsgid "{e}"\nmsgstr "{text}"\n' for i, e, text in entries))
        subprocess.run(["msgfmt", "-o", self.server.overlay("de"), path], check=True, timeout=SECONDS)
        return path

    def test_each_refusal_is_printed_with_its_line_and_cure(self):
        path = self.po(("ERR_SMTP_OK", "Ok", "%q"), ("ERR_POP_TLS", "TLS", "alt"), ("err_pop_login", "Login Error", "nein"),
                       ("ERR_POP_SYNTAX", "Syntax Error", "gut"))
        start = len(self.server.log())
        done = ctl(self.server.data, "reload")
        *refusals, summary = done.stdout.splitlines()
        self.assertEqual((1, "generation 2, refused 3", ""), (done.returncode, summary, done.stderr))
        self.assertEqual({
            f"{path}:6: error: ERR_SMTP_OK: directive: %q. Use only the directives of the English text, %s or %lu, or %1$s to "
            "reorder; write a percent sign as %%.",
            f"{path}:8: error: ERR_POP_TLS: stale: its msgid is not the English text of the table. The English text has "
            "changed: run msgmerge and check the text again.",
            f"{path}:12: error: -: unknown: err_pop_login. No reply has this ID: remove the entry or correct its msgctxt.",
        }, set(refusals))
        # Two workers and the queue manager, which ftgatectl does not wait for. One that starts late logs its first load, too.
        line = r" line=6 lang=de id=ERR_SMTP_OK rule=directive detail=%q cure=\"Use only "
        self.server.wait_for_log(r"(?s)" + r".*?".join([line] * 3), start)

    def test_refusal_without_a_po_has_no_line(self):
        self.write(mo({("ERR_SMTP_OK", "Ok"): "%n"}))
        done = ctl(self.server.data, "reload")
        self.assertEqual(1, done.returncode)
        self.assertIn(f"{self.server.overlay('de')}: error: ERR_SMTP_OK: directive: %n. Use", done.stdout)

    def test_po_that_is_not_a_file_of_sane_size_is_left_alone(self):
        path = self.server.overlay("de").replace(".mo", ".po")
        self.write(mo({("ERR_SMTP_OK", "Ok"): "%n"}))
        os.mkfifo(path)
        self.assertIn(".mo: error: ERR_SMTP_OK: ", ctl(self.server.data, "reload").stdout)
        os.unlink(path)
        with open(path, "wb") as file:
            file.truncate(1 << 30)
        self.assertIn(".mo: error: ERR_SMTP_OK: ", ctl(self.server.data, "reload").stdout)

    def test_more_refusals_than_fit_one_answer_are_all_printed(self):
        self.write(mo({(f"X{i}\x1b", "x" * 40): "y" for i in range(900)}))
        done = ctl(self.server.data, "reload")
        *refusals, summary = done.stdout.splitlines()
        self.assertEqual((900, "generation 2, refused 900"), (len(set(refusals)), summary))
        self.assertNotIn("\x1b", done.stdout)

    def test_a_kept_catalogue_is_a_failure(self):
        self.write(b"rubbish")
        done = ctl(self.server.data, "reload")
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stdout, r"\A\S+/ftgate-local\.mo: error: -: file: .*\n\Z")
        self.assertIn("kept the catalogue of before, generation 1: refused 1", done.stderr)
        os.unlink(self.server.overlay("de"))
        self.assertEqual(0, ctl(self.server.data, "reload").returncode)

    def test_missing_server_is_reported_as_such(self):
        self.assertEqual(UNAVAILABLE, ctl(self.server.folder, "reload").returncode)


class Metrics(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--workers", "2", "--metrics", "127.0.0.1:0"))
        self.port = int(self.server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/metrics").group(1))

    def ask(self, request):
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as connection:
            connection.sendall(request)
            head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
            return head.decode(), body.decode()

    def test_each_metric_has_help_and_type_and_the_figures_of_status(self):
        send(self.server)
        head, body = self.ask(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(head.startswith("HTTP/1.0 200 "))
        self.assertIn("Content-Type: text/plain; version=0.0.4", head)
        names = set()
        for line in body.splitlines():
            names.update(re.findall(r"^# TYPE (ftgate_\w+) (?:counter|gauge)$", line))
            self.assertRegex(line, r'^(?:# HELP ftgate_\w+ .+|# TYPE ftgate_\w+ \w+|'
                                   r'ftgate_\w+(?:\{(?:\w+="[^"\\]*",?)+\})? \d+)$')
        self.assertEqual(names - {"ftgate_own_texts"}, set(re.findall(r"(?m)^(ftgate_\w+)", body)))
        self.assertIn("\nftgate_messages_accepted_total 1\n", body)
        self.assertRegex(body, r'(?m)^ftgate_replies_total\{ref="#3\.\d\d",id="ERR_SMTP_MESSAGEOK"\} 1$')
        self.assertRegex(body, r'(?m)^ftgate_replies_total\{ref="#4\.28",id="ERR_SMTP_ADDRESS_UNKNOWN"\} 0$')

    def test_silent_connections_make_room(self):
        for _ in range(8):  # on a machine that stalls, their time is up before the answer
            start = time.monotonic()
            with contextlib.ExitStack() as stack:
                silent = [stack.enter_context(socket.create_connection(("127.0.0.1", self.port), SECONDS)) for _ in range(60)]
                self.assertTrue(self.ask(b"GET /metrics HTTP/1.0\r\n\r\n")[0].startswith("HTTP/1.0 200 "))
                self.assertEqual(b"", silent[0].recv(1))
                for connection in silent[-8:]:
                    connection.setblocking(False)
                if all(self.is_open(connection) for connection in silent[-8:]):
                    return
            self.assertGreater(time.monotonic() - start, 4, "connections were closed although there is room for them")
        self.fail("room was made only by the deadline")

    @staticmethod
    def is_open(connection):
        try:
            return connection.recv(1) != b""
        except BlockingIOError:
            return True

    def test_nothing_else_is_sent(self):
        for request, answer in ((b"GET / HTTP/1.0", "404"), (b"GET /metrics/../x HTTP/1.0", "404"),
                                (b"POST /metrics HTTP/1.0", "405"), (b"EHLO x", "405")):
            head, body = self.ask(request + b"\r\n\r\n")
            self.assertTrue(head.startswith("HTTP/1.0 " + answer), head)
            self.assertNotIn("ftgate_", body)
        self.assertTrue(self.ask(b"x" * 4095)[0].startswith("HTTP/1.0 405"))

    def test_metrics_address_must_be_loopback(self):
        for address in ("0.0.0.0:9100", "192.0.2.1:9100", "[::]:9100", "9100"):
            done = subprocess.run([program("ftgate-smtpd"), "--metrics", address], timeout=SECONDS,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="ascii")
            self.assertEqual(USAGE, done.returncode)
            self.assertIn(address, done.stderr)


class Socket(TestCase):
    """The socket is its owner's alone, and is not impressed by those who ask badly."""

    def setUp(self):
        self.server = self.enterContext(Server("--workers", "1"))
        self.server.wait_for_log("event=worker-started")
        self.path = os.path.join(self.server.data, "ftgate-smtpd.sock")

    def connect(self):
        connection = self.enterContext(socket.socket(socket.AF_UNIX))
        connection.settimeout(SECONDS)
        connection.connect(self.path)
        return connection

    def ask(self, request):
        connection = self.connect()
        connection.sendall(request)
        return connection.makefile("rb").read()

    def test_socket_is_accessible_only_to_its_owner(self):
        self.assertEqual(0o600, stat.S_IMODE(os.stat(self.path).st_mode))

    def test_it_is_gone_when_the_server_is(self):
        self.server.process.terminate()
        self.assertEqual(0, self.server.process.wait(SECONDS))
        self.assertFalse(os.path.exists(self.path))

    def test_other_requests_are_refused(self):
        for request in (b"\n", b"stop\n", b"status now\n", b"status\0\n", b"x" * 4095):
            with self.subTest(request=request[:20]):
                self.assertRegex(self.ask(request), rb"\Aerror .*\nend\n\Z")
        self.assertRegex(self.ask(b"status\n"), rb"\Apid \d+\n")

    def test_silent_clients_do_not_block_others(self):
        silent = [self.connect() for _ in range(6)]
        self.assertRegex(self.ask(b"status\n"), rb"\Apid \d+\n")
        with Talk(self.server) as talk:
            self.assertTrue(talk.greeting.startswith(b"220"))
        for connection in silent:
            self.assertEqual(b"", connection.recv(1))


if __name__ == "__main__":
    main()
