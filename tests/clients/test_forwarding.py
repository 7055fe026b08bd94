#!/usr/bin/env python3
"""Mail that an alias leads to another server has a sender of the alias's domain, and bounces to it find the original sender."""

import glob
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
    hostname = "mx.example.test"

    def setUp(self):
        self.next = self.enterContext(FakeNextHop())
        self.server = self.start()

    def start(self, routes=""):
        settings = (f"relay:\n  smarthost: 127.0.0.1:{self.next.port}\n  tls: none\n  retry: 1s\n  retry-max: 1s\n"
                    + self.more + routes)
        server = self.enterContext(Server("--workers", "1", "--hostname", self.hostname, config=LIMITS + settings))
        server.control("alias", "add", f"fwd@{DOMAIN}", "bert@next.example")
        return server

    def permit(self, sender):
        """Has mail with this sender sent on, if it is one of this server."""
        if sender.endswith("@" + DOMAIN):
            self.server.control("access", "add", "permitted", "127.0.0.0/8")

    def rcpt(self, server, sender, recipient, parameters=b""):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (sender.encode(), parameters))[:3])
            return talk.say(b"RCPT TO:<%s>" % recipient.encode())

    def inbox(self, name):
        """The messages of an account, in the order in which they came."""
        found = []
        for path in glob.glob(os.path.join(self.server.data, "mail", DOMAIN, name, "new", "*")):
            with open(path, "rb") as file:
                found.append((os.stat(path).st_ctime_ns, file.read()))
        return [text for _, text in sorted(found)]

    def send(self, server, sender, *recipients, parameters=b"", message=BODY):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>%s" % (sender.encode(), parameters))[:3])
            for recipient in recipients:
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient.encode())[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(message + b".")[:3])

    def forwarded(self, sender=STRANGER):
        """The sender under which a message goes on."""
        count = len(self.next.messages)
        self.send(self.server, sender, f"fwd@{DOMAIN}")
        return self.next.wait(count + 1)[-1].sender


class LeftOut(Forwarding):
    def test_members_that_get_no_mail_are_logged_by_name_and_cause(self):
        bert, carl, fwd, staff = (f"{name}@{DOMAIN}" for name in ("bert", "carl", "fwd", "staff"))
        self.server.control("account", "add", bert, "--no-password", "disabled=yes")
        self.server.control("account", "add", carl, "--no-password", "moved-to=carl@next.example")
        self.server.control("list", "add", staff, ACCOUNT, bert, carl)
        self.server.control("alias", "set", fwd, f"add={bert}")
        self.send(self.server, STRANGER, staff)
        self.assertEqual(1, len(self.inbox(ACCOUNT.split("@", maxsplit=1)[0])))
        self.server.wait_for_log(f'event=expanded .*to={staff} recipients=1 left-out=2 detail="{bert} disabled, {carl} moved"')
        self.send(self.server, STRANGER, fwd)
        self.server.wait_for_log(f'event=expanded .*to={fwd} recipients=1 left-out=1 detail="{bert} disabled"')
        self.server.control("account", "set", bert, "disabled=no")
        self.send(self.server, STRANGER, fwd)
        self.server.wait_for_log(f"event=expanded .*to={fwd} recipients=2\n")


