#!/usr/bin/env python3
"""One server, many languages: of domains, users, listeners and clients, before and after a reload."""

import base64
import re

from mo import mo
from server import Server, Talk, TestCase, main, render

UNKNOWN = "ERR_SMTP_ADDRESS_UNKNOWN"
LIMITS = "limits:\n  max-unknown-recipients: 0\n  max-errors: 1000\n"
FRENCH, GERMAN = "example.fr", "example.de"
USER = "ute@" + GERMAN
PASSWORD = "correct horse"


class SpeechCase(TestCase):
    def serve(self, settings="", listeners=""):
        """A server in English with one worker process, a French domain, and a German user of one without a language."""
        server = self.enterContext(
            Server("--workers", "1", config=listeners + settings + LIMITS, LANG="C"))
        server.control("domain", "add", FRENCH, "language=fr")
        server.control("domain", "add", GERMAN)
        server.control("account", "add", USER, "language=de", "--password-stdin", input=PASSWORD.encode() + b"\n")
        return server

    def enter(self, server):
        talk = self.enterContext(Talk(server))
        talk.mail()
        return talk

    def assertRefused(self, talk, language, domain):
        """The recipient is refused in a language; None is the published English."""
        stranger = "nobody@" + domain
        wanted = render(language, UNKNOWN, stranger)
        self.assertEqual(wanted, talk.say(b"RCPT TO:<%s>" % stranger.encode()))


class Domains(SpeechCase):
    def test_each_domain_has_its_language_on_the_same_process(self):
        server = self.serve()
        server.control("domain", "set", GERMAN, "language=de")
        one, other = self.enter(server), self.enter(server)
        for _ in range(2):
            self.assertRefused(one, "de", GERMAN)
            self.assertRefused(other, "fr", FRENCH)
        self.assertRefused(one, "fr", FRENCH)
        self.assertRefused(one, None, "example.test")
        self.assertEqual(render("de", UNKNOWN, "x@" + GERMAN), one.say(b"RCPT TO:<x@%s>" % GERMAN.encode()))
        server.wait_for_log(r"lang=fr ref=#4\.28")
        server.wait_for_log(r"lang=de ref=#4\.28")

    def test_a_reload_changes_the_words_of_both(self):
        server = self.serve()
        server.control("domain", "set", GERMAN, "language=de")
        one, other = self.enter(server), self.enter(server)
        self.assertRefused(one, "de", GERMAN)
        self.assertRefused(other, "fr", FRENCH)
        for language, text in ("de", "%s fehlt in Köln"), ("fr", "%s manque à Nîmes"):
            with open(server.overlay(language), "wb") as file:
                file.write(mo({(UNKNOWN, "%s unknown mailbox"): text}))
        server.reload()
        self.assertEqual(b"550 5.1.1 a@example.de fehlt in Koeln (#4.28)\r\n", one.say(b"RCPT TO:<a@example.de>"))
        self.assertEqual(b"550 5.1.1 a@example.fr manque a Nimes (#4.28)\r\n", other.say(b"RCPT TO:<a@example.fr>"))

    def test_a_language_that_comes_with_a_reload_is_spoken(self):
        server = self.serve()
        with open(server.overlay("tlh"), "wb") as file:
            file.write(mo({(UNKNOWN, "%s unknown mailbox"): "%s Qagh"}))
        server.control("domain", "set", GERMAN, "language=tlh")
        talk = self.enter(server)
        self.assertRefused(talk, None, GERMAN)
        server.reload()
        self.assertEqual(b"550 5.1.1 a@example.de Qagh (#4.28)\r\n", talk.say(b"RCPT TO:<a@example.de>"))


class Users(SpeechCase):
    def test_a_user_is_spoken_to_in_their_language_whoever_they_write_to(self):
        server = self.serve("auth-in-clear: yes\n")
        talk = self.enterContext(Talk(server))
        talk.say(b"EHLO client.example.org")
        plain = base64.b64encode(b"\0" + USER.encode() + b"\0" + PASSWORD.encode())
        self.assertEqual(render("de", "ERR_SMTP_AUTHOK"), talk.say(b"AUTH PLAIN " + plain))
        self.assertEqual(render("de", "ERR_SMTP_SENDEROK", USER), talk.say(b"MAIL FROM:<%s>" % USER.encode()))
        self.assertRefused(talk, "de", FRENCH)
        server.wait_for_log(r"event=login [^\n]*lang=de|lang=de[^\n]*event=login")


class Listeners(SpeechCase):
    def test_each_listener_has_its_language(self):
        listeners = "listeners:\n  - address: 127.0.0.1:0\n  - address: 127.0.0.1:0\n    language: de\n"
        server = self.serve(listeners=listeners)
        ports = [int(port) for port in re.findall(r"listening on 127\.0\.0\.1:(\d+)", server.log())]
        self.assertEqual(2, len(ports))
        for port, language in zip(ports, (None, "de")):
            server.port = port
            talk = self.enter(server)
            self.assertRefused(talk, language, "example.test")
            self.assertRefused(talk, "fr", FRENCH)


class Clients(SpeechCase):
    def test_xlang_is_off_by_default(self):
        talk = self.enter(self.serve())
        self.assertNotIn(b"XLANG", talk.say(b"EHLO client.example.org"))
        self.assertEqual(render(None, "ERR_SMTP_SYNTAX3"), talk.say(b"XLANG de"))

    def test_a_client_chooses(self):
        server = self.serve("xlang: yes\n")
        talk = self.enter(server)
        self.assertRegex(talk.say(b"EHLO client.example.org"), rb"250[- ]XLANG i-default( [\w-]+)* de el-Latn en( [\w-]+)*\r\n")
        self.assertEqual(render("de", "FTG_SMTP_LANGUAGE", "de"), talk.say(b"XLANG xx de-AT fr"))
        talk.mail()
        self.assertRefused(talk, "de", FRENCH)
        self.assertEqual(render("de", "FTG_SMTP_NO_LANGUAGE"), talk.say(b"XLANG xx"))
        server.reload()
        self.assertRefused(talk, "de", FRENCH)
        self.assertEqual(render("fr", "FTG_SMTP_LANGUAGE", "fr"), talk.say(b"XLANG *"))
        self.assertRefused(talk, "fr", FRENCH)

    def test_chosen_language_is_sent_in_utf8_if_enabled(self):
        server = self.serve("xlang: utf-8\n")
        with open(server.overlay("de"), "wb") as file:
            file.write(mo({("ERR_SMTP_OK", "Ok"): "schön"}))
        server.reload()
        talk = self.enter(server)
        talk.say(b"XLANG de")
        self.assertEqual("250 2.5.0 schön (#3.07)\r\n".encode(), talk.say(b"NOOP"))
        talk.say(b"XLANG i-default")
        self.assertEqual(b"250 2.5.0 Ok (#3.07)\r\n", talk.say(b"NOOP"))


class Bilingual(SpeechCase):
    def test_a_second_language_follows_the_first(self):
        server = self.serve("language: de\nbilingual: C\n")
        talk = self.enter(server)
        first = render("de", UNKNOWN, "a@example.test").replace(b" (#4.28)", b"").replace(b"550 ", b"550-")
        second = render(None, UNKNOWN, "a@example.test")
        self.assertEqual(first + second, talk.say(b"RCPT TO:<a@example.test>"))


if __name__ == "__main__":
    main()
