#!/usr/bin/env python3
"""Mail for elsewhere is handed on to other servers, and senders are told what became of it."""

import email
import email.policy
import json
import os
import re
import signal
import ssl
import subprocess
import time

from encrypted import Certificate
from mo import mo
from fake_next_hop import FakeNextHop
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program, render
from services import held_port

TO = "bert@example.net"
HEADER = b"From: Erika <%s>\r\nTo: <%s>\r\nSubject: Probe\r\n\r\n" % (ACCOUNT.encode(), TO.encode())
FAST = {"smarthost": "127.0.0.1:%d", "tls": "none", "retry": "1s", "retry-max": "1s", "timeout": "2s"}


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("it did not come to pass")
        time.sleep(0.02)


def takes(server, address):
    with Talk(server) as talk:
        for command in b"EHLO client.example.org", b"MAIL FROM:<>":
            talk.say(command)
        return talk.say(b"RCPT TO:<%s>" % address).startswith(b"250")


class RelayCase(TestCase):
    language = {}

    def start(self, port, more="", *arguments):
        server = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.test", *arguments,
                                          config=LIMITS + self.settings(port, more), **self.language))
        server.control("access", "add", "relay", "127.0.0.0/8")
        return server

    @staticmethod
    def settings(port, more):
        """The section relay, with what is told besides, which goes before; sections of their own may stand behind that."""
        told = {line.split(":")[0].strip() for line in more.splitlines() if line.startswith("  ")}
        lines = [f"  {name}: {value}\n" for name, value in FAST.items() if name not in told]
        return "relay:\n" + "".join(lines) % port + more

    def next(self, **answers):
        return self.enterContext(FakeNextHop(**answers))

    def send(self, server, *recipients, sender=ACCOUNT, parameters=b"", rcpt=b"", body=b"text\r\n", header=HEADER):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (sender.encode(), parameters))[:3])
            for recipient in recipients or (TO,):
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>%s" % (recipient.encode(), rcpt))[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(header + body + b".")[:3])

    def queue(self, server):
        return [name for name in os.listdir(os.path.join(server.data, "queue")) if name.endswith(".envelope")]

    def gone(self, server):
        wait_until(lambda: not self.queue(server))

    def notice(self, server):
        """The one message in the mailbox of the sender, by Python's email package."""
        wait_until(server.messages)
        (octets,) = server.messages()
        self.assertTrue(octets.startswith(b"Return-Path: <>\n"), octets)
        return email.message_from_bytes(octets, policy=email.policy.default)


