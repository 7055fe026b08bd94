#!/usr/bin/env python3
"""Mail that an alias leads to another server has a sender of the alias's domain, and bounces to it find the original sender."""

import json
import os
import re
import stat
import subprocess
import tempfile
import time

from fake_name_server import FakeNameServer
from fake_next_hop import FakeNextHop
from server import ACCOUNT, DOMAIN, LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program
from services import SPF_NAMES, SYSTEM_PYTHON

STRANGER = "otto@sender.example"
BODY = b"From: Otto <otto@sender.example>\r\nTo: fwd@example.test\r\nSubject: Probe\r\n\r\ntext\r\n"

# Another implementation (Debian's libmail-srs-perl): METHOD ADDRESS DOMAIN.
MAIL_SRS = """
use Mail::SRS;
my ($method, @words) = @ARGV;
print Mail::SRS->new(Secret => "not ours")->$method(@words);
"""

CHECK_SPF = SPF_NAMES + """
print(spf.check2(i="192.0.2.1", s=sys.argv[1], h="mx.example.test")[0], end="")
"""


def mail_srs(*words):
    return subprocess.run(["perl", "-e", MAIL_SRS, *words], check=True, capture_output=True, text=True,
                          timeout=SECONDS).stdout


def check_spf(names, sender):
    return subprocess.run([SYSTEM_PYTHON, "-c", CHECK_SPF, str(names.port), sender], check=True, capture_output=True,
                          text=True, timeout=SECONDS).stdout


class Forwarding(TestCase):
    more = ""

    def setUp(self):
        self.next = self.enterContext(FakeNextHop())
        self.server = self.start()

    def start(self, routes=""):
        settings = (f"relay:\n  smarthost: 127.0.0.1:{self.next.port}\n  tls: none\n  retry: 1s\n  retry-max: 1s\n"
                    + self.more + routes)
        server = self.enterContext(Server("--workers", "1", "--hostname", "mx.example.test", config=LIMITS + settings))
        server.control("alias", "add", f"fwd@{DOMAIN}", "bert@next.example")
        return server

    def rcpt(self, server, sender, recipient, parameters=b""):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (sender.encode(), parameters))[:3])
            return talk.say(b"RCPT TO:<%s>" % recipient.encode())

    def send(self, server, sender, *recipients, parameters=b""):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (sender.encode(), parameters))[:3])
            for recipient in recipients:
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient.encode())[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(BODY + b".")[:3])

    def forwarded(self, sender=STRANGER):
        """The sender under which a message goes on."""
        count = len(self.next.messages)
        self.send(self.server, sender, f"fwd@{DOMAIN}")
        return self.next.wait(count + 1)[-1].sender


class Senders(Forwarding):
    def test_of_strangers_are_rewritten_and_bounces_come_back(self):
        sender = self.forwarded()
        self.assertRegex(sender, r"^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=sender\.example=otto@example\.test$")
        self.assertEqual(["bert@next.example"], self.next.messages[0].recipients)
        self.assertTrue(self.next.messages[0].octets.endswith(BODY))
        self.server.wait_for_log(rf'event=relayed .*from={STRANGER} to=bert@next\.example as="SRS0=')
        self.send(self.server, "", sender)
        bounce = self.next.wait(2)[1]
        self.assertEqual(("", [STRANGER]), (bounce.sender, bounce.recipients))
        self.server.wait_for_log(rf'event=srs-returned .*to="{re.escape(sender)}" original={STRANGER}')

    def test_of_this_server_and_nobody_stay(self):
        self.assertEqual(ACCOUNT, self.forwarded(ACCOUNT))
        self.assertEqual("", self.forwarded(""))

    def test_each_recipient_gets_the_right_one(self):
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        self.server.control("domain", "add", "other.test")
        self.server.control("alias", "add", "*@other.test", "carl@next.example", ACCOUNT)
        self.send(self.server, STRANGER, f"fwd@{DOMAIN}", "any@other.test", "dora@next.example")
        got = {message.recipients[0]: message.sender for message in self.next.wait(3)}
        self.assertEqual(3, len(self.next.messages))
        self.assertRegex(got["bert@next.example"], r"^SRS0=.*@example\.test$")
        self.assertRegex(got["carl@next.example"], r"^SRS0=.*@other\.test$")
        self.assertEqual(STRANGER, got["dora@next.example"])
        self.assertIn(b"Return-Path: <otto@sender.example>\n", self.server.messages()[0])

    def test_beyond_ascii(self):
        self.send(self.server, "jörg@bücher.example", f"fwd@{DOMAIN}", parameters=b" SMTPUTF8")
        self.server.wait_for_log(r"event=bounced .*to=bert@next\.example as=\S*xn--bcher-kva\.example=j")

    def test_fit_into_64_octets_or_stay(self):
        # 25 octets are those of "SRS0=HHHHHH=TT=x.example="
        self.assertEqual(64, len(self.forwarded("a" * 39 + "@x.example").split("@")[0]))
        self.assertEqual("a" * 40 + "@x.example", self.forwarded("a" * 40 + "@x.example"))
        self.server.wait_for_log(r"event=srs-kept .*cause=too-long")

    def test_that_fail_are_reported_to_the_original_sender(self):
        self.next.answers["RCPT TO:<BERT"] = "550 5.1.1 no such user"
        self.send(self.server, STRANGER, f"fwd@{DOMAIN}")
        report = self.next.wait(1)[0]
        self.assertEqual(("", [STRANGER]), (report.sender, report.recipients))
        self.assertIn(b"bert@next.example", report.octets)

    def test_pass_spf_at_the_next_server(self):
        names = self.enterContext(FakeNameServer())
        names.tell("TXT sender.example v=spf1 -all")
        names.tell("TXT example.test v=spf1 ip4:192.0.2.1 -all")
        self.assertEqual("fail", check_spf(names, STRANGER))
        self.assertEqual("pass", check_spf(names, self.forwarded()))


