#!/usr/bin/env python3
"""VRFY, EXPN and ETRN of what ftgatectl has made, as the configuration allows."""

import contextlib

from limits import LimitsCase, four_ways
from server import ACCOUNT, DOMAIN, NO_QUARANTINE, Server, Talk, TestCase, main

STAFF = "staff@" + DOMAIN
LIMITS = "max-errors: 1000\nmax-unknown-recipients: 0"


class Asking(LimitsCase):
    def serve(self, settings):
        server = self.enterContext(self.server(LIMITS, settings))
        server.control("account", "add", "j\u00f6rg@" + DOMAIN, "--no-password")
        server.control("account", "add", "away@" + DOMAIN, "disabled=yes", "--no-password")
        server.control("alias", "add", "info@" + DOMAIN, ACCOUNT)
        server.control("list", "add", STAFF, ACCOUNT, "info@" + DOMAIN, "expand=anyone")
        server.control("list", "add", "board@" + DOMAIN, ACCOUNT)
        server.control("list", "add", "empty@" + DOMAIN, "expand=anyone")
        server.control("list", "add", "abroad@" + DOMAIN, ACCOUNT, "j\u00f6rg@" + DOMAIN, "expand=anyone")
        self.change_is_seen(server)
        return self.enterContext(Talk(server))

    def change_is_seen(self, server):
        with Talk(server) as talk:
            talk.mail()
            while b"(#3.04)" not in talk.say(b"RCPT TO:<abroad@%s>" % DOMAIN.encode()):
                pass

    def answer(self, *addresses):
        status = "2.1.5 " if self.profile == "strict" else ""
        lines = [f"250-{status}<{address}>\r\n" for address in addresses]
        return "".join(lines[:-1] + [lines[-1].replace("250-", "250 ", 1)]).encode()

    def test_vrfy_and_expn_are_off_by_default(self):
        talk = self.serve("")
        self.assertNotRegex(talk.say(b"EHLO client.example.org"), rb"EXPN|ETRN")
        self.assertEqual(self.says("FTG_SMTP_VRFY"), talk.say(b"VRFY " + ACCOUNT.encode()))
        self.assertEqual(self.says("FTG_SMTP_VRFY"), talk.say(b"VRFY nobody"))
        for command in b"EXPN staff", b"EXPN nobody", b"ETRN " + DOMAIN.encode():
            self.assertEqual(self.says("ERR_SMTP_ACCESSDENIED2"), talk.say(command))

    def test_unauthenticated_client(self):
        talk = self.serve("vrfy: accounts\nexpn: accounts\netrn: accounts\n")
        self.assertNotRegex(talk.say(b"EHLO client.example.org"), rb"EXPN|ETRN")
        for command in b"VRFY nobody", b"EXPN staff", b"ETRN " + DOMAIN.encode():
            self.assertEqual(self.says("ERR_SMTP_ACCESSDENIED2"), talk.say(command))

    def test_anyone_may_ask(self):
        talk = self.serve("vrfy: anyone\nexpn: anyone\netrn: anyone\n")
        self.assertRegex(talk.say(b"EHLO client.example.org"), rb"EXPN\r\n250[- ]ETRN")
        for command, *answer in (
                ("VRFY erika", ACCOUNT), ("VRFY <%s>" % ACCOUNT.upper(), ACCOUNT), ("VRFY info", "info@" + DOMAIN),
                ("VRFY j\u00f6rg SMTPUTF8", "j\u00f6rg@" + DOMAIN), ("EXPN staff", ACCOUNT, "info@" + DOMAIN),
                ("EXPN <%s>" % STAFF, ACCOUNT, "info@" + DOMAIN),
                ("EXPN abroad SMTPUTF8", ACCOUNT, "j\u00f6rg@" + DOMAIN)):
            self.assertEqual(self.answer(*answer), talk.say(command.encode()))
        for command, reply in (
                ("VRFY nobody", "ERR_SMTP_NOMATCH"), ("VRFY j\u00f6rg", "ERR_SMTP_NOMATCH"),
                ("VRFY x@elsewhere.example", "ERR_SMTP_NOMATCH"), ("VRFY away", "FTG_SMTP_VRFY"),
                ("EXPN erika", "ERR_SMTP_NOMATCH"), ("EXPN board", "ERR_SMTP_ACCESSDENIED2"),
                ("EXPN empty", "ERR_SMTP_NOMEMBERS"), ("EXPN abroad", "FTG_SMTP_NEEDS_UTF8"),
                ("ETRN " + DOMAIN, "ERR_SMTP_QUEUESTARTED"), ("ETRN elsewhere.example", "ERR_SMTP_DOMAINNOTFOUND"),
                ("ETRN a b", "ERR_SMTP_ARGUMANT")):
            self.assertEqual(self.says(reply), talk.say(command.encode()), command)


class Ambiguous(LimitsCase):
    def test_name_at_two_domains(self):
        server = self.enterContext(self.server(LIMITS, "vrfy: anyone\n"))
        server.control("domain", "add", "example.org")
        server.control("account", "add", "erika@example.org", "--no-password")
        with Talk(server) as talk:
            while b"(#4.31)" not in (said := talk.say(b"VRFY erika")):
                self.assertRegex(said, rb"^250 ")
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_AMBIGUOUS"), said)


class LongList(TestCase):
    """Clients ask for a long list many times over and do not read: the server holds one answer of each, and sends parts."""

    MEMBERS, COMMANDS, CLIENTS = 1900, 200, 20

    def test_answers_that_nobody_reads_do_not_pile_up(self):
        members = [f"member{i:04}@elsewhere.example" for i in range(self.MEMBERS)]
        with Server("--workers", "1", config="expn: anyone\n", **NO_QUARANTINE) as server, contextlib.ExitStack() as clients:
            server.control("list", "add", STAFF, "expand=anyone", *members)
            with Talk(server) as talk:
                while talk.say(b"EXPN staff").count(b"\r\n") != self.MEMBERS:
                    pass
            before = server.memory()
            talks = [clients.enter_context(Talk(server)) for _ in range(self.CLIENTS)]
            for talk in talks:
                talk.socket.sendall(b"EXPN staff\r\n" * self.COMMANDS + b"QUIT\r\n")
            with Talk(server) as talk:  # the others do not keep it waiting
                self.assertTrue(talk.say(b"NOOP").startswith(b"250 "))
            answer = sum(len(member) + len("250-<>\r\n") for member in members)
            self.assertLess(server.memory() - before, self.CLIENTS * answer * 4 + (8 << 20))
            for talk in talks[:2]:
                said = talk.input.read()
                self.assertEqual(self.COMMANDS * self.MEMBERS + 1, said.count(b"\r\n"))
                self.assertEqual(self.COMMANDS, said.count(b"250 <member1899@elsewhere.example>\r\n"))


four_ways(globals(), Asking, Ambiguous)

if __name__ == "__main__":
    main()