class Relay(RelayCase):
    def test_message_arrives_byte_for_byte(self):
        following = self.next()
        server = self.start(following.port)
        body = b"..dot\r\n.. two\r\n\r\n" + b"x" * 900 + b"\r\n" + "Grüße\r\n".encode()
        self.send(server, parameters=b" BODY=8BITMIME", body=body)
        (message,) = following.wait(1)
        self.assertEqual((ACCOUNT, [TO]), (message.sender, message.recipients))
        sent = HEADER + body.replace(b"..dot", b".dot").replace(b".. two", b". two")
        self.assertEqual(sent, message.octets[-len(sent):])
        self.assertRegex(message.octets[:-len(sent)], rb"\AReceived: from (?:.*\r\n)(?:\t.*\r\n)*\Z")
        self.assertIn(f"MAIL FROM:<{ACCOUNT}> SIZE={len(message.octets)} BODY=8BITMIME", following.commands)
        self.gone(server)
        server.wait_for_log(r'event=relayed session=\S+ id=\S+ from=%s to=%s ref=#8\.12 next=\[127\.0\.0\.1\]:\d+ '
                            r'reply="250 2\.0\.0 queued" tls=none attempts=1 delay=\d' % (ACCOUNT, TO))
        self.assertEqual([], os.listdir(os.path.join(server.data, "queue", "tmp")))
        wait_until(lambda: sorted(os.listdir(os.path.join(server.data, "queue"))) == ["run", "tmp"])

    def test_all_recipients_go_in_one_transaction(self):
        following = self.next()
        server = self.start(following.port)
        many = [f"user{i}@example{i % 7}.net" for i in range(150)]
        self.send(server, *many)
        (message,) = following.wait(1)
        self.assertEqual(many, message.recipients)

    def test_temporary_failures_are_retried(self):
        """Each of these is met once, and the message comes all the same, once."""
        hindrances = {
            "greeting": {"": ["421 busy", "220 hello"]},
            "refuses to talk": {"": ["554 no", "220 hello"]},
            "closes at once": {"": [None, "220 hello"]},
            "rubbish": {"": ["what\x00 \xff is this", "220 hello"]},
            "endless line": {"": [70000 * "x", "220 hello"]},
            "endless reply": {"EHLO": ["\r\n".join(["250-x"] * 9999), "250 next.example"]},
            "other code": {"EHLO": ["250-a\r\n451 b", "250 next.example"]},
            "ehlo": {"EHLO": ["451 later", "250 next.example"]},
            "mail": {"MAIL": ["451 4.3.0 later", "250 ok"]},
            "greylisting": {"RCPT": ["450 4.7.1 greylisted", "250 ok"]},
            "bye": {"RCPT": ["421 bye", "250 ok"]},
            "data": {"DATA": ["451 later", "354 go"]},
            "data too early": {"DATA": ["250 what", "354 go"]},
            "closes in the middle": {"breaks": 1},
            "closes at the dot": {".": [None, "250 ok"]},
            "disk": {".": ["452 4.3.1 full", "250 ok"]},
            "silence": {"EHLO": ["silence", "250 next.example"]},
            "silence at the dot": {".": ["silence", "250 ok"]},
        }
        for name, answers in hindrances.items():
            with self.subTest(name):
                following = self.next(**answers)
                server = self.start(following.port)
                self.send(server)
                (message,) = following.wait(1)
                self.assertEqual(b"text\r\n", message.octets[-6:])
                self.gone(server)
                self.assertEqual(1, len(following.messages))
                server.wait_for_log(r"event=deferred .*attempts=1")
                self.assertEqual([], server.messages())

    def test_server_that_is_down_comes_up(self):
        port = held_port()
        server = self.start(port)
        self.send(server)
        server.wait_for_log(r"event=deferred .* ref=#8\.15 .*detail=\"Connection refused\"")
        self.next(address=("127.0.0.1", port)).wait(1)
        self.gone(server)

    def test_permanent_failures_are_reported_at_once(self):
        final = {
            "mail": {"MAIL": "550 5.7.1 not you"},
            "recipient": {"RCPT": "550 5.1.1 nobody"},
            "odd code": {"RCPT": "560 5.1.1 nobody"},
            "data": {"DATA": "554 5.5.1 no"},
            "message": {".": "554 5.7.1 spam"},
            "size": {"EHLO": "250-next.example\r\n250 SIZE 10"},
        }
        for name, answers in final.items():
            with self.subTest(name):
                following = self.next(**answers)
                server = self.start(following.port)
                self.send(server)
                notice = self.notice(server)
                self.gone(server)
                self.assertEqual("failed", notice.get_payload(1).get_payload(1)["Action"])
                self.assertEqual(1, following.connections)
                server.wait_for_log(r"event=bounced .*attempts=1")

    def test_unknown_recipients_do_not_affect_others(self):
        following = self.next(**{"RCPT TO:<NO@": "550 5.1.1 nobody",
                                                   "RCPT TO:<LATER@": ["450 4.2.1 later", "250 ok"]})
        server = self.start(following.port)
        self.send(server, "yes@example.net", "no@example.net", "later@example.net")
        first, second = following.wait(2)
        self.assertEqual(["yes@example.net"], first.recipients)
        self.assertEqual(["later@example.net"], second.recipients)
        self.gone(server)
        notice = self.notice(server)
        (status,) = [part for part in notice.get_payload(1).get_payload()[1:]]
        self.assertEqual("rfc822; no@example.net", status["Final-Recipient"])

    def test_dsn_parameters_are_passed_to_the_next_server(self):
        following = self.next(EHLO="250-next.example\r\n250 DSN")
        server = self.start(following.port)
        self.send(server, parameters=b" RET=HDRS ENVID=ab+2Bc", rcpt=b" NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bx@example.net")
        following.wait(1)
        self.assertIn(f"MAIL FROM:<{ACCOUNT}> RET=HDRS ENVID=ab+2Bc", following.commands)
        self.assertIn(f"RCPT TO:<{TO}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bx@example.net", following.commands)
        self.gone(server)
        self.assertEqual([], server.messages())

    def test_success_is_reported_if_the_next_server_does_not(self):
        following = self.next()
        server = self.start(following.port)
        self.send(server, rcpt=b" NOTIFY=SUCCESS ORCPT=rfc822;b+2Bx@example.net")
        notice = self.notice(server)
        status = notice.get_payload(1).get_payload(1)
        self.assertEqual(("relayed", "2.0.0"), (status["Action"], status["Status"]))
        self.assertEqual("rfc822; b+x@example.net", status["Original-Recipient"])
        self.assertEqual("text/rfc822-headers", notice.get_payload(2).get_content_type())

    def test_success_is_reported_for_a_local_mailbox(self):
        server = self.start(1, "", "--language", "de")
        server.control("account", "add", "bert@" + DOMAIN, "--no-password")
        self.send(server, "bert@" + DOMAIN, ACCOUNT, rcpt=b" NOTIFY=SUCCESS ORCPT=rfc822;b+2Bx@example.net")
        wait_until(lambda: len(server.messages()) == 3)
        (octets,) = [octets for octets in server.messages() if octets.startswith(b"Return-Path: <>\n")]
        notice = email.message_from_bytes(octets, policy=email.policy.default)
        self.assertEqual("Ihre Nachricht wurde zugestellt", notice["Subject"])
        self.assertIn(f"Ihre Nachricht an <bert@{DOMAIN}> wurde zugestellt. (#8.11)", notice.get_payload(0).get_content())
        first, second = notice.get_payload(1).get_payload()[1:]
        self.assertEqual(("delivered", "2.0.0"), (first["Action"], first["Status"]))
        self.assertEqual(f"rfc822; bert@{DOMAIN}", first["Final-Recipient"])
        self.assertEqual("rfc822; b+x@example.net", first["Original-Recipient"])
        self.assertEqual(f"rfc822; {ACCOUNT}", second["Final-Recipient"])
        self.gone(server)

    def test_notify_never_suppresses_the_dsn(self):
        following = self.next(RCPT="550 no")
        server = self.start(following.port)
        self.send(server, rcpt=b" NOTIFY=NEVER")
        self.gone(server)
        self.send(server, sender="")
        self.gone(server)
        self.assertEqual([], server.messages())
        server.wait_for_log("(?s)event=bounced.*event=bounced")

    def test_dsn_for_a_remote_sender_is_relayed(self):
        following = self.next(**{"RCPT TO:<BERT@": "550 5.1.1 nobody"})
        server = self.start(following.port)
        self.send(server, sender="otto@example.org")
        (message,) = following.wait(1)
        self.assertEqual(("", ["otto@example.org"]), (message.sender, message.recipients))
        notice = email.message_from_bytes(message.octets, policy=email.policy.default)
        self.assertEqual("otto@example.org", notice["To"].addresses[0].addr_spec)
        self.assertIsNone(notice["Return-Path"])

    def test_expired_message_is_given_up(self):
        following = self.next(RCPT="450 4.2.1 later")
        server = self.start(following.port, "  expire: 3s\n  delay-notice: 1s\n")
        self.send(server)
        wait_until(lambda: len(server.messages()) == 2)
        self.gone(server)
        notices = [email.message_from_bytes(octets, policy=email.policy.default) for octets in server.messages()]
        actions = sorted(notice.get_payload(1).get_payload(1)["Action"] for notice in notices)
        self.assertEqual(["delayed", "failed"], actions)
        server.wait_for_log("event=bounced .*cause=expired")

    def test_new_messages_do_not_wait_for_silent_servers(self):
        """Each domain has a route of its own; one of them hangs."""
        silent, following = self.next(EHLO="silence"), self.next()
        routes = (f"routes:\n  - domain: slow.example\n    to: 127.0.0.1:{silent.port}\n"
                  f"  - domain: example.net\n    to: 127.0.0.1:{following.port}\n")
        server = self.start(silent.port, "  max-deliveries: 4\n  max-deliveries-per-server: 2\n" + routes)
        for i in range(6):
            self.send(server, f"user{i}@slow.example")
        self.send(server)
        following.wait(1)

    def test_next_server_is_another_of_ours(self):
        with Server("--workers", "1", "--hostname", "mx.example.net", config=LIMITS) as following:
            server = self.start(following.port)
            self.send(server, ACCOUNT.replace("erika", "anna").replace(DOMAIN, "example.org"), sender=ACCOUNT)
            self.gone(server)
            self.assertIn("#4.63", email.message_from_bytes(server.messages()[0]).as_string())
            following.control("domain", "add", "example.org")
            following.control("account", "add", "anna@example.org", "--no-password")
            wait_until(lambda: takes(following, b"anna@example.org"))
            self.send(server, "anna@example.org")
            wait_until(following.messages)
            self.assertIn(b"Delivered-To: anna@example.org", following.messages()[0])

    def test_next_server_is_another_of_ours_with_a_limit_of_recipients(self):
        """Both speak the published profile: #4.38 is 553 5.5.3 there, and the recipients beyond are named in a batch.

        They do not count towards max-errors, which has its default here.
        """
        last = self.next()
        following = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.net", config="limits:\n"
                                             "  max-recipients: 100\n" + self.settings(last.port, "")))
        following.control("access", "add", "relay", "127.0.0.0/8")
        server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\n")
        many = [f"user{i}@example.org" for i in range(150)]
        self.send(server, *many)
        messages = last.wait(2)
        self.assertEqual([100, 50], sorted((len(message.recipients) for message in messages), reverse=True))
        self.assertEqual(sorted(many), sorted(name for message in messages for name in message.recipients))
        self.gone(server)
        self.assertEqual([], server.messages(), "no DSN")
        self.assertEqual(150, server.counted("event=relayed ", 150))
        self.assertNotIn("event=deferred ", server.log())
        following.wait_for_log("ref=#4.38")

    def test_recipients_beyond_the_limit_of_the_next_server_are_sent_at_once(self):
        for over in "452 4.5.3 too many", "552 too many recipients", "452 too many":
            for extensions in "250 PIPELINING", "250 8BITMIME":
                with self.subTest(over, extensions=extensions):
                    following = self.next(recipients_max=40, recipients_over=over, EHLO="250-x\r\n" + extensions)
                    server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\n")
                    many = [f"user{i}@example.net" for i in range(100)]
                    self.send(server, *many)
                    messages = following.wait(3)
                    self.assertEqual([40, 40, 20], [len(message.recipients) for message in messages])
                    self.assertEqual(many, [name for message in messages for name in message.recipients])
                    self.gone(server)
                    self.assertEqual(1, following.connections)
                    self.assertNotIn("event=deferred", server.log())

    def test_accepted_recipients_are_sent_alone_after_the_connection_has_ended(self):
        following = self.next(**{"RCPT TO:<NO": "550 5.1.1 nobody", "RCPT TO:<LAST": [None, "250 ok"]},
                              EHLO="250-x\r\n250 PIPELINING")
        server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\n")
        self.send(server, "a@example.net", "no@example.net", "b@example.net", "last@example.net")
        first, second = following.wait(2)
        self.assertEqual(["a@example.net", "b@example.net"], first.recipients)
        self.assertEqual(["last@example.net"], second.recipients)
        self.gone(server)
        self.assertEqual(2, following.connections)

    def test_recipients_are_sent_one_by_one_if_they_fail_together(self):
        following = self.next(**{"RCPT TO:<NO": "550 5.1.1 nobody", "DATA": [None, None, "354 go"]})
        server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\n")
        self.send(server, "a@example.net", "no@example.net", "b@example.net")
        first, second = following.wait(2)
        self.assertEqual((["a@example.net"], ["b@example.net"]), (first.recipients, second.recipients))
        self.gone(server)
        self.assertEqual(3, following.connections)

    def test_accepted_message_is_not_sent_again_whatever_the_reply_looks_like(self):
        replies = ["\r\n250 2.0.0 queued", "250-2.0.0 ok\r\nqueued as 1\r\n250 bye", "250-a\r\n251 b",
                   "250 " + 9000 * "x", "250-" + 9000 * "x" + "\r\n250 x", "Hello\r\n250 ok"]
        for reply in replies:
            with self.subTest(reply[:30]):
                following = self.next(**{".": reply})
                server = self.start(following.port)
                self.send(server)
                self.gone(server)
                self.assertEqual(1, following.commands.count("DATA"))
                server.wait_for_log("event=relayed ")
                self.assertNotIn("event=deferred", server.log())

    def test_last_line_of_a_greeting_is_logged_and_reported(self):
        following = self.next(**{"": "220-next.example ESMTP\r\n521 5.7.1 Service unavailable; [127.0.0.1] blocked"})
        server = self.start(following.port, "  expire: 2s\n")
        self.send(server)
        server.wait_for_log(r'event=deferred .* ref=#8\.12 .*reply="521 5\.7\.1 Service unavailable; \[127\.0\.0\.1\] blocked"')
        status = self.notice(server).get_payload(1).get_payload(1)
        self.assertEqual("smtp; 521 5.7.1 Service unavailable; [127.0.0.1] blocked", status["Diagnostic-Code"])

    def test_reload_changes_the_texts_of_dsns(self):
        following = self.next(RCPT="550 no")
        server = self.start(following.port, "", "--language", "de")
        subject = ("FTG_NOTICE_SUBJECT_FAILED", "Your message could not be delivered")
        with open(server.overlay("de"), "wb") as file:
            file.write(mo({subject: "Rückläufer von ${host}"}))
        self.assertIn("event=reload loaded=1 kept=0", server.reload())
        self.send(server)
        self.assertEqual("Rückläufer von localhost", self.notice(server)["Subject"])


    def test_etrn_has_a_domain_tried_at_once(self):
        following = self.next(RCPT=["450 later", "250 ok"])
        server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\netrn: anyone\n")
        server.control("domain", "add", "backup.example", "relay=yes")
        self.send(server, "anna@backup.example")
        server.wait_for_log("event=deferred")
        with Talk(server) as talk:
            talk.say(b"EHLO backup.example")
            self.assertEqual(b"250", talk.say(b"ETRN backup.example")[:3])
        following.wait(1)
        server.wait_for_log("event=queue-run name=backup.example")
        self.gone(server)

    def test_message_with_a_bare_cr_is_bounced_and_not_changed(self):
        """Another octet in its place would break a DKIM signature."""
        following = self.next(MAIL=["450 4.3.0 later", "250 2.1.0 ok"])
        server = self.start(following.port, "  retry: 1h\n  retry-max: 1h\n")
        self.send(server, body=20000 * b"x" + b"y\r\n")
        server.wait_for_log("event=deferred")
        (name,) = self.queue(server)
        with open(os.path.join(server.data, "queue", name.replace(".envelope", ".message")), "r+b") as message:
            octets = message.read()
            message.seek(octets.index(b"xy\n"))
            message.write(b"\r")
        server.control("queue", "run")
        notice = self.notice(server)
        self.gone(server)
        status = notice.get_payload(1).get_payload(1)
        self.assertEqual(("failed", "5.6.0"), (status["Action"], status["Status"]))
        self.assertEqual("smtp; 554 5.6.0 Message holds a bare CR, a bare LF or a NUL (#6.06)", status["Diagnostic-Code"])
        self.assertEqual("text/rfc822-headers", notice.get_payload(2).get_content_type())
        self.assertEqual(([], 1), (following.messages, following.commands.count("DATA")))
        self.assertNotIn(b"\r", server.messages()[0])
        server.wait_for_log(r'event=bounced [^\n]*reply="554 5\.6\.0 Message holds a bare CR')

    @staticmethod
    def defers(times):
        """Answers a recipient; the first ones are deferred."""
        answers = iter(["450 4.2.0 later"] * times)

        def answer(connection):
            connection.sendall(next(answers, "250 2.1.5 ok").encode() + b"\r\n")
            return True
        return answer

    def test_held_message_waits_until_it_is_released(self):
        """It is held before its second attempt, if the machine is fast enough. Meanwhile another message has two more attempts."""
        names = [f"held{number}@example.net" for number in range(5)]
        following = self.next(**{f"RCPT TO:<{name.upper()}": self.defers(1) for name in names}, **{"RCPT TO:<LATER": self.defers(2)})
        server = self.start(following.port, "  retry: 2s\n  retry-max: 2s\n")
        name, entry = next((name, entry) for name in names if (entry := self.held(server, following, name)))
        count = len(following.messages)
        self.send(server, "later@example.net")
        self.assertEqual(["later@example.net"], following.wait(count + 1)[-1].recipients)
        self.assertEqual(1, self.attempts(following, name))
        server.control("queue", "release", entry)
        self.assertEqual([name], following.wait(count + 2)[-1].recipients)
        self.gone(server)

    @staticmethod
    def attempts(following, name):
        return sum(command.startswith(f"RCPT TO:<{name}>") for command in following.commands)

    def held(self, server, following, name):
        """Sends a message, and holds it once it is deferred. Returns its ID; None if it was tried again before."""
        start = len(server.log())
        self.send(server, name)
        server.wait_for_log("event=deferred", start)
        try:
            entry = self.queue(server)[0].removesuffix(".envelope")
            server.control("queue", "hold", entry)
        except (IndexError, subprocess.CalledProcessError):
            return None  # it has been sent
        if self.attempts(following, name) == 1:
            return entry
        server.control("queue", "release", entry)
        self.gone(server)
        return None


