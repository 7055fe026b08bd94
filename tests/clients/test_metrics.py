#!/usr/bin/env python3
"""Each metric counts what happens on real servers, and Prometheus accepts the metrics."""

import fcntl
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest

from encrypted import Certificate, EncryptedTalk, plain
from fake_next_hop import FakeNextHop
from measured import METRICS, measured, page, wait_for
from mo import mo
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, SOURCE, Server, Talk, TestCase, main, program
from services import held_port

TO = "bert@example.net"
RULES = os.path.join(SOURCE, "etc/prometheus/ftgate.rules.yml")
LISTENER = "listeners:\n  - address: 127.0.0.1:0\n"


def send(server, *recipients):
    """Sends a message and returns the last reply."""
    with Talk(server) as talk:
        talk.say(b"EHLO client.example.org")
        talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
        for recipient in recipients:
            assert talk.say(b"RCPT TO:<%s>" % recipient.encode()).startswith(b"250")
        talk.say(b"DATA")
        return talk.say(b"Subject: x\r\n\r\nHello\r\n.")


def rules():
    with open(RULES, encoding="utf-8") as file:
        return file.read()


class Deliveries(TestCase):
    def smtpd(self, config=LIMITS, *arguments):
        return self.enterContext(Server("--workers", "1", "--metrics", METRICS, *arguments, config=config))

    def relay(self, next_hop, more=""):
        server = self.smtpd(LIMITS + f"relay:\n  smarthost: 127.0.0.1:{next_hop.port}\n  tls: none\n  timeout: 2s\n  retry: 1h\n" + more)
        server.control("access", "add", "relay", "127.0.0.0/8")
        return server

    def outcomes(self, server, to):
        return {outcome: measured(server, "deliveries_total", to=to, outcome=outcome)
                for outcome in ("delivered", "deferred", "bounced", "expired")}

    def test_each_mailbox_counts(self):
        server = self.smtpd()
        server.control("account", "add", "otto@" + DOMAIN, "--no-password")
        self.assertEqual(b"250", send(server, ACCOUNT, "otto@" + DOMAIN)[:3])
        self.assertEqual({"delivered": 2, "deferred": 0, "bounced": 0, "expired": 0}, self.outcomes(server, "local"))
        self.assertEqual((1, 21), (measured(server, "messages_accepted_total"),
                                   measured(server, "messages_accepted_bytes_total")))

    def test_mailbox_that_cannot_be_written_defers(self):
        server = self.smtpd()
        box = os.path.join(server.data, "mail", DOMAIN, "erika")
        shutil.rmtree(box)
        with open(box, "wb"):
            pass
        reply = send(server, ACCOUNT)
        outcome = {b"4": "deferred", b"5": "bounced"}[reply[:1]]
        self.assertEqual(1, self.outcomes(server, "local")[outcome], reply)
        self.assertEqual(1, sum(self.outcomes(server, "local").values()))

    def test_queue_shows_its_length_and_age(self):
        with FakeNextHop(RCPT=["451 4.7.1 later", "250 ok"]) as following:
            server = self.relay(following)
            self.assertEqual(b"250", send(server, TO)[:3])
            wait_for(lambda: measured(server, "queue_messages", state="deferred") == 1)
            wait_for(lambda: measured(server, "queue_oldest_age_seconds") > 0)
            self.assertEqual({"delivered": 0, "deferred": 1, "bounced": 0, "expired": 0}, self.outcomes(server, "remote"))
            entry = next(name.split(".")[0] for name in os.listdir(os.path.join(server.data, "queue"))
                         if name.endswith(".envelope"))
            server.control("queue", "hold", entry)
            wait_for(lambda: measured(server, "queue_messages", state="held") == 1)
            self.assertEqual((0, 0), (measured(server, "queue_messages", state="deferred"),
                                      measured(server, "queue_oldest_age_seconds")))
            server.control("queue", "release", entry)
            server.control("queue", "run")
            following.wait(1)
            wait_for(lambda: measured(server, "deliveries_total", to="remote", outcome="delivered") == 1)
            wait_for(lambda: [measured(server, "queue_messages", state=s) for s in ("held", "active", "deferred")] == [0, 0, 0])

    def test_message_under_way_is_active(self):
        with FakeNextHop(RCPT="silence") as following:
            server = self.relay(following)
            send(server, TO)
            wait_for(lambda: measured(server, "queue_messages", state="active") == 1)

    def test_rejected_and_expired_mail_is_told_apart(self):
        with FakeNextHop(RCPT="550 5.1.1 no") as following:
            server = self.relay(following)
            send(server, TO)
            wait_for(lambda: measured(server, "deliveries_total", to="remote", outcome="bounced") == 1)
        with FakeNextHop(RCPT="451 later") as following:
            server = self.smtpd(LIMITS + f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\n  retry: 1s\n"
                                "  retry-max: 1s\n  expire: 1s\n")
            server.control("access", "add", "relay", "127.0.0.0/8")
            send(server, TO)
            wait_for(lambda: measured(server, "deliveries_total", to="remote", outcome="expired") == 1)
            self.assertEqual(0, measured(server, "deliveries_total", to="remote", outcome="bounced"))

    def test_server_that_is_down_is_counted_until_it_answers(self):
        with FakeNextHop(**{"": [None, "220 hello"]}) as following:
            server = self.relay(following)
            send(server, TO)
            wait_for(lambda: measured(server, "next_hops_down") == 1)
            server.control("queue", "run")
            wait_for(lambda: measured(server, "next_hops_down") == 0)

    def test_server_without_a_relay_process_has_no_queue(self):
        server = self.smtpd(LIMITS + "relay:\n  send: no\n")
        self.assertNotIn("ftgate_queue", page(server)[1])
        self.assertNotIn("ftgate_next_hops", page(server)[1])

    def test_mailboxes_of_a_server_that_is_down(self):
        with FakeNextHop(lmtp=True) as following:
            server = self.smtpd(LIMITS + f"delivery:\n  lmtp: 127.0.0.1:{following.port}\n")
            send(server, ACCOUNT)
            self.assertEqual(1, self.outcomes(server, "local")["delivered"])
            self.assertEqual(0, measured(server, "peer_down", kind="mailboxes", peer="lmtp"))
        server = self.smtpd(LIMITS + f"delivery:\n  lmtp: 127.0.0.1:{held_port()}\n")  # where nobody listens
        self.assertEqual(b"4", send(server, ACCOUNT)[:1])
        self.assertEqual(1, self.outcomes(server, "local")["deferred"])
        self.assertEqual(1, measured(server, "peer_down", kind="mailboxes", peer="lmtp"))


