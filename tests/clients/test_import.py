#!/usr/bin/env python3
"""ftgatectl import and export: records come back as they were, and a file with a fault does no half work."""

import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import tempfile

from server import SECONDS, TestCase, environment, main, program

HASH = "$6$abcdefgh$yVfUwsw5T.JApa8POvClA1pQ5peiq97DUNyXCZN5IrF.BMSkiaLZ5kvpuEm/VQ1Tvh/KV2TcaWh8qinoW5dhA1"
KINDS = ("domains", "accounts", "aliases", "lists", "access")
LOCALS = ["anna", "J\u00f6rg", "Mixed.Case", "o'neil", '"two words"', '"a,b"', '"q\\"uote"', "\u0645\u062d\u0645\u062f", "a=b", "x+y"]
WORDS = ['plain', 'with, comma', 'a "quote"', ' leading space', 'trailing ', '\u00fcber \u4e2d\u6587 \U0001f600', "'=1+1", 'semi;colon']


class ImportCase(TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="ftgate-test-"))
        self.data = self.new_data()

    def new_data(self):
        return tempfile.mkdtemp(dir=self.folder)

    def run_ctl(self, *arguments, data=None, status=0, **options):
        run = subprocess.run([program("ftgatectl"), "--data", data or self.data, *arguments], capture_output=True, check=False,
                             env=environment(), timeout=SECONDS, cwd=self.folder, **options)
        self.assertEqual(status, run.returncode, run.stderr.decode(errors="replace"))
        return run

    def import_text(self, kind, text, *options, **more):
        return self.run_ctl("import", kind, "-", *options, input=text if isinstance(text, bytes) else text.encode(), **more)

    def export(self, kind, *options, data=None):
        return self.run_ctl("export", kind, *options, data=data).stdout

    def rows(self, sql, data=None):
        database = sqlite3.connect(os.path.join(data or self.data, "ftgate.db"))
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


