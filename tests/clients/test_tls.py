#!/usr/bin/env python3
"""Encryption and logging in, by real clients and against hostile ones."""

import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import time

from encrypted import Certificate, EncryptedTalk, b64, plain, scram
from limits import HOST, LimitsCase, four_ways
from server import ACCOUNT, SECONDS, STRANGER, Server, Talk, TestCase, main, program

PASSWORD = "correct horse"
MECHANISMS = "auth: PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5\n"
LISTENERS = """listeners:
  - address: 127.0.0.1:0
  - address: 127.0.0.1:0
    tls: implicit
  - address: 127.0.0.1:0
    role: submission
    tls: required
"""


class EncryptedCase(LimitsCase):
    """A server with listeners for STARTTLS (self.port), implicit TLS (self.tls_port) and submission."""

    @classmethod
    def setUpClass(cls):
        cls.certificate = cls.enterClassContext(Certificate())
        case = cls()
        cls.running = cls.enterClassContext(
            case.server("max-failed-logins: 0", MECHANISMS + cls.certificate.settings() + LISTENERS))
        cls.running.control("account", "set", ACCOUNT, "--password-stdin", "--keep-secret",
                            input=PASSWORD.encode() + b"\n")
        cls.port, cls.tls_port, cls.submission_port = cls.running.ports()
        cls.context = cls.certificate.context()

    def talk(self, port=None, **how):
        return EncryptedTalk(self.running, self.context, port or self.port, **how)


class Encryption(EncryptedCase):
    def test_state_before_encryption_is_discarded(self):
        with self.talk() as talk:
            self.assertIn(b"STARTTLS\r\n", talk.say(b"EHLO client.example.org"))
            self.assertEqual(self.says("ERR_SMTP_TLSOK"), talk.starttls())
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_SEQUENCE"), talk.say(b"MAIL FROM:<a@example.org>"))
            self.assertNotIn(b"STARTTLS\r\n", talk.say(b"EHLO client.example.org"))
            self.assertEqual(self.says("ERR_SMTP_SECUREFAILED"), talk.say(b"STARTTLS"))
            self.assertEqual(self.says("ERR_SMTP_CLOSING"), talk.say(b"QUIT"))
            self.assertClosed(talk)

    def test_clear_text_behind_starttls_is_dropped_and_logged(self):
        start = len(self.running.log())
        with self.talk() as talk:
            talk.say(b"EHLO client.example.org")
            talk.starttls(b"EHLO evil.example.org\r\nMAIL FROM:<evil@example.org>\r\n")
            self.assertEqual(self.says("ERR_SMTP_OK"), talk.say(b"NOOP"))
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_SEQUENCE"), talk.say(b"MAIL FROM:<a@example.org>"))
        self.running.wait_for_log(r"event=clear-text-dropped .*octets=53\n", start)

    def test_nothing_goes_before_starttls_where_it_is_required(self):
        with self.talk(self.submission_port) as talk:
            self.assertEqual(self.says("ERR_SMTP_OK"), talk.say(b"NOOP"))
            self.assertIn(b"250", talk.say(b"EHLO client.example.org"))
            for command in b"MAIL FROM:<a@example.org>", b"RSET", b"HELP", b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD):
                self.assertEqual(self.says("ERR_SMTP_TLSREQUIRED"), talk.say(command))
            self.assertEqual(self.says("ERR_SMTP_TLSOK"), talk.starttls())
            talk.say(b"EHLO client.example.org")
            self.assertEqual(self.says("ERR_SMTP_AUTHREQUIRED"), talk.say(b"MAIL FROM:<a@example.org>"))
            self.assertEqual(self.says("ERR_SMTP_AUTHOK"), talk.say(b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD)))
            self.assertEqual(self.says("ERR_SMTP_AUTHFAILED2"), talk.say(b"AUTH PLAIN"))
            self.assertEqual(self.says("ERR_SMTP_SENDEROK", ACCOUNT), talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode()))
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_SEQUENCE"), talk.say(b"AUTH PLAIN"))

    def test_without_a_certificate_there_is_no_encryption(self):
        with self.server() as server, Talk(server) as talk:
            self.assertNotIn(b"STARTTLS", talk.say(b"EHLO client.example.org"))
            self.assertEqual(self.says("ERR_SMTP_SECUREFAILED2"), talk.say(b"STARTTLS"))