class Lists(Forwarding):
    OWNER = "all-bounces@example.test"

    def setUp(self):
        super().setUp()
        self.server.control("list", "add", f"all@{DOMAIN}", ACCOUNT, "bert@next.example", "carl@next.example", "post=anyone")

    def test_mail_has_the_sender_of_the_list(self):
        for sender in STRANGER, ACCOUNT:
            count = len(self.next.messages)
            self.send(self.server, sender, f"all@{DOMAIN}")
            message = self.next.wait(count + 1)[count]
            self.assertEqual((self.OWNER, ["bert@next.example", "carl@next.example"]), (message.sender, message.recipients))
            self.assertTrue(message.octets.endswith(BODY))
            self.assertNotIn(b"next.example", message.octets.replace(b"client.example", b""))

    def test_null_sender_stays(self):
        self.send(self.server, "", f"all@{DOMAIN}")
        self.assertEqual("", self.next.wait(1)[0].sender)

    def test_list_behind_an_alias_and_another_list(self):
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        self.server.control("list", "add", f"outer@{DOMAIN}", f"all@{DOMAIN}", "post=anyone")
        self.send(self.server, STRANGER, f"info@{DOMAIN}")
        self.assertEqual(self.OWNER, self.next.wait(1)[0].sender)
        self.send(self.server, STRANGER, f"outer@{DOMAIN}")
        self.assertEqual("outer-bounces@example.test", self.next.wait(2)[1].sender)

    def test_message_that_a_member_sends_back_is_refused(self):
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        self.send(self.server, STRANGER, f"all@{DOMAIN}")
        message = self.next.wait(1)[0].octets
        self.assertTrue(message.startswith(b"Delivered-To: all@example.test\r\nReceived: "))
        self.assertIn(b"\nDelivered-To: all@example.test\nReceived: ", self.server.messages()[0])
        for recipient in b"all@example.test", b"info@example.test":
            with Talk(self.server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<bert@next.example>")
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient)[:3])
                talk.say(b"DATA")
                self.assertIn(b"(#4.56)", talk.say(message + b"."))
        self.assertEqual(1, len(self.next.messages))

    def test_list_is_not_told_to_other_recipients(self):
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        self.send(self.server, STRANGER, f"all@{DOMAIN}", "dora@next.example")
        for message in self.next.wait(2):
            self.assertNotIn(b"all@example.test", message.octets)

    def test_author_is_not_told_of_members(self):
        self.next.answers["RCPT TO:<BERT"] = "550 5.1.1 no such user"
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        self.send(self.server, ACCOUNT, f"all@{DOMAIN}")
        self.server.wait_for_log(r"event=bounced .*to=bert@next\.example as=all-bounces@example\.test")
        self.server.wait_for_log(r"event=relayed .*to=carl@next\.example")
        self.send(self.server, ACCOUNT, "dora@next.example")
        self.next.wait(2)
        self.assertEqual([b"Probe"], [re.search(rb"Subject: (.*?)\r?\n", text)[1].strip() for text in self.server.messages()])
        self.assertNotIn("event=dsn", self.server.log())

    def test_author_who_asks_learns_that_the_list_has_it(self):
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % STRANGER.encode())
            talk.say(b"RCPT TO:<all@example.test> NOTIFY=SUCCESS,FAILURE")
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(BODY + b".")[:3])
        got = {message.recipients[0]: message for message in self.next.wait(2)}
        self.assertIn(b"all@example.test", got[STRANGER].octets)
        self.assertNotIn(b"bert@next.example", got[STRANGER].octets)

    def test_bounces_are_for_the_owner(self):
        self.server.control("alias", "add", f"postmaster@{DOMAIN}", ACCOUNT)
        self.send(self.server, "", self.OWNER.upper())
        self.assertEqual(1, len(self.server.messages()))
        self.assertIn(b"250", self.rcpt(self.server, "", self.OWNER))
        self.assertIn(b"550", self.rcpt(self.server, "", "nobody-bounces@example.test"))
        self.assertIn(b"550", self.rcpt(self.server, "", "fwd-bounces@example.test"))
        self.server.control("alias", "add", self.OWNER, "owner@next.example")
        self.send(self.server, "", self.OWNER)
        self.assertEqual(["owner@next.example"], self.next.wait(1)[0].recipients)

    def test_bounces_without_a_postmaster_are_kept(self):
        self.assertIn(b"250", self.rcpt(self.server, "", self.OWNER))

    def test_long_name_has_the_postmaster_as_sender(self):
        self.server.control("list", "add", "a" * 57 + "@" + DOMAIN, "bert@next.example", "post=anyone")
        self.send(self.server, STRANGER, "a" * 57 + "@" + DOMAIN)
        self.assertEqual("postmaster@example.test", self.next.wait(1)[0].sender)


