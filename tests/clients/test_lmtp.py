#!/usr/bin/env python3
"""Mailboxes at another server that speaks LMTP: one that says what it is told to, and Dovecot."""

import glob
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

import dovecot
from fake_next_hop import FakeNextHop
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, main, render

BOB = "bob@" + DOMAIN
TEXT = b"From: <otto@example.org>\r\nSubject: Probe\r\n\r\n" + "Grüße\r\n..\r\n".encode() + b"x" * 900 + b"\r\n"


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("it did not come to pass")
        time.sleep(0.02)


class LmtpCase(TestCase):
    def start(self, place, more="", timeout="5s"):
        config = LIMITS + f"delivery:\n  lmtp: {place}\n  timeout: {timeout}\n{more}"
        server = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.test", config=config))
        server.control("account", "add", BOB, "--no-password")
        return server

    def send(self, server, *recipients, sender="otto@example.org", rcpt=b"250", text=TEXT):
        """The answer to the message."""
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s> BODY=8BITMIME" % sender.encode())
            for recipient in recipients:
                self.assertEqual(rcpt, talk.say(b"RCPT TO:<%s>" % recipient.encode())[:3])
            talk.say(b"DATA")
            return talk.say(text + b".")

    def assertAnswer(self, reply_id, answer, *arguments):
        self.assertEqual(render(None, reply_id, *arguments), answer)

    def assertQueue(self, server, count):
        self.assertEqual(count, len(glob.glob(server.data + "/queue/*.envelope")))
        self.assertEqual(count, len(glob.glob(server.data + "/queue/*.message")))
        wait_until(lambda: not glob.glob(server.data + "/queue/tmp/*"))