class Login(EncryptedCase):
    def client(self, implicit):
        if implicit:
            client = smtplib.SMTP_SSL("127.0.0.1", self.tls_port, timeout=SECONDS, context=self.context)
        else:
            client = smtplib.SMTP("127.0.0.1", self.port, timeout=SECONDS)
            client.starttls(context=self.context)
        client.ehlo()
        return client

    def test_smtplib_logs_in(self):
        for implicit in False, True:
            for mechanism in "cram_md5", "plain", "login":
                with self.subTest(mechanism=mechanism, implicit=implicit), self.client(implicit) as client:
                    client.user, client.password = ACCOUNT, PASSWORD
                    name = mechanism.upper().replace("_", "-")
                    code, words = client.auth(name, getattr(client, "auth_" + mechanism))
                    self.assertEqual(self.says("ERR_SMTP_AUTHOK"), b"%d %s\r\n" % (code, words))

    def test_unknown_user_and_wrong_password_look_alike(self):
        with self.client(True) as client:
            for user, cause in (STRANGER, "unknown-user"), (ACCOUNT, "wrong-password"):
                start = len(self.running.log())
                with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                    client.login(user, "wrong")
                said = b"%d %s\r\n" % (caught.exception.smtp_code, caught.exception.smtp_error)
                self.assertEqual(self.says("ERR_SMTP_AUTHFAILED"), said)
                self.running.wait_for_log(rf"event=login-failed .*user={user} mechanism=PLAIN cause={cause}\n", start)

    def test_delivered_message_has_a_received_line(self):
        body = b"Subject: x\r\n\r\n" + b"".join(b"line %d\r\n" % i for i in range(200000))
        with self.client(True) as client:
            client.login(ACCOUNT, PASSWORD)
            client.sendmail(ACCOUNT, [ACCOUNT], body)
        [message] = [m for m in self.running.messages() if b"line 199999\n" in m]
        self.assertIn(f"by {HOST} with ESMTPSA\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384) id ".encode(), message)
        self.assertTrue(message.endswith(body.replace(b"\r\n", b"\n")))

    def test_scram(self):
        with self.talk() as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(self.says("ERR_SMTP_AUTHFAILED"), scram(talk, ACCOUNT, "wrong"))
            self.assertEqual(self.says("ERR_SMTP_AUTHFAILED"), scram(talk, STRANGER, PASSWORD))
            self.assertEqual(self.says("ERR_SMTP_AUTHOK"), scram(talk, ACCOUNT, PASSWORD))

    def test_malformed_exchange_is_refused(self):
        with self.talk(self.tls_port, implicit=True) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(self.says("ERR_SMTP_BADAUTH"), talk.say(b"AUTH GSSAPI"))
            for answer in b"=AAA", b"AAA=BBB", b"", b"*", b64(b"x"), b"A" * 13000, b"A" * 12000:
                self.assertEqual(b"334 \r\n", talk.say(b"AUTH PLAIN"))
                self.assertEqual(self.says("ERR_SMTP_AUTHWTF"), talk.say(answer), answer[:20])

    def test_no_password_is_asked_for_in_the_clear(self):
        with self.talk() as talk:
            self.assertIn(b"AUTH CRAM-MD5 SCRAM-SHA-256\r\n", talk.say(b"EHLO client.example.org"))
            self.assertEqual(self.says("ERR_SMTP_TLSREQUIRED"), talk.say(b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD)))

    def test_swaks(self):
        for how in ["--tls", "--port", str(self.port)], ["--tls-on-connect", "--port", str(self.tls_port)]:
            for mechanism in "PLAIN", "LOGIN", "CRAM-MD5":
                done = subprocess.run(
                    ["swaks", "--server", "127.0.0.1", *how, "--auth", mechanism, "--auth-user", ACCOUNT,
                     "--auth-password", PASSWORD, "--from", ACCOUNT, "--to", ACCOUNT, "--helo", "client.example.org"],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
                self.assertEqual(0, done.returncode, done.stdout)
                self.assertIn(b"<~  " + self.says("ERR_SMTP_AUTHOK").rstrip(), done.stdout)


four_ways(globals(), Encryption, Login)


class Hostile(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificate = cls.enterClassContext(Certificate())
        cls.running = cls.enterClassContext(
            Server(config=MECHANISMS + cls.certificate.settings() + LISTENERS + "workers: 1\nlimits:\n  max-failed-logins: 0\n"))
        cls.port, cls.tls_port, _ = cls.running.ports()
        cls.context = cls.certificate.context()

    def talk(self, port=None, **how):
        return EncryptedTalk(self.running, self.context, port or self.port, **how)

    def lives(self):
        with self.talk(self.tls_port, implicit=True) as talk:
            self.assertTrue(talk.say(b"NOOP").startswith(b"250 "))
        self.assertEqual(1, self.running.counted("event=worker-started", 1))

    def test_garbage_for_a_handshake_ends_the_connection(self):
        for octets in b"EHLO client.example.org\r\n", b"\x16\x03\x01\x00\x05hello", b"\0" * 70000, b"\x16\x03\x01":
            start = len(self.running.log())
            with socket.create_connection(("127.0.0.1", self.tls_port), SECONDS) as client:
                try:
                    client.sendall(octets)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                except OSError:  # whichever of these the end of the connection meets
                    pass
            self.running.wait_for_log(r"event=disconnect .*cause=(tls-failed|end-of-input)\n", start)
        self.lives()

    def test_clear_text_after_the_answer_to_starttls_is_no_command(self):
        start = len(self.running.log())
        with Talk(self.running) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"STARTTLS")
            talk.socket.sendall(b"MAIL FROM:<evil@example.org>\r\n")
            self.assertNotIn(b"250", talk.input.read())
        self.running.wait_for_log(r"event=tls-failed", start)
        self.lives()

    def test_a_handshake_comes_octet_by_octet(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", self.tls_port), SECONDS) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for octet in outgoing.read():
                        client.sendall(bytes([octet]))
                    incoming.write(client.recv(65536))
            client.sendall(outgoing.read())
            greeting = b""
            while not greeting:
                try:
                    greeting = tls.read(4096)
                except ssl.SSLWantReadError:
                    incoming.write(client.recv(65536))
            self.assertTrue(greeting.startswith(b"220 "))

    def test_old_protocols_are_refused(self):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        self.assertIn(b"alert protocol version", done.stdout)

    def test_a_login_ends_with_its_connection(self):
        for _ in range(30):
            with self.talk(self.tls_port, implicit=True) as talk:
                talk.say(b"EHLO client.example.org")
                talk.socket.sendall(b"AUTH PLAIN " + plain(ACCOUNT, "wrong") + b"\r\n")
            with self.talk(self.tls_port, implicit=True) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"AUTH CRAM-MD5")
        self.lives()

    def test_many_log_in_at_once(self):
        talks = [self.talk(self.tls_port, implicit=True).__enter__() for _ in range(12)]
        for talk in talks:
            talk.say(b"EHLO client.example.org")
        for talk in talks:
            talk.socket.sendall(b"AUTH PLAIN " + plain(ACCOUNT, PASSWORD) + b"\r\n")
        for talk in talks:
            self.assertTrue(talk.reply().startswith(b"235 "))
            talk.__exit__()


class Resumption(TestCase):
    def connect(self, session, version):
        """Connects with a session, or without one, up to the greeting. Returns whether it was resumed, and the new one."""
        self.context.maximum_version = version
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as client, \
                self.context.wrap_socket(client, server_hostname="localhost", session=session) as encrypted:
            self.assertTrue(encrypted.recv(4096).startswith(b"220 "))
            return encrypted.session_reused, encrypted.session

    def workers(self):
        return [int(pid) for pid in re.findall(r"event=worker-started [^\n]*pid=(\d+)", self.server.log())]

    def ready(self):
        return self.server.log().count("event=certificate-loaded")

    def wait_for_ready(self, count):
        until = time.monotonic() + SECONDS
        while len(self.workers()) < count or self.ready() < count:
            self.assertLess(time.monotonic(), until, self.server.log())
            time.sleep(0.02)

    def test_workers_resume_the_sessions_of_those_before_them(self):
        """The keys are the server's: sessions outlast the worker that began them, so each worker resumes those of each."""
        with Certificate() as certificate, \
                Server(config=certificate.settings() + LISTENERS + "workers: 3\n") as self.server:
            self.context, self.port = certificate.context(), self.server.ports()[1]
            sessions = {}
            for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
                resumed, sessions[version] = self.connect(None, version)
                self.assertFalse(resumed)
            self.wait_for_ready(3)
            for pid in self.workers():
                os.kill(pid, signal.SIGKILL)
            self.wait_for_ready(6)
            for version, session in sessions.items():
                for _ in range(6):
                    resumed, session = self.connect(session, version)
                    self.assertTrue(resumed, version)

    def test_another_server_resumes_nothing(self):
        with Certificate() as certificate:
            session, self.context = None, certificate.context()
            for _ in range(2):
                with Server(config=certificate.settings() + LISTENERS) as server:
                    self.port = server.ports()[1]
                    resumed, session = self.connect(session, ssl.TLSVersion.TLSv1_3)
                    self.assertFalse(resumed)


class Certificates(TestCase):
    def ctl(self, server, *arguments):
        done = subprocess.run([server.ctl, "--data", server.data, *arguments], env=server.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        return done.returncode, done.stdout.decode()

    def test_a_reload_that_keeps_the_old_certificate_fails_and_says_why(self):
        with Certificate() as certificate, Certificate() as other, \
                Server("--metrics", "127.0.0.1:0", "--workers", "2",
                       config=certificate.settings() + LISTENERS) as server:
            metrics = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/metrics").group(1))

            def measured(name):
                with socket.create_connection(("127.0.0.1", metrics), SECONDS) as client:
                    client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    return int(re.search(rf"(?m)^ftgate_{name} (\d+)$", client.makefile().read()).group(1))

            decoded = subprocess.run(["openssl", "x509", "-in", certificate.file, "-noout", "-enddate"], check=True,
                                     stdout=subprocess.PIPE, timeout=SECONDS).stdout.decode()
            expiry = int(ssl.cert_time_to_seconds(decoded.strip().split("=")[1]))
            self.assertEqual(expiry, measured("certificate_expiry_timestamp_seconds"))
            date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expiry))
            self.assertRegex(self.ctl(server, "--server", "smtpd", "status")[1], rf"(?m)^certificate-expires +{date}$")
            self.assertEqual(1, server.counted("event=certificate-expiring", 1), "one worker warns for all")

            os.replace(other.key, certificate.key)
            status, said = self.ctl(server, "reload")
            self.assertEqual(1, status, said)
            self.assertRegex(said, r"ftgatectl: the new certificate is not used: key \S+: it is not that of the certificate")
            self.assertEqual(2, measured("certificate_failures"))
            self.assertEqual(expiry, measured("certificate_expiry_timestamp_seconds"))
            status, said = self.ctl(server, "--server", "smtpd", "status")
            self.assertRegex(said, r"(?m)^certificate-failures +2$")
            self.assertRegex(said, r"(?m)^certificate-error +key .*it is not that of the certificate")

            certificate.make()
            status, said = self.ctl(server, "reload")
            self.assertEqual(0, status, said)
            self.assertEqual(0, measured("certificate_failures"))
            self.assertNotIn("certificate-error", self.ctl(server, "--server", "smtpd", "status")[1])

    def shown(self, server, port):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with EncryptedTalk(server, context, port, implicit=True) as talk:
            return talk.socket.getpeercert(True)

    def test_a_new_certificate_is_shown_after_a_reload_unless_it_is_bad(self):
        with Certificate() as certificate, Certificate() as other, \
                Server(config=certificate.settings() + LISTENERS + "workers: 1\n") as server:
            port = server.ports()[1]
            first = self.shown(server, port)
            with EncryptedTalk(server, certificate.context(), port, implicit=True) as talk:
                certificate.make()
                self.assertIn("event=certificate-loaded", server.reload())
                second = self.shown(server, port)
                self.assertNotEqual(first, second)
                self.assertTrue(talk.say(b"NOOP").startswith(b"250 "), "the old connection goes on")
            os.replace(other.key, certificate.key)
            self.assertRegex(server.reload(), r"event=certificate-kept .*not that of the certificate")
            self.assertEqual(second, self.shown(server, port))
            os.unlink(certificate.file)
            self.assertRegex(server.reload(), r"event=certificate-kept .*No such file")
            self.assertEqual(second, self.shown(server, port))

    def start(self, *arguments):
        done = subprocess.run([program("ftgate-smtpd"), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        return done.returncode, done.stdout.decode()

    def test_the_server_does_not_start_with_a_bad_certificate(self):
        with Certificate() as certificate, Certificate() as other:
            common = ["--data", os.path.join(certificate.folder, "data"), "--listen", "127.0.0.1:0"]
            status, said = self.start(*common, "--tls-cert", certificate.file, "--tls-key", other.key)
            self.assertEqual(78, status, said)
            self.assertIn("it is not that of the certificate", said)
            status, said = self.start(*common, "--tls-cert", certificate.file)
            self.assertEqual(64, status, said)
            self.assertIn("tls-cert and tls-key go together", said)
            status, said = self.start(*common, "--listen-tls", "127.0.0.1:0")
            self.assertEqual(64, status, said)
            self.assertIn("needs a certificate", said)
            status, said = self.start(*common, "--auth", "PLAIN GSSAPI")
            self.assertEqual(64, status, said)
            self.assertIn("'GSSAPI' is not one of PLAIN", said)

    def test_the_command_line_names_all_of_it(self):
        with Certificate() as certificate, \
                Server("--tls-cert", certificate.file, "--tls-key", certificate.key,
                       "--listen-tls", "127.0.0.1:0") as server:
            with EncryptedTalk(server, certificate.context(), server.ports()[1], implicit=True) as talk:
                self.assertIn(b"AUTH PLAIN LOGIN SCRAM-SHA-256\r\n", talk.say(b"EHLO client.example.org"))


if __name__ == "__main__":
    main()