class Abuse(Forwarding):
    def assertUnknown(self, sender, recipient, cause):
        start = len(self.server.log())
        self.assertEqual(b"550 5.1.1 %s unknown mailbox (#4.28)\r\n" % recipient.encode(),
                         self.rcpt(self.server, sender, recipient))
        self.server.wait_for_log("cause=" + cause, start)

    def test_forged_addresses_are_unknown(self):
        good = self.forwarded()
        hash_ = good[5:11]
        self.assertUnknown("", good.replace(hash_, "AAAAAA"), "srs-forged")
        self.assertUnknown("", good.replace("otto", "erna"), "srs-forged")
        self.assertUnknown("", good.replace("sender.example", "victim.example"), "srs-forged")
        self.assertUnknown("", good.replace("SRS0=", "SRS1="), "srs-forged")
        self.assertUnknown("", f"SRS1={hash_}=victim.example==x@{DOMAIN}", "srs-forged")

    def test_address_that_is_replayed_with_a_sender_is_unknown(self):
        self.assertUnknown("spammer@spam.example", self.forwarded(), "srs-sender")

    def test_addresses_of_another_secret_are_unknown_and_shared_ones_are_not(self):
        good = self.forwarded()
        secrets = os.path.join(self.server.data, "srs-secrets")
        self.assertEqual(0o600, stat.S_IMODE(os.stat(secrets).st_mode))
        with open(secrets, "rb") as file:
            shared = file.read()
        other = self.start()
        self.assertEqual(b"550", self.rcpt(other, "", good)[:3])
        with open(os.path.join(other.data, "new"), "wb") as file:
            file.write(shared)
        os.rename(os.path.join(other.data, "new"), os.path.join(other.data, "srs-secrets"))
        self.assertEqual(b"250", self.rcpt(other, "", good)[:3])

    def test_old_secret_counts_after_a_rotation(self):
        old = self.forwarded()
        self.server.control("srs", "rotate")
        new = self.forwarded()
        self.assertNotEqual(old, new)
        for sender in old, new:
            self.assertEqual(b"250", self.rcpt(self.server, "", sender)[:3])
        words = [self.server.ctl, "--data", self.server.data, "--json", "srs", "rotate"]
        printed = subprocess.run(words, check=True, capture_output=True, timeout=SECONDS, env=self.server.environment)
        self.assertEqual({"kept": 2}, json.loads(printed.stdout))

    def test_secret_that_has_been_replaced_for_long_does_not_count(self):
        path = os.path.join(self.server.data, "srs-secrets")
        old = self.forwarded()
        self.server.control("srs", "rotate")
        with open(path, encoding="ascii") as file:
            new, former = file.read().splitlines()
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"{int(time.time()) - 24 * 86400} {new.split()[1]}\n{former}\n")
        os.rename(path + ".new", path)
        self.assertUnknown("", old, "srs-forged")


