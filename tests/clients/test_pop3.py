#!/usr/bin/env python3
"""ftgate-pop3d as a whole: beside ftgate-smtpd, with connections that break, clients that do not read, and stops."""

import contextlib
import glob
import json
import os
import re
import resource
import shutil
import signal
import smtplib
import socket
import subprocess
import threading
import urllib.request

from encrypted import Certificate, scram
from mo import mo
from pop3 import CLEAR, PASSWORD, EncryptedPop3Talk, Pop3Server, Pop3Talk
from server import ACCOUNT, BUILD, DOMAIN, NO_QUARANTINE, SECONDS, SENDER, Server, TestCase, main, program
from test_proxy import header as proxy_header

MESSAGE = b"Subject: a\n\nHello\n"
MIB = 1 << 20


class BesideSmtp(TestCase):
    def setUp(self):
        self.pop3 = self.enterContext(Pop3Server())
        self.smtp = self.enterContext(Server(beside=self.pop3))

    def fetch(self):
        with Pop3Talk(self.pop3) as talk:
            talk.log_in()
            message = b"".join(line.removeprefix(b".") for line in talk.many(b"RETR 1")[1])
            talk.say(b"DELE 1")
            self.assertTrue(talk.say(b"QUIT").startswith(b"+OK"))
        return message

    def test_what_came_in_goes_out_octet_for_octet(self):
        bodies = [b"", b".\r\n", b"..\r\n.\r\n...\r\n", b"no end".ljust(998, b"x") + b"\r\n", bytes(range(0x80, 0x100)) + b"\r\n",
                  b"\t \r\n\r\n \r\n", b"line\r\n" * 100000]
        for body in bodies:
            sent = b"Subject: x\r\nFrom: <%s>\r\n\r\n" % SENDER.encode() + body
            with smtplib.SMTP("127.0.0.1", self.smtp.port, "client.example.org", SECONDS) as client:
                client.sendmail(SENDER, [ACCOUNT], sent, ["BODY=8BITMIME"])
            with self.subTest(body=body[:40]):
                message = self.fetch()
                trace, got = message[:-len(sent)], message[-len(sent):]
                self.assertEqual(sent, got)
                self.assertRegex(trace, rb"\AReturn-Path: (.+\r\n)+\Z")

    def test_each_has_files_and_figures_of_its_own(self):
        def status(*arguments):
            done = subprocess.run([program("ftgatectl"), "--data", self.pop3.data, "--json", *arguments, "status"],
                                  stdout=subprocess.PIPE, check=False, timeout=SECONDS)
            self.assertIn(done.returncode, (0, 1), "1: the domain has no owner of its postmaster")
            return json.loads(done.stdout)

        self.pop3.put("1.host", MESSAGE)
        self.fetch()
        self.assertEqual((self.smtp.pid, self.pop3.pid), tuple(status()[name]["pid"] for name in ("smtpd", "pop3d")))
        pop3 = status("--server", "pop3d")
        self.assertEqual((self.pop3.pid, 1, 1), (pop3["pid"], pop3["messages-fetched"], pop3["messages-removed"]))
        self.assertEqual(0, status("--server", "smtpd")["messages-fetched"])

    def test_a_second_one_of_the_same_kind_does_not_start(self):
        done = subprocess.run([program("ftgate-pop3d"), "--data", self.pop3.data, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        self.assertEqual(69, done.returncode, done.stdout)
        self.assertIn(b"ftgate-pop3d: another server, process %d, uses the data folder" % self.pop3.pid, done.stdout)


class Broken(TestCase):
    """Connections and mailboxes."""

    def setUp(self):
        self.server = self.enterContext(Pop3Server())
        for number in range(1, 4):
            self.server.put(f"{number}.host", MESSAGE)

    def left(self):
        return len(glob.glob(os.path.join(self.server.box(), "*/[0-9]*")))

    def test_connections_dropped_at_any_point_delete_nothing(self):
        script = b"CAPA\r\nLANG de\r\nUSER %s\r\nPASS %s\r\nUIDL\r\nRETR 1\r\nDELE 1\r\nTOP 2 1\r\nDELE 2\r\nQUI" % (
            ACCOUNT.encode(), PASSWORD.encode())
        for end in range(0, len(script) + 1, 5):
            with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as client:
                client.sendall(script[:end])
                if end % 2:  # a reset, not an orderly end
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with Pop3Talk(self.server) as talk:
            while not (answer := talk.log_in()).startswith(b"+OK"):
                self.assertIn(b"(#5.07)", answer)  # the last of them has not been seen to end yet
            self.assertEqual(b"+OK 3 63\r\n", talk.say(b"STAT"))
        self.assertEqual(3, self.left())

    def test_a_session_in_one_packet_is_answered_in_order(self):
        script = b"".join(b"%s\r\n" % command for command in (
            b"USER " + ACCOUNT.encode(), b"PASS " + PASSWORD.encode(), b"STAT", b"RETR 1", b"DELE 1", b"DELE 2", b"QUIT"))
        with Pop3Talk(self.server) as talk:
            talk.socket.sendall(script)
            talk.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(
                b"+OK Now send the password with PASS (#7.03)\r\n+OK 3 messages (63 octets) (#7.04)\r\n+OK 3 63\r\n"
                b"+OK Message of 21 octets follows (#7.07)\r\nSubject: a\r\n\r\nHello\r\n.\r\n"
                b"+OK Message will be deleted on QUIT (#7.10)\r\n+OK Message will be deleted on QUIT (#7.10)\r\n"
                b"+OK Goodbye, 1 message left (#7.14)\r\n", talk.input.read())
        self.assertEqual(1, self.left())

    def test_a_client_that_does_not_read_is_given_no_more(self):
        with Pop3Server(**NO_QUARANTINE) as server, Pop3Talk(server) as talk:
            server.put("1.host", b"Subject: big\n\n" + b"x" * 71 + b"\n" + (b"y" * 71 + b"\n") * (40 * MIB // 72))
            talk.log_in()
            before = server.memory()
            talk.socket.sendall(b"RETR 1\r\n" * 3)
            self.assertTrue(talk.reply().startswith(b"+OK"))
            with Pop3Talk(server) as other:  # is served meanwhile, so the first has been given all that it takes
                for _ in range(200):
                    other.say(b"LANG *")
            self.assertLess(server.memory() - before, 8 * MIB)
            self.assertEqual(40 * MIB // 72 + 3, len(talk.lines()))
            self.assertTrue(talk.reply().startswith(b"+OK"))

    def test_two_clients_at_once_have_mailboxes_of_their_own(self):
        self.server.control("account", "add", "paul@" + DOMAIN, "--password-stdin", input=PASSWORD.encode() + b"\n")
        with Pop3Talk(self.server) as erika, Pop3Talk(self.server) as paul, Pop3Talk(self.server) as third:
            self.assertIn(b"3 messages", erika.log_in())
            self.assertIn(b"0 messages", paul.log_in("paul@" + DOMAIN))
            self.assertIn(b"(#5.07)", third.log_in())
            erika.say(b"QUIT")
            self.assertIn(b"3 messages", third.log_in())

    def test_unopenable_maildir_is_reported(self):
        box = self.server.box()
        shutil.rmtree(box)
        with open(box, "wb"):
            pass
        with Pop3Talk(self.server) as talk:
            self.assertEqual(b"-ERR Mailbox Access Error (#5.00)\r\n", talk.log_in())
        self.server.wait_for_log(r"event=maildrop-failed [^\n]*detail=\"Not a directory\"")

    def test_vanished_maildir_is_reported(self):
        with Pop3Talk(self.server) as talk:
            talk.log_in()
            talk.say(b"DELE 2")
            shutil.rmtree(self.server.box())
            self.assertEqual(b"-ERR message unavailable (#5.12)\r\n", talk.say(b"RETR 1"))
            self.assertEqual(b"+OK 2 42\r\n", talk.say(b"STAT"))
            self.assertRegex(talk.say(b"QUIT"), rb"\A(\+OK|-ERR) ")


    def test_message_that_cannot_be_removed_is_reported(self):
        with Pop3Talk(self.server) as talk:
            talk.log_in()
            talk.say(b"DELE 1")
            talk.say(b"DELE 2")
            [path] = glob.glob(os.path.join(self.server.box(), "*/1.host*"))
            os.unlink(path)
            os.mkdir(path)
            self.assertEqual(b"-ERR Some deleted messages could not be removed (#7.16)\r\n", talk.say(b"QUIT"))
        self.assertEqual([], glob.glob(os.path.join(self.server.box(), "*/2.host*")))


class Stop(TestCase):
    def setUp(self):
        self.server = self.enterContext(Pop3Server("--workers", "2"))
        self.server.put("1.host", b"Subject: big\n\n" + (b"y" * 71 + b"\n") * (20 * MIB // 72))

    def test_stop_completes_a_fetch_and_ends_other_sessions(self):
        with Pop3Talk(self.server) as idle, Pop3Talk(self.server) as busy:
            busy.log_in()
            self.assertTrue(busy.say(b"RETR 1").startswith(b"+OK"))
            self.server.process.terminate()
            self.assertEqual(b"-ERR Server is stopping, please try again later (#7.22)\r\n", idle.reply())
            self.assertEqual(b"", idle.input.read())
            self.assertEqual(20 * MIB // 72 + 2, len(busy.lines()))
            self.assertEqual(0, self.server.process.wait(SECONDS))

    def test_a_killed_worker_costs_its_sessions_alone(self):
        with Pop3Talk(self.server) as talk:
            talk.log_in()
            for pid in re.findall(r"event=worker-started [^\n]*pid=(\d+)", self.server.log()):
                os.kill(int(pid), signal.SIGKILL)
            self.server.wait_for_log("event=worker-started ", times=2 * self.server.workers())
        with Pop3Talk(self.server) as talk:
            self.assertIn(b"1 message", talk.log_in())


class Secured(TestCase):
    def setUp(self):
        self.certificate = self.enterContext(Certificate())
        listeners = "listeners:\n  - address: 127.0.0.1:0\n    role: pop3\n" \
                    "  - address: 127.0.0.1:0\n    role: pop3\n    tls: implicit\n"
        self.server = self.enterContext(Pop3Server(config=self.certificate.settings() + listeners))
        self.context = self.certificate.context()

    def test_commands_in_the_clear_behind_stls_are_not_run(self):
        with EncryptedPop3Talk(self.server, self.context) as talk:
            talk.say(b"LANG de")
            answer = talk.stls(b"LANG fr\r\nUSER %s\r\nPASS %s\r\n" % (ACCOUNT.encode(), PASSWORD.encode()))
            self.assertEqual(b"+OK Jetzt TLS beginnen (#7.12)\r\n", answer)
            self.assertEqual(b"-ERR Syntax Error (#5.02)\r\n", talk.say(b"STAT"))
            self.assertIn(b"0 messages", talk.log_in())
        self.server.wait_for_log("event=clear-text-dropped")

    def test_logs_in_by_scram_with_and_without_tls(self):
        for implicit in False, True:
            with EncryptedPop3Talk(self.server, self.context, self.server.ports()[implicit], implicit) as talk:
                self.assertIn(b"0 messages", scram(talk, ACCOUNT, PASSWORD))

    def test_password_is_accepted_only_inside_tls(self):
        with EncryptedPop3Talk(self.server, self.context) as talk:
            self.assertEqual(b"-ERR Plain text login disabled, use APOP or TLS (#5.04)\r\n", talk.say(b"USER " + ACCOUNT.encode()))
            talk.stls()
            self.assertIn(b"0 messages", talk.log_in())


class Operations(TestCase):
    def test_a_reload_changes_the_words_of_sessions_that_are_open(self):
        with Pop3Server() as server, Pop3Talk(server) as talk:
            talk.say(b"LANG de")
            with open(server.overlay("de"), "wb") as file:
                file.write(mo({("ERR_POP_SYNTAX", "Syntax Error"): "So nicht, ${client}"}))
            subprocess.run([program("ftgatectl"), "--data", server.data, "--server", "pop3d", "reload"], check=True,
                           stdout=subprocess.DEVNULL, timeout=SECONDS)
            self.assertEqual(b"-ERR So nicht, 127.0.0.1 (#5.02)\r\n", talk.say(b"NONSENSE"))

    def test_figures_are_exported_to_prometheus(self):
        with Pop3Server(config="pop3:\n  metrics: 127.0.0.1:0\n") as server, Pop3Talk(server) as talk:
            port = server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/metrics").group(1)
            talk.say(b"NONSENSE")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as page:
                text = page.read().decode()
        self.assertIn('ftgate_replies_total{ref="#5.02",id="ERR_POP_SYNTAX"} 1', text.splitlines())
        self.assertIn("ftgate_messages_fetched_total 0", text.splitlines())

    def test_proxy_header_names_the_client(self):
        config = "limits:\n  max-sessions-per-address: 1\nlisteners:\n  - address: 127.0.0.1:0\n    role: pop3\n    proxy: yes\n"
        with Pop3Server(config=config) as server, Pop3Talk(server, first=proxy_header("192.0.2.7")):
            with Pop3Talk(server, first=proxy_header("192.0.2.8")) as other:
                self.assertTrue(other.greeting.startswith(b"+OK"))
            with Pop3Talk(server, first=proxy_header("192.0.2.7")) as second:
                self.assertEqual(b"-ERR Too many connections from your address (#1.04)\r\n", second.greeting)

    def test_sessions_over_the_limit_are_refused(self):
        with Pop3Server(config="limits:\n  max-sessions: 1\n") as server, Pop3Talk(server), Pop3Talk(server) as second:
            self.assertEqual(b"-ERR Too many connections, please try again later (#7.23)\r\n", second.greeting)
            self.assertEqual(b"", second.input.read())

    def test_failed_logins_bar_the_address_until_it_is_pardoned(self):
        with Pop3Server(config=CLEAR + "limits:\n  max-failed-logins: 2\n") as server, Pop3Talk(server) as talk:
            for _ in range(2):
                self.assertEqual(b"-ERR Login Error (#5.09)\r\n", talk.log_in(password="wrong"))
            self.assertEqual(b"-ERR Login Error (#5.06)\r\n", talk.log_in())
            server.control("--server", "pop3d", "blacklist", "remove", "127.0.0.1")
            self.assertIn(b"0 messages", talk.log_in())

    def test_logins_that_follow_too_soon_have_to_wait(self):
        with Pop3Server(config=CLEAR + "pop3:\n  login-delay: 1h\n") as server:
            with Pop3Talk(server) as talk:
                self.assertIn(b"LOGIN-DELAY 3600\r\n", talk.many(b"CAPA")[1])
                self.assertIn(b"0 messages", talk.log_in())
                talk.say(b"QUIT")
            with Pop3Talk(server) as talk:
                self.assertIn(b"(#7.24)", talk.log_in())

    def test_each_greeting_has_a_timestamp_of_digits_and_host_alone(self):
        seen = set()
        with Pop3Server("--hostname", "mx.example.test", config="pop3:\n  apop: yes\n") as server:
            for _ in range(10):
                with Pop3Talk(server) as talk:
                    seen.add(re.search(rb" \(#7\.01\) (<[0-9]+\.[0-9]+@mx\.example\.test>)\r\n$", talk.greeting).group(1))
        self.assertEqual(10, len(seen))

    def test_ten_thousand_idle_connections_are_held_and_another_is_served(self):
        number, soft_hard = 10000, resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft_hard[1] < number + 200:
            self.skipTest(f"the system lets a process have {soft_hard[1]} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft_hard[1], soft_hard[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, soft_hard)
        limits = "limits:\n  max-sessions: 20000\n  max-sessions-per-address: 0\n"
        with Pop3Server("--workers", "1", config=CLEAR + limits) as server, contextlib.ExitStack() as idle:
            server.put("1.host", MESSAGE)
            worker = re.search(r"event=worker-started [^\n]*pid=(\d+)", server.log()).group(1)

            def memory():
                """Octets of the worker's own."""
                with open(f"/proc/{worker}/status", encoding="ascii") as status:
                    return int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1)) * 1024

            before = memory()
            for _ in range(number):
                client = idle.enter_context(socket.create_connection(("127.0.0.1", server.port), SECONDS))
                self.assertTrue(client.recv(512).startswith(b"+OK "))
            if "asan" not in os.path.basename(BUILD):
                self.assertLess((memory() - before) / number, 16 * 1024)
            with Pop3Talk(server) as talk:
                self.assertIn(b"1 message", talk.log_in())
                self.assertEqual([b"Subject: a\r\n", b"\r\n", b"Hello\r\n"], talk.many(b"RETR 1")[1])

    def test_many_sessions_at_a_time_are_all_served(self):
        with Pop3Server() as server:
            for number in range(20):
                server.control("account", "add", f"u{number}@{DOMAIN}", "--password-stdin", input=b"secret\n")
                server.put("1.host", MESSAGE, f"u{number}")
            failures = []

            def session(number):
                try:
                    with Pop3Talk(server) as talk:
                        talk.log_in(f"u{number}@{DOMAIN}", "secret")
                        lines = talk.many(b"RETR 1")[1]
                        talk.say(b"DELE 1")
                        if lines != [b"Subject: a\r\n", b"\r\n", b"Hello\r\n"] or b"0 messages" not in talk.say(b"QUIT"):
                            failures.append(number)
                except OSError as error:
                    failures.append(error)

            threads = [threading.Thread(target=session, args=(number,)) for number in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual([], failures)


if __name__ == "__main__":
    main()
