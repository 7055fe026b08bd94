#!/usr/bin/env python3
"""ftgate-msg export --format json and csv: what programs read of the replies, checked against its schema and its sources."""

import csv
import io
import json
import os
import re
import unittest

from msg import HEADER, ROOT, Folder, out, rows, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = os.path.join(ROOT, "docs/ftgate-replies-1.schema.json")
EXPLAINED = ["when", "whom", "cause", "sender", "operator", "other"]
COLUMNS = ("ref id service published_reply published_enhanced published_response published_outcome strict_reply "
           "strict_enhanced strict_response strict_outcome reason args language wire spoken origin form text "
           "when whom cause sender operator other").split()

# The reasons of bounces by Sisimai 5.0, but for those that are no refusal.
SISIMAI = set("""authfailure badreputation blocked contenterror exceedlimit expired filtered hasmoved hostunknown mailboxfull
mailererror mesgtoobig networkerror norelaying notaccept notcompliantrfc onhold policyviolation rejected requireptr securityerror
spamdetected speeding suspend syntaxerror systemerror systemfull toomanyconn userunknown virusdetected""".split())

HOSTILE = '=1+1,"quoted" %% \\\\ ${contact}'
OWN = HEADER + f"""
msgctxt "ERR_SMTP_OK"
msgid "Ok"
msgstr "{HOSTILE.replace('"', chr(92) + '"')}"

msgctxt "ERR_SMTP_OK|user"
msgid "Ok"
msgstr "Für Sie"

msgctxt "ERR_SECPOL_RBL"
msgid ""
msgstr "Sperrliste"
"""


def replies(*options, **environment):
    return json.loads(out("export", "--format", "json", *options, **environment))


def by_id(exported):
    return {row["id"]: row for row in exported["replies"]}


