#!/usr/bin/env python3
"""The language of the server is the environment's as POSIX says, with no locale installed."""

import re
import subprocess

from server import LIMITS, SECONDS, SOURCE, STRANGER, Server, Talk, TestCase, environment, main, program, render

with open(f"{SOURCE}/po/LINGUAS", encoding="ascii") as linguas:
    LANGUAGES = [word for line in linguas if not line.startswith("#") for word in line.split()]


class Languages(TestCase):
    def speaks(self, language, *arguments, **env):
        """The server, started in this environment, says a refusal in this language (None: the published English)."""
        wanted = render(language, "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER)
        with self.subTest(arguments=arguments, **env), Server(*arguments, **env) as server, Talk(server) as talk:
            self.assertWire(talk.greeting)
            talk.mail()
            self.assertEqual(wanted, talk.refused())

    def test_the_languages_can_be_told_apart(self):
        said = {render(language, "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER) for language in (None, "de", "fr", "en")}
        self.assertEqual(4, len(said))
        self.assertIn(b"550 5.1.1 %s unknown mailbox (#4.28)\r\n" % STRANGER.encode(), said)

    def test_lang_is_honoured(self):
        self.speaks("de", LANG="de_DE")
        self.speaks("fr", LANG="fr_FR.UTF-8")
        self.speaks("de", LANG="de_DE.ISO-8859-1@euro")
        self.speaks("de", LANG="de_CH")
        self.speaks("en", LANG="en_GB.UTF-8")

    def test_language_is_honoured_without_a_locale(self):
        self.speaks("de", LANGUAGE="de_AT:fr")
        self.speaks("de", LANGUAGE="de_AT:fr", LANG="C.UTF-8")
        self.speaks("fr", LANGUAGE="xx:fr:de", LANG="de_DE")
        self.speaks("fr", LANGUAGE="../../x:fr")

    def test_lc_all_goes_before_lc_messages_before_lang(self):
        self.speaks("fr", LC_MESSAGES="fr_FR", LANG="de_DE")
        self.speaks("de", LC_ALL="de_DE", LC_MESSAGES="fr_FR")
        self.speaks("fr", LC_ALL="", LC_MESSAGES="fr_FR", LANG="de_DE")

    def test_c_and_posix_are_english(self):
        self.speaks(None, LC_ALL="C")
        self.speaks(None, LC_ALL="C", LANG="de_DE", LANGUAGE="de")
        self.speaks(None, LANG="POSIX", LANGUAGE="de")
        self.speaks(None)

    def test_c_at_the_head_of_the_option_is_english(self):
        self.speaks(None, "--language", "C:de")

    def test_withdrawn_codes_find_their_successors(self):
        for old, new in (("iw_IL", "he"), ("in_ID", "id"), ("no_NO", "nb")):
            self.speaks(new if new in LANGUAGES else "en", LANG=old)

    def test_a_script_that_smtp_cannot_send_is_the_polite_english_and_is_reported(self):
        wanted = render("en", "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER)
        with Server(LANG="ja_JP.UTF-8") as server, Talk(server) as talk:
            talk.mail()
            self.assertEqual(wanted, talk.refused())
            server.wait_for_log(r"event=reply ")
            server.wait_for_log(r"event=language-falls-back ")  # of another worker
            warned = re.findall(r"event=language-falls-back request=(\S+) lang=(\S+)", server.log())
            self.assertEqual([("ja", "en")], warned)
            self.assertRegex(server.log(), r'event=language-falls-back [^\n]* cure="set help-url with {lang}, so that')
            self.assertEqual({"en"}, set(re.findall(r"event=reply .*\blang=(\S+)", server.log())))

    def links(self, settings, language, wanted):
        """
        A server with these settings refuses with the English text and, before the reference, this link. The log
        proposes links only if there is none.
        """
        refusal = render("en", "ERR_SMTP_ADDRESS_UNKNOWN", STRANGER).replace(b" (#", wanted + b" (#")
        with self.subTest(settings=settings), Server(config=LIMITS + settings, LANG=language) as server, Talk(server) as talk:
            self.assertNotIn(b"https:", talk.greeting)
            talk.mail()
            self.assertEqual(refusal, talk.refused())
            if language == "ja_JP":
                self.assertEqual(not wanted, "cure=" in server.wait_for_log(r"event=language-falls-back [^\n]*\n")[0])

    def test_a_refusal_that_fell_back_links_to_the_language_that_was_meant(self):
        page = "help-url: https://mail.example.jp/{lang}.html#{ref}\n"
        self.links(page, "ja_JP", b" https://mail.example.jp/ja.html#4.28")
        self.links(page, "en_GB", b"")
        self.links(page + "help-link: never\n", "ja_JP", b"")
        self.links(page + "help-link: always\n", "en_GB", b" https://mail.example.jp/en.html#4.28")
        self.links("help-url: https://example.org/r#\n", "ja_JP", b"")
        self.links("help-url: https://example.org/r#\nhelp-link: fallback\n", "ja_JP", b" https://example.org/r#4.28")

    def test_check_says_what_ascii_clients_get_and_lists_english_once(self):
        done = subprocess.run([program("ftgate-smtpd"), "--check", "--language", "ja"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=SECONDS, env=environment(LANG="C"))
        said = done.stdout.decode()
        self.assertIn("\nlanguage      ja (ASCII: en)\n", said)
        languages = re.search(r"^languages +(.*)$", said, re.M)[1]
        self.assertEqual(1, re.sub(r"\([^)]*\)", "", languages).split().count("en"), languages)
        self.assertIn("ja (ASCII: en)", languages)

    def test_a_script_that_smtp_can_send_is_not_reported(self):
        with Server(LANG="de_DE.UTF-8") as server, Talk(server) as talk:
            talk.mail()
            talk.refused()
            server.wait_for_log(r"event=reply .*\blang=de ")
            self.assertNotIn("language-falls-back", server.log())

    def test_a_language_that_is_not_there_is_the_polite_english(self):
        self.speaks("en", LANG="xx")
        self.speaks("en", "--language", "xx:yy")
        self.speaks(None, LANG="../../../etc/passwd")

    def test_the_option_goes_before_the_environment(self):
        self.speaks("fr", "--language", "fr", LANG="de_DE")
        self.speaks("de", "--language", "de-AT", LC_ALL="C")


if __name__ == "__main__":
    main()