def fields_of(name):
    return (b"Delivered-To: %s@example.test\r\nList-Id: <%s.example.test>\r\nList-Post: <mailto:%s@example.test>\r\n"
            b"Precedence: list\r\n" % ((name.encode(),) * 3))


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
        self.assertEqual("", self.forwarded(""))
        self.permit(ACCOUNT)
        self.assertEqual(ACCOUNT, self.forwarded(ACCOUNT))

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
            self.permit(sender)
            count = len(self.next.messages)
            self.send(self.server, sender, f"all@{DOMAIN}")
            message = self.next.wait(count + 1)[count]
            self.assertEqual((self.OWNER, ["bert@next.example", "carl@next.example"]), (message.sender, message.recipients))
            self.assertTrue(message.octets.endswith(BODY))
            self.assertNotIn(b"next.example", message.octets.replace(b"client.example", b""))

    def test_list_behind_an_alias_and_another_list(self):
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        self.server.control("list", "add", f"outer@{DOMAIN}", f"all@{DOMAIN}", "post=anyone")
        self.send(self.server, STRANGER, f"info@{DOMAIN}")
        self.assertEqual(self.OWNER, self.next.wait(1)[0].sender)
        self.send(self.server, STRANGER, f"outer@{DOMAIN}")
        outer = self.next.wait(2)[1]
        self.assertEqual("outer-bounces@example.test", outer.sender)
        self.assertEqual(fields_of("outer"), outer.octets.split(b"Received: ")[0])

    def test_message_that_a_member_sends_back_is_refused(self):
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        self.send(self.server, STRANGER, f"all@{DOMAIN}")
        message = self.next.wait(1)[0].octets
        self.assertTrue(message.startswith(b"Delivered-To: all@example.test\r\n"))
        for recipient, said in (b"all@example.test", b"(#4.56)"), (b"info@example.test", b"(#3.05)"):
            with Talk(self.server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.say(b"MAIL FROM:<bert@next.example>")
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient)[:3])
                talk.say(b"DATA")
                self.assertIn(said, talk.say(message + b"."))
        self.server.wait_for_log(r"event=undelivered .*ref=#4\.56 .*to=all@example\.test")
        self.server.wait_for_log(r"event=message .*from=bert@next\.example recipients=0 ")
        self.assertEqual(1, len(self.next.messages))
        self.assertEqual(1, len(self.inbox("erika")))

    def test_list_is_not_told_to_other_recipients(self):
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        self.send(self.server, STRANGER, f"all@{DOMAIN}", "dora@next.example")
        got = {message.recipients[0]: message.octets for message in self.next.wait(2)}
        self.assertNotIn(b"all@example.test", got["dora@next.example"])

    def test_owner_and_not_author_learns_that_a_member_is_unknown(self):
        self.server.control("account", "add", f"owner@{DOMAIN}", "--no-password")
        self.server.control("alias", "add", self.OWNER, f"owner@{DOMAIN}")
        self.next.answers["RCPT TO:<BERT"] = "550 5.1.1 no such user"
        self.send(self.server, STRANGER, f"all@{DOMAIN}")
        self.server.wait_for_log(r"event=bounced .*from=all-bounces@example\.test to=bert@next\.example")
        self.server.wait_for_log(r"event=dsn .*to=all-bounces@example\.test")
        report, = self.inbox("owner")
        self.assertIn(b"bert@next.example", report)
        self.assertEqual([["carl@next.example"]], [message.recipients for message in self.next.messages])
        self.assertEqual(1, len(self.inbox("erika")))

    def test_report_to_the_name_of_a_list_is_for_the_owner(self):
        self.server.control("account", "add", f"owner@{DOMAIN}", "--no-password")
        self.server.control("alias", "add", self.OWNER, f"owner@{DOMAIN}")
        self.server.control("list", "set", f"all@{DOMAIN}", "post=members")
        self.next.answers["RCPT TO:<BERT"] = "550 5.1.1 no such user"
        self.permit(f"ALL@{DOMAIN}")
        self.send(self.server, f"ALL@{DOMAIN}", f"fwd@{DOMAIN}")
        self.server.wait_for_log(r"event=dsn .*to=ALL@example\.test")
        self.assertEqual((1, 0), (len(self.inbox("owner")), len(self.inbox("erika"))))
        self.assertEqual([], self.next.messages)

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