class Secure(RelayCase):
    """The next server is another of ours, with a certificate and accounts."""

    USER, PASSWORD = "relay@example.org", "pass word"

    def setUp(self):
        self.certificate = self.enterContext(Certificate())
        config = (self.certificate.settings() + "listeners:\n  - address: 127.0.0.1:0\n    tls: required\n"
                  "  - address: 127.0.0.1:0\n    tls: implicit\n    role: submission\n" + LIMITS)
        self.following = self.enterContext(Server("--workers", "1", "--auth", "PLAIN LOGIN SCRAM-SHA-256", config=config))
        self.following.control("domain", "add", "example.org")
        self.following.control("account", "add", self.USER, "--password-stdin", input=self.PASSWORD.encode() + b"\n")
        self.following.control("account", "add", "anna@example.org", "--no-password")
        self.required, self.implicit = self.following.ports()

    def start(self, port, tls, more=""):
        return super().start(port, f"  tls: {tls}\n{more}")

    def credentials(self, password):
        path = os.path.join(self.certificate.folder, "credentials")
        with open(path, "w", encoding="ascii") as file:
            os.chmod(path, 0o600)
            file.write(f"{self.USER}\n{password}\n")
        return f"  credentials: {path}\n"

    def arrives(self, server, **options):
        self.send(server, "anna@example.org", **options)
        wait_until(self.following.messages)
        self.gone(server)
        return self.following.messages()[0]

    def test_encryption_is_used_where_it_is_offered(self):
        self.assertIn(b"with ESMTPS\n\t(TLSv1.3 ", self.arrives(self.start(self.required, "starttls")))

    def test_message_goes_in_the_clear_after_tls_has_failed(self):
        """Each way costs one connection, and is remembered for the next message."""
        offers = "250-next.example\r\n250 STARTTLS"
        ways = {"refused": "454 4.7.0 no", "closed": None, "garbage": "220-\r\n\x16\x03\x01rubbish\r\n220 go\r\nrubbish",
                "closed after it": self.close_after("220 go"), "alert": self.refuse_the_client,
                "silence": "silence", "silence in the handshake": "220 go"}
        for name, way in ways.items():
            with self.subTest(name):
                following = self.enterContext(FakeNextHop(EHLO=offers, STARTTLS=way))
                server = self.start(following.port, "starttls", "  timeout: 1s\n")
                self.send(server)
                following.wait(1)
                self.gone(server)
                server.wait_for_log(rf'event=next-hop-tls-failed next=\[127\.0\.0\.1\]:{following.port} detail=\S+')
                self.assertEqual(2, following.connections)
                self.send(server)
                following.wait(2)
                self.gone(server)
                self.assertEqual(1, following.commands.count("STARTTLS"))
                self.assertNotIn("event=deferred", server.log())
                self.assertEqual(1, server.counted("event=next-hop-tls-failed", 1))

    def test_message_does_not_go_in_the_clear_where_tls_is_required(self):
        for way in "454 4.7.0 no", None, self.close_after("220 go"), self.refuse_the_client:
            following = self.enterContext(FakeNextHop(EHLO="250-next.example\r\n250 STARTTLS", STARTTLS=way))
            server = self.start(following.port, "required", "  verify: no\n")
            self.send(server)
            server.wait_for_log(r"event=deferred .* ref=#8\.19 ")
            self.assertEqual([], [command for command in following.commands if command.startswith("MAIL")])

    @staticmethod
    def close_after(text):
        def close(connection):
            connection.sendall(text.encode() + b"\r\n")
            return False
        return close

    def refuse_the_client(self, connection):
        """In TLS 1.3 the handshake is complete for the client when the server refuses it for want of a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.file, self.certificate.key)
        context.load_verify_locations(self.certificate.file)
        context.verify_mode = ssl.CERT_REQUIRED
        connection.sendall(b"220 go\r\n")
        try:
            context.wrap_socket(connection, server_side=True)
        except ssl.SSLError:
            pass
        return False

    def test_certificate_that_is_trusted(self):
        server = self.start(self.required, "required", f"  tls-ca: {self.certificate.file}\n")
        self.assertIn(b"with ESMTPS", self.arrives(server))

    def test_certificate_that_is_not_trusted(self):
        server = self.start(self.required, "required")
        self.send(server, "anna@example.org")
        server.wait_for_log(r'event=deferred .* ref=#8\.19 .*detail="its certificate is not good: self-signed certificate"')
        self.assertEqual([], self.following.messages())

    def test_certificate_that_need_not_be_trusted(self):
        self.arrives(self.start(self.required, "required", "  verify: no\n"))

    def test_user_logs_in(self):
        more = f"  tls-ca: {self.certificate.file}\n" + self.credentials(self.PASSWORD)
        self.assertIn(b"with ESMTPSA", self.arrives(self.start(self.implicit, "implicit", more), sender=self.USER))

    def test_wrong_password_is_trouble_that_passes(self):
        more = f"  tls-ca: {self.certificate.file}\n" + self.credentials("wrong")
        server = self.start(self.implicit, "implicit", more)
        self.send(server, "anna@example.org")
        server.wait_for_log(r'event=deferred .*reply="535 ')
        self.assertEqual([], server.messages())


class German(RelayCase):
    language = {"LANG": "de_DE"}

    def test_dsn_has_the_required_fields(self):
        following = self.next(RCPT="550 5.1.1 no such user (#4.28)")
        server = self.start(following.port, "", "--contact", "hilfe@example.test")
        self.send(server, parameters=b" ENVID=x1")
        notice = self.notice(server)
        self.assertEqual("Ihre Nachricht konnte nicht zugestellt werden", notice["Subject"])
        self.assertEqual(ACCOUNT, notice["To"].addresses[0].addr_spec)
        self.assertEqual("postmaster@mx.example.test", notice["From"].addresses[0].addr_spec)
        self.assertEqual("auto-replied", notice["Auto-Submitted"])
        self.assertEqual("multipart/report", notice.get_content_type())
        self.assertEqual("delivery-status", notice["Content-Type"].params["report-type"])
        self.assertRegex(notice["Message-ID"], r"\A<\w+@mx\.example\.test>\Z")
        self.assertEqual(3, len(notice.get_payload()))
        text, report, returned = notice.get_payload()
        self.assertEqual(("text/plain", "de"), (text.get_content_type(), text["Content-Language"]))
        said = text.get_content()
        self.assertIn("Hier schreibt der Mailserver mx.example.test.", said)
        self.assertIn(f"Ihre Nachricht an <{TO}> konnte nicht zugestellt werden.", said)
        self.assertIn("(#8.06)", said)
        self.assertIn(f"Der Server [127.0.0.1]:{following.port} hat geantwortet:\n\n    550 5.1.1 no such user (#4.28)\n", said)
        self.assertIn("schreiben Sie bitte an hilfe@example.test und\nfügen Sie", said)
        self.assertEqual("message/delivery-status", report.get_content_type())
        message, recipient = report.get_payload()
        self.assertEqual("dns; mx.example.test", message["Reporting-MTA"])
        self.assertEqual("x1", message["Original-Envelope-Id"])
        self.assertTrue(message["Arrival-Date"])
        self.assertEqual(f"rfc822; {TO}", recipient["Final-Recipient"])
        self.assertEqual(("failed", "5.1.1"), (recipient["Action"], recipient["Status"]))
        self.assertEqual("smtp; 550 5.1.1 no such user (#4.28)", recipient["Diagnostic-Code"])
        self.assertEqual(f"dns; [127.0.0.1]", recipient["Remote-MTA"])
        self.assertEqual("message/rfc822", returned.get_content_type())
        self.assertEqual("Probe", returned.get_payload(0)["Subject"])
        self.assertEqual("text\n", returned.get_payload(0).get_payload())
        self.assertEqual([], [defect for part in notice.walk() for defect in part.defects])


    def test_dsn_of_a_message_with_smtputf8_has_a_reply_in_utf8(self):
        following = self.next(EHLO="250-next.example\r\n250-8BITMIME\r\n250 SMTPUTF8",
                              RCPT="550 5.1.1 Köln \u202e\u9999".encode().decode("latin-1"))
        server = self.start(following.port)
        self.send(server, parameters=b" SMTPUTF8")
        notice = self.notice(server)
        self.assertEqual("global-delivery-status", notice["Content-Type"].params["report-type"])
        self.assertIn("\nDiagnostic-Code: smtp; 550 5.1.1 Köln ???\u9999\n".encode(), server.messages()[0])
        self.assertIn("\n    550 5.1.1 Köln ???\u9999\n", notice.get_payload(0).get_content())
        server.wait_for_log(r'event=bounced [^\n]*reply="550 5\.1\.1 K\\xC3\\xB6ln ')

    def test_dsn_of_another_message_has_a_reply_in_utf8_in_its_text_alone(self):
        following = self.next(RCPT="550 5.1.1 Köln".encode().decode("latin-1"))
        server = self.start(following.port)
        self.send(server)
        notice = self.notice(server)
        self.assertEqual("delivery-status", notice["Content-Type"].params["report-type"])
        self.assertEqual("smtp; 550 5.1.1 K??ln", notice.get_payload(1).get_payload(1)["Diagnostic-Code"])
        self.assertIn("\n    550 5.1.1 Köln\n", notice.get_payload(0).get_content())

    def test_dsn_gives_and_explains_the_reply_of_another_of_ours(self):
        with Server("--workers", "1", "--hostname", "mx.example.net", config=LIMITS) as following:
            following.control("domain", "add", "example.net")
            wait_until(lambda: takes(following, b"postmaster@example.net"))
            server = self.start(following.port)
            self.send(server, "nobody@example.net")
            notice = self.notice(server)
        recipient = notice.get_payload(1).get_payload(1)
        self.assertRegex(recipient["Diagnostic-Code"], r"smtp; 550 5\.1\.1 .*\(#4\.28\)")
        said = render("de", "ERR_SMTP_ADDRESS_UNKNOWN", "nobody@example.net").decode().strip()
        self.assertEqual("de; " + said.removeprefix("550 5.1.1 "), recipient["Localized-Diagnostic"])
        text = " ".join(notice.get_payload(0).get_content().split())
        explained = subprocess.run([program("ftgate-msg"), "explain", "--json", "4.28"], check=True, timeout=SECONDS,
                                   stdout=subprocess.PIPE, env=environment(LANG="de_DE.UTF-8", LANGUAGE="de")).stdout
        (known,) = json.loads(explained)
        for key in "cause", "sender":
            self.assertIn(" ".join(known[key].split()), text)
        self.assertEqual([], [defect for part in notice.walk() for defect in part.defects])


class Isolation(RelayCase):
    """Servers that say nothing, or cannot be reached, cost nobody else anything."""

    def silent(self, count):
        return [self.next(address=(f"127.0.1.{i + 1}", 0), **{"": "silence"}) for i in range(count)]

    @staticmethod
    def routes(servers):
        return "  timeout: 10m\n  retry: 1m\n  retry-max: 1h\nroutes:\n" + "".join(
            f"  - domain: s{i}.example\n    to: {server.address[0]}:{server.port}\n    tls: none\n"
            for i, server in enumerate(servers))

    def test_silent_servers_get_one_connection_each_and_delay_nobody(self):
        following, silent = self.next(), self.silent(4)
        server = self.start(following.port, self.routes(silent))
        for i in range(20):
            self.send(server, f"a@s{i % 4}.example")
        wait_until(lambda: all(each.connections for each in silent))
        self.send(server)
        following.wait(1)
        self.assertEqual([1, 1, 1, 1], [each.connections for each in silent])
        wait_until(lambda: len(self.queue(server)) == 20)

    def test_dsns_to_slow_servers_delay_nobody(self):
        following, silent = self.next(), self.silent(25)
        server = self.start(following.port, self.routes(silent))
        for i in range(25):
            self.send(server, f"a@s{i}.example", sender="")
        wait_until(lambda: all(each.connections for each in silent))
        self.send(server)
        following.wait(1)
        wait_until(lambda: len(self.queue(server)) == 25)

    def test_messages_for_a_server_that_is_down_are_parked_without_a_record(self):
        port = held_port()
        server = self.start(port, "  retry: 1m\n  retry-max: 1h\n")
        self.send(server)
        server.wait_for_log("event=next-hop-down")
        for i in range(30):
            self.send(server, f"user{i}@example.net")
        server.control("queue", "run")
        server.wait_for_log("event=queue-run")
        server.wait_for_log("event=deferred", times=2)
        self.assertEqual(2, server.counted("event=deferred", 2), server.log())
        self.assertEqual(1, server.counted("event=next-hop-down", 1))
        following = self.next(address=("127.0.0.1", port))
        server.control("queue", "run")
        self.assertEqual(31, len(following.wait(31)))
        self.gone(server)
        self.assertEqual(1, server.counted("event=next-hop-up", 1))
        self.assertEqual(2, server.counted("event=deferred", 2))


class Kill(RelayCase):
    def relays(self, server):
        return [int(pid) for pid in re.findall(r"event=relay-started pid=(\d+)", server.log())]

    def test_killed_queue_manager_is_restarted(self):
        following = self.next()
        server = self.start(following.port)
        server.wait_for_log("event=relay-started")
        os.kill(self.relays(server)[-1], signal.SIGKILL)
        server.wait_for_log(r"event=relay-died pid=\d+ signal=9")
        self.send(server)
        following.wait(1)
        self.gone(server)

    def kill(self, server):
        os.kill(self.relays(server)[-1], signal.SIGKILL)

    def test_message_is_delivered_whenever_the_queue_manager_is_killed(self):
        for stage in ("", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"):
            with self.subTest(stage):
                killed = []

                def die(connection, stage=stage, killed=killed):
                    if killed:
                        connection.sendall(following.usual(stage))
                        return True
                    killed.append(stage)
                    self.kill(server)
                    return False

                following = self.next(**{stage: die})
                server = self.start(following.port)
                server.wait_for_log("event=relay-started")
                self.send(server)
                following.wait(1)
                self.gone(server)
                # Between the answer to the message and its record there is an instant of which nobody can know.
                self.assertLessEqual(len(following.messages), 2 if stage == "QUIT" else 1)
                wait_until(lambda killed=killed: killed)  # a connection is kept for a while before QUIT

    def test_nothing_is_lost_and_nothing_recorded_is_sent_again(self):
        following = self.next()
        server = self.start(following.port)
        server.wait_for_log("event=relay-started")
        for i in range(36):
            self.send(server, f"user{i}@example.net")
            if i % 6 == 5:
                time.sleep(0.004 * i)
                self.kill(server)
                wait_until(lambda n=i // 6 + 2: len(self.relays(server)) >= n)
        self.gone(server)
        sent = [message.recipients[0] for message in following.messages]
        self.assertEqual({f"user{i}@example.net" for i in range(36)}, set(sent))
        self.assertLessEqual(max(sent.count(address) for address in sent), 2)
        self.assertLessEqual(len(sent), 36 + 6 * 5)  # those that were under way when it was killed


if __name__ == "__main__":
    main()