def strict(schema):
    """The schema without room for members that it does not describe."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    if isinstance(closed.get("properties"), dict) and closed.get("type") in ("object", ["object", "null"]):
        closed.setdefault("additionalProperties", False)
    return closed


class Exports(Folder):
    def data(self):
        """A data folder with own texts, which have what JSON and CSV must quote."""
        self.compile("data/locale/de/LC_MESSAGES/ftgate-local.mo", OWN)
        self.compile("data/locale/@example.org/de/LC_MESSAGES/ftgate-local.mo",
                     HEADER + '\nmsgctxt "ERR_SMTP_OK"\nmsgid "Ok"\nmsgstr "Von example.org"\n')
        return ["--data", os.path.join(self.folder, "data")]


@unittest.skipIf(jsonschema is None, "needs python3-jsonschema")
class Schema(Exports):
    def setUp(self):
        super().setUp()
        with open(SCHEMA, encoding="utf-8") as file:
            self.schema = json.load(file)
        self.validator = jsonschema.Draft202012Validator(self.schema)
        self.closed = jsonschema.Draft202012Validator(strict(self.schema))

    def faults(self, validator, exported):
        return [(list(fault.absolute_path), fault.message[:200]) for fault in validator.iter_errors(exported)]

    def test_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_each_export_is_valid_and_has_no_member_that_is_not_described(self):
        own = self.data()
        few = ["--lang", "de:ar"]
        for options in ([], ["--lang", "C"], own + few, own + few + ["--user"], own + few + ["--domain", "example.org"]):
            self.assertEqual([], self.faults(self.closed, replies(*options)), options)

    def test_values_that_are_closed_within_the_schema_are_named(self):
        def enums(schema):
            for name, part in schema.items() if isinstance(schema, dict) else []:
                if isinstance(part, dict) and "enum" in part:
                    yield name
                yield from enums(part)

        with open(os.path.join(ROOT, "docs/formats.md"), encoding="utf-8") as file:
            (closed,) = re.findall(r"(?s)\n- Closed within schema 1: (.*?)\n- ", file.read())
        self.assertEqual({"audience", "direction", "origin", "outcome", "place"}, set(enums(self.schema)))
        self.assertEqual({*enums(self.schema), "ref"}, set(re.findall(r"`(\w+)`", closed)))

    def test_member_that_is_added_is_valid_and_one_that_is_missing_or_changed_is_not(self):
        row = by_id(replies("--lang", "de"))["ERR_SMTP_OK"]
        whole = {**replies("--lang", "de"), "replies": [row]}
        self.assertEqual([], self.faults(self.validator, {**whole, "added": 1, "replies": [{**row, "added": []}]}))
        self.assertEqual(1, len(self.faults(self.closed, {**whole, "added": 1})))
        self.assertEqual([], self.faults(self.closed, whole))
        for change in ({"ref": "#4.46"}, {"id": "OK"}, {"published": {}}, {"args": [{"kind": "ip"}]}, {"english": "Ok"},
                       {"texts": {"de": {}}}, {"explanations": {"de": {}}}):
            self.assertTrue(self.faults(self.validator, {**whole, "replies": [{**row, **change}]}), change)
        for name in row:
            self.assertTrue(self.faults(self.validator, {**whole, "replies": [{k: v for k, v in row.items() if k != name}]}), name)


class Json(Exports):
    def test_each_row_is_that_of_the_table(self):
        exported = replies("--lang", "C")["replies"]
        listed = json.loads(out("list", "--format", "json"))
        self.assertEqual([row["id"] for row in listed], [row["id"] for row in exported])
        for want, row in zip(listed, exported):
            self.assertEqual((want["ref"], want["service"]), (row["ref"], row["service"]))
            self.assertEqual(want["args"], [arg["kind"] for arg in row["args"]])
            self.assertEqual([text for text in (want["text"], want["plural"]) if text], row["english"])
            for profile, prefix in (("published", ""), ("strict", "strict_")):
                code = row[profile] or {"reply": None, "enhanced": None, "response": None}
                self.assertEqual(want[prefix + "reply"], code["reply"], row["id"])
                self.assertEqual(want[prefix + "enhanced"], code["enhanced"] or code["response"], row["id"])
        known = by_id({"replies": exported})
        for want in rows():
            self.assertIn(want["id"], known)

    def test_outcomes_follow_from_the_codes(self):
        exported = by_id(replies("--lang", "C"))
        for name, published, by_the_rfcs in (
                ("ERR_SMTP_OK", "success", "success"), ("ERR_SMTP_DATASTART", "intermediate", "intermediate"),
                ("ERR_SMTP_SPOOF", "temporary", "permanent"), ("ERR_SMTP_ADDRESS_RCPTCOUNT", "permanent", "temporary"),
                ("FTG_POP_OK", "success", "success"), ("ERR_POP_ACCESS", "failure", "permanent"),
                ("ERR_POP_LOCKED", "failure", "temporary"), ("ERR_POP_LOGIN", "failure", "failure")):
            self.assertEqual((published, by_the_rfcs), tuple(exported[name][p]["outcome"] for p in ("published", "strict")), name)
        for row in exported.values():
            self.assertEqual(row["service"] in ("smtp", "pop3"), row["published"] is not None, row["id"])
        self.assertEqual("[IN-USE]", exported["ERR_POP_LOCKED"]["strict"]["response"])
        self.assertIsNone(exported["ERR_POP_LOCKED"]["strict"]["enhanced"])

    def test_each_refusal_has_a_reason_of_sisimai_and_nothing_else_has(self):
        for row in replies("--lang", "C")["replies"]:
            outcomes = {row[profile]["outcome"] for profile in ("published", "strict") if row[profile]}
            refuses = row["service"] in ("mailbox", "secpol") or row["service"] == "smtp" and outcomes & {"temporary", "permanent"}
            if row["service"] != "notice":
                self.assertEqual(bool(refuses), row["reason"] is not None, row["id"])
            self.assertIn(row["reason"], SISIMAI | {None}, row["id"])

    def test_reasons_are_those_of_the_enhanced_status_where_this_says_enough(self):
        sure = {"5.1.1": {"userunknown", "norelaying"}, "5.1.2": {"hostunknown", "syntaxerror"}, "5.1.6": {"hasmoved"},
                "4.2.2": {"mailboxfull"}, "5.1.8": {"rejected"}, "5.3.4": {"mesgtoobig"}, "4.3.1": {"systemfull"},
                "5.7.23": {"authfailure"}, "4.2.1": {"suspend"}, "5.1.7": {"rejected"}, "4.3.5": {"systemerror"}}
        checked = 0
        for row in replies("--lang", "C")["replies"]:
            wanted = sure.get((row["strict"] or {}).get("enhanced"))
            if wanted:
                self.assertIn(row["reason"], wanted, row["id"])
                checked += 1
        self.assertGreater(checked, len(sure))

    def test_texts_are_those_of_the_translation_and_ascii_is_there_if_it_differs(self):
        exported = replies()
        for language in ("de", "ar", "ru", "sr-Latn"):
            catgets = dict(re.findall(r'(?m)^\$ (\w+)\n\d+ "(.*)"$', out("export", "-f", "catgets", "-l", language)))
            for row in exported["replies"]:
                if row["id"] in catgets and catgets[row["id"]]:
                    words = row["texts"][language]["utf8"]["forms"][-1]
                    self.assertEqual(catgets[row["id"]], re.sub(r'(["\\])', r"\\\1", words), row["id"])
        differ = 0
        for row in exported["replies"]:
            for language, texts in row["texts"].items():
                ascii_texts = texts.get("ascii", texts["utf8"])
                if row["service"] != "notice":
                    self.assertTrue("".join(ascii_texts["forms"]).isascii(), (row["id"], language))
                self.assertNotEqual(texts["utf8"], texts.get("ascii"), (row["id"], language))
                differ += "ascii" in texts
        self.assertGreater(differ, 1000)
        russian = by_id(exported)["ERR_SMTP_ADDRESS_UNKNOWN"]["texts"]["ru"]
        self.assertEqual(("ru", "ru-Latn"), (russian["utf8"]["language"], russian["ascii"]["language"]))
        arabic = by_id(exported)["ERR_SMTP_ADDRESS_UNKNOWN"]["texts"]["ar"]
        self.assertEqual(("ar", "en"), (arabic["utf8"]["language"], arabic["ascii"]["language"]))
        self.assertEqual("rtl", exported["languages"]["ar"]["direction"])

    def test_each_plural_form_has_the_least_count_that_it_is_used_for(self):
        row = by_id(replies())["FTG_POP_UIDL"]["texts"]
        self.assertEqual([1, 0], row["de"]["utf8"]["counts"])
        self.assertEqual([0, 1, 2, 3, 11, 100], row["ar"]["utf8"]["counts"])
        for language, texts in row.items():
            wire = texts["utf8"]
            self.assertEqual(len(wire["forms"]) if len(wire["forms"]) > 1 else 0, len(wire["counts"]), language)

    def test_explanations_are_complete_in_english_and_translated_where_they_are(self):
        exported = replies()
        explained = {name for name, language in exported["languages"].items() if language["explained"]}
        self.assertLessEqual({"de", "en", "fr", "ja", "pt-BR", "zh-Hans"}, explained)
        for row in exported["replies"]:
            self.assertEqual(explained | {"en"}, set(row["explanations"]), row["id"])
            self.assertEqual(EXPLAINED, list(row["explanations"]["en"]))
        shown = json.loads(out("explain", "--json", "4.46"))[0]
        row = by_id(exported)["ERR_SMTP_REJECT_PTR"]["explanations"]
        self.assertEqual({name: shown[name] for name in EXPLAINED}, row["en"])
        german = json.loads(out("explain", "--json", "4.46", LC_ALL="C.UTF-8", LANGUAGE="de"))[0]
        self.assertEqual({name: german[name] for name in EXPLAINED}, row["de"])

    def test_own_texts_are_marked_and_those_for_users_and_of_a_domain_can_be_had(self):
        own = self.data()
        german = replies(*own, "--lang", "de")
        row = by_id(german)["ERR_SMTP_OK"]["texts"]["de"]["utf8"]
        self.assertEqual((HOSTILE.replace("\\\\", "\\"), "own"), (row["forms"][0], row["origin"]))
        self.assertEqual("Sperrliste", by_id(german)["ERR_SECPOL_RBL"]["texts"]["de"]["utf8"]["forms"][0])
        self.assertEqual({}, by_id(german)["ERR_SMTP_334"]["texts"])
        users = replies(*own, "--user", "--lang", "de")
        self.assertEqual("users", users["audience"])
        row = by_id(users)["ERR_SMTP_OK"]["texts"]["de"]
        self.assertEqual(("Für Sie", "Fuer Sie"), (row["utf8"]["forms"][0], row["ascii"]["forms"][0]))
        domain = replies(*own, "--domain", "example.org", "--lang", "de")
        self.assertEqual("example.org", domain["domain"])
        self.assertEqual("Von example.org", by_id(domain)["ERR_SMTP_OK"]["texts"]["de"]["utf8"]["forms"][0])

    def test_domain_is_the_one_that_is_asked_for_though_it_has_no_own_texts(self):
        own = self.data()
        for domain, written in (("example.net", "example.net"), ("EXAMPLE.Org", "example.org"), ("b\u00fccher.example", "xn--bcher-kva.example")):
            exported = replies(*own, "--domain", domain, "--lang", "de", LC_ALL="C.UTF-8")
            self.assertEqual(written, exported["domain"])
            self.assertEqual("Von example.org" if written == "example.org" else HOSTILE.replace("\\\\", "\\"),
                             by_id(exported)["ERR_SMTP_OK"]["texts"]["de"]["utf8"]["forms"][0])
        self.assertIsNone(replies(*own, "--lang", "de")["domain"])

    def test_what_is_no_domain_is_refused(self):
        for domain in ("<script>", "", ".a.example", "a..b", "../etc", "a b", "@example.org", 64 * "a" + ".example", 130 * "a." + "b"):
            for command in (["export", "--format", "json"], ["render", "ERR_SMTP_OK"]):
                done = run(*command, "--domain", domain)
                self.assertEqual((2, b""), (done.returncode, done.stdout), domain)
                self.assertIn(f"'{domain}' is not the name of a domain, such as example.org\n".encode(), done.stderr)

    def test_languages_are_those_that_are_asked_for(self):
        self.assertEqual(["ar", "de"], list(replies("--lang", "de:ar:de_AT:C:")["languages"]))
        refused = run("export", "--format", "json", "--lang", "de:xx")
        self.assertEqual((2, b""), (refused.returncode, refused.stdout))
        self.assertIn(b"there is no catalogue for 'xx'\n", refused.stderr)

    def test_octets_are_the_same_in_each_environment(self):
        for name in ("json", "csv"):
            first = run("export", "--format", name).stdout
            self.assertEqual(first, run("export", "--format", name, LC_ALL="C.UTF-8", LANGUAGE="de:fr").stdout, name)
            self.assertEqual(first, run("export", "--format", name, LANG="ja_JP.UTF-8", LC_MESSAGES="ar_EG.UTF-8").stdout, name)


class Csv(Exports):
    def read(self, *options):
        octets = run("export", "--format", "csv", *options).stdout
        # RFC 4180: each line ends with CRLF; there is no other line end in these.
        self.assertEqual(octets.count(b"\n"), octets.count(b"\r\n"))
        self.assertTrue(octets.endswith(b"\r\n"))
        table = list(csv.reader(io.StringIO(octets.decode(), newline=""), strict=True))
        self.assertEqual(COLUMNS, table[0])
        self.assertEqual({len(COLUMNS)}, {len(line) for line in table})
        return [dict(zip(COLUMNS, line)) for line in table[1:]]

    def test_it_has_what_json_has(self):
        for options in ([], self.data() + ["--lang", "de"]):
            table, exported = self.read(*options), replies(*options)
            lines = {(line["id"], line["language"], line["wire"], int(line["form"])): line for line in table}
            self.assertEqual(len(table), len(lines))
            wanted = 0
            for row in exported["replies"]:
                texts = {"": {"utf8": {"language": "en", "origin": "table", "forms": row["english"] or [""]}}, **row["texts"]}
                for language, wires in texts.items():
                    for wire, words in wires.items():
                        for form, text in enumerate(words["forms"]):
                            line = lines[row["id"], language, wire, form]
                            self.check_line(line, row, words, text)
                            wanted += 1
                    line = lines[row["id"], language, "utf8", 0]
                    explained = row["explanations"].get(language or "en", {})
                    self.assertEqual({name: explained.get(name, "") for name in EXPLAINED}, {name: line[name] for name in EXPLAINED})
            self.assertEqual(wanted, len(table))

    def check_line(self, line, row, words, text):
        self.assertEqual((row["ref"], row["service"], row["reason"] or "", text, words["language"], words["origin"]),
                         tuple(line[name] for name in ("ref", "service", "reason", "text", "spoken", "origin")))
        self.assertEqual(" ".join(arg["kind"] for arg in row["args"]), line["args"])
        for profile in ("published", "strict"):
            for name, value in (row[profile] or {"reply": None}).items():
                self.assertEqual(value or "", line[f"{profile}_{name}"])


if __name__ == "__main__":
    unittest.main()