class RoundTrip(ImportCase):
    def generate(self, chance):
        """Records of each kind that differ in all that they can differ in."""
        domains = ["example.org", "b\u00fccher.example", "third.example"]
        limits = lambda: chance.choice([0, 1, 1000, 2**40])
        yield "domains", [{"name": name, "language": chance.choice([None, "de", "pt_BR"]), "max-message-size": limits(),
                           "quota-bytes": limits(), "quota-messages": limits(), "greylist": chance.random() < 0.5,
                           "max-accounts": 0} for name in domains] + [{"name": "far.example", "relay": True}]
        accounts = [f"{local}@{domain}" for domain in domains[:2] for local in LOCALS]
        yes = lambda: chance.random() < 0.5
        yield "accounts", [{"address": address, "password": chance.choice([None, HASH]), "smtp": yes(), "pop3": yes(),
                            "send": yes(), "receive": yes(), "disabled": yes(), "spamtrap": yes(),
                            "quota-bytes": chance.choice([None, 0, 7, 2**33]), "quota-messages": chance.choice([None, 0, 9]),
                            **{f"max-{what}-per-{time}": chance.choice([None, 0, 9]) for what in ("messages", "recipients")
                               for time in ("hour", "day")},
                            "language": chance.choice([None, "fr", "ja"]),
                            "moved-to": chance.choice([None, "new@elsewhere.example", "\u00e9@b\u00fccher.example"]),
                            "created": "2001-02-03T04:05:06Z"} for address in accounts]
        targets = lambda: chance.sample(accounts + ["far@elsewhere.example", "x@far.example"], chance.randint(1, 6))
        # An alias that leads to one behind it in the order of names.
        yield "aliases", [{"address": "a-first@third.example", "targets": ["z-last@third.example"]},
                          {"address": "*@third.example", "targets": targets()},
                          {"address": "z-last@third.example", "targets": targets()}]
        yield "lists", [{"address": f"list{number}@third.example", "expand": chance.choice(["nobody", "accounts", "anyone"]),
                         "post": chance.choice(["anyone", "accounts", "members"]),
                         "members": targets() if number else []} for number in range(4)]
        yield "access", [{"kind": kind, "value": value, "comment": chance.choice([None, *WORDS])} for kind, value in
                         [("refused", "192.0.2.0/24"), ("blacklist", "2001:db8::/32"), ("blacklist", "a@spam.example"),
                          ("permitted", "b\u00fccher.example"), ("relay", "10.0.0.0/8")]]

    def stored(self, data):
        """All that is stored of accounts and access entries, but for the numbers and times of rows."""
        return [self.rows(sql, data) for sql in (
            "SELECT d.name, a.local, a.written, a.password, a.created, a.smtp, a.pop3, a.send, a.receive, a.disabled, a.spamtrap,"
            " a.quota_bytes, a.quota_messages, a.language, a.moved_to FROM accounts a JOIN domains d ON d.id = a.domain"
            " ORDER BY d.name, a.local",
            "SELECT kind, network, bits, sender, comment FROM access ORDER BY 1, 2, 3, 4")]

    def test_what_is_exported_is_imported_as_it_was(self):
        for seed in range(1):
            for kind, records in self.generate(random.Random(seed)):
                self.import_text(kind, "\n".join(json.dumps(record) for record in records))
            for form in "csv", "json":
                copy = self.new_data()
                for kind in KINDS:
                    extra = ["--with-passwords"] if kind == "accounts" else []
                    octets = self.export(kind, "--format", form, *extra)
                    self.import_text(kind, octets, data=copy)
                    self.assertEqual(octets, self.export(kind, "--format", form, *extra, data=copy), (seed, kind))
                    again = self.import_text(kind, octets, data=copy).stdout
                    self.assertIn(b"added 0, changed 0, unchanged", again)
                self.assertEqual(self.stored(self.data), self.stored(copy))
            self.data = self.new_data()

    def test_csv_is_that_of_rfc_4180(self):
        self.run_ctl("access", "add", "refused", "192.0.2.0/24", 'comment=a "b", c')
        octets = self.export("access")
        self.assertTrue(octets.startswith(b"kind,value,comment,text,created\r\n"))
        self.assertIn(b'refused,192.0.2.0/24,"a ""b"", c",', octets)
        (row,) = csv.DictReader(io.StringIO(octets.decode(), newline=""))
        self.assertEqual('a "b", c', row["comment"])

    def test_json_is_an_object_a_line_and_an_array_is_read_too(self):
        self.import_text("domains", '[{"name": "a.example"},\n {"name": "b.example", "greylist": false}]\n')
        lines = self.export("domains", "--format", "json").splitlines()
        self.assertEqual([("a.example", True), ("b.example", False)],
                         [(json.loads(line)["name"], json.loads(line)["greylist"]) for line in lines])

    def test_passwords_are_exported_only_if_that_is_asked_for(self):
        self.run_ctl("domain", "add", "example.org")
        self.import_text("accounts", f"address,password\nanna@example.org,{HASH}\n")
        self.assertNotIn(b"$6$", self.export("accounts") + self.export("accounts", "--format", "json"))
        path = os.path.join(self.folder, "export")
        for mode, warns in (0o644, True), (0o600, False):
            with open(os.open(path, os.O_CREAT | os.O_RDWR), "r+b") as file:
                os.fchmod(file.fileno(), mode)
                run = subprocess.run([program("ftgatectl"), "--data", self.data, "export", "accounts", "--with-passwords"],
                                     stdout=file, stderr=subprocess.PIPE, check=True, env=environment(), timeout=SECONDS)
                self.assertEqual(warns, b"run chmod 600" in run.stderr)