class Logins(TestCase):
    def outcome(self, server, protocol, outcome):
        return measured(server, "logins_total", protocol=protocol, outcome=outcome)

    def assertOutcomes(self, server, protocol, **expected):
        found = {outcome: self.outcome(server, protocol, outcome)
                 for outcome in ("ok", "wrong_password", "unknown_user", "disabled", "no_privilege", "throttled",
                                 "abandoned", "failed")}
        self.assertEqual({**dict.fromkeys(found, 0), **expected}, found)

    def test_smtp_logins_count_by_outcome(self):
        config = "auth-in-clear: yes\nlimits:\n  max-failed-logins: 4\n"
        server = self.enterContext(Server("--workers", "1", "--metrics", METRICS, config=config))
        for name, settings in ("off", ["disabled=yes"]), ("poor", ["smtp=no"]):
            server.control("account", "add", f"{name}@{DOMAIN}", "--password-stdin", *settings, input=b"correct horse\n")

        def log_in(user, password):
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                return talk.say(b"AUTH PLAIN " + plain(user, password))

        self.assertEqual(b"235", log_in(ACCOUNT, "correct horse")[:3])
        for user, password in (("off@" + DOMAIN, "correct horse"), ("poor@" + DOMAIN, "correct horse"), (ACCOUNT, "x"),
                               ("nobody@" + DOMAIN, "x"), (ACCOUNT, "correct horse")):
            log_in(user, password)
        self.assertOutcomes(server, "smtp", ok=1, disabled=1, no_privilege=1, wrong_password=1, unknown_user=1, throttled=1)

    def test_pop3_logins_count_by_outcome(self):
        config = "auth-in-clear: yes\nlimits:\n  max-failed-logins: 3\npop3:\n  login-delay: 1h\n"
        server = self.enterContext(Pop3Server("--workers", "1", "--metrics", METRICS, config=config))
        server.control("account", "add", "off@" + DOMAIN, "--password-stdin", "disabled=yes", input=b"correct horse\n")
        for user, password in ((ACCOUNT, PASSWORD), (ACCOUNT, PASSWORD), ("off@" + DOMAIN, PASSWORD), (ACCOUNT, "x"),
                               ("nobody@" + DOMAIN, "x")):
            with Pop3Talk(server) as talk:
                talk.log_in(user, password)
                talk.say(b"QUIT")
        self.assertOutcomes(server, "pop3", ok=1, throttled=1, disabled=1, wrong_password=1, unknown_user=1)

    def test_login_that_ends_at_the_challenge_is_abandoned(self):
        server = self.enterContext(Pop3Server("--workers", "1", "--metrics", METRICS))
        with Pop3Talk(server) as talk:
            self.assertTrue(talk.say(b"AUTH SCRAM-SHA-256 biwsbj1lcmlrYUBleGFtcGxlLnRlc3Qscj1hYmM=").startswith(b"+ "))
            self.assertTrue(talk.say(b"*").startswith(b"-ERR"))
        self.assertOutcomes(server, "pop3", abandoned=1)


