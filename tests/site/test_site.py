#!/usr/bin/env python3
"""ftgate-msg export --format html: its files, without a browser."""

import filecmp
import gettext
import gzip
import html
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import unittest

from site_pages import TAGS, Folder, Page, export
from languages import RTL, languages, tag
from msg import BUILD, HEADER, PROGRAM, ROOT, out, rows, run
from server import has_terminals

PAGES = [name + ".html" for name in TAGS]
LOOKED_AT = ["ar.html", "de.html", "en.html", "he.html", "index.html", "ja.html", "ru-Latn.html"]


def files(folder):
    return sorted(os.listdir(folder))


class Pages(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pages = {name: Page(os.path.join(cls.site, name)) for name in LOOKED_AT}

    def anchors(self, name):
        """The anchors of any page."""
        with open(os.path.join(self.site, name), encoding="utf-8") as file:
            return re.findall(r' id="([^"]*)"', file.read())

    def test_each_language_has_a_page_and_a_few_files_are_shared(self):
        shared = [".ftgate-site", "index.html", "replies.html", "replies.js", "replies.tsv", "search.js", "style.css", "texts.js"]
        self.assertEqual(sorted([*PAGES, *shared]), files(self.site))

    def test_each_language_is_listed_by_its_own_name(self):
        named = {link["attributes"]["hreflang"]: link["text"] for link in self.pages["index.html"].all("a") if "hreflang" in link["attributes"]}
        self.assertEqual(TAGS, sorted(named))
        self.assertEqual(len(TAGS), len(set(named.values())))
        self.assertEqual(("Deutsch", "日本語", "Português (Brasil)"), (named["de"], named["ja"], named["pt-BR"]))
        with open(os.path.join(ROOT, "src/cmd/msg/site/languages.def"), encoding="utf-8") as file:
            self.assertEqual(TAGS, re.findall(r'(?m)^NAME\("([^"]+)"', file.read()))

    def test_each_reply_has_an_anchor_by_reference_and_by_id(self):
        references = {row["ref"].lstrip("#") for row in rows()}
        for name in PAGES:
            anchors = self.anchors(name)
            self.assertEqual(len(anchors), len(set(anchors)), name)
            self.assertLessEqual(references, set(anchors), name)
            self.assertLessEqual({row["id"] for row in rows()}, set(anchors), name)

    def test_each_link_leads_to_a_place_of_the_site(self):
        anchors = {name: set(self.anchors(name)) for name in (*PAGES, "index.html", "replies.html")}
        links = 0
        for name, page in self.pages.items():
            for link in page.all("a"):
                file, _, place = link["attributes"]["href"].partition("#")
                links += 1
                if place:
                    self.assertIn(place, anchors[file or name], (name, link["attributes"]))
                else:
                    self.assertTrue(os.path.exists(os.path.join(self.site, file)), (name, link["attributes"]))
        self.assertGreater(links, 5000)

    def test_pages_hold_no_script_no_style_and_no_address_elsewhere(self):
        for name, page in self.pages.items():
            for element in page.elements:
                attributes = element["attributes"]
                self.assertFalse([key for key in attributes if key.startswith("on") or key == "style"], (name, attributes))
                for key in ("src", "href", "action", "srcset", "data", "poster"):
                    self.assertNotIn(":", attributes.get(key, ""), (name, attributes))
            self.assertEqual([""], [script["text"] for script in page.all("script")], name)
            policies = [meta["attributes"]["content"] for meta in page.all("meta")
                        if meta["attributes"].get("http-equiv") == "Content-Security-Policy"]
            self.assertEqual(["default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"],
                             policies)
        for name in ("style.css", "search.js", "replies.js"):
            with open(os.path.join(self.site, name), encoding="utf-8") as file:
                self.assertNotRegex(file.read(), r"https?:|//[a-z]+\.|url\(|@import|innerHTML|eval\(")

    def test_a_page_is_below_100_kilobytes_compressed(self):
        for name in PAGES:
            with open(os.path.join(self.site, name), "rb") as file:
                self.assertLess(len(gzip.compress(file.read(), 6)), 100_000, name)

    def test_the_words_are_those_of_the_translation_and_the_published_ones(self):
        article = next(element for element in self.pages["de.html"].elements if element["attributes"].get("id") == "4.28")
        self.assertIn("Postfach Adresse existiert nicht", article["text"])
        self.assertIn("address unknown mailbox", article["text"])
        self.assertIn("550 5.1.1", article["text"])
        self.assertIn("gibt es kein Postfach", article["text"])
        spoof = next(element for element in self.pages["en.html"].elements if element["attributes"].get("id") == "3.21")
        self.assertRegex(spoof["text"], r"Temporary failureCodes by the RFCs: Permanent failure")
        japanese = next(element for element in self.pages["ja.html"].elements if element["attributes"].get("id") == "4.28")
        self.assertIn("ftgatectl domain remove NAME", [code["text"] for code in self.pages["ja.html"].all("code")
                                                       if code["inside"]["inside"]["inside"]["inside"] is japanese])
        moved = next(element for element in self.pages["en.html"].elements if element["attributes"].get("id") == "4.33")
        self.assertRegex(moved["text"], r"Published codes516 2\.1\.6.*Codes by the RFCs550 5\.1\.6")

    def test_each_page_has_the_texts_that_texts_js_has(self):
        with open(os.path.join(self.site, "texts.js"), encoding="utf-8") as file:
            script = file.read()
        data = json.loads(script.removeprefix("ftgateTexts(").removesuffix(");\n"))
        self.assertEqual(TAGS, [language["tag"] for language in data["languages"]])
        for language in data["languages"]:
            page = self.pages.get(language["tag"] + ".html")
            if not page:
                continue
            words = [element["text"] for element in page.all("span", class_="words")]
            self.assertEqual(len(data["ids"]), len(words))
            shown = dict(zip([article["attributes"]["data-id"] for article in page.all("article")], words))
            for name, forms in zip(data["ids"], language["texts"]):
                pieces = [piece.replace("%%", "%") for piece in
                          re.split(r"%(?!%)(?:\d\$)?l*[a-z]|\$\{[a-z]+\}", forms[0] if forms else "")]
                at = 0
                for piece in pieces:
                    at = shown[name].find(piece, at)
                    self.assertGreaterEqual(at, 0, (language["tag"], name, piece, shown[name]))

    def test_the_direction_and_the_language_of_each_text_are_true(self):
        for name in TAGS:
            with open(os.path.join(self.site, name + ".html"), encoding="utf-8") as file:
                self.assertEqual(f'<html lang="{name}" dir="{"rtl" if name in RTL else "ltr"}">\n', list(file)[1])
        for name in ("ar", "he", "ja", "ru-Latn"):
            english = 0
            for element, text in self.pages[name + ".html"].texts:
                if element["tag"] in ("code", "var") or "words" in element["attributes"].get("class", ""):
                    continue
                if re.search(r"\b(the|of|is|this)\b", text):
                    english += 1
                    self.assertEqual(("en", "ltr"), (element["lang"], element["dir"]), (name, text))
                if name == "ru-Latn" and re.search("[а-я]", text):
                    self.assertIn(element["lang"], ("ru", "bg", "sr", "uk"), text)
            self.assertGreater(english, 10, name)

    def test_every_reply_is_listed_in_every_language_for_translators(self):
        site = os.path.join(self.folder, "site")
        export(site, "--lang", "ar:de:ru")
        page = self.page("replies.html", site)
        with open(os.path.join(site, "replies.tsv"), encoding="utf-8") as file:
            listed = {tuple(line.split("\t")[1:3]) for line in list(file)[1:]}
        self.assertEqual(listed, {(section["attributes"]["data-id"], name) for section in page.all("section", class_="texts")
                                  for name in ("ar", "de", "en", "ru")})
        self.assertEqual(len(listed), len([row for row in page.all("tr") if "data-tag" in row["attributes"]]))
        self.assertLessEqual({row["id"] for row in rows()} - {"ERR_SMTP_334"}, {name for name, _ in listed})
        wires = [element["text"] for element in page.all("span", class_="wire")]
        self.assertIn("550 5.1.1 Postfach bert@example.net existiert nicht (#4.28)", wires)
        arabic = next(element for element in page.all("span", class_="wire") if element["text"].startswith("550 5.1.1 \u0635"))
        self.assertEqual("ltr", arabic["dir"])
        self.assertRegex(arabic["text"], r"^550 5\.1\.1 [^\u2066-\u2069]+ \(#4\.28\)$")
        self.assertEqual(["rtl"], [inner["dir"] for inner in page.all("bdi") if inner["inside"] is arabic])
        self.assertIn(out("render", "--lang", "ru", "ERR_SMTP_SYNTAX").rstrip("\r\n"), wires)
        self.assertIn(out("render", "--lang", "ru", "--utf8", "ERR_SMTP_SYNTAX").rstrip("\r\n"), wires)

    def test_help_url_leads_to_the_page_and_the_place(self):
        for name in languages():
            self.write_own(name, "ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox", "%s ${help}")
        found = set()
        for name in languages():
            line = out("render", "--lang", name, "--utf8", "--overlay", self.folder, "--var",
                       "help=https://mail.example/replies/{lang}.html#{ref}", "ERR_SMTP_ADDRESS_UNKNOWN", "x@example.org")
            page, place = re.search(r"replies/(\S+)#(4\.28)", line).groups()
            self.assertIn(place, self.anchors(page))
            found.add(page)
        self.assertEqual(set(PAGES), found)

    def write_own(self, language, context, english, text):
        folder = os.path.join(self.folder, language, "LC_MESSAGES")
        os.makedirs(folder, exist_ok=True)
        source = HEADER + f'\nmsgctxt "{context}"\nmsgid {json.dumps(english)}\nmsgstr {json.dumps(text)}\n'
        subprocess.run(["msgfmt", "-o", os.path.join(folder, "ftgate-local.mo"), "-"], input=source.encode(), check=True)
        return self.folder


# The elements of a page that hold words of the site, whichever the reply.
WORDS = re.compile(r'<(title|h[124]|label|dt|p class="(?:lead|outcome)"|p id="(?:hint|found|nothing)" hidden|p id="hint"|span'
                   r'|span class="words none"|noscript><p|a href="(?:#g\d|replies\.html[^"]*)")((?: lang="[^"]*")?(?: dir="[^"]*")?)>'
                   r'((?:[^<]|</?bdi\b[^>]*>)*)<')


def words_of(site, tag):
    """The words of the site on a page: element, attributes lang and dir, text."""
    with open(os.path.join(site, tag + ".html"), encoding="utf-8") as file:
        return [(element, marks, re.sub(r"</?bdi[^>]*>", "", text)) for element, marks, text in WORDS.findall(file.read())
                if element != "span" or marks or text not in ("", NAMES[tag])]


with open(os.path.join(ROOT, "src/cmd/msg/site/languages.def"), encoding="utf-8") as names:
    NAMES = dict(re.findall(r'(?m)^NAME\("([^"]+)", +"([^"]+)"', names.read()))


def words_in(language):
    """The translations of the words of the site that the build has."""
    with open(os.path.join(BUILD, "locale", language, "LC_MESSAGES/ftgate-site.mo"), "rb") as file:
        return gettext.GNUTranslations(file)


class Words(Folder):
    def test_each_page_has_its_headings_and_labels_in_its_language(self):
        english = words_of(self.site, "en")
        self.assertGreater(len(english), 1400)
        for language in languages():
            if language == "en":
                continue
            found, translations = words_of(self.site, tag(language)), words_in(language)
            self.assertEqual(len(english), len(found), language)
            for (element, _, text), (_, marks, translated) in zip(english, found):
                wanted = text if text == "ID" else html.escape(translations.gettext(html.unescape(text)))
                self.assertEqual((element, "", html.unescape(wanted)), (element, marks, html.unescape(translated)), language)
            same = {text for text in {html.unescape(text) for _, _, text in english} - {"ID"} if translations.gettext(text) == text}
            self.assertLessEqual(len(same), 3, (language, same))

    def test_every_word_is_translated_into_every_language(self):
        with open(os.path.join(ROOT, "po/site/ftgate-site.pot"), encoding="utf-8") as file:
            template = file.read()
        texts = ["".join(json.loads(line) for line in lines.splitlines()) for lines in
                 re.findall(r'^msgid ((?:".*"\n)+)', template, re.MULTILINE)][1:]
        self.assertGreater(len(texts), 35)
        for language in languages():
            if language != "en":
                known = words_in(language)._catalog
                self.assertEqual([], [text for text in texts if not known.get(text)], language)

    def test_codes_and_references_stay_in_order_from_right_to_left(self):
        for name in ("ar", "fa", "he", "de"):
            with open(os.path.join(self.site, name + ".html"), encoding="utf-8") as file:
                page = file.read()
            self.assertEqual([] if name == "de" else ["4.46", "550 5.1.1", "#4.46"],
                             re.findall(r'<bdi dir="ltr">([^<]*)</bdi>', page), name)

    def test_words_without_a_translation_are_english_and_marked(self):
        locale = os.path.join(self.folder, "locale")
        for language in ("de", "fa", "ru@latin"):
            shutil.copytree(os.path.join(BUILD, "locale", language), os.path.join(locale, language))
            os.remove(os.path.join(locale, language, "LC_MESSAGES/ftgate-site.mo"))
        for language in ("en", "ru"):
            shutil.copytree(os.path.join(BUILD, "locale", language), os.path.join(locale, language))
        site = os.path.join(self.folder, "site")
        export(site, "--locale", locale)
        english = words_of(site, "en")
        for name, marks in (("de", ' lang="en"'), ("fa", ' lang="en" dir="ltr"')):
            self.assertEqual([(element, marks if text != "ID" else "", text) for element, _, text in english], words_of(site, name))
        self.assertEqual({' lang="ru"', ""}, {marks for _, marks, _ in words_of(site, "ru-Latn")})  # ID has no mark

    def test_a_word_in_place_of_an_argument_is_in_the_language_of_its_text(self):
        for name in ("de", "ar"):
            page = self.page(name + ".html")
            around = {word["inside"]["attributes"]["class"] for word in page.all("var")}
            self.assertEqual({"english", "words"}, around)
            address = words_in(name).gettext("address")
            self.assertNotEqual("address", address)
            self.assertEqual({("en", "address"), (name, address)}, {
                (word["lang"], word["text"]) for word in page.all("var") if word["text"] in ("address", address)})


class OwnTexts(Folder):
    write_own = Pages.write_own

    def test_markup_in_an_own_text_is_text(self):
        evil = "</h3><script>alert(1)</script><img src=x onerror='alert(2)'>&amp; \"%s\""
        self.write_own("de", "ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox", evil)
        data = os.path.join(self.folder, "data")
        os.mkdir(data)
        os.rename(os.path.join(self.folder, "de"), os.path.join(self.folder, "l"))
        os.mkdir(os.path.join(data, "locale"))
        os.rename(os.path.join(self.folder, "l"), os.path.join(data, "locale/de"))
        site = os.path.join(self.folder, "site")
        export(site, "--data", data, "--lang", "de")
        for name in ("de.html", "replies.html"):
            page = self.page(name, site)
            self.assertEqual(1, len(page.all("script")), name)
            self.assertEqual([], page.all("img"), name)
        page = self.page("de.html", site)
        article = next(element for element in page.elements if element["attributes"].get("id") == "4.28")
        self.assertIn(evil.replace("%s", "Adresse"), article["text"])
        self.assertIn(words_in("de").gettext("A text of this server's own"), article["text"])
        self.assertEqual(1, len(page.all("p", class_="own")))
        with open(os.path.join(site, "replies.tsv"), encoding="utf-8") as file:
            self.assertIn("4.28\tERR_SMTP_ADDRESS_UNKNOWN\tde\t0\town\t" + evil, file.read())

    def test_texts_that_are_not_used_are_marked(self):
        texts = {"ERR_SMTP_OK": ("Okay", "In Ordnung"), "ERR_SMTP_SYNTAX": ("Syntax Error", "500 Falsch")}
        locale = os.path.join(self.folder, "locale")
        os.makedirs(os.path.join(locale, "de/LC_MESSAGES"))
        source = HEADER + "".join(f'\nmsgctxt "{name}"\nmsgid "{english}"\nmsgstr "{text}"\n'
                                  for name, (english, text) in texts.items())
        subprocess.run(["msgfmt", "-o", os.path.join(locale, "de/LC_MESSAGES/ftgate.mo"), "-"], input=source.encode(), check=True)
        site = os.path.join(self.folder, "site")
        export(site, "--locale", locale)
        with open(os.path.join(site, "replies.tsv"), encoding="utf-8") as file:
            states = {tuple(line.split("\t")[1:3]): line.split("\t")[4] for line in file}
        self.assertEqual("stale", states["ERR_SMTP_OK", "de"])
        self.assertEqual("refused", states["ERR_SMTP_SYNTAX", "de"])
        self.assertEqual("missing", states["ERR_SMTP_CLOSING", "de"])
        self.assertEqual("translated", states["ERR_SMTP_CLOSING", "en"])
        page = self.page("replies.html", site)
        self.assertEqual(["stale", "refused (code)"], sorted((element["text"] for element in page.all("td", data_label="state")
                                                               if element["text"] not in ("missing", "translated")), reverse=True))
        words = self.page("de.html", site).all("span", class_="words")
        self.assertEqual({"en"}, {element["lang"] for element in words})


class Writing(Folder):
    def test_the_same_input_gives_the_same_octets(self):
        again = os.path.join(self.folder, "again")
        export(again, LANG="de_DE.UTF-8", TZ="Asia/Tokyo")
        self.assertEqual(([], []), filecmp.cmpfiles(self.site, again, files(self.site), shallow=False)[1:])
        self.assertEqual(files(self.site), files(again))

    def test_a_list_of_languages_limits_the_pages(self):
        site = os.path.join(self.folder, "site")
        export(site, "--lang", "pt_BR:sr@latin,ja")
        self.assertEqual(["en.html", "index.html", "ja.html", "pt-BR.html", "replies.html", "sr-Latn.html"],
                         [name for name in files(site) if name.endswith(".html")])
        menu = [link["attributes"].get("hreflang") for link in self.page("ja.html", site).all("a") if "hreflang" in link["attributes"]]
        self.assertEqual(["en", "ja", "pt-BR", "sr-Latn"], menu)

    def test_a_language_that_is_not_there_is_an_error(self):
        site = os.path.join(self.folder, "site")
        done = run("export", "--format", "html", site, "--lang", "de:german")
        self.assertEqual(2, done.returncode)
        self.assertEqual(b"ftgate-msg export: there is no catalogue for 'german'; did you mean 'de'?\n", done.stderr)
        self.assertFalse(os.path.exists(site))

    def test_a_folder_with_other_files_is_left_alone(self):
        with open(os.path.join(self.folder, "mine"), "w", encoding="ascii") as file:
            file.write("x")
        done = run("export", "--format", "html", self.folder)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"is neither empty nor an earlier export (it has no file .ftgate-site): name another folder", done.stderr)
        self.assertEqual(["mine"], files(self.folder))
        for path, why in ((self.folder + "/mine", b"Not a directory"), (self.folder + "/a/b", b"No such file or directory")):
            done = run("export", "--format", "html", path)
            self.assertEqual((2, True), (done.returncode, why in done.stderr), done.stderr)
        self.assertEqual(2, run("export", "--format", "html").returncode)

    def test_an_earlier_export_is_replaced_and_files_of_others_stay(self):
        site = os.path.join(self.folder, "site")
        export(site, "--lang", "de:fr")
        for name in ("robots.txt", "victim"):
            with open(os.path.join(self.folder if name == "victim" else site, name), "w", encoding="ascii") as file:
                file.write("x")
        with open(os.path.join(site, ".ftgate-site"), "a", encoding="ascii") as file:
            file.write("../victim\n/etc/nothing\n.\n..\n" + "a" * 300 + "\n")
        export(site, "--lang", "de")
        self.assertNotIn("fr.html", files(site))
        self.assertIn("de.html", files(site))
        self.assertIn("robots.txt", files(site))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "victim")))
        with open(os.path.join(site, ".ftgate-site"), encoding="ascii") as file:
            self.assertEqual([name for name in files(site) if name not in ("robots.txt", ".ftgate-site")],
                             sorted(file.read().splitlines()[1:]))

    def test_what_a_killed_export_leaves_goes_with_the_next(self):
        site = os.path.join(self.folder, "site")
        export(site, "--lang", "fr")
        size = os.path.getsize(os.path.join(site, "fr.html"))
        self.assertLess(max(os.path.getsize(os.path.join(site, name)) for name in ("texts.js", "search.js")), size - 10_000)
        shutil.rmtree(site)
        done = subprocess.run([PROGRAM, "export", "--format", "html", site, "--lang", "fr"], env={"LC_ALL": "C"}, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size - 10_000, size - 10_000)))
        self.assertEqual(-signal.SIGXFSZ, done.returncode)
        left = [name for name in files(site) if name.endswith(".new")]
        self.assertEqual(1, len(left), left)
        with open(os.path.join(site, ".ftgate-site"), encoding="ascii") as file:
            self.assertIn(left[0].removeprefix(".").removesuffix(".new"), file.read().splitlines())
        with open(os.path.join(site, ".fr.html.new"), "w", encoding="ascii") as file:
            file.write("x")
        export(site, "--lang", "de")
        self.assertEqual([], [name for name in files(site) if name.endswith(".new") or name == "fr.html"])

    def test_a_folder_with_the_draft_of_a_first_mark_alone_is_empty(self):
        with open(os.path.join(self.folder, ".ftgate-site.new"), "w", encoding="ascii") as file:
            file.write("x")
        export(self.folder, "--lang", "de")
        self.assertNotIn(".ftgate-site.new", files(self.folder))

    def test_a_folder_of_the_name_of_a_file_stays_and_the_others_go(self):
        site = os.path.join(self.folder, "site")
        export(site, "--lang", "de")
        os.mkdir(os.path.join(site, "mine"))
        for name in ("aaa", "zzz"):
            with open(os.path.join(site, name), "w", encoding="ascii") as file:
                file.write("x")
        with open(os.path.join(site, ".ftgate-site"), "a", encoding="ascii") as file:
            file.write("aaa\nmine\nzzz\n")
        export(site, "--lang", "de")
        self.assertEqual({"mine"}, {"mine", "aaa", "zzz"} & set(files(site)))
        with open(os.path.join(site, ".ftgate-site"), encoding="ascii") as file:
            self.assertNotIn("mine\n", file.readlines())

    def test_a_link_in_the_folder_is_not_followed(self):
        site, victim = os.path.join(self.folder, "site"), os.path.join(self.folder, "victim")
        export(site, "--lang", "de")
        with open(victim, "w", encoding="ascii") as file:
            file.write("x")
        os.remove(os.path.join(site, "de.html"))
        os.symlink(victim, os.path.join(site, "de.html"))
        os.symlink(victim, os.path.join(site, ".de.html.new"))
        export(site, "--lang", "de")
        self.assertFalse(os.path.islink(os.path.join(site, "de.html")))
        with open(victim, encoding="ascii") as file:
            self.assertEqual("x", file.read())

    def test_a_file_that_cannot_be_written_whole_leaves_the_older_one(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        site = os.path.join(self.folder, "site")
        export(site, "--lang", "de")
        before = os.stat(os.path.join(site, "de.html"))
        done = subprocess.run([PROGRAM, "export", "--format", "html", site, "--lang", "de"], preexec_fn=limit, env={"LC_ALL": "C"},
                              capture_output=True, timeout=60)
        self.assertEqual((2, b""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, rb"^ftgate-msg export: .*/site/\w+\.(js|html): File too large\n$")
        self.assertEqual(before.st_ino, os.stat(os.path.join(site, "de.html")).st_ino)
        self.assertEqual([], [name for name in files(site) if name.endswith(".new")])


class Progress(Folder):
    @unittest.skipUnless(has_terminals(), "needs pseudo-terminals")
    def test_a_terminal_sees_how_far_it_is_and_a_pipe_does_not(self):
        site = os.path.join(self.folder, "site")
        self.assertRegex(export(site, "--lang", "de"), rf"^9 files, \d+ KiB, in {site}\n$")
        self.assertEqual(b"", run("export", "--format", "html", site, "--lang", "de").stderr)
        terminal, end = os.openpty()
        self.addCleanup(os.close, terminal)
        subprocess.run([PROGRAM, "export", "--format", "html", site, "--lang", "de"], stdout=subprocess.DEVNULL, stderr=end,
                       env={"LC_ALL": "C"}, check=True, timeout=60)
        os.close(end)
        said = os.read(terminal, 65536).decode()
        self.assertEqual(["texts.js", "de.html", "en.html", "replies.tsv", "replies.html", "index.html", ""],
                         [line.removesuffix("\x1b[K") for line in said.split("\r")[1:]])


class Changes(Folder):
    NAMES = "ref\tid\tlanguage\tform\tstate\tutf8\tascii\n"

    def since(self, table, *languages):
        """The page of changes since an export with this table."""
        old = os.path.join(self.folder, "old")
        os.makedirs(old, exist_ok=True)
        with open(os.path.join(old, "replies.tsv"), "w", encoding="utf-8") as file:
            file.write(table)
        site = os.path.join(self.folder, "site")
        export(site, "--since", old, "--lang", ":".join(languages))
        return self.page("changes.html", site)

    def table(self):
        with open(os.path.join(self.site, "replies.tsv"), encoding="utf-8") as file:
            return file.read()

    def test_nothing_has_changed_since_the_same_export(self):
        site = os.path.join(self.folder, "site")
        export(site)
        self.assertNotIn("changes.html", files(site))
        export(site, "--since", site)
        page = self.page("changes.html", site)
        self.assertEqual("Changed texts: 0", page.all("p", id="total")[0]["text"])
        self.assertEqual([], page.all("table"))
        with open(os.path.join(site, "replies.html"), encoding="utf-8") as file:
            self.assertIn('<a href="changes.html">', file.read())
        export(site)
        self.assertNotIn("changes.html", files(site))

    def test_changes_are_listed_by_language(self):
        table = "".join(line + "\n" for line in self.table().splitlines()
                        if line.split("\t")[2] in ("language", "de", "en", "fr") and not re.match(r"4\.46\t\w+\tfr\t", line))
        table = table.replace("\tPostfach %s existiert nicht\t", "\tPostfach %s fehlt\t")
        table = re.sub(r"(3\.07\tERR_SMTP_OK\tfr\t0\t)translated", r"\1stale", table)
        table += ("9.99\tERR_OLD\tde\t1\ttranslated\t<script>\\t\\n\\\\\tx\n" "3.07\tERR_SMTP_OK\tbr\t0\town\tMat\tMat\n")
        page = self.since(table, "de", "fr", "ja")
        self.assertEqual("Changed texts: 4", page.all("p", id="total")[0]["text"])
        changes = [[cell["text"] for cell in page.elements if cell["inside"] is row] for row in page.all("tr")]
        self.assertEqual([
            ["reply", "before", "now", "state"],
            ["#4.28 ERR_SMTP_ADDRESS_UNKNOWN", "Postfach %s fehlt", "Postfach %s existiert nicht", "translated"],
            ["#9.99 ERR_OLD", "<script>\ufffd\n\\", "", "translated \u2192 removed"],
            ["reply", "before", "now", "state"],
            ["#3.07 ERR_SMTP_OK", "OK", "OK", "stale \u2192 translated"],
            ["#4.46 ERR_SMTP_REJECT_PTR", "", changes[5][2], "new \u2192 translated"]], changes)
        self.assertEqual([" fehlt", "<script>\ufffd\n\\"], [element["text"] for element in page.all("del")])
        self.assertEqual([" existiert nicht", changes[5][2]], [element["text"] for element in page.all("ins")])
        self.assertEqual(["New language: Japanese (ja)", "No longer here: br"],
                         [text.strip() for element, text in page.texts if element["tag"] == "p" and "anguage" in text or "No longer" in text])

    def test_what_is_no_table_is_refused(self):
        for table in ("", "x\n", self.NAMES + "1.00\tA\tde\t0\town\tx\n", self.NAMES + "1.00\tA\tde\t0\town\tx\ty\tz\n",
                      self.NAMES + "1.00\tA\tde\tx\town\tx\ty\n", self.NAMES + "1.00\tA\tde\t0\town\tx\\q\ty\n",
                      self.NAMES + "1.00\tA\tde\t0\town\tx\ty", self.NAMES + "1.00\tA\tde\t0\town\0\tx\ty\n"):
            with self.assertRaisesRegex(AssertionError, "^ftgate-msg export: .*/old/replies.tsv is not the table of an export\n$"):
                self.since(table, "de")
            self.assertFalse(os.path.exists(os.path.join(self.folder, "site")), table)
        self.assertEqual("Changed texts: 0", self.since(self.NAMES, "de").all("p", id="total")[0]["text"])

    def test_pages_for_senders_leave_out_what_the_operator_can_do(self):
        site = os.path.join(self.folder, "senders")
        export(site, "--lang", "de", "--for-senders")
        with open(site + "/de.html", encoding="utf-8") as file:
            page = file.read()
        with open(self.site + "/de.html", encoding="utf-8") as file:
            whole = file.read()
        self.assertEqual((0, page.count('<div class="sender">')), (page.count('<div class="operator">'),
                                                                 whole.count('<div class="operator">')))
        self.assertIn("ftgatectl", whole)
        self.assertNotIn("ftgatectl", page)
        done = run("export", "--format", "json", "--for-senders")
        self.assertEqual((2, b""), (done.returncode, done.stdout))
        self.assertIn(b"json takes no --for-senders", done.stderr)

    def test_only_a_site_can_be_compared(self):
        done = run("export", "--format", "json", "--since", self.site)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"json cannot be compared with an earlier export", done.stderr)


if __name__ == "__main__":
    unittest.main()