class Rotation(TestCase):
    def rotate(self, data):
        words = [program("ftgatectl"), "--data", data, "srs", "rotate"]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=SECONDS, env=environment())
        return done.returncode, done.stdout + done.stderr

    def test_says_what_counts_and_why_it_fails(self):
        with tempfile.TemporaryDirectory() as data:
            self.assertEqual((0, "a new secret signs; 1 earlier one still counts\n"), self.rotate(data))
            for count in range(2, 8):
                self.assertEqual((0, f"a new secret signs; {count} earlier ones still count\n"), self.rotate(data))
            status, said = self.rotate(data)
            self.assertEqual(69, status)
            self.assertIn("8 secrets still count", said)
            self.assertEqual(["srs-secrets"], os.listdir(data))
            with open(os.path.join(data, "srs-secrets"), "a", encoding="ascii") as file:
                file.write("more")
            status, said = self.rotate(data)
            self.assertEqual(65, status)
            self.assertIn("srs-secrets is damaged", said)


class Off(Forwarding):
    more = "  srs: no\n"

    def test_senders_stay(self):
        self.assertEqual(STRANGER, self.forwarded())


class Tags(Forwarding):
    more = "plus-addressing: yes\n"

    def test_of_senders_are_theirs(self):
        self.send(self.server, "", self.forwarded("otto+news@sender.example"))
        self.assertEqual(["otto+news@sender.example"], self.next.wait(2)[1].recipients)


class OneDomain(Forwarding):
    more = "  srs-domain: srs.example\n"

    def test_is_that_of_all_rewritten_senders(self):
        sender = self.forwarded()
        self.assertRegex(sender, r"^SRS0=.*@srs\.example$")
        self.send(self.server, "", sender)
        self.assertEqual([STRANGER], self.next.wait(2)[1].recipients)
        self.assertIn(b"#4.63", self.rcpt(self.server, "", "x" + sender))


class Chain(Forwarding):
    def second(self):
        second = self.start()
        second.control("domain", "add", "two.example")
        second.control("alias", "add", "fwd@two.example", "carl@next.example")
        return second

    def test_forwarded_twice_a_bounce_goes_to_the_first_server_and_to_the_sender(self):
        second = self.second()
        routes = f"routes:\n  - domain: two.example\n    to: 127.0.0.1:{second.ports()[0]}\n    tls: none\n"
        first = self.start(routes)
        first.control("domain", "add", "one.example")
        first.control("alias", "add", "fwd@one.example", "fwd@two.example")
        self.send(first, STRANGER, "fwd@one.example")
        sender = self.next.wait(1)[0].sender
        self.assertRegex(sender, r"^SRS1=[A-Z2-7]{6}=one\.example==.*=sender\.example=otto@two\.example$")
        self.send(second, "", sender)
        bounce = self.next.wait(2)[1]
        self.assertRegex(bounce.recipients[0], r"^SRS0=.*=sender\.example=otto@one\.example$")
        self.send(first, "", bounce.recipients[0])
        self.assertEqual([STRANGER], self.next.wait(3)[2].recipients)

    def test_behind_ours_another_implementation_leads_back(self):
        ours = self.forwarded()
        theirs = mail_srs("forward", ours, "forwarder.example")
        self.assertRegex(theirs, r"^SRS1=")
        self.assertEqual(ours, mail_srs("reverse", theirs))
        self.assertEqual(b"250", self.rcpt(self.server, "", mail_srs("reverse", theirs.lower()))[:3])

    def test_behind_another_implementation_ours_leads_back(self):
        theirs = mail_srs("forward", STRANGER, "forwarder.example")
        self.assertRegex(theirs, r"^SRS0=.*@forwarder\.example$")
        ours = self.forwarded(theirs)
        self.assertRegex(ours, r"^SRS1=.*@example\.test$")
        self.send(self.server, "", ours)
        self.assertEqual([theirs], self.next.wait(2)[1].recipients)
        self.assertEqual(STRANGER, mail_srs("reverse", theirs))

    def test_of_three_the_one_between_is_skipped(self):
        theirs = mail_srs("forward", mail_srs("forward", STRANGER, "first.example"), "second.example")
        self.assertRegex(theirs, r"^SRS1=")
        ours = self.forwarded(theirs)
        self.send(self.server, "", ours)
        back = self.next.wait(2)[1].recipients[0]
        self.assertRegex(back, r"^SRS0=.*@first\.example$")
        self.assertEqual(STRANGER, mail_srs("reverse", back))


if __name__ == "__main__":
    main()
