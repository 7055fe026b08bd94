#!/usr/bin/env python3
"""A stranger's mail in the name of a domain that is hosted here does not go on with a sender for which SPF passes."""

import socketserver
import threading

from encrypted import b64
from server import ACCOUNT, DOMAIN, Talk, main
from test_forwarding import STRANGER, Forwarding

USER = b"AUTH PLAIN " + b64(b"\0%s\0correct horse" % ACCOUNT.encode())
CHEF = f"ceo@{DOMAIN}"
FORWARD = f"fwd@{DOMAIN}"
LIST = f"all@{DOMAIN}"
SPOOFED = b"450 4.7.1 Please authenticate and try again (#3.21)\r\n"
ACCEPTED = b"250"


def message(author):
    return b"From: %s\r\nTo: fwd@example.test\r\nSubject: Pay\r\n\r\ntext\r\n" % author.encode()


class FakePolicyService:
    """Answers each request with the same field."""

    def __enter__(self):
        outer = self
        self.field = "X-Nothing: 1"

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    if line == b"\n":
                        self.wfile.write(b"action=PREPEND %s\n\n" % outer.field.encode())

        class Service(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.service = Service(("127.0.0.1", 0), Handler)
        self.port = self.service.server_address[1]
        self.thread = threading.Thread(target=self.service.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.service.shutdown()
        self.service.server_close()
        self.thread.join()


class Forged(Forwarding):
    more = "auth: PLAIN\nauth-in-clear: yes\n"

    def setUp(self):
        super().setUp()
        self.control = self.server.control
        self.control("list", "add", LIST, ACCOUNT, "carl@next.example", "post=anyone")

    def say(self, sender, recipients, author, login=False):
        """The replies to RCPT, and to the message if one was accepted."""
        with Talk(self.server) as talk:
            talk.say(b"EHLO client.example.org")
            if login:
                self.assertEqual(b"235", talk.say(USER)[:3])
            self.assertEqual(b"250", talk.say(b"MAIL FROM:<%s>" % sender.encode())[:3])
            said = [talk.say(b"RCPT TO:<%s>" % recipient.encode()) for recipient in recipients]
            if any(reply.startswith(b"250") for reply in said):
                talk.say(b"DATA")
                said.append(talk.say((message(author) if author is not None else b"Subject: x\r\n\r\nx\r\n") + b"."))
            return [reply if reply == SPOOFED else reply[:3] for reply in said]

    def assertSent(self, sender, author, expected, recipient=FORWARD):
        """The message goes on, and its sender is one of this form."""
        count = len(self.next.messages)
        self.assertEqual([ACCEPTED] * 2, self.say(sender, [recipient], author), author)
        self.assertRegex(self.next.wait(count + 1)[count].sender, expected, author)


class Senders(Forged):
    def test_of_a_hosted_domain_are_refused_where_the_mail_goes_elsewhere(self):
        self.assertEqual([SPOOFED, SPOOFED, ACCEPTED, ACCEPTED], self.say(CHEF, [FORWARD, LIST, ACCOUNT], CHEF))
        self.server.wait_for_log(r"event=reply .*ref=#3\.21 .*cause=sent-on", times=2)
        self.assertEqual((1, []), (len(self.inbox("erika")), self.next.messages))

    def test_that_are_bound_for_here_are_accepted(self):
        self.control("alias", "add", f"in@{DOMAIN}", ACCOUNT)
        self.control("list", "add", f"inner@{DOMAIN}", ACCOUNT, "post=anyone")
        self.control("domain", "add", "behind.example", "relay=yes")
        for recipient in f"in@{DOMAIN}", f"inner@{DOMAIN}", "x@behind.example":
            self.assertEqual([ACCEPTED] * 2, self.say(CHEF, [recipient], CHEF))

    def test_of_users_and_trusted_clients_stay(self):
        self.assertEqual([ACCEPTED] * 2, self.say(ACCOUNT, [FORWARD], ACCOUNT, login=True))
        self.assertEqual(ACCOUNT, self.next.wait(1)[0].sender)
        self.assertEqual([ACCEPTED] * 2, self.say(ACCOUNT, [LIST], ACCOUNT, login=True))
        self.assertEqual("all-bounces@example.test", self.next.wait(2)[1].sender)
        self.control("access", "add", "permitted", "127.0.0.0/8")
        self.assertSent(CHEF, CHEF, f"^{CHEF}$")
        self.assertSent(STRANGER, CHEF, "^SRS0=")


class Authors(Forged):
    def test_of_a_hosted_domain_keep_the_original_sender(self):
        self.control("domain", "add", "second.example")
        for author in (CHEF, f"Chef <{CHEF.upper()}>", f'"x@y.example" <{CHEF}>', "ceo@ (x) example . test", f"x@y.example, {CHEF}",
                       f"us: {CHEF};", "=?utf-8?q?ceo=40example.test?=", f"{CHEF} <x@y.example>", "ceo@mail.example.test",
                       f"x@y.example\r\nFrom: {CHEF}", f"\r\n {CHEF}", f"x@{'y' * 300}.example", f'"{CHEF}'):
            self.assertSent(STRANGER, author, f"^{STRANGER}$")
        self.server.wait_for_log(rf"event=srs-kept .*from={STRANGER} cause=author", times=13)

    def test_behind_a_header_of_a_mebibyte_counts(self):
        filler = b"".join(b"X-Filler: %s\r\n" % (b"x" * 900) for _ in range(1200)).decode()
        self.assertEqual([ACCEPTED] * 2, self.say(STRANGER, [FORWARD], f"otto@sender.example\r\n{filler}From: {CHEF}"))
        self.server.wait_for_log(rf"event=srs-kept .*from={STRANGER} cause=author")

    def test_of_others_do_not(self):
        self.control("domain", "add", "behind.test", "relay=yes")
        self.control("domain", "add", "second.example")
        for author in ("otto@sender.example", f'"{CHEF}" <otto@sender.example>', "x@notexample.test", "x@behind.test",
                       "x@test", "x@second.example", "MAILER-DAEMON", None):
            self.assertSent(STRANGER, author, r"^SRS0=.*@example\.test$")

    def test_local_recipients_of_the_same_message_are_served(self):
        self.assertEqual([ACCEPTED] * 3, self.say(STRANGER, [FORWARD, ACCOUNT], CHEF))
        self.assertEqual(STRANGER, self.next.wait(1)[0].sender)
        self.assertEqual(1, len(self.inbox("erika")))

    def test_of_a_sibling_domain_count_if_it_is_hosted(self):
        self.control("domain", "add", "one.corp.example")
        self.control("alias", "add", "fwd@one.corp.example", "bert@next.example")
        self.assertSent(STRANGER, "ceo@two.corp.example", "^SRS0=", "fwd@one.corp.example")
        self.control("domain", "add", "two.corp.example")
        self.assertSent(STRANGER, "ceo@two.corp.example", f"^{STRANGER}$", "fwd@one.corp.example")
        self.assertSent(STRANGER, "ceo@two.corp.example", "^SRS0=", FORWARD)

    def test_null_sender_is_refused_if_the_name_of_the_server_is_of_the_domain(self):
        self.assertEqual([ACCEPTED, SPOOFED], self.say("", [FORWARD], CHEF))
        for sender in "x@mx.example.test", "x@MX.example.TEST":
            self.assertEqual([ACCEPTED, SPOOFED], self.say(sender, [FORWARD], CHEF), sender)
        self.server.wait_for_log(r"event=reply .*ref=#3\.21 .*cause=author", times=3)
        self.assertSent("", "MAILER-DAEMON@sender.example", "^$")
        returned = self.forwarded()
        self.assertEqual([ACCEPTED, SPOOFED], self.say("", [returned], CHEF))
        self.assertSent("", "MAILER-DAEMON@sender.example", "^$", returned)

    def test_below_a_hosted_domain_count_wherever_the_new_sender_is(self):
        self.control("domain", "add", "sales.example.test")
        self.control("alias", "add", "fwd@sales.example.test", "bert@next.example")
        self.control("list", "add", "all@sales.example.test", "carl@next.example", "post=anyone")
        for author in "ceo@hr.example.test", "ceo@one.hr.example.test", f"ceo@{'a.' * 20}example.test":
            self.assertEqual([ACCEPTED, SPOOFED], self.say("", [FORWARD], author), author)
            self.assertEqual([ACCEPTED, SPOOFED], self.say(STRANGER, ["all@sales.example.test"], author), author)
            self.assertSent(STRANGER, author, f"^{STRANGER}$", "fwd@sales.example.test")

    def test_below_a_relayed_domain_do_not(self):
        for name in "one.corp.example", "two.corp.example":
            self.control("domain", "add", name, *(["relay=yes"] if name.startswith("two") else []))
        self.control("alias", "add", "fwd@one.corp.example", "bert@next.example")
        self.assertSent(STRANGER, "ceo@x.two.corp.example", "^SRS0=", "fwd@one.corp.example")
        self.control("domain", "add", "corp.example")
        self.assertSent(STRANGER, "ceo@x.two.corp.example", f"^{STRANGER}$", "fwd@one.corp.example")
        self.assertSent(STRANGER, "ceo@two.corp.example", "^SRS0=", "fwd@one.corp.example")

    def test_message_for_a_list_is_refused_if_a_member_is_elsewhere(self):
        self.assertEqual([ACCEPTED, SPOOFED], self.say(STRANGER, [LIST], CHEF))
        self.server.wait_for_log(r"event=reply .*ref=#3\.21 .*cause=author")
        self.assertEqual(([], []), (self.next.messages, self.inbox("erika")))
        self.assertSent(STRANGER, STRANGER, "^all-bounces@example.test$", LIST)
        self.control("list", "add", f"inner@{DOMAIN}", ACCOUNT, "post=anyone")
        self.assertEqual([ACCEPTED] * 2, self.say(STRANGER, [f"inner@{DOMAIN}"], CHEF))


class Name(Forged):
    hostname = "MX.Example.Test"

    def test_of_the_server_is_the_same_in_capitals(self):
        for sender in "", "x@mx.example.test", "x@MX.Example.Test":
            self.assertEqual([ACCEPTED, SPOOFED], self.say(sender, [FORWARD], CHEF), sender)


class Subdomain(Forged):
    more = "  srs-domain: SRS.example.test\n" + Forged.more

    def test_for_rewritten_senders_is_aligned_with_all_of_the_hosted_domain(self):
        for author in CHEF, "ceo@hr.example.test":
            self.assertSent(STRANGER, author, f"^{STRANGER}$")
            self.assertEqual([ACCEPTED, SPOOFED], self.say("x@Srs.Example.Test", [FORWARD], author), author)
        self.assertSent(STRANGER, STRANGER, r"^SRS0=.*@srs\.example\.test$")


class OneDomain(Forged):
    more = "  srs-domain: srs.example\n" + Forged.more

    def test_of_another_organization_is_that_of_all_senders(self):
        self.assertSent(STRANGER, CHEF, r"^SRS0=.*@srs\.example$")
        self.assertSent("x@srs.example", "x@sender.example", "^x@srs.example$")
        self.assertEqual([ACCEPTED, SPOOFED], self.say("x@srs.example", [FORWARD], "x@srs.example"))

    def test_that_is_hosted_as_the_author_keeps_the_sender(self):
        self.control("domain", "add", "srs.example")
        self.assertSent(STRANGER, "ceo@srs.example", f"^{STRANGER}$")


class Proof(Forged):
    def setUp(self):
        self.service = self.enterContext(FakePolicyService())
        self.more = Forged.more + f"services:\n  - address: 127.0.0.1:{self.service.port}\n"
        super().setUp()

    def test_is_that_spf_passes_for_the_sender(self):
        for field in ("Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.7", "pass identity=mailfrom",
                      'pass (example.test: \\( "x) receiver="a;identity=helo"; identity=mailfrom; helo=x'):
            self.service.field = "Received-SPF: " + field
            self.assertSent(CHEF, CHEF, f"^{CHEF}$")
            self.assertSent(CHEF, CHEF, "^all-bounces@", LIST)
            self.assertSent("ceo@EXAMPLE.Test", CHEF, "^all-bounces@", LIST)
            self.assertEqual([ACCEPTED, SPOOFED], self.say(CHEF, [LIST], "ceo@mail.example.test"))

    def test_is_nothing_else(self):
        for field in ("Fail (mailfrom) identity=mailfrom", "pass (helo) identity=helo; helo=x", "pass", "passed identity=mailfrom",
                      "none (pass) identity=mailfrom", "pass (identity=mailfrom) identity=helo", "pass (identity=mailfrom",
                      'pass helo="x; identity=mailfrom"', "pass identity=mailfromx", "pass identity"):
            self.service.field = "Received-SPF: " + field
            self.assertEqual([SPOOFED], self.say(CHEF, [FORWARD], CHEF), field)
        self.service.field = "X-Received-SPF: pass identity=mailfrom"
        self.assertEqual([SPOOFED], self.say(CHEF, [FORWARD], CHEF))


if __name__ == "__main__":
    main()