class ListMessages(Forwarding):
    """Members get a message with fields of the list; other recipients of the transaction get that of the author."""

    def setUp(self):
        super().setUp()
        self.server.control("access", "add", "relay", "127.0.0.0/8")
        for name in "anna", "bob":
            self.server.control("account", "add", f"{name}@{DOMAIN}", "--no-password")
        self.server.control("list", "add", f"all@{DOMAIN}", f"bob@{DOMAIN}", "bert@next.example", "post=anyone")
        self.server.control("list", "add", f"few@{DOMAIN}", f"anna@{DOMAIN}", "carl@next.example", "bert@next.example", "post=anyone")

    def got(self, count):
        return {tuple(message.recipients): message for message in self.next.wait(count)}

    def test_each_recipient_gets_the_fields_of_its_list(self):
        self.send(self.server, STRANGER, ACCOUNT, f"all@{DOMAIN}", "dora@next.example", f"few@{DOMAIN}", f"fwd@{DOMAIN}")
        got = self.got(3)
        self.assertEqual({("bert@next.example",), ("carl@next.example",), ("dora@next.example",)}, set(got))
        fields = {"carl": fields_of("few"), "dora": b"", "bert": b""}  # bert is named by an alias, too
        for name, message in ((recipients[0].split("@")[0], message) for recipients, message in got.items()):
            self.assertEqual(fields[name], message.octets.split(b"Received: ")[0])
            self.assertTrue(message.octets.endswith(BODY))
        self.assertEqual("few-bounces@example.test", got["carl@next.example",].sender)
        bob, anna, erika = (self.inbox(name)[0] for name in ("bob", "anna", "erika"))
        for name, text in ("all", bob), ("few", anna):
            begin = b"Return-Path: <%s-bounces@example.test>\nDelivered-To: " % name.encode()
            self.assertTrue(text.startswith(begin), text)
            self.assertIn(fields_of(name).replace(b"\r", b"") + b"Received: ", text)
        self.assertTrue(erika.startswith(b"Return-Path: <otto@sender.example>\nDelivered-To: erika@example.test\nReceived: "))
        for text in bob, anna, erika:
            self.assertTrue(text.endswith(b"\n" + BODY.replace(b"\r", b"")))
        self.assertEqual([1, 1, 1], [len(self.inbox(name)) for name in ("bob", "anna", "erika")])

    def test_fields_of_the_author_are_replaced(self):
        header = (b"list-id: Another <other.example>\r\nList-Post:\r\n <mailto:x@other.example>\r\nPrecedence: bulk\r\n"
                  b"List-Unsubscribe: <mailto:u@other.example>\r\nList-Id: <second.example>\r\n")
        self.send(self.server, STRANGER, f"all@{DOMAIN}", "dora@next.example", message=header + BODY)
        got = self.got(2)
        listed, direct = got["bert@next.example",].octets, got["dora@next.example",].octets
        self.assertTrue(direct.endswith(header + BODY))
        self.assertTrue(listed.endswith(b"+0000\r\nList-Unsubscribe: <mailto:u@other.example>\r\n" + BODY))
        self.assertTrue(listed.startswith(fields_of("all")))

    def test_long_body_is_the_same(self):
        message = BODY + b"".join(b"%09d .\r\n" % number for number in range(40000))
        self.send(self.server, STRANGER, f"all@{DOMAIN}", "dora@next.example", message=message)
        for sent in self.got(2).values():
            self.assertTrue(sent.octets.endswith(message))
        stored, = self.inbox("bob")
        self.assertTrue(stored.endswith(message.replace(b"\r", b"")))

    def test_names_that_are_no_atoms(self):
        self.server.control("list", "add", f'"a=b c"@{DOMAIN}', "carl@next.example", "post=anyone")
        self.send(self.server, STRANGER, f'"a=b c"@{DOMAIN}')
        octets = self.next.wait(1)[0].octets
        self.assertIn(b"\r\nList-Id: <a=3Db=20c.example.test>\r\nList-Post: <mailto:a%3Db%20c@example.test>\r\n", octets)

    def test_recipient_whom_the_author_names_himself_gets_the_authors_message_alone(self):
        for recipients in (f"all@{DOMAIN}", "bert@next.example"), ("bert@next.example", f"all@{DOMAIN}"):
            count = len(self.next.messages)
            self.send(self.server, STRANGER, *recipients)
            message = self.next.wait(count + 1)[count]
            self.assertEqual((STRANGER, ["bert@next.example"]), (message.sender, message.recipients))
            self.assertNotIn(b"all@example.test", message.octets)
        for recipients in (f"all@{DOMAIN}", f"bob@{DOMAIN}"), (f"bob@{DOMAIN}", f"all@{DOMAIN}"):
            count = len(self.inbox("bob"))
            self.send(self.server, STRANGER, *recipients)
            stored = self.inbox("bob")[count:]
            self.assertEqual([b"Return-Path: <otto@sender.example>"], [text.split(b"\n")[0] for text in stored])

    def test_recipient_who_is_named_behind_a_list_has_his_own_parameters(self):
        self.next.answers["EHLO"] = "250-next.example\r\n250 DSN"
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s> ENVID=mine" % STRANGER.encode())
            talk.say(b"RCPT TO:<all@example.test> NOTIFY=NEVER")
            talk.say(b"RCPT TO:<bert@next.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b@old.example")
            talk.say(b"RCPT TO:<few@example.test> NOTIFY=NEVER ORCPT=rfc822;few@old.example")
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(BODY + b".")[:3])
        self.next.wait(2)
        sent = {line.split(">", 1)[0].split("<")[1]: line for line in self.next.commands if line.startswith("RCPT")}
        self.assertEqual({"bert@next.example", "carl@next.example"}, set(sent))
        self.assertIn(" NOTIFY=FAILURE,DELAY ORCPT=rfc822;b@old.example", sent["bert@next.example"])
        self.assertNotIn("old.example", sent["carl@next.example"])
        self.assertNotIn("NEVER", sent["carl@next.example"])
        self.assertEqual([True, False], sorted(("ENVID=mine" in line for line in self.next.commands if line.startswith("MAIL")), reverse=True))

    def test_alias_of_a_list_and_others_gives_the_others_no_fields(self):
        self.server.control("alias", "add", f"mixed@{DOMAIN}", f"all@{DOMAIN}", "dora@next.example", f"few@{DOMAIN}", f"bob@{DOMAIN}")
        self.send(self.server, ACCOUNT, f"mixed@{DOMAIN}")
        got = self.got(3)
        self.assertEqual(("all-bounces@example.test", "few-bounces@example.test", ACCOUNT),
                         tuple(got[f"{name}@next.example",].sender for name in ("bert", "carl", "dora")))
        self.assertNotIn(b"List-Id", got["dora@next.example",].octets)
        stored, = self.inbox("bob")
        self.assertNotIn(b"List-Id", stored)

    def test_message_that_bears_the_id_of_the_list_is_refused(self):
        for value in b"<all.example.test>", b"All (us) <ALL.Example.Test>", b"all.example.test":
            said = self.answer(f"all@{DOMAIN}", b"X: y\r\nList-Id: %s\r\n" % value)
            self.assertIn(b"(#4.56)", said)
        self.server.wait_for_log(r"event=reply .*ref=#4\.56 .*cause=loop")
        for value in b"<all.example.test.example>", b"<few.example.test>", b"<>", b"all", b"<all.example.test", b"":
            said = self.answer(f"all@{DOMAIN}", b"List-Id: %s\r\n" % value)
            self.assertEqual(b"250" if value != b"<all.example.test" else b"560", said[:3], value)
        self.assertEqual(b"250", self.answer(ACCOUNT, b"List-Id: <all.example.test>\r\n")[:3])

    def answer(self, recipient, header, sender=STRANGER):
        """What is said to a message."""
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % sender.encode())
            said = talk.say(b"RCPT TO:<%s>" % recipient.encode())
            if not said.startswith(b"250"):
                return said
            talk.say(b"DATA")
            return talk.say(header + BODY + b".")

    def test_reply_of_a_program_is_refused_and_its_other_mail_is_not(self):
        for value in b"auto-replied", b"Auto-Replied; owner-email=x@y.example", b"(by \\) x) auto-replied (vacation)":
            self.assertIn(b"(#4.67)", self.answer(f"all@{DOMAIN}", b"Auto-Submitted: %s\r\n" % value))
        self.server.wait_for_log(r"event=reply .*ref=#4\.67 .*cause=auto-replied")
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        for recipient, value in ((f"all@{DOMAIN}", b"no"), (f"all@{DOMAIN}", b"auto-generated"), (ACCOUNT, b"auto-replied"),
                                 (f"all@{DOMAIN}", b"auto-replied-not"), (f"all@{DOMAIN}", b"(auto-replied"),
                                 (f"info@{DOMAIN}", b"auto-replied")):
            self.assertEqual(b"250", self.answer(recipient, b"Auto-Submitted: %s\r\n" % value)[:3], value)

    def test_message_for_too_many_lists_is_refused_for_those_beyond(self):
        rows = "address,members,post\n" + "".join(
            f"l{number}@{DOMAIN},dora@next.example,anyone\n" for number in range(102))
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(rows)
            file.flush()
            self.server.control("import", "lists", file.name)
        self.server.control("alias", "add", f"again@{DOMAIN}", f"l0@{DOMAIN}", f"l99@{DOMAIN}")
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % STRANGER.encode())
            said = [talk.say(b"RCPT TO:<l%d@example.test>" % number)[:3] for number in range(102)]
            self.assertEqual([b"250"] * 100 + [said[-1]] * 2, said)
            self.assertEqual(b"4", said[-1][:1])
            for recipient in "again", ACCOUNT.split("@")[0]:
                self.assertEqual(b"250", talk.say(b"RCPT TO:<%s@example.test>" % recipient.encode())[:3])
            talk.say(b"DATA")
            self.assertEqual(b"250", talk.say(BODY + b".")[:3])
        self.server.wait_for_log(r"event=reply .*cause=max-lists")
        self.next.wait(1)
        self.assertEqual(1, len(self.inbox("erika")))

    def test_null_sender_is_refused_unless_the_list_is_for_reports(self):
        self.assertIn(b"(#4.67)", self.rcpt(self.server, "", f"all@{DOMAIN}"))
        self.server.wait_for_log(r"event=reply .*ref=#4\.67 .*cause=null-sender")
        self.server.control("alias", "add", f"info@{DOMAIN}", f"all@{DOMAIN}")
        for number, name in enumerate(("all-bounces", "postmaster")):
            self.server.control("list", "add", f"{name}@{DOMAIN}", "carl@next.example", "post=anyone")
            self.assertEqual(b"250", self.answer(f"{name}@{DOMAIN}", b"Auto-Submitted: auto-replied\r\n", sender="")[:3])
            self.assertEqual("", self.next.wait(number + 1)[number].sender)
        self.assertEqual(b"250", self.answer(f"info@{DOMAIN}", b"", sender="")[:3])
        self.assertEqual(("", ["bert@next.example"]), (self.next.wait(3)[2].sender, self.next.messages[2].recipients))
        self.assertTrue(self.inbox("bob")[0].startswith(b"Return-Path: <>\n"))


