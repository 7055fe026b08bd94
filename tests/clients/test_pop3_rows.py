#!/usr/bin/env python3
"""The POP3 rows on the wire, in each language that is shipped: the words are those of po/, read by Python's gettext."""

import gettext
import json
import os
import shutil
import subprocess

from encrypted import Certificate, plain
from languages import fill_in, languages, on_wire, tag
from pop3 import PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, BUILD, SECONDS, TestCase, main, program

ROWS = {row["id"]: row for row in json.loads(subprocess.run(
    [program("ftgate-msg"), "list", "--format", "json"], stdout=subprocess.PIPE, check=True, timeout=SECONDS).stdout)}
SETTINGS = """auth-in-clear: yes
pop3-downgrade: no
listeners:
  - address: 127.0.0.1:0
    role: pop3
  - address: 127.0.0.1:0
    role: pop3
    tls: required
limits:
  max-failed-logins: 0
  max-errors: 1000000
"""
FOURTH = "From: jörg@example.org\n\nHello\n".encode()  # needs UTF8
NAMES = {"ar": "العربية", "de": "Deutsch", "en": "English", "fr": "Français", "ja": "日本語", "pl": "Polski", "ru": "Русский",
         "pt-BR": "Português (BR)", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "sr-Latn": "Srpski"}


class Words:
    """What a language says, as lines of POP3 in UTF-8."""

    def __init__(self, language):
        self.language = language
        self.catalogue = gettext.translation("ftgate", os.path.join(BUILD, "locale"), [language])

    def __call__(self, reply_id, *arguments, tag=""):
        row = ROWS[reply_id]
        text = self.catalogue.pgettext(reply_id, row["text"])
        if row["plural"]:
            text = self.catalogue.npgettext(reply_id, row["text"], row["plural"], arguments[0])
        text = fill_in(text, arguments)
        return f"{row['reply']} {tag}{on_wire(self.language, text, '#' + row['ref'])}\r\n".encode()


def in_each_language(test):
    def run(self):
        for language in languages():
            with self.subTest(language=language):
                test(self, language)
    run.__doc__ = test.__doc__
    return run