class Import(ImportCase):
    def setUp(self):
        super().setUp()
        self.run_ctl("domain", "add", "example.org")

    def faults(self, kind, text, *options, status=65):
        return self.import_text(kind, text, *options, status=status).stderr.decode()

    def test_hash_that_was_cut_is_refused(self):
        for hash in ("$6$abc$kurz", HASH[:-1], HASH + "x", "$y$j9T$abc", "$2b$10$abc", "abcdefgh"):
            said = self.faults("accounts", f"address,password\nanna@example.org,{hash}\n")
            self.assertIn("standard input:2: password: this is no hash", said)
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM accounts"))

    def test_fault_is_named_with_its_place_and_cure(self):
        cases = [
            ("accounts", "address,quota-bytes\na@example.org,5X\n", "standard input:2: quota-bytes: quota-bytes=5X: write octets"),
            ("accounts", "address\na@example.org\n\nb@nowhere.example\n", "standard input:4: address: the domain nowhere.example"),
            ("accounts", "address,colour\na@example.org,red\n", "standard input:2: colour: there is no such column; the columns are: address, password,"),
            ("accounts", "language\nde\n", "standard input:2: address: this column is missing"),
            ("accounts", "address,language\na@example.org,xx\n", "standard input:2: language: there is no catalogue for 'xx'"),
            ("accounts", "address,created\na@example.org,yesterday\n", "created: created=yesterday: write a time such as"),
            ("accounts", "address,created\na@example.org,2001-02-30T00:00:00Z\n", "write a time such as"),
            ("accounts", "address\na@example.org,\n", "standard input:2: this line has 2 fields, the first one has 1"),
            ("accounts", "address,address\na,b\n", "standard input:1: the column 'address' is there twice"),
            ("accounts", 'address\n"a@example.org\n', "standard input:2: the quote that begins here has no end"),
            ("accounts", 'address\n"a@example.org"x\n', "standard input:2: text follows the quote"),
            ("accounts", 'address\na"b@example.org\n', "standard input:2: a quote stands within a field"),
            ("accounts", "address\na@example.org\rb\n", "standard input:2: a carriage return stands alone"),
            ("accounts", b"address\na\xff@example.org\n", "standard input:2: this is no UTF-8"),
            ("accounts", b"address\na\0@example.org\n", "standard input:2: this record has a NUL"),
            ("accounts", '{"address": "a@example.org"}\n{"address": 1.5}', "standard input:2: 'address' is no string"),
            ("accounts", '[{"address": "a@example.org"} {}]', "standard input:1: a comma or a closing bracket is missing"),
            ("accounts", '[{"address": "a@example.org"}', "standard input:1: a comma or a closing bracket is missing"),
            ("accounts", '{"address": "a@example.org", "address": "b"}', "this is not JSON: duplicate object key"),
            ("accounts", '{"address": ', "this is not JSON"),
            ("lists", '{"address": "l@example.org", "members": [1]}', "'members' holds something other than addresses"),
            ("aliases", "address,targets\nx@example.org,\n", "an alias leads to one address at least"),
            ("access", "kind,value\nfriends,192.0.2.0/24\n", "'friends' is not a kind of access"),
            ("access", "kind,value,text\nblacklist,192.0.2.0/24,550 no\n", "standard input:2: text=550 no: ERR_SECPOL_BLACK: code: "),
            ("access", "kind,value,text\nrelay,192.0.2.0/24,x\n", "standard input:2: an entry of relay refuses nothing"),
        ]
        for kind, text, said in cases:
            with self.subTest(text):
                self.assertIn(said, self.faults(kind, text))
            self.assertEqual([(0,), (0,), (0,)], self.rows("SELECT count(*) FROM accounts UNION ALL SELECT count(*) FROM aliases"
                                                           " UNION ALL SELECT count(*) FROM access"), text)

    def test_record_is_bounded_and_holds_the_longest_list(self):
        members = [f"{number:064d}@{'.'.join(['d' * 61] * 3)}.example" for number in range(2000)]
        record = {"address": "staff@example.org", "members": members}
        self.import_text("lists", json.dumps(record))
        exported = self.export("lists", "--format", "json")
        self.assertEqual(members, sorted(json.loads(exported)["members"]))
        self.import_text("lists", exported, data=self.data)
        for text in ('{"address":"x@example.org","members":[' + '"",' * 400000, "address,members\nx@example.org,\"" + "a\n" * 600000):
            self.assertIn(b"this record is longer than 1 MiB", self.import_text("lists", text, status=65).stderr)

    def test_password_that_is_no_hash_is_refused_and_not_printed(self):
        for value in "opensesame", "{SHA}opensesame", "$99$opensesame", "{CRYPT}open:sesame", "{PLAIN}":
            said = self.faults("accounts", f"address,password\na@example.org,{value}\n")
            self.assertNotIn("sesame", said)
            self.assertIn("standard input:2: password: this ", said)
        self.assertIn("scram-sha-256: this is no verifier", self.faults(
            "accounts", "address,scram-sha-256\na@example.org,sesame\n"))

    def test_plain_password_is_hashed_once_and_known_again(self):
        text = "address,password\n" + "".join(f"user{number}@example.org,{{PLAIN}}secret {number}\n" for number in range(5))
        self.import_text("accounts", text)
        stored = self.rows("SELECT password, scram_sha256, secret FROM accounts")
        self.assertEqual({("$y$", "SCRAM", None)}, {(one[:3], two[:5], three) for one, two, three in stored})
        self.assertIn(b"unchanged 5", self.import_text("accounts", text).stdout)
        self.assertEqual(stored, self.rows("SELECT password, scram_sha256, secret FROM accounts"))
        said = self.faults("accounts", text.replace("secret 4", "changed"))
        self.assertIn("standard input:6: password: user4@example.org already exists with another value of password", said)
        self.assertIn(b"changed 1, unchanged 4", self.import_text(
            "accounts", text.replace("secret 4", "changed"), "--update", "--keep-secret").stdout)
        self.assertEqual([("changed",)], self.rows("SELECT secret FROM accounts WHERE local = 'user4'"))

    def test_new_hash_leaves_no_form_of_the_old_password(self):
        self.import_text("accounts", "address,password\na@example.org,{PLAIN}old\n", "--keep-secret")
        self.import_text("accounts", f"address,password\na@example.org,{{SHA512-CRYPT}}{HASH}\n", "--update")
        self.assertEqual([(HASH, None, None)], self.rows("SELECT password, scram_sha256, secret FROM accounts"))

    def test_record_that_differs_is_changed_only_by_update(self):
        self.import_text("accounts", "address,quota-bytes,disabled\na@example.org,5K,no\n")
        self.assertIn(b"unchanged 1", self.import_text("accounts", "address,quota-bytes\nA@EXAMPLE.org,5120\n").stdout)
        said = self.faults("accounts", "address,quota-bytes\na@example.org,6K\n")
        self.assertIn("a@example.org already exists with quota-bytes=5120; to change it: --update", said)
        self.assertIn(b"changed 1", self.import_text("accounts", "address,quota-bytes\na@example.org,6K\n", "--update").stdout)
        self.assertEqual([(6144,)], self.rows("SELECT quota_bytes FROM accounts"))

    def test_batch_is_whole_or_not_at_all_and_the_import_goes_on(self):
        names = [f"user{number}@example.org" for number in range(5200)]
        wrong = "\n".join(["address,quota-messages", *(f"{name},{'x' if name == names[5100] else 1}" for name in names)])
        said = self.faults("accounts", wrong + "\n")
        self.assertIn("standard input:5102: quota-messages:", said)
        self.assertIn("5000 records are imported (added 5000, changed 0, unchanged 0); correct the file and run the command again",
                      said)
        self.assertEqual([(5000,)], self.rows("SELECT count(*) FROM accounts"))
        self.assertEqual(b"added 200, changed 0, unchanged 5000\n",
                         self.import_text("accounts", wrong.replace(",x\n", ",1\n") + "\n").stdout)
        self.assertEqual(5200, len(os.listdir(os.path.join(self.data, "mail", "example.org"))))

    def test_rehearsal_checks_all_and_changes_nothing(self):
        text = "address,quota-bytes\na@example.org,1\nb@example.org,x\nc@nowhere.example,1\nd@example.org,y\n"
        said = self.faults("accounts", text, "--dry-run")
        for line in 3, 4, 5:
            self.assertIn(f"standard input:{line}: ", said)
        self.assertIn("nothing is changed", said)
        good = self.import_text("accounts", "address,password\na@example.org,{PLAIN}x\n", "--dry-run")
        self.assertEqual(b"it would add 1, change 0 and leave 0 unchanged\n", good.stdout)
        self.assertEqual([(0,)], self.rows("SELECT count(*) FROM accounts"))
        self.assertFalse(os.path.exists(os.path.join(self.data, "mail", "example.org")))

    def test_target_may_come_later_and_is_named_until_then(self):
        run = self.import_text("aliases", "address,targets\ninfo@example.org,late@example.org\n")
        self.assertIn(b"info@example.org leads to late@example.org, which does not exist yet", run.stderr)
        self.import_text("accounts", "address\nlate@example.org\n")
        self.assertEqual(b"", self.import_text("aliases", "address,targets\ninfo@example.org,late@example.org\n").stderr)
        said = self.faults("aliases", "address,targets\none@example.org,two@example.org\ntwo@example.org,one@example.org\n")
        self.assertIn("standard input:3: targets: one@example.org leads back", said)

    def test_members_are_replaced_by_update(self):
        self.import_text("lists", '{"address": "l@example.org", "members": ["a@x.example", "b@x.example"]}')
        self.assertIn(b"unchanged 1", self.import_text(
            "lists", 'address,members\r\nl@example.org,"b@x.example\na@x.example"\r\n').stdout)
        self.assertIn("with another value of members", self.faults("lists", '{"address": "l@example.org", "members": []}'))
        self.import_text("lists", '{"address": "l@example.org", "members": ["c@x.example"]}', "--update")
        self.assertEqual([("c",)], self.rows("SELECT local FROM targets"))

    def test_file_is_named_and_its_format_found(self):
        for name, text in ("a.csv", "\ufeffaddress\r\na@example.org\r\n"), ("a.json", ' \n[{"address": "b@example.org"}]'):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
            self.assertIn(b"added 1", self.run_ctl("import", "accounts", name).stdout)
        self.assertIn(b"missing.csv: No such file", self.run_ctl("import", "accounts", "missing.csv", status=66).stderr)
        self.assertIn(b"a.json:2: a quote stands", self.run_ctl("import", "accounts", "a.json", "--format", "csv", status=65).stderr)

    def test_options_are_refused_where_they_mean_nothing(self):
        for words in (["account", "list", "--dry-run"], ["export", "accounts", "--update"], ["export", "domains", "--with-passwords"],
                      ["import", "domains", "-", "--no-password"], ["import", "mailboxes", "-"]):
            self.run_ctl(*words, status=64)


if __name__ == "__main__":
    main()