class Hidden(Forwarding):
    """Delivered-To and List-Id are no way to ask who is behind an address."""

    more = "plus-addressing: yes\n"

    def setUp(self):
        super().setUp()
        for name in "anna", "nina":
            self.server.control("account", "add", f"{name}@{DOMAIN}", "--no-password")
        self.server.control("list", "add", f"all@{DOMAIN}", f"anna@{DOMAIN}", "bert@next.example", "post=anyone", "expand=nobody")
        self.server.control("alias", "add", f"list@{DOMAIN}", f"all@{DOMAIN}")
        self.server.control("alias", "add", f"info@{DOMAIN}", f"anna@{DOMAIN}", "bert@next.example")
        self.server.control("alias", "add", f"postmaster@{DOMAIN}", f"anna@{DOMAIN}")
        self.server.control("domain", "add", "caught.test")
        self.server.control("alias", "add", "*@caught.test", f"anna@{DOMAIN}", "bert@next.example")

    def answer(self, recipient, header):
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(b"MAIL FROM:<%s>" % STRANGER.encode())
            self.assertEqual(b"250", talk.say(b"RCPT TO:<%s>" % recipient.encode())[:3])
            talk.say(b"DATA")
            return talk.say(header + BODY + b".")

    def test_who_is_behind_an_address_changes_no_octet(self):
        recipients = [f"{name}@{DOMAIN}" for name in ("all", "list", "info", "anna+tag", "all-bounces", "postmaster")]
        for more in b"", b"Auto-Submitted: auto-replied\r\n":
            for recipient in recipients + ["any@caught.test", "postmaster"]:
                said = {probe: self.answer(recipient, b"Delivered-To: %s\r\n%s" % (probe, more))
                        for probe in (b"anna@example.test", b"nina@example.test", b"bert@next.example", b"x@next.example")}
                self.assertEqual(1, len(set(said.values())), (recipient, said))
                refused = more != b"" and recipient == f"all@{DOMAIN}"
                self.assertIn(b"(#4.67)" if refused else b"(#3.05)", said[b"anna@example.test"], recipient)
        for recipient in f"list@{DOMAIN}", f"info@{DOMAIN}":
            for header in b"Delivered-To: all@example.test", b"List-Id: <all.example.test>", b"X-Nothing: 1":
                self.assertIn(b"(#3.05)", self.answer(recipient, header + b"\r\n"))

    def test_address_that_is_named_is_refused_however_it_is_resolved(self):
        for recipient in ([f"{name}@{DOMAIN}" for name in ("all", "list", "info", "anna", "anna+tag", "all-bounces")]
                          + ["any@caught.test"]):
            header = b"X: 1\r\nDelivered-To: %s\r\n" % recipient.upper().encode()
            self.assertIn(b"(#4.56)", self.answer(recipient, header), recipient)
        self.assertEqual([], self.next.messages + self.inbox("anna"))

    def test_who_has_had_the_message_does_not_get_it_again(self):
        header = b"Delivered-To: anna@example.test\r\nDelivered-To: BERT@next.example\r\n"
        self.assertIn(b"(#3.05)", self.answer(f"all@{DOMAIN}", header))
        self.assertIn(b"(#3.05)", self.answer(f"info@{DOMAIN}", header[33:]))
        self.assertIn(b"(#3.05)", self.answer(f"list@{DOMAIN}", b"List-Id: <all.example.test>\r\n"))
        self.server.wait_for_log(r"event=message .*recipients=", times=3)
        self.assertEqual(1, len(self.inbox("anna")))
        self.send(self.server, STRANGER, f"info@{DOMAIN}")
        self.next.wait(1)
        self.assertEqual((1, 2), (len(self.next.messages), len(self.inbox("anna"))))


class Relayed(Forwarding):
    def test_alias_that_leads_to_a_relayed_domain_keeps_the_sender(self):
        self.server.control("domain", "add", "behind.example", "relay=yes")
        self.server.control("alias", "add", f"both@{DOMAIN}", "anna@behind.example", "anna@next.example")
        self.send(self.server, STRANGER, f"both@{DOMAIN}")
        got = {message.recipients[0]: message.sender for message in self.next.wait(2)}
        self.assertEqual(STRANGER, got["anna@behind.example"])
        self.assertRegex(got["anna@next.example"], r"^SRS0=")


    def test_sender_of_a_relayed_domain_is_rewritten(self):
        self.server.control("domain", "add", "behind.example", "relay=yes")
        self.assertRegex(self.forwarded("anna@behind.example"), r"^SRS0=.*=behind\.example=anna@example\.test$")


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