class Rows(TestCase):
    @classmethod
    def setUpClass(cls):
        certificate = cls.enterClassContext(Certificate())
        cls.server = cls.enterClassContext(Pop3Server(config=SETTINGS + certificate.settings()))
        cls.strict = cls.enterClassContext(Pop3Server(config="pop3:\n  apop: yes\n"))
        for name, *settings in ("off", "disabled=yes"), ("smtp", "pop3=no"), ("broken",), ("locked",):
            cls.server.control("account", "add", f"{name}@example.test", *settings, "--password-stdin",
                               input=PASSWORD.encode() + b"\n")
        broken = cls.server.box("broken")
        shutil.rmtree(broken)
        with open(broken, "wb"):
            pass
        for number in range(1, 4):
            cls.server.put(f"{number}.host", b"Subject: a\n\nHello\n")
            cls.server.put(f"{number}.host", b"Subject: a\n\nHello\n", "locked")
        cls.server.put("4.host", FOURTH)

    def in_language(self, language, port=None, server=None):
        talk = self.enterContext(Pop3Talk(server or self.server, port=port))
        says = Words(language)
        self.assertEqual(says("FTG_POP_LANGUAGE", tag=tag(language) + " "), talk.say(b"LANG " + tag(language).encode()))
        return talk, says

    @in_each_language
    def test_of_logins(self, language):
        talk, says = self.in_language(language)
        self.assertEqual(says("ERR_POP_LOGIN"), talk.say(b"PASS x"))
        self.assertEqual(says("FTG_POP_USER"), talk.say(b"USER nobody"))
        self.assertEqual(says("ERR_POP_LOGIN3"), talk.say(b"PASS x"))
        self.assertEqual(says("ERR_POP_LOGIN2"), talk.say(b"AUTH PLAIN " + plain(ACCOUNT, "wrong")))
        self.assertEqual(says("ERR_POP_DISABLED", "off@example.test"), talk.log_in("off@example.test"))
        self.assertEqual(says("ERR_POP_ACCESSDENIED"), talk.log_in("smtp@example.test"))
        self.assertEqual(says("ERR_POP_ACCESS"), talk.log_in("broken@example.test"))
        with Pop3Talk(self.server) as holder:
            self.assertTrue(holder.log_in("locked@example.test").startswith(b"+OK"))
            self.assertEqual(says("ERR_POP_LOCKED", "locked@example.test"), talk.log_in("locked@example.test"))
        self.assertEqual(b"+ \r\n", talk.say(b"AUTH PLAIN"))
        self.assertEqual(says("FTG_POP_CANCELLED"), talk.say(b"*"))
        self.assertEqual(says("ERR_POP_SYNTAX"), talk.say(b"HELO"))
        self.assertEqual(says("FTG_POP_BYE"), talk.say(b"QUIT"))

    @in_each_language
    def test_of_a_mailbox(self, language):
        talk, says = self.in_language(language)
        total = 3 * 21 + len(FOURTH) + 3  # octets
        self.assertEqual(says("FTG_POP_LOGIN", 4, total), talk.log_in())
        self.assertEqual(says("FTG_POP_LIST", 4, total), talk.many(b"LIST")[0])
        self.assertEqual(says("FTG_POP_UIDL", 4), talk.many(b"UIDL")[0])
        self.assertEqual(says("FTG_POP_RETR", 21), talk.many(b"RETR 1")[0])
        self.assertEqual(says("FTG_POP_TOP"), talk.many(b"TOP 1 0")[0])
        self.assertEqual(says("FTG_POP_CAPA"), talk.many(b"CAPA")[0])
        self.assertEqual(says("FTG_POP_NEEDS_UTF8"), talk.say(b"RETR 4"))
        self.assertEqual(says("ERR_POP_MESSAGENUM"), talk.say(b"RETR x"))
        self.assertEqual(says("ERR_POP_MESSAGECOUNT", 4), talk.say(b"RETR 5"))
        self.assertEqual(says("FTG_POP_OK"), talk.say(b"NOOP"))
        self.assertEqual(says("FTG_POP_DELE"), talk.say(b"DELE 1"))
        self.assertEqual(says("ERR_POP_DELETED"), talk.say(b"DELE 1"))
        self.assertEqual(says("FTG_POP_RSET"), talk.say(b"RSET"))
        self.assertEqual(says("FTG_POP_QUIT", 4), talk.say(b"QUIT"))

    @in_each_language
    def test_of_messages_that_vanish(self, language):
        talk, says = self.in_language(language)
        self.server.put("9.host", b"Subject: c\n\nHello\n")
        talk.log_in()
        folder = self.server.box()
        for part in "new", "cur":
            for name in os.listdir(os.path.join(folder, part)):
                if name.startswith("9.host"):
                    os.unlink(os.path.join(folder, part, name))
        self.assertEqual(says("ERR_POP_MESSAGEFAILURE"), talk.say(b"RETR 5"))
        talk.say(b"QUIT")

    @in_each_language
    def test_of_encryption(self, language):
        talk, says = self.in_language(language, self.server.ports()[1])
        self.assertEqual(says("ERR_POP_TLS"), talk.say(b"USER erika"))
        self.assertEqual(says("FTG_POP_UTF8"), talk.say(b"UTF8"))
        self.assertEqual(says("FTG_POP_TLSOK"), talk.say(b"STLS"))
        talk, says = self.in_language(language, server=self.strict)
        self.assertEqual(says("ERR_POP_SECUREAUTH"), talk.say(b"USER erika"))
        self.assertEqual(says("FTG_POP_NO_TLS"), talk.say(b"STLS"))

    @in_each_language
    def test_of_languages(self, language):
        talk, says = self.in_language(language)
        first, lines = talk.many(b"LANG")
        listed = dict(line.decode().rstrip().split(" ", 1) for line in lines)
        self.assertEqual(says("FTG_POP_LANGUAGES"), first)
        self.assertEqual("English", listed["i-default"])
        self.assertEqual(["i-default"] + sorted(tag(name) for name in languages()), list(listed))
        self.assertFalse([name for name, autonym in listed.items() if name == autonym], "no autonym")
        for name in set(NAMES) & set(listed):
            self.assertEqual(NAMES[name], listed[name])
        self.assertEqual(says("FTG_POP_NO_LANGUAGE"), talk.say(b"LANG uga"))

    def test_of_too_many_connections(self):
        """Said before anybody can choose: in the ASCII of the language of the server, or in English where it has none."""
        config = "limits:\n  max-sessions-per-address: 1\n"
        for language in "de", "pl", "ja":
            with Pop3Server("--language", language, config=config) as server, Pop3Talk(server), Pop3Talk(server) as second:
                line = second.greeting
                self.assertWire(line)
                self.assertRegex(line, rb"\A-ERR .*\(#1\.04\)\r\n\Z")
                if language in ("de", "pl"):
                    self.assertNotIn(b"Too many", line)
                self.assertEqual(b"", second.input.read())

    def test_of_too_many_errors(self):
        with Pop3Server(config="limits:\n  max-errors: 2\n") as server:
            talk, says = self.in_language("de", server=server)
            lines = [talk.say(b"FETCH 1") for _ in range(3)]
            self.assertEqual([says("ERR_POP_SYNTAX")] * 2 + [says("FTG_POP_ERRORS")], lines)
            self.assertEqual(b"", talk.input.read())

    def test_a_conversation_as_in_rfc_6856(self):
        """Section 3.3, in all the languages one after the other."""
        with Pop3Talk(self.server) as talk:
            self.assertEqual(b"-ERR This language is not spoken here (#7.19)\r\n", talk.say(b"LANG MUL"))
            for language in languages():
                says = Words(language)
                self.assertEqual(says("FTG_POP_LANGUAGE", tag=tag(language) + " "), talk.say(b"LANG " + tag(language).encode()))
                self.assertEqual(says("FTG_POP_NO_LANGUAGE"), talk.say(b"LANG uga"))
                self.assertEqual(says("ERR_POP_SYNTAX"), talk.say(b"STAT"))
            self.assertEqual(b"+OK i-default Language changed (#7.17)\r\n", talk.say(b"LANG *"))


if __name__ == "__main__":
    main()