class Tls(TestCase):
    def test_sessions_count_by_version_and_failures_apart(self):
        with Certificate() as certificate:
            server = self.enterContext(Server("--workers", "1", "--metrics", METRICS,
                                              config=certificate.settings() + LISTENER))
            for version, times in (ssl.TLSVersion.TLSv1_2, 1), (ssl.TLSVersion.TLSv1_3, 2):
                context = certificate.context()
                context.minimum_version = context.maximum_version = version
                for _ in range(times):
                    with EncryptedTalk(server, context) as talk:
                        talk.say(b"EHLO client.example.org")
                        talk.starttls()
                        self.assertTrue(talk.say(b"EHLO client.example.org").startswith(b"250"))
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                self.assertEqual(b"220", talk.say(b"STARTTLS")[:3])
                talk.socket.sendall(b"this is no handshake\r\n")
                talk.socket.recv(100)
            wait_for(lambda: measured(server, "tls_failures_total", protocol="smtp", direction="in") == 1)
            self.assertEqual([1, 2, 0, 0], [
                measured(server, "tls_sessions_total", protocol="smtp", direction=direction, version=version)
                for direction in ("in", "out") for version in ("1.2", "1.3")])

    def test_sessions_with_other_servers_count(self):
        with Certificate() as certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.file, certificate.key)

            def encrypt(connection):
                connection.sendall(b"220 go\r\n")
                with context.wrap_socket(connection.dup(), server_side=True) as encrypted:
                    encrypted.recv(4096)
                return False

            following = self.enterContext(FakeNextHop(
                EHLO="250-next.example\r\n250 STARTTLS",
                STARTTLS=encrypt))
            server = self.enterContext(Server(
                "--workers", "1", "--metrics", METRICS,
                config=LIMITS + f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: starttls\n  retry: 1h\n"))
            server.control("access", "add", "relay", "127.0.0.0/8")
            send(server, TO)
            wait_for(lambda: measured(server, "tls_sessions_total", protocol="smtp", direction="out", version="1.3") == 1)

    def test_handshake_that_another_server_breaks_off_is_a_failure(self):
        def refuse(connection):
            connection.sendall(b"220 go\r\n")
            connection.recv(4096)
            connection.sendall(b"no TLS here\r\n")
            return False

        following = self.enterContext(FakeNextHop(EHLO="250-next.example\r\n250 STARTTLS", STARTTLS=refuse))
        server = self.enterContext(Server(
            "--workers", "1", "--metrics", METRICS,
            config=LIMITS + f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: starttls\n  retry: 1h\n"))
        server.control("access", "add", "relay", "127.0.0.0/8")
        send(server, TO)
        wait_for(lambda: measured(server, "tls_failures_total", protocol="smtp", direction="out") == 1)


class Texts(TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--workers", "2", "--metrics", METRICS))

    def write(self, octets):
        with open(self.server.overlay("de"), "wb") as file:
            file.write(octets)

    def successful(self):
        return measured(self.server, "last_reload_successful", what="texts")

    def test_outcome_and_time_of_the_last_reload(self):
        self.assertEqual((1, None), (self.successful(), measured(self.server, "last_reload_timestamp_seconds")))
        self.write(b"rubbish")
        self.server.reload()
        wait_for(lambda: measured(self.server, "reloads_total") == 1)
        self.assertEqual(0, self.successful())
        failed = measured(self.server, "last_reload_timestamp_seconds")
        self.assertGreater(failed, os.stat("/proc/self").st_ctime - 3600)
        self.write(mo({("ERR_SMTP_OK", "Ok"): "Gut"}))
        self.server.reload()
        wait_for(lambda: measured(self.server, "reloads_total") == 2)
        self.assertEqual(1, self.successful())

    def test_own_texts_count_by_language_and_state(self):
        self.assertNotIn("ftgate_own_texts{", page(self.server)[1])
        self.write(mo({("ERR_SMTP_OK", "Ok"): "Gut", ("ERR_POP_TLS", "TLS"): "alt", ("ERR_SMTP_QUIT", "x"): "%q"}))
        self.server.reload()
        wait_for(lambda: measured(self.server, "reloads_total") == 1)
        own = {state: measured(self.server, "own_texts", lang="de", state=state) for state in ("live", "stale", "refused")}
        self.assertEqual(3, sum(own.values()), own)
        self.assertEqual((1, True), (own["live"], own["stale"] >= 1), own)


class PipedServer(Server):
    """Its log goes through a small pipe, into the file of the log, until reading is to stop."""

    def start(self):
        read, write = os.pipe()
        with open(self.log_path, "ab"):
            pass
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        self.process = subprocess.Popen(
            [self.smtpd, "-c", self.config, "--data", self.data, *self.arguments], env=self.environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=write, stderr=write, start_new_session=True)
        os.close(write)
        self.reading, self.reads = threading.Event(), os.fdopen(read, "rb", 0)
        self.reading.set()
        threading.Thread(target=self.copy, daemon=True).start()
        self.port = int(self.wait_for_log(r"listening on 127\.0\.0\.1:(\d+)").group(1))

    def copy(self):
        with open(self.log_path, "ab", 0) as log:
            while self.reading.wait() and (octets := self.reads.read(4096)):
                log.write(octets)


class Log(TestCase):
    def test_lines_that_nobody_reads_are_counted(self):
        with PipedServer("--workers", "1", "--metrics", METRICS) as server:
            server.wait_for_log("metrics at")
            server.wait_for_log("event=catalogue-loaded")
            self.assertEqual(0, measured(server, "log_lost_lines_total"))
            server.reading.clear()
            for _ in range(60):
                with Talk(server) as talk:
                    talk.say(b"QUIT")
            wait_for(lambda: measured(server, "log_lost_lines_total") > 0)
            server.reading.set()


class Prometheus(TestCase):
    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_metrics_of_both_servers_pass_the_checks_of_prometheus(self):
        pop3 = self.enterContext(Pop3Server("--metrics", METRICS))
        smtp = self.enterContext(Server("--metrics", METRICS, beside=pop3))
        for server in smtp, pop3:
            head, body = page(server)
            self.assertIn("charset=utf-8", head)
            done = subprocess.run(["promtool", "check", "metrics"], input=body, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, encoding="utf-8", timeout=SECONDS)
            self.assertEqual((0, ""), (done.returncode, done.stdout))

    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                              timeout=SECONDS)
        self.assertEqual(0, done.returncode, done.stdout)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_each_alert_fires_when_it_must_and_only_then(self):
        self.promtool("check", "rules", RULES)
        with open(os.path.join(SOURCE, "tests/clients/ftgate.rules.test.yml"), encoding="utf-8") as file:
            tests = file.read()
        for name in re.findall(r"- alert: (\w+)", rules()):
            self.assertIn(f'alertname="{name}",instance="bad"', tests)
        with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
            file.write(tests.replace("@RULES@", RULES))
            file.flush()
            self.promtool("test", "rules", file.name)

    def test_each_alert_has_a_severity_and_says_what_to_do(self):
        alerts = rules().split("- alert: ")[1:]
        self.assertGreater(len(alerts), 10)
        for alert in alerts:
            self.assertRegex(alert, r"severity: (critical|warning)\n")
            for annotation in "summary", "description", "cure":
                self.assertRegex(alert, rf"\n          {annotation}: \"[^\"]{{20,}}", alert)

    def test_each_metric_and_label_of_the_alerts_is_one_of_the_servers(self):
        certificate = self.enterContext(Certificate())
        pop3 = self.enterContext(Pop3Server("--metrics", METRICS))
        smtp = self.enterContext(Server("--metrics", METRICS, beside=pop3, config=certificate.settings() + LISTENER))
        served = page(smtp)[1] + page(pop3)[1]
        names = set(re.findall(r"(?m)^(ftgate_\w+)", served))
        used = set(re.findall(r"\bftgate_\w+", re.sub(r'(?m)^ *(summary|description|cure): "[^"]*"', "", rules())))
        self.assertGreater(len(used), 10)
        self.assertEqual(set(), used - names)
        for label, values in re.findall(r'[{,](\w+)!?=~?"([^"]+)"', rules()):
            for value in values.split("|") if label != "job" else ():
                self.assertIn(f'{label}="{value}"', served)

    def test_version_and_program_are_told(self):
        pop3 = self.enterContext(Pop3Server("--metrics", METRICS))
        version = subprocess.run([program("ftgate-pop3d"), "--version"], stdout=subprocess.PIPE, encoding="ascii",
                                 timeout=SECONDS).stdout.split()[-1]
        self.assertEqual(1, measured(pop3, "build_info", program="ftgate-pop3d", version=version))


if __name__ == "__main__":
    main()