class FakeService(LmtpCase):
    def next(self, **answers):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-lmtp-"))
        return self.enterContext(FakeNextHop(lmtp=True, path=folder + "/socket", **answers))

    def test_message_is_handed_over_before_it_is_acknowledged(self):
        boxes = self.next()
        server = self.start(boxes.path)
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, BOB))
        (message,) = boxes.messages
        self.assertEqual(("otto@example.org", [ACCOUNT, BOB]), (message.sender, message.recipients))
        sent = TEXT.replace(b"\r\n..\r\n", b"\r\n.\r\n")
        self.assertEqual(sent, message.octets[-len(sent):])
        self.assertTrue(message.octets.startswith(b"Received: from "), message.octets)
        self.assertEqual([], server.messages())
        self.assertQueue(server, 0)

    def test_recipient_with_notify_never_causes_no_dsn_after_a_partial_result(self):
        boxes = self.next(**{"RCPT TO:<BOB": "550 5.2.1 gone"})
        server = self.start(boxes.path, "dsn: anyone\n")
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())
            for recipient in ACCOUNT, BOB:
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s> NOTIFY=NEVER" % recipient.encode())[:3])
            talk.say(b"DATA")
            self.assertAnswer("ERR_SMTP_MESSAGEOK", talk.say(TEXT + b"."))
        server.wait_for_log("event=bounced .*to=" + BOB)
        wait_until(lambda: not glob.glob(server.data + "/queue/*.envelope"))
        self.assertEqual(1, len(boxes.messages))
        self.assertNotIn("event=dsn", server.log())

    def test_undelivered_message_is_not_acknowledged(self):
        answers = {
            "ERR_SMTP_HARDERROR": [{"LHLO": "421 busy"}, {"MAIL": "451 no"}, {".": "451 4.3.0 disk"}, {"DATA": None}, {".": None}],
            "ERR_SMTP_MAILBOX_TOAST": [{"RCPT": "550 5.1.1 unknown"}, {".": "550 5.2.1 gone"}],
            "ERR_SMTP_MAILBOX_FULL": [{"RCPT": "452 4.2.2 full"}, {".": "552 5.2.2 full"}],
        }
        for reply_id, all_said in answers.items():
            for said in all_said:
                with self.subTest(reply_id, said=said):
                    boxes = self.next(**said)
                    server = self.start(boxes.path)
                    arguments = [] if reply_id == "ERR_SMTP_HARDERROR" else [ACCOUNT]
                    self.assertAnswer(reply_id, self.send(server, ACCOUNT, BOB), *arguments)
                    self.assertQueue(server, 0)

    def test_server_that_is_down_is_trouble_that_passes(self):
        server = self.start("127.0.0.1:1")
        self.assertAnswer("ERR_SMTP_HARDERROR", self.send(server, ACCOUNT))
        self.assertQueue(server, 0)

    def test_deferred_recipients_get_the_message_later_and_only_once(self):
        boxes = self.next(**{f"RCPT TO:<{BOB.upper()}>": ["450 4.2.0 locked", "250 ok"]})
        server = self.start(boxes.path)
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, BOB))
        self.assertQueue(server, 1)
        subprocess.run([server.ctl, "--data", server.data, "queue", "run"], check=True, stdout=subprocess.DEVNULL)
        boxes.wait(2)
        wait_until(lambda: not glob.glob(server.data + "/queue/*.envelope"))
        self.assertEqual([[ACCOUNT], [BOB]], [message.recipients for message in boxes.messages])
        self.assertEqual(*[message.octets for message in boxes.messages])

    def test_permanent_refusal_is_reported_to_the_sender(self):
        boxes = self.next(**{f"RCPT TO:<{BOB.upper()}>": "550 5.2.1 gone"})
        server = self.start(boxes.path)
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, BOB, sender=ACCOUNT))
        message, notice = boxes.wait(2)
        self.assertEqual([ACCOUNT], message.recipients)
        self.assertEqual(("", [ACCOUNT]), (notice.sender, notice.recipients))
        self.assertIn(b"Final-Recipient: rfc822; bob@example.test\r\nAction: failed\r\nStatus: 5.2.1\r\n", notice.octets)

    def test_local_and_remote_recipients_both_get_the_message(self):
        boxes, following = self.next(), self.enterContext(FakeNextHop())
        server = self.start(boxes.path, f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\n")
        server.control("access", "add", "relay", "127.0.0.0/8")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, "far@example.net"))
        self.assertEqual([ACCOUNT], boxes.wait(1)[0].recipients)
        (message,) = following.wait(1)
        self.assertEqual(["far@example.net"], message.recipients)
        self.assertEqual(boxes.messages[0].octets, message.octets)

    def test_members_of_a_list_get_its_message_and_others_theirs(self):
        boxes, following = self.next(), self.enterContext(FakeNextHop())
        server = self.start(boxes.path, f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\n")
        server.control("list", "add", f"all@{DOMAIN}", BOB, "far@example.net", "post=anyone")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, f"all@{DOMAIN}"))
        got = {message.recipients[0]: message for message in boxes.wait(2) + following.wait(1)}
        self.assertEqual({ACCOUNT, BOB, "far@example.net"}, set(got))
        self.assertTrue(got[ACCOUNT].octets.startswith(b"Received: from "))
        self.assertEqual("otto@example.org", got[ACCOUNT].sender)
        for member in BOB, "far@example.net":
            self.assertIn(b"\r\nList-Id: <all.example.test>\r\n", got[member].octets)
            self.assertEqual("all-bounces@example.test", got[member].sender)
        server.wait_for_log(r"event=message .*recipients=3 ")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, f"all@{DOMAIN}"))
        self.assertEqual([BOB], boxes.wait(3)[2].recipients)
        wait_until(lambda: not glob.glob(server.data + "/queue/*.*"))

    def test_message_that_a_mailbox_cannot_take_is_not_sent_to_a_list(self):
        boxes = self.next(**{f"RCPT TO:<{ACCOUNT.upper()}>": "450 4.2.0 locked"})
        server = self.start(boxes.path)
        server.control("list", "add", f"all@{DOMAIN}", BOB, "post=anyone")
        for _ in range(2):
            self.assertAnswer("ERR_SMTP_HARDERROR", self.send(server, ACCOUNT, f"all@{DOMAIN}"))
        self.assertQueue(server, 0)
        self.assertEqual([], boxes.messages)
        end = server.wait_for_log(r"event=reply .*ref=#3\.22 ", times=2).start()
        self.assertEqual(1, server.log()[:end].count("event=undelivered"), "one line for each member")
        words = [server.ctl, "--data", server.data, "--server", "smtpd", "--json", "status"]
        told = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=SECONDS, env=server.environment).stdout)
        self.assertEqual(4, told["local-deferred"], "two mailboxes, twice")

    def test_mailbox_that_may_have_sent_the_message_back_to_an_alias_does_not_get_it_again(self):
        boxes, following = self.next(), self.enterContext(FakeNextHop())
        server = self.start(boxes.path, f"relay:\n  smarthost: 127.0.0.1:{following.port}\n  tls: none\nplus-addressing: yes\n")
        server.control("domain", "add", "caught.test")
        server.control("alias", "add", "*@caught.test", ACCOUNT)
        server.control("alias", "add", f"team@{DOMAIN}", ACCOUNT, BOB, "far@example.net")
        server.control("alias", "add", f"one@{DOMAIN}", ACCOUNT)
        behind = "team@" + DOMAIN, "one@" + DOMAIN, ACCOUNT.replace("@", "+tag@"), "any@caught.test"
        for recipient in behind:
            answers = {self.send(server, recipient, text=b"Delivered-To: %s\r\n%s" % (had.encode(), TEXT))
                       for had in (ACCOUNT.upper(), "nobody@" + DOMAIN)}
            self.assertEqual({render(None, "ERR_SMTP_MESSAGEOK")}, answers, recipient)
        self.assertEqual([[BOB], [BOB, ACCOUNT]] + 3 * [[ACCOUNT]], [sorted(message.recipients) for message in boxes.wait(5)])
        self.assertEqual(2 * [["far@example.net"]], [message.recipients for message in following.wait(2)])
        server.wait_for_log("event=message .*recipients=", times=8)
        self.assertEqual(4, server.log().count("event=undelivered"))
        server.wait_for_log(rf"event=undelivered .*ref=#4\.56 .*to={ACCOUNT}", times=4)
        wait_until(lambda: not glob.glob(server.data + "/queue/*.*"))

    def test_mailbox_that_is_named_and_has_had_the_message_refuses_it(self):
        boxes = self.next()
        server = self.start(boxes.path)
        server.control("alias", "add", f"team@{DOMAIN}", ACCOUNT, BOB)
        text = b"Delivered-To: %s\r\n%s" % (ACCOUNT.encode(), TEXT)
        self.assertAnswer("ERR_SMTP_HOPSFAILED", self.send(server, f"team@{DOMAIN}", ACCOUNT.upper(), text=text))
        self.assertEqual([], boxes.messages)

    def test_host_name_in_place_of_an_address_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            config.write("delivery:\n  lmtp: mail.example.org:24\n")
            config.flush()
            done = subprocess.run([os.path.join(os.environ.get("FTGATE_BUILD", "build/dev"), "ftgate-smtpd"), "--check",
                                   "-c", config.name], capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertEqual(78, done.returncode, done)
        self.assertIn("'mail.example.org:24' should be ADDRESS:PORT or the path of a socket", done.stderr)


class Hung(LmtpCase):
    """A server that accepts connections and says nothing more."""

    def hung(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-lmtp-"))
        return self.enterContext(FakeNextHop(lmtp=True, path=folder + "/socket", LHLO="silence"))

    def send_many(self, server, count):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.send(server, ACCOUNT))) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads, answers

    def test_every_client_is_answered_and_the_next_one_asks_no_more(self):
        boxes = self.hung()
        server = self.start(boxes.path)
        threads, answers = self.send_many(server, 16)
        for thread in threads:
            thread.join()
        self.assertEqual([render(None, "ERR_SMTP_HARDERROR")] * 16, answers)
        self.assertEqual(16, boxes.connections)
        self.assertAnswer("ERR_SMTP_HARDERROR", self.send(server, ACCOUNT))
        self.assertEqual(16, boxes.connections)
        self.assertEqual(1, server.counted("event=next-hop-down", 1))
        self.assertQueue(server, 0)

    def test_client_of_a_hung_server_is_answered_when_the_server_stops(self):
        boxes = self.hung()
        server = self.start(boxes.path, timeout="10m")
        threads, answers = self.send_many(server, 2)
        wait_until(lambda: boxes.commands.count("LHLO mx.example.test") == 2)
        server.process.terminate()
        for thread in threads:
            thread.join()
        self.assertEqual(0, server.process.wait(SECONDS), server.log())
        self.assertEqual([render(None, "ERR_SMTP_HARDERROR")] * 2, answers)


