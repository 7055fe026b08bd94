#!/usr/bin/env python3
"""Own texts for users who have logged in, and for domains: who gets which, over real sockets."""

import base64
import json
import os
import signal
import subprocess
import time

from mo import mo
from pop3 import CLEAR, PASSWORD, Pop3Server, Pop3Talk
from server import ACCOUNT, LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program, render

REFUSED, USAGE, DATAERR = 1, 64, 65
ONE, TWO = "one.example", "two.example"
PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
UNKNOWN = ("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox")


def plain(user, password=PASSWORD):
    return b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode())


class Audience(TestCase):
    def setUp(self):
        self.smtp = self.enterContext(Server("--hostname", "mx.example.test", config=LIMITS + CLEAR, LANG="de_DE"))
        self.data = self.smtp.data
        for domain in (ONE, TWO):
            self.smtp.control("domain", "add", domain)
            self.smtp.control("account", "add", f"eva@{domain}", "--password-stdin", input=PASSWORD.encode() + b"\n")

    def text(self, *words, status=0, options=(), input=b""):
        done = subprocess.run([program("ftgatectl"), "--data", self.data, *options, "text", *words], timeout=SECONDS,
                              input=input, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        self.error = done.stderr.decode()
        self.assertEqual(status, done.returncode, (words, done.stdout.decode(), self.error))
        return done.stdout.decode()

    def of(self, domain, *words, **options):
        return self.text(*words, options=["--domain", domain], **options)

    def log_in(self, talk, user):
        """Logs in and goes up to where a recipient may be named."""
        talk.say(b"EHLO client.example.org")
        self.assertEqual(b"235", talk.say(plain(user))[:3])
        self.assertEqual(b"250", talk.say(f"MAIL FROM:<{user}>".encode())[:3])

    def unknown(self, talk, domain):
        return talk.say(f"RCPT TO:<nobody@{domain}>".encode())


class Users(Audience):
    def test_text_for_users_is_spoken_after_the_login_only(self):
        shipped = render("de", UNKNOWN[0], "nobody@" + ONE)
        printed = self.text("set", "--user", "de", "4.28", "%s gibt es nicht, liebe Kundin")
        self.assertIn("#4.28 ERR_SMTP_ADDRESS_UNKNOWN|user\n  ASCII  550 5.1.1 bert@example.net gibt es nicht, liebe "
                      "Kundin (#4.28)\n", printed)
        self.assertIn("de: 1 own text is in use\n", printed)
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertEqual(shipped, self.unknown(talk, ONE))
            talk.say(b"RSET")
            self.log_in(talk, ACCOUNT)
            self.assertEqual(b"550 5.1.1 nobody@one.example gibt es nicht, liebe Kundin (#4.28)\r\n",
                             self.unknown(talk, ONE))
        with Talk(self.smtp) as talk:
            talk.say(b"EHLO client.example.org")
            talk.say(plain(ACCOUNT, "wrong"))
            talk.mail()
            self.assertEqual(shipped, self.unknown(talk, ONE))

    def test_both_audiences_have_texts_of_their_own(self):
        self.text("set", "de", "4.28", "Fremd: %s")
        self.text("set", "--user", "de", "4.28", "Kunde: %s")
        self.assertEqual({"ERR_SMTP_ADDRESS_UNKNOWN", "ERR_SMTP_ADDRESS_UNKNOWN|user"},
                         {entry["id"] for entry in json.loads(self.text("list", options=["--json"]))})
        self.assertIn("UTF-8  550 5.1.1 Kunde: bert@example.net (#4.28)", self.text("show", "--user", "de", "4.28"))
        self.assertIn("UTF-8  550 5.1.1 Fremd: bert@example.net (#4.28)", self.text("show", "de", "4.28"))
        self.assertIn("+      Kunde: %s", self.text("diff", "de"))
        self.text("unset", "--user", "de", "4.28")
        self.assertIn("550 5.1.1 Fremd: bert@example.net (#4.28)", self.text("show", "--user", "de", "4.28"))
        self.assertIn("1 text", self.text("history", "de"))
        self.text("revert", "de")
        self.assertIn("550 5.1.1 Kunde: bert@example.net (#4.28)", self.text("show", "--user", "de", "4.28"))
        self.text("unset", "--user", "de", "4.26", status=DATAERR)
        self.assertIn("|user has no own text", self.error)

    def test_text_for_users_is_refused_by_its_name(self):
        self.text("set", "--user", "de", "4.28", "%lu", status=REFUSED)
        self.assertIn(": error: ERR_SMTP_ADDRESS_UNKNOWN|user: ", self.error)
        overlay = self.smtp.overlay("de")
        with open(overlay, "wb") as file:
            file.write(mo({(UNKNOWN[0] + "|user", UNKNOWN[1]): "%n", (UNKNOWN[0] + "|guest", UNKNOWN[1]): "x %s"}))
        self.smtp.reload()
        log = self.smtp.log()
        self.assertIn("id=ERR_SMTP_ADDRESS_UNKNOWN|user rule=directive", log)
        self.assertIn("rule=unknown detail=ERR_SMTP_ADDRESS_UNKNOWN|guest", log)

    def test_replies_that_must_read_alike_do_so_in_each_class(self):
        printed = self.text("set", "--user", "de", "5.08", "Falsch")
        self.assertEqual(2, printed.count("must read alike"))
        self.assertEqual({"ERR_POP_LOGIN|user", "ERR_POP_LOGIN2|user", "ERR_POP_LOGIN3|user"},
                         {entry["id"] for entry in json.loads(self.text("list", options=["--json"]))})
        entry = f'{PO}msgctxt "ERR_MAILBOX_SPAMTRAP|user"\nmsgid "Mailbox Disabled"\nmsgstr "Weg"\n'
        for options in ([], ["--domain", ONE]):
            self.text("apply", "fr", "-", input=entry.encode(), status=REFUSED, options=options)
            self.assertIn("ERR_MAILBOX_SPAMTRAP|user: alike: its text must be that of ERR_MAILBOX_DISABLED|user",
                          self.error)

    def test_options_name_what_they_are_for(self):
        self.text("list", options=["--user"], status=USAGE)
        self.assertIn("--user is for text set, text unset and text show, not for text list", self.error)
        done = subprocess.run([program("ftgatectl"), "--data", self.data, "--domain", ONE, "account", "list"],
                              env=environment(), stderr=subprocess.PIPE, timeout=SECONDS, check=False)
        self.assertEqual(USAGE, done.returncode)
        self.assertIn(b"--domain is for text, not for account list", done.stderr)


class Domains(Audience):
    def test_each_domain_has_its_words_in_one_session(self):
        shipped = render("de", UNKNOWN[0], "nobody@example.test")
        self.of(ONE, "set", "de", "4.28", "Eins: %s")
        printed = self.of(TWO, "set", "de", "4.28", "Zwei: %s")
        self.assertIn("550 5.1.1 Zwei: bert@example.net (#4.28)", printed)
        self.assertIn("de: 1 own text is in use\n", printed)
        with Talk(self.smtp) as talk:
            talk.mail()
            for _ in range(2):
                self.assertEqual(b"550 5.1.1 Eins: nobody@one.example (#4.28)\r\n", self.unknown(talk, ONE))
                self.assertEqual(b"550 5.1.1 Zwei: nobody@two.example (#4.28)\r\n", self.unknown(talk, TWO.upper())
                                 .replace(b"TWO.EXAMPLE", b"two.example"))
                self.assertEqual(shipped, self.unknown(talk, "example.test"))
        status = subprocess.run([program("ftgatectl"), "--data", self.data, "--json", "status"], timeout=SECONDS,
                                stdout=subprocess.PIPE, check=False).stdout
        self.assertEqual(2, json.loads(status)["smtpd"]["text-domains"])

    def test_user_hears_the_words_of_the_own_domain(self):
        self.text("set", "de", "4.28", "Server: %s")
        self.text("set", "--user", "de", "4.28", "Kunde: %s")
        self.of(ONE, "set", "--user", "de", "4.28", "Kunde von Eins: %s")
        self.of(TWO, "set", "de", "4.28", "Zwei: %s")
        for user, words in (f"eva@{ONE}", b"Kunde von Eins"), (f"eva@{TWO}", b"Zwei"), (ACCOUNT, b"Kunde"):
            with Talk(self.smtp) as talk:
                self.log_in(talk, user)
                self.assertEqual(b"550 5.1.1 %s: nobody@two.example (#4.28)\r\n" % words, self.unknown(talk, TWO))
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertEqual(b"550 5.1.1 Server: nobody@one.example (#4.28)\r\n", self.unknown(talk, ONE))

    def test_pop3_speaks_for_the_domain_of_the_login(self):
        pop3 = self.enterContext(Pop3Server("--hostname", "mx.example.test", beside=self.smtp, LANG="de_DE"))
        self.of(ONE, "set", "de", "FTG_POP_LOGIN", "Hallo (%lu, %lu)", "Hallo! (%lu, %lu)")
        self.of(ONE, "set", "--user", "de", "FTG_POP_LOGIN", "Eva (%lu, %lu)", "Eva! (%lu, %lu)")
        self.of(ONE, "set", "de", "5.08", "Eins: falsch")
        with Pop3Talk(pop3) as talk:
            known, unknown, other = (talk.log_in(user, "wrong") for user in ("eva@" + ONE, "otto@" + ONE, "otto@" + TWO))
            self.assertEqual(known, unknown)
            self.assertIn(b"Eins: falsch (#5.0", known)
            self.assertNotIn(b"Eins", other)
            self.assertEqual(b"+OK Eva! (0, 0) (#7.04)\r\n", talk.log_in("eva@" + ONE))
        with Pop3Talk(pop3) as talk:
            self.assertNotIn(b"Eva", talk.log_in("eva@" + TWO))

    def test_texts_of_a_domain_that_is_removed_are_named(self):
        def ctl(*words):
            return subprocess.run([program("ftgatectl"), "--data", self.data, *words], env=environment(), capture_output=True,
                                  text=True, timeout=SECONDS, check=True).stderr
        for name in ("gone.example", "plain.example"):
            ctl("domain", "add", name)
        options = ["--domain", "gone.example"]
        self.text("set", "de", "4.28", "Weg: %s", options=options)
        self.assertEqual("", ctl("domain", "remove", "plain.example"))
        self.assertIn("ftgatectl text --domain gone.example list", ctl("domain", "remove", "gone.example"))
        self.assertIn("gone.example has own texts, too", self.text("list"))
        self.text("unset", "de", "4.28", options=options)
        self.assertNotIn("gone.example", self.text("list"))

    def test_domain_must_be_hosted_and_is_found_by_any_spelling(self):
        self.of("gone.example", "set", "de", "4.28", "%s", status=DATAERR)
        self.assertIn("gone.example", self.error)
        self.assertFalse(os.path.exists(os.path.join(self.data, "locale", "@gone.example")))
        self.of("../x", "list", status=DATAERR)
        self.assertIn("'../x' is not the name of a domain", self.error)
        self.smtp.control("domain", "add", "bücher.example")
        self.of("BÜCHER.example", "set", "de", "4.28", "Buch: %s")
        self.assertTrue(os.path.exists(os.path.join(
            self.data, "locale/@xn--bcher-kva.example/de/LC_MESSAGES/ftgate-local.mo")))
        self.assertIn("xn--bcher-kva.example has own texts, too", self.text("list"))
        with Talk(self.smtp) as talk:
            talk.mail()
            self.assertEqual(b"550 5.1.1 Buch: nobody@xn--bcher-kva.example (#4.28)\r\n",
                             self.unknown(talk, "xn--bcher-kva.example"))

    def test_texts_of_a_removed_domain_can_be_removed(self):
        self.of(ONE, "set", "de", "4.28", "Eins: %s")
        self.smtp.control("account", "remove", "eva@" + ONE)
        self.smtp.control("domain", "remove", ONE)
        self.of(ONE, "set", "de", "4.26", "%s", status=DATAERR)
        self.of(ONE, "unset", "de", "4.28")
        self.assertEqual("", self.of(ONE, "list"))

    def test_history_of_a_domain_is_its_own(self):
        self.text("set", "de", "4.28", "Server: %s")
        self.of(ONE, "set", "de", "4.28", "Alt: %s")
        self.of(ONE, "set", "de", "4.28", "Neu: %s")
        self.assertEqual(2, len(json.loads(self.text("history", "de", options=["--domain", ONE, "--json"]))))
        self.of(ONE, "revert", "de")
        self.assertIn("550 5.1.1 Alt: bert@example.net (#4.28)", self.of(ONE, "show", "de", "4.28"))
        self.assertIn("550 5.1.1 Server: bert@example.net (#4.28)", self.text("show", "de", "4.28"))

    def test_no_reply_is_mixed_while_texts_change(self):
        """Two domains change their words together; each reply is of one generation and of its own domain."""
        paths = {}
        for domain in (ONE, TWO):
            self.of(domain, "set", "de", "4.28", "X: %s")
            paths[domain] = os.path.join(self.data, "locale", "@" + domain, "de/LC_MESSAGES/ftgate-local.mo")
        wanted = {domain: {f"550 5.1.1 {letter * 80} {domain} nobody@{domain} (#4.28)\r\n".encode() for letter in "AB"} |
                          {f"550 5.1.1 X: nobody@{domain} (#4.28)\r\n".encode()} for domain in paths}
        talks = [self.enterContext(Talk(self.smtp)) for _ in range(4)]
        said = {domain: set() for domain in paths}

        def ask():
            for talk in talks:
                talk.socket.sendall(b"".join(f"RCPT TO:<nobody@{domain}>\r\n".encode() for domain in paths))
            for talk in talks:
                for domain in paths:
                    said[domain].add(talk.reply())
        for talk in talks:
            talk.mail()
        ask()  # the first reload may be over before it is asked again
        with open(self.smtp.log_path, "rb") as log:
            for n in range(60):
                for domain, path in paths.items():
                    with open(path + ".new", "wb") as file:
                        file.write(mo({UNKNOWN: f"{'AB'[n % 2] * 80} {domain} %s"}))
                    os.rename(path + ".new", path)
                log.seek(0, os.SEEK_END)
                os.kill(self.smtp.pid, signal.SIGHUP)
                logged, until = b"", time.monotonic() + SECONDS
                while b"event=reload" not in logged:
                    ask()
                    logged += log.read()
                    self.assertLess(time.monotonic(), until)
        for domain in paths:
            self.assertLessEqual(said[domain], wanted[domain])
            self.assertEqual(3, len(said[domain]))


class Tools(Audience):
    def test_render_preview_and_export_know_both(self):
        self.text("set", "de", "4.28", "Server: %s")
        self.text("set", "--user", "de", "4.28", "Kunde: %s")
        self.of(ONE, "set", "de", "4.28", "Eins: %s")
        overlay = os.path.join(self.data, "locale")

        def msg(*words):
            return subprocess.run([program("ftgate-msg"), *words, "--lang", "de", "--overlay", overlay], check=True,
                                  env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=SECONDS).stdout.decode()
        cases = ([], "Server"), (["--user"], "Kunde"), (["--domain", ONE], "Eins"), (["--user", "--domain", ONE], "Eins")
        for options, words in cases:
            self.assertEqual(f"550 5.1.1 {words}: a@b.example (#4.28)\r\n",
                             msg("render", *options, UNKNOWN[0], "a@b.example"))
            self.assertIn(f"\n#4.28 ERR_SMTP_ADDRESS_UNKNOWN (your own text)\n    550 5.1.1 {words}: ",
                          msg("preview", *options))
            self.assertIn(f'"{words}: %s"\n', msg("export", "--format", "catgets", *options))

    def test_lint_accepts_texts_for_users_in_own_texts_only(self):
        entry = f'{PO}msgctxt "{UNKNOWN[0]}|user"\nmsgid "{UNKNOWN[1]}"\nmsgstr "Kunde: %s"\n'
        for name, status in ("ftgate-local.po", 0), ("de.po", 1):
            path = os.path.join(self.smtp.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(entry)
            done = subprocess.run([program("ftgate-msg"), "lint", "--partial", path], env=environment(), check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
            self.assertEqual(status, done.returncode, done.stdout)
            self.assertEqual(status == 1, b"ERR_SMTP_ADDRESS_UNKNOWN|user" in done.stdout, done.stdout)
        with open(os.path.join(self.smtp.folder, "ftgate-local.po"), "w", encoding="utf-8") as file:
            file.write(entry.replace("Kunde: %s", "250 %s"))
        done = subprocess.run([program("ftgate-msg"), "lint", file.name], env=environment(), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(b"ftgate-local.po:7: error: ERR_SMTP_ADDRESS_UNKNOWN|user: code: ", done.stdout)


if __name__ == "__main__":
    main()
