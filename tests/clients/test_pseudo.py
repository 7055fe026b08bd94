#!/usr/bin/env python3
"""Both servers in the pseudo-languages: every text comes from the catalogue, whole, however long or in whatever direction."""

import os
import re
import subprocess

from pop3 import CLEAR, Pop3Server, Pop3Talk
from server import STRANGER, Server, Talk, TestCase, main, program, render

RLI, PDI, LRM = "\u2067", "\u2069", "\u200e"


class Pseudo(TestCase):
    def serve(self, kind, language, **options):
        """A server whose operator's own texts are a pseudo-translation."""
        server = self.enterContext(kind("--workers", "1", "--language", language, **options))
        po = subprocess.run([program("ftgate-msg"), "pseudo", language], stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["msgfmt", "-c", "-o", server.overlay(language.replace("-", "_")), "-"], input=po, check=True,
                       stderr=subprocess.DEVNULL)
        self.assertIn("refused=0", server.reload())
        return server

    def smtp(self, language):
        server = self.serve(Server, language)
        talk = self.enterContext(Talk(server))
        said = [talk.greeting]
        for command in b"NOOP", b"NONSENSE", b"HELO client.example.org", b"MAIL FROM:<>", b"RCPT TO:<%s>" % STRANGER.encode(), \
                b"RCPT TO:<%s@nowhere.example>" % (b"x" * 60), b"DATA", b"RSET", b"QUIT":
            said.append(talk.say(command))
        for reply in said:
            self.assertWire(reply)
        return server, said

    def test_smtp_in_accents(self):
        server, said = self.smtp("en-XA")
        for reply in said:
            if b"(#" in reply:
                self.assertRegex(reply, rb"\A[^\[]*\[.* one[^\]]*\] \(#\d\.\d\d\)\r\n\Z")
        wanted = render("en-XA", "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER, overlay=os.path.join(server.data, "locale"))
        self.assertIn(wanted, said)
        server.wait_for_log(r"event=reply .*\blang=en-XA ref=#4\.28")

    def test_smtp_from_right_to_left_is_the_polite_english(self):
        server, said = self.smtp("ar-XB")
        self.assertIn(render("en", "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), said)
        server.wait_for_log(r"event=reply .*\blang=en ref=#4\.28")
        self.assertIn("request=ar-XB", self.restarted(server))

    @staticmethod
    def restarted(server):
        """What another start logs, since the catalogue may have come after the first one."""
        server.kill()
        logged = len(server.log())
        server.start()
        return server.wait_for_log(r"event=language-falls-back .*", logged)[0]

    def pop3(self, language):
        server = self.serve(Pop3Server, language, config=CLEAR + "limits:\n  max-failed-logins: 0\n")
        talk = self.enterContext(Pop3Talk(server))
        said = [talk.say(b"LANG " + language.encode())]
        said += [talk.say(command) for command in (b"USER x", b"PASS x", b"STAT", b"LANG uga", b"QUIT")]
        return [line.decode() for line in said]

    def test_pop3_in_accents(self):
        for line in self.pop3("en-XA"):
            self.assertRegex(line, r"\A(\+OK|-ERR) (en-XA )?\{.* one[^}]*\} \(#\d\.\d\d\)\r\n\Z")
            self.assertFalse(line.isascii(), line)

    def test_pop3_from_right_to_left(self):
        for line in self.pop3("ar-XB"):
            self.assertRegex(line, rf"\A(\+OK|-ERR) (ar-XB )?{RLI}.*{PDI} {LRM}\(#\d\.\d\d\)\r\n\Z")
            self.assertEqual([], re.findall("[A-Za-z]{4}", re.sub(r"\A\S+ (ar-XB)?", "", line)))


if __name__ == "__main__":
    main()
