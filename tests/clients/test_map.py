#!/usr/bin/env python3
"""ftgate-mapd on the wire: answers, garbage, reload, workers that are killed or stopped."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time

from maps import UNKNOWN, URL, Map, MapServer, frame, german, wait_until_refused, worker_processes
from mo import mo
from server import SECONDS, TestCase, main, program

ADDRESS = "nobody@bench.example"
KEY = UNKNOWN.format(ADDRESS)
NOTHING = b"NOTFOUND "


def own_text(server, folder, text):
    """Writes an own text for unknown mailboxes."""
    with open(server.overlay(folder), "wb") as file:
        file.write(mo({("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox"): text}))


class Answers(TestCase):
    def test_a_footer_has_text_reference_and_link(self):
        with MapServer("--language", "de", "--help-url", URL) as server, Map(server.port) as client:
            self.assertEqual(german(ADDRESS) + b"\\nhttps://mail.example/replies/de.html#4.28", client.look_up(KEY))

    def test_help_link_never_leaves_the_link_out(self):
        config = f"language: ja\nhelp-url: {URL!r}\nhelp-link: never\n"
        with MapServer(config=config) as server, Map(server.port) as client:
            self.assertNotIn(b"https", client.look_up(KEY))

    def test_a_filter_has_the_whole_reply(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            self.assertEqual(b"OK 550 5.1.1 " + german(ADDRESS)[3:], client.look_up(KEY, "filter"))
            self.assertEqual(b"OK 450 4.1.1 " + german(ADDRESS)[3:],
                             client.look_up(KEY.replace("550 5.1.1", "450 4.1.1"), "filter"))

    def test_a_text_is_of_the_reply_that_is_named_and_comes_to_who_reads_until_the_end(self):
        with MapServer("--language", "de", "--help-url", URL) as server, Map(server.port) as client:
            client.send(frame(b"text 4.28\n" + ADDRESS.encode()) + frame(b"text 4.280\n"))
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(german(ADDRESS) + b"\nhttps://mail.example/replies/de.html#4.28", client.answer())
            self.assertEqual(NOTHING, client.answer())
            self.assertTrue(client.ended())

    def test_what_is_not_known_is_not_found(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            for key in "250 2.1.5 Ok", "550 strange", "", "\0\1\2", "x" * 8000:
                self.assertEqual(NOTHING, client.look_up(key), key)
            self.assertEqual(NOTHING, client.look_up(KEY, "Footer"))
            self.assertEqual(NOTHING, client.look_up(KEY, "other"))
            server.wait_for_log("event=unknown-map .* map=Footer")
            self.assertEqual(german(ADDRESS), client.look_up(KEY))
            self.assertNotIn("map=other", server.log())

    def test_a_unix_domain_socket_answers_the_same(self):
        with MapServer("--language", "de") as probe:
            path = os.path.join(probe.folder, "socket")
            with MapServer("--language", "de", "--listen", path) as server:
                server.wait_for_log(re.escape(f"listening on {path}"))
                with Map(path) as client:
                    self.assertEqual(german(ADDRESS), client.look_up(KEY))
                    server.wait_for_log("event=connect .*client=local")

    def test_pipelined_look_ups_in_pieces_are_answered_in_order(self):
        octets = b"".join(frame(f"footer {UNKNOWN.format(f'a{n}@b.example')}".encode()) for n in range(500))
        with MapServer("--language", "de") as server, Map(server.port) as client:
            for at in range(0, len(octets), 777):
                client.send(octets[at:at + 777])
            for n in range(500):
                self.assertEqual(german(f"a{n}@b.example"), client.answer())

    def test_a_client_that_reads_nothing_delays_no_other(self):
        octets = frame(f"footer {KEY}".encode()) * 1000
        with MapServer("--language", "de", "--workers", "1") as server, Map(server.port) as deaf:
            deaf.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while True:
                    deaf.send(octets)
            with Map(server.port) as client:
                self.assertEqual(german(ADDRESS), client.look_up(KEY))


class OwnTexts(TestCase):
    def test_own_texts_of_server_and_domain_are_spoken(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            own_text(server, "de", "%s: 5 $ \\n \\c oder ${help}?")
            own_text(server, "@own.example/de", "\\c%s ist fort")
            server.reload()
            self.assertEqual(b"OK nobody@bench.example: 5 $$ n \\c oder ? (#4.28)", client.look_up(KEY))
            self.assertEqual(b"OK ca@own.example ist fort (#4.28)", client.look_up(UNKNOWN.format("a@own.example")))


class Attacks(TestCase):
    def test_garbage_ends_its_own_connection_alone(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            for octets in b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"99999999999999:", b"8193:", b"5:hello;", b":":
                with Map(server.port) as bad:
                    bad.send(octets)
                    self.assertTrue(bad.ended(), octets)
            self.assertEqual(6, server.counted("event=bad-lookup ", 6))
            self.assertEqual(german(ADDRESS), client.look_up(KEY))

    def test_answers_before_garbage_arrive(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            client.send(frame(f"footer {KEY}".encode()) + b"garbage" + b"x" * 100000)
            self.assertEqual(german(ADDRESS), client.answer())
            self.assertTrue(client.ended())

    def test_thousands_of_idle_and_half_sent_look_ups_delay_nobody(self):
        with MapServer("--language", "de", config="limits:\n  max-sessions: 2000\n") as server:
            with contextlib.ExitStack() as stack:
                for n in range(1500):
                    stack.enter_context(Map(server.port)).send(b"80:footer 550 5.1.1"[:n % 20])
                with Map(server.port) as client:
                    self.assertEqual(german(ADDRESS), client.look_up(KEY))

    def test_clients_beyond_the_limit_are_closed_at_once(self):
        with MapServer("--language", "de", "--workers", "1", config="limits:\n  max-sessions: 3\n") as server:
            with contextlib.ExitStack() as stack:
                first = [stack.enter_context(Map(server.port)) for _ in range(3)]
                self.assertEqual(german(ADDRESS), first[2].look_up(KEY))
                self.assertTrue(stack.enter_context(Map(server.port)).ended())
                server.wait_for_log("event=disconnect .*cause=max-sessions")
                self.assertEqual(german(ADDRESS), first[0].look_up(KEY))


class Workers(TestCase):
    def asked_until_answered(self, port):
        """Asks as Postfix does, on a new connection if one has ended. Returns the answer."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(ConnectionError), Map(port) as client:
                if answer := client.look_up(KEY):
                    return answer
        return None

    def test_a_worker_that_is_stopped_is_replaced_and_its_clients_are_freed(self):
        with MapServer("--language", "de", "--workers", "1") as server, Map(server.port) as client:
            self.assertEqual(german(ADDRESS), client.look_up(KEY))
            os.kill(worker_processes(server)[0], signal.SIGSTOP)
            client.send(frame(f"footer {KEY}".encode()))
            self.assertTrue(client.ended())
            self.assertEqual(german(ADDRESS), self.asked_until_answered(server.port))
            server.wait_for_log("event=worker-hung ")
            server.wait_for_log("event=worker-died .*cause=hung")
            self.assertEqual(2, server.counted("event=worker-started ", 2))

    def test_the_other_worker_answers_meanwhile(self):
        with MapServer("--language", "de", "--workers", "2") as server:
            os.kill(worker_processes(server)[0], signal.SIGSTOP)
            for _ in range(20):
                self.assertEqual(german(ADDRESS), self.asked_until_answered(server.port))
            server.wait_for_log("event=worker-died .*cause=hung")

    def test_a_worker_that_is_killed_is_replaced(self):
        with MapServer("--language", "de", "--workers", "1") as server:
            os.kill(worker_processes(server)[0], signal.SIGKILL)
            self.assertEqual(german(ADDRESS), self.asked_until_answered(server.port))

    def test_a_master_that_is_stopped_stops_no_answer(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            os.kill(server.pid, signal.SIGSTOP)
            try:
                time.sleep(2)  # longer than the limit of the watchdog
                self.assertEqual(german(ADDRESS), client.look_up(KEY))
            finally:
                os.kill(server.pid, signal.SIGCONT)
            self.assertEqual(german(ADDRESS), client.look_up(KEY))
            start = len(server.log())
            server.reload()
            self.assertNotIn("event=worker-hung", server.log()[start:])

    def test_a_killed_master_leaves_no_port_behind(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            self.assertEqual(german(ADDRESS), client.look_up(KEY))
            server.process.kill()
            server.process.wait()
            self.assertTrue(client.ended())
            wait_until_refused(server.port)
            server.start()
            with Map(server.port) as other:
                self.assertEqual(german(ADDRESS), other.look_up(KEY))

    def test_reloads_under_load_lose_no_answer(self):
        with MapServer("--language", "de") as server, Map(server.port) as client:
            text = "%s gibt es nicht"
            for round in range(6):
                own_text(server, "de", f"{text} {round}")
                start = len(server.log())
                os.kill(server.pid, signal.SIGHUP)
                for _ in range(200):
                    self.assertRegex(client.look_up(KEY), rb"^OK (Postfach )?nobody@bench\.example (existiert|gibt es) nicht.*\(#4\.28\)$")
                server.wait_for_log("event=reload ", start)
                self.assertEqual(f"OK {ADDRESS} gibt es nicht {round} (#4.28)".encode(), client.look_up(KEY))

    def test_a_stop_waits_for_no_client(self):
        with MapServer("--language", "de") as server, Map(server.port) as client, Map(server.port) as half:
            self.assertEqual(german(ADDRESS), client.look_up(KEY))
            half.send(b"80:footer ")
            server.wait_for_log("event=connect", times=2)
            server.process.terminate()
            self.assertEqual(0, server.process.wait(SECONDS))
            self.assertTrue(client.ended() and half.ended())
            self.assertNotIn("sessions-cut", server.log())


class Settings(TestCase):
    def check(self, *arguments, config=""):
        with MapServer() as probe:
            path = os.path.join(probe.folder, "checked.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            return subprocess.run([program("ftgate-mapd"), "-c", path, "--data", probe.data, "--check", *arguments],
                                  env=probe.environment, capture_output=True, text=True, timeout=SECONDS)

    def test_only_this_machine_can_connect_unless_the_operator_says_so(self):
        done = self.check("--listen", "0.0.0.0:2794")
        self.assertEqual((78, 1), (done.returncode, done.stderr.count("'0.0.0.0:2794' can be reached from elsewhere")))
        self.assertEqual(0, self.check("--listen", "127.0.0.1:2794").returncode)
        self.assertEqual(0, self.check("--listen", "/run/ftgate/map").returncode)
        self.assertEqual(0, self.check(config="user: root\nmap:\n  remote: yes\nlisteners:\n  - address: 0.0.0.0:2794\n    role: map\n").returncode)

    def test_listeners_of_other_programs_are_ignored(self):
        config = "tls-cert: /nowhere\ntls-key: /nowhere\nlisteners:\n  - address: 127.0.0.1:2525\n  - address: 127.0.0.1:3794\n    role: map\n"
        done = self.check(config=config)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(["listen        127.0.0.1:3794"], re.findall("(?m)^listen .*$", done.stdout))
        self.assertNotIn("certificate", done.stdout)

    def test_faults_of_the_file_of_languages_are_named_by_line(self):
        with MapServer() as probe:
            path = os.path.join(probe.folder, "languages")
            with open(path, "w", encoding="utf-8") as file:
                file.write("a.example de\nb.example\n\0\nc.example\n")
            done = self.check(config=f"map:\n  domain-languages: {path}\n")
            self.assertEqual(78, done.returncode)
            self.assertEqual([f"{path}:2: '' is not a language; write a tag such as de or pt-BR, or C, behind the domain",
                              f"{path}:3: '?' is not a domain; write a domain and a language in a line, as in 'example.org de'",
                              f"{path}:4: '' is not a language; write a tag such as de or pt-BR, or C, behind the domain"],
                             done.stderr.splitlines())
            done = self.check(config=f"map:\n  domain-languages: {path}/x\n")
            self.assertEqual(78, done.returncode)
            self.assertIn(f":2: domain-languages: {path}/x: ", done.stderr)

    def test_a_path_is_no_address_of_a_mail_server(self):
        done = subprocess.run([program("ftgate-smtpd"), "--listen", "/run/smtp", "--check"], capture_output=True, text=True,
                              env=MapServer().environment, timeout=SECONDS)
        self.assertEqual(64, done.returncode)
        self.assertIn("'/run/smtp' is not ADDRESS:PORT", done.stderr)

    def test_options_of_tls_and_passwords_are_those_of_mail_alone(self):
        done = subprocess.run([program("ftgate-mapd"), "--help"], capture_output=True, text=True, env=MapServer().environment, timeout=SECONDS)
        self.assertNotRegex(done.stdout, "--(listen-tls|tls-cert|tls-key|auth)")
        self.assertIn("--listen", done.stdout)

    def test_no_database_and_no_secret_is_made(self):
        with MapServer() as server, Map(server.port) as client:
            client.look_up(KEY)
            self.assertEqual(["ftgate-mapd.pid", "ftgate-mapd.sock", "locale"], sorted(os.listdir(server.data)))

    def test_a_second_server_in_the_folder_is_refused(self):
        with MapServer() as server:
            done = subprocess.run([program("ftgate-mapd"), "--data", server.data, "--listen", "127.0.0.1:0"], capture_output=True,
                                  text=True, env=server.environment, timeout=SECONDS)
            self.assertEqual(69, done.returncode)
            self.assertIn("another server", done.stderr)


class Figures(TestCase):
    def test_status_and_metrics_count_look_ups_and_replies(self):
        config = "map:\n  metrics: 127.0.0.1:0\n"
        with MapServer("--workers", "1", config=config) as server, Map(server.port) as client:
            for key, name in (KEY, "footer"), (KEY, "filter"), ("250 ok", "footer"), (KEY, "other"):
                client.look_up(key, name)
            with Map(server.port) as bad:
                bad.send(b"x")
                self.assertTrue(bad.ended())
            port = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/").group(1))
            with socket.create_connection(("127.0.0.1", port), SECONDS) as scrape:
                scrape.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                page = scrape.makefile().read()
            for outcome, count in ("found", 2), ("not_found", 1), ("unknown_map", 1), ("malformed", 1):
                self.assertIn(f'ftgate_lookups_total{{outcome="{outcome}"}} {count}\n', page)
            self.assertIn('ftgate_replies_total{ref="#4.28",id="ERR_SMTP_ADDRESS_UNKNOWN"} 2\n', page)
            self.assertIn('program="ftgate-mapd"', page)
            said = subprocess.run([program("ftgatectl"), "--data", server.data, "--server", "mapd", "status"], capture_output=True,
                                  text=True, env=server.environment, timeout=SECONDS).stdout
            self.assertRegex(said, r"(?m)^lookups-found +2$")
            self.assertRegex(said, r"(?m)^listener +127\.0\.0\.1:\d+ map none")

    def test_data_folder_of_the_map_server_alone_lacks_no_other_server(self):
        def ctl(*words):
            return subprocess.run([program("ftgatectl"), "--data", server.data, *words], capture_output=True, text=True,
                                  env=server.environment, timeout=SECONDS)
        with MapServer() as server:
            said = ctl("status")
            self.assertEqual((0, "healthy"), (said.returncode, said.stdout.splitlines()[0]), said.stdout)
            said = ctl("text", "set", "de", "ERR_SMTP_ADDRESS_UNKNOWN", "Unbekannt: <%s>")
            self.assertEqual(0, said.returncode, said.stderr)
            self.assertIn("ftgate-mapd: generation", said.stdout)
            for name in "smtpd", "pop3d":
                self.assertNotIn(f"ftgate-{name}", said.stdout)
            os.mkdir(os.path.join(server.data, "queue"), 0o700)  # a server of mail has run here
            said = ctl("status")
            self.assertEqual(2, said.returncode)
            self.assertIn("critical: ftgate-smtpd does not run", said.stdout)


if __name__ == "__main__":
    main()