@unittest.skipUnless(dovecot.is_usable(), "dovecot is started as root")
class RealDovecot(LmtpCase):
    def setUp(self):
        self.dovecot = self.enterContext(dovecot.Dovecot(ACCOUNT, BOB))
        self.folder, self.mail = self.dovecot.folder, self.dovecot.mail

    def test_message_is_in_the_mailboxes(self):
        server = self.start(self.folder + "/lmtp")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, BOB))
        for name in "erika", "bob":
            (stored,) = self.mail(name)
            sent = TEXT.replace(b"\r\n..\r\n", b"\r\n.\r\n").replace(b"\r\n", b"\n")
            self.assertEqual(sent, stored[-len(sent):])
            self.assertIn(b"Return-Path: <otto@example.org>\n", stored)
            self.assertEqual(1, stored.count(b"Return-Path:"))
        self.assertQueue(server, 0)

    def test_message_that_dovecot_has_had_ends_at_the_alias(self):
        server = self.start(self.folder + "/lmtp")
        server.control("alias", "add", f"team@{DOMAIN}", ACCOUNT)
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, f"team@{DOMAIN}"))
        (stored,) = self.mail("erika")
        stored = stored.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, f"team@{DOMAIN}", text=stored))
        server.wait_for_log("event=message .*recipients=", times=2)
        self.assertEqual(1, len(self.mail("erika")))

    def test_mailbox_that_dovecot_does_not_know_is_trouble_that_passes(self):
        server = self.start(self.folder + "/lmtp")
        server.control("account", "add", "carla@" + DOMAIN, "--no-password")
        self.assertAnswer("ERR_SMTP_MAILBOX_TOAST", self.send(server, "carla@" + DOMAIN), "carla@" + DOMAIN)
        self.assertQueue(server, 0)

    def test_mailbox_that_cannot_be_written_gets_it_later(self):
        os.mkdir(self.folder + "/mail/bob", 0o700)
        server = self.start(self.folder + "/lmtp")
        self.assertAnswer("ERR_SMTP_MESSAGEOK", self.send(server, ACCOUNT, BOB))
        self.assertEqual((1, 0), (len(self.mail("erika")), len(self.mail("bob"))))
        self.assertQueue(server, 1)
        os.chown(self.folder + "/mail/bob", dovecot.NOBODY, dovecot.NOBODY)
        subprocess.run([server.ctl, "--data", server.data, "queue", "run"], check=True, stdout=subprocess.DEVNULL)
        wait_until(lambda: self.mail("bob"))
        wait_until(lambda: not glob.glob(server.data + "/queue/*.envelope"))
        self.assertEqual((1, 1), (len(self.mail("erika")), len(self.mail("bob"))))


if __name__ == "__main__":
    main()
