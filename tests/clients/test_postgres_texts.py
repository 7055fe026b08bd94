#!/usr/bin/env python3
"""Own texts in PostgreSQL: one command changes the texts of each server, which uses them also without the database."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from postgres import Postgres
from server import LIMITS, SECONDS, Server, Talk, TestCase, environment, main, program
from tcp_proxy import Proxy

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
REFUSED, USAGE, DATAERR, UNAVAILABLE, CANTCREAT, TEMPFAIL, NOPERM, CONFIG = 1, 64, 65, 69, 73, 75, 77, 78
ID = "ERR_SMTP_CLOSING"
SHARED = {}  # the database of the tests that do not stop it
PO = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "{id}"
msgid "Service closing transmission channel"
msgstr "{text}"
"""


def po(text, language="de", reply_id=ID):
    return PO.format(text=text, language=language, id=reply_id)


def documented_grants():
    """The statements of the guide for the owner of the tables, which grant rights to the servers."""
    with open(os.path.join(SOURCE, "docs/postgres.md"), encoding="utf-8") as guide:
        return "".join(f"{line.strip()}\n" for line in guide if line.startswith("       GRANT ") and " ON " in line
                       and " TO ftgate;" in line and "DATABASE" not in line)


def configure(database, name):
    """The path of a configuration for the owner of a database, with a data folder beside it."""
    folder = database.path(name)
    os.makedirs(os.path.join(folder, "data"))
    path = os.path.join(folder, "admin.conf")
    with open(path, "w", encoding="utf-8") as config:
        config.write(f"database: {database.url(name)}\ndata: {folder}/data\n")
    return path


@contextlib.contextmanager
def prepared(postgres):
    """A server with a database to be copied."""
    with postgres as database:
        database.sql("CREATE ROLE ftgate LOGIN")
        database.sql("CREATE DATABASE migrated")
        subprocess.run([program("ftgatectl"), "-c", configure(database, "migrated"), "database", "migrate"], check=True,
                       timeout=SECONDS, env=environment(), stdout=subprocess.DEVNULL)
        database.sql(documented_grants(), "migrated")
        yield database


def setUpModule():
    if Postgres.is_installed():
        SHARED["database"] = unittest.enterModuleContext(prepared(Postgres()))


class TextServer(Server):
    """A server without accounts that follows the texts of a database."""

    def __init__(self, host, url, *arguments, **options):
        self.host = host
        super().__init__("--workers", "2", *arguments, config=f"hostname: {host}\ndatabase: {url}\n{LIMITS}", LANG="de_DE",
                         **options)

    def fill(self):
        pass

    def said(self):
        with Talk(self) as talk:
            return talk.say(b"QUIT").decode()

    def says(self, text):
        """Waits until each worker says it: new sessions in a row."""
        until = time.monotonic() + SECONDS
        count = 0
        while count < 8:
            count = count + 1 if text in self.said() else 0
            if time.monotonic() > until:
                raise AssertionError(f"{self.host} never said {text}, but {self.said()}:\n{self.log()}")
            time.sleep(0.01)

    def source(self, language="de"):
        return os.path.join(self.data, "locale", language, "LC_MESSAGES/ftgate-local.po")


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class TextsTest(TestCase):
    """Each test has a database, a copy of one that has been migrated."""

    count = itertools.count(1)
    at_once = 6

    def setUp(self):
        self.use(SHARED["database"])

    def use(self, database):
        self.database = database
        self.name = f"texts_{next(self.count)}"
        self.database.sql(f"CREATE DATABASE {self.name} TEMPLATE migrated STRATEGY file_copy")
        self.url = self.database.url(self.name, "ftgate")
        self.folder = self.database.path(self.name)
        self.admin = configure(self.database, self.name)

    def sql(self, text):
        return self.database.sql(text, self.name)

    def ctl(self, *words, status=0, config=None, options=(), input=b"", **variables):
        """Returns the output of ftgatectl; self.error has its errors."""
        done = subprocess.run([program("ftgatectl"), "-c", config or self.admin, *options, *words], input=input, timeout=4 * SECONDS,
                              env={**environment(), **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.error = done.stderr.decode()
        self.assertEqual(status, done.returncode, (words, done.stdout.decode(), self.error))
        return done.stdout.decode()

    def text(self, *words, **options):
        return self.ctl("text", *words, **options)

    def status(self, status=0):
        return {(row["server"], row["program"]): row
                for row in json.loads(self.text("status", options=("--json",), status=status))}

    def status_until(self, accept, status):
        """Waits until text status shows what it must, and ends with this status."""
        until = time.monotonic() + SECONDS
        while True:
            done = subprocess.run([program("ftgatectl"), "-c", self.admin, "--json", "text", "status"], timeout=SECONDS,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            rows = {(row["server"], row["program"]): row for row in json.loads(done.stdout or "[]")}
            if done.returncode == status and accept(rows):
                return rows
            if time.monotonic() > until:
                raise AssertionError(f"{done}")
            time.sleep(0.05)

    @staticmethod
    def wait_until(condition):
        until = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def server(self, host="mx1.example.test", **options):
        return self.enterContext(TextServer(host, self.url, **options))

    def put(self, text, language="de", domain="", generation=None):
        """A generation with one source that nobody has checked."""
        last = int(self.sql("SELECT coalesce(max(id), 0) + 1 FROM text_generations"))
        escaped = text.replace("'", "''")
        with self.database.session(self.name) as session:
            session.run(f"""BEGIN; INSERT INTO text_generations VALUES ({last}, {last}, 'mallory', '');
                WITH f AS (INSERT INTO text_files (source) VALUES ('{escaped}') RETURNING id)
                INSERT INTO text_parts SELECT {last}, '{domain}', '{language}', id FROM f; COMMIT;""")
        return last


class DatabaseThatStops(TextsTest):
    """Its name differs from that of the others."""

    def setUp(self):
        self.use(self.enterContext(prepared(Postgres())))

    def test_four_servers_say_it_with_the_database_and_without(self):
        smtp = [self.server(f"mx{number}.example.test") for number in range(1, 5)]
        printed = self.text("set", "de", ID, "Auf Wiedersehen", options=("--comment", "friendlier"))
        self.assertIn("Auf Wiedersehen (#3.08)", printed)
        self.assertIn("generation 1, by ", printed)
        for server in smtp:
            server.says("Auf Wiedersehen")
        rows = self.status_until(lambda rows: len(rows) == 4, 0)
        self.assertEqual({"current"}, {row["state"] for row in rows.values()})
        self.assertEqual({1}, {row["generation"] for row in rows.values()})

        self.text("set", "de", ID, "Tschüss")
        for server in smtp:
            server.says("Tschuess")
        self.assertIn("friendlier", self.text("history"))
        self.text("revert")
        for server in smtp:
            server.says("Auf Wiedersehen")
        self.assertEqual(["3", "2", "1"], re.findall(r"(?m)^(\d+)", self.text("history", options=("--format", "csv"))))

        self.database.stop()
        try:
            for server in smtp:
                server.says("Auf Wiedersehen")
            smtp[1].wait_for_log("event=texts-failed detail=")
            smtp[0].process.terminate()
            self.assertEqual(0, smtp[0].process.wait(SECONDS))
            smtp[0].start()
            smtp[0].says("Auf Wiedersehen")
        finally:
            self.database.start()
        self.text("set", "de", ID, "Wieder da")
        for server in smtp:
            server.says("Wieder da")


class OneWordEverywhere(TextsTest):
    def test_server_that_is_behind_is_shown_until_it_has_caught_up(self):
        server, late = self.server(), self.server("mx2.example.test")
        self.text("set", "de", ID, "Eins")
        self.status_until(lambda rows: len(rows) == 2, 0)
        late.process.terminate()
        late.process.wait(SECONDS)
        self.text("set", "de", ID, "Zwei")
        server.says("Zwei")
        rows = self.status_until(lambda rows: rows["mx1.example.test", "smtpd"]["state"] == "current", REFUSED)
        self.assertEqual("behind", rows["mx2.example.test", "smtpd"]["state"])
        late.start()
        late.says("Zwei")
        self.status_until(lambda rows: len(rows) == 2, 0)
        self.sql("INSERT INTO text_servers VALUES ('gone.example.test', 'smtpd', 'ftgate', 2, 0, 0, '', 1)")
        self.assertEqual("silent", self.status(status=REFUSED)["gone.example.test", "smtpd"]["state"])
        self.text("forget", "gone.example.test/pop3d", status=DATAERR)
        self.text("forget", "gone.example.test")
        self.assertEqual(2, len(self.status()))

    def test_many_servers_are_not_all_read_and_those_that_differ_come_first(self):
        self.text("set", "de", ID, "Eins")
        self.sql("INSERT INTO text_servers SELECT 'c' || n || '.example.test', 'smtpd', 'ftgate', (n <> 100000)::int, 0, 0, '',"
                 " (extract(epoch FROM now()) * 1000000)::bigint FROM generate_series(1, 100000) n")
        rows = list(self.status(status=REFUSED).values())
        self.assertEqual(1000, len(rows))
        self.assertEqual(("c100000.example.test", "behind", "ftgate"), (rows[0]["server"], rows[0]["state"], rows[0]["role"]))
        self.assertEqual({"current"}, {row["state"] for row in rows[1:]})
        self.assertEqual("ftgatectl: only 1000 servers are shown; those that are gone are removed by: ftgatectl text forget\n",
                         self.error)
        self.sql("UPDATE text_servers SET generation = 1")
        self.status()
        self.sql("UPDATE text_servers SET seen = CASE WHEN host < 'c5' THEN 1 ELSE 4000000000000000 END WHERE host <> 'c7.example.test'")
        self.assertEqual({"silent"}, {row["state"] for row in self.status(status=REFUSED).values()})
        self.text("forget")
        self.assertEqual(["c7.example.test"], [row["server"] for row in self.status().values()])
        self.text("forget")
        self.assertEqual(1, len(self.status()))

    def test_server_whose_row_belongs_to_another_role_says_so_and_goes_on(self):
        self.text("set", "de", ID, "Eins")
        self.sql("INSERT INTO text_servers VALUES ('mx1.example.test', 'smtpd', 'another', 0, 0, 0, '', 1)")
        server = self.server()
        server.wait_for_log("event=texts-failed detail=.*: ftgatectl text forget HOST")
        for text in ("Zwei", "Drei"):
            self.text("set", "de", ID, text)
            server.says(text)
        self.assertEqual(1, server.counted("event=texts-failed", 1))
        self.assertEqual("another", self.status(status=REFUSED)["mx1.example.test", "smtpd"]["role"])
        self.sql("ALTER TABLE text_generations RENAME TO away")
        try:
            server.wait_for_log("event=texts-failed detail=.*text_generations")
        finally:
            self.sql("ALTER TABLE away RENAME TO text_generations")
        self.text("set", "de", ID, "Vier")
        server.says("Vier")
        self.assertEqual(2, server.counted("event=texts-failed", 2))
        self.text("forget", "mx1.example.test")
        self.status_until(lambda rows: [row["role"] for row in rows.values()] == ["ftgate"], 0)

    def test_first_worker_that_dies_is_followed_by_the_next(self):
        server = self.server()
        self.text("set", "de", ID, "Eins")
        server.says("Eins")
        os.kill(int(re.search(r"event=worker-started worker=0 pid=(\d+)", server.log()).group(1)), 9)
        self.text("set", "de", ID, "Zwei")
        server.says("Zwei")

    def test_servers_of_one_folder_both_say_it(self):
        server = self.server()
        beside = self.enterContext(TextServer("mx1.example.test", self.url, smtpd=program("ftgate-pop3d"), beside=server))
        self.text("set", "de", "FTG_POP_DELE", "Wird gelöscht")
        self.status_until(lambda rows: len(rows) == 2, 0)
        self.assertTrue(self.wait_until(lambda: "event=texts-adopted" in server.log() + beside.log()))
        self.assertEqual(1, (server.log() + beside.log()).count("event=texts-adopted"))


class Refusals(TextsTest):
    def test_broken_text_is_named_and_not_written(self):
        self.text("set", "de", ID, "Gut")
        self.text("set", "de", ID, "Schlecht %s %s %s", status=REFUSED)
        self.assertIn(ID, self.error)
        self.assertIn("nothing is changed", self.error)
        self.assertEqual("1", self.sql("SELECT max(id) FROM text_generations").strip())

    def test_text_that_a_server_refuses_is_reported_and_the_old_one_goes_on(self):
        server = self.server()
        self.text("set", "de", ID, "Gut")
        server.says("Gut")
        self.put(po("Neu %n"))
        rows = self.status_until(lambda rows: rows and all(row["state"] == "refused" for row in rows.values()), REFUSED)
        row = rows["mx1.example.test", "smtpd"]
        self.assertEqual((1, 1), (row["generation"], row["refused"]))
        self.assertIn(f"de: {ID}: ", row["reason"])
        self.assertIn("Gut", server.said())
        self.assertEqual(1, server.counted("event=texts-refused", 1))
        self.text("set", "de", ID, "Besser")
        server.says("Besser")
        self.status_until(lambda rows: len(rows) == 1, 0)

    def test_server_whose_folder_takes_no_texts_is_behind_until_it_does(self):
        server = self.server()
        in_the_way = server.source().replace(".po", ".mo")
        os.makedirs(in_the_way)
        self.text("set", "de", ID, "Eins")
        server.wait_for_log("event=texts-failed generation=1 ")
        rows = self.status_until(lambda rows: len(rows) == 1, REFUSED)
        self.assertEqual("behind", rows["mx1.example.test", "smtpd"]["state"])
        os.rmdir(in_the_way)
        self.text("set", "de", ID, "Zwei")
        server.says("Zwei")
        self.assertEqual(1, server.counted("event=texts-failed", 1))

    def test_generation_that_no_server_would_take_is_not_made(self):
        self.text("set", "de", ID, "Gut")
        self.sql("INSERT INTO text_parts SELECT 1, 'd' || n || '.example.test', 'de', (SELECT max(id) FROM text_files)"
                 " FROM generate_series(1, 1023) n")
        self.text("set", "fr", ID, "Un", status=DATAERR)
        self.assertEqual("1", self.sql("SELECT max(id) FROM text_generations").strip())
        self.text("set", "de", ID, "Besser")

    def test_generation_that_is_not_there_and_one_of_before_change_nothing(self):
        server = self.server()
        self.text("set", "de", ID, "Eins")
        self.text("set", "de", ID, "Zwei")
        server.says("Zwei")
        self.sql("DELETE FROM text_generations WHERE id = 2")
        server.wait_for_log("event=texts-failed generation=1 detail=\"it is from before")
        self.assertIn("Zwei", server.said())
        self.put(po("Drei"))
        server.says("Drei")

    def test_host_that_lacks_the_newest_generation_removes_no_texts(self):
        self.text("set", "de", ID, "Eins")
        view = "CREATE OR REPLACE VIEW ftgate.text_generations AS SELECT * FROM public.text_generations"
        self.sql(f"CREATE SCHEMA ftgate; CREATE SEQUENCE ftgate.turn; {view}; GRANT USAGE ON SCHEMA ftgate TO ftgate;"
                 "GRANT SELECT ON ftgate.text_generations TO ftgate; GRANT USAGE ON SEQUENCE ftgate.turn TO ftgate")
        server = self.server()
        server.says("Eins")
        self.sql(f"{view} UNION ALL SELECT 7, 99999999999999999, 'x', '' WHERE nextval('ftgate.turn') % 2 = 1")
        self.assertTrue(self.wait_until(lambda: int(self.sql("SELECT last_value FROM ftgate.turn")) >= 4))
        self.assertIn("Eins", server.said())
        self.assertNotIn("generation=7", server.log())

    def test_generation_without_texts_removes_them(self):
        server = self.server()
        self.text("set", "de", ID, "Eins")
        server.says("Eins")
        self.sql("INSERT INTO text_generations VALUES (2, 99999999999999999, 'anna', '')")
        server.wait_for_log("event=texts-adopted generation=2")
        self.assertFalse(os.path.exists(server.source()))

    def test_source_that_does_not_come_is_reported(self):
        server = self.server()
        self.text("set", "de", ID, "Eins")
        server.says("Eins")
        # Its length can be read, but not the source itself.
        fails = "CASE WHEN current_query() LIKE 'SELECT source%' THEN (1 / (length(source) * 0))::text ELSE source END"
        self.sql(f"CREATE SCHEMA ftgate; CREATE VIEW ftgate.text_files AS SELECT id, {fails} AS source FROM public.text_files;"
                 " GRANT USAGE ON SCHEMA ftgate TO ftgate; GRANT SELECT ON ftgate.text_files TO ftgate")
        self.text("set", "de", ID, "Zwei")
        server.wait_for_log("event=texts-failed detail=.*division by zero")
        self.assertIn("Eins", server.said())
        self.sql("DROP VIEW ftgate.text_files")
        server.says("Zwei")

    def test_source_of_another_length_than_listed_is_reported_and_read_again(self):
        server = self.server()
        self.text("set", "de", ID, "Eins")
        server.says("Eins")
        longer = "source || repeat(' ', (nextval('ftgate.asked') = 1)::int)"
        self.sql(f"CREATE SCHEMA ftgate; CREATE SEQUENCE ftgate.asked; CREATE VIEW ftgate.text_files AS SELECT id, CASE"
                 f" WHEN current_query() LIKE 'SELECT source%' THEN {longer} ELSE source END AS source FROM public.text_files;"
                 " GRANT USAGE ON SCHEMA ftgate TO ftgate; GRANT SELECT ON ftgate.text_files TO ftgate;"
                 " GRANT USAGE ON SEQUENCE ftgate.asked TO ftgate")
        self.text("set", "de", ID, "Zwei")
        server.wait_for_log("event=texts-failed generation=2 detail=\"the length of a source differs from the list\"")
        self.assertIn("Eins", server.said())
        server.says("Zwei")
        self.assertEqual("2", self.sql("SELECT last_value FROM ftgate.asked").strip())
        self.assertEqual(1, server.log().count("event=texts-failed"))

    def test_hostile_content_harms_no_server(self):
        server = self.server()
        self.text("set", "de", ID, "Gut")
        server.says("Gut")
        outside = os.path.join(server.folder, "outside")
        for text, language, domain in ((po("Böse"), "../../outside", ""), (po("Böse"), "de", "../x"), (po("a" * 1000000), "de", ""),
                                       (po("Böse\\r\\n250 ok"), "de", "")):
            refused = self.put(text, language, domain)
            server.wait_for_log(f"event=texts-refused generation={refused} ")
            self.assertIn("Gut", server.said())
        self.sql("ALTER TABLE text_files DROP CONSTRAINT text_files_source_check")
        refused = self.put(po("a" * 2000000))
        server.wait_for_log(f"event=texts-refused generation={refused} ")
        self.assertEqual("refused", self.status_until(lambda rows: rows, REFUSED)["mx1.example.test", "smtpd"]["state"])
        self.assertFalse(os.path.exists(outside))
        self.assertEqual(["de"], [name for name in os.listdir(os.path.join(server.data, "locale")) if name[0] != "."])
        self.assertIn("Gut", server.said())


class Cut(Proxy):
    """Ends the connection in place of the answer to one question, and counts the questions."""

    def __init__(self, target, nth):
        super().__init__(target)
        self.nth, self.questions = nth, 0

    def from_client(self, client, octets):
        self.questions += 1
        self.cuts += self.questions == self.nth
        return octets


class CutConnections(TextsTest):
    def each_question_unanswered(self, *words):
        """
        Runs a command once for each of its questions, whose answer is lost, and last with all answers. A generation is made with
        two files, or not at all; if the command says so, it is made. Returns how often it was made.
        """
        made = 0
        for nth in itertools.count(1):
            before = self.count_files()
            with Cut(f"{self.database.folder}/.s.PGSQL.{self.database.port}", nth) as proxy:
                with open(self.admin, "w", encoding="utf-8") as config:
                    config.write(f"database: postgresql://postgres@127.0.0.1:{proxy.port}/{self.name}?sslmode=disable&"
                                 f"gssencmode=disable\ndata: {self.folder}/data\n")
                with open(f"{self.folder}/new/fr/LC_MESSAGES/ftgate-local.po", "w", encoding="utf-8") as file:
                    file.write(po(f"{words[0]} {nth}", "fr"))
                done = subprocess.run([program("ftgatectl"), "-c", self.admin, "text", *words], timeout=SECONDS, check=False,
                                      env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            after = self.count_files()
            self.assertIn(after, ([*before, "2"], before), (nth, done))
            if done.returncode == 0:
                self.assertEqual([*before, "2"], after, (nth, done))
            else:
                self.assertEqual((UNAVAILABLE, 1), (done.returncode, done.stderr.count(b"\n")), (nth, done))
            made += after != before
            if proxy.questions < nth:
                self.assertEqual(0, done.returncode, done)
                return made, nth

    def count_files(self):
        """How many files each generation has."""
        return self.sql("SELECT count(f.id) FROM text_generations g LEFT JOIN text_parts p ON p.generation = g.id"
                        " LEFT JOIN text_files f ON f.id = p.file GROUP BY g.id ORDER BY g.id").split()

    def test_generation_is_made_whole_or_not_at_all(self):
        self.text("set", "de", ID, "Eins")
        self.text("set", "fr", ID, "Un")
        self.sql("DELETE FROM text_generations WHERE id = 1")
        os.makedirs(f"{self.folder}/new/fr/LC_MESSAGES")
        for words in (("apply", f"{self.folder}/new"), ("revert", "2")):
            with self.subTest(words=words):
                made, questions = self.each_question_unanswered(*words)
                self.assertGreaterEqual(questions, 12)
                self.assertGreaterEqual(questions - made, 8)
        self.assertEqual("0", self.sql("SELECT count(*) FROM text_files f WHERE NOT EXISTS"
                                       " (SELECT FROM text_parts p WHERE p.file = f.id)").strip())


class Operators(TextsTest):
    def editor(self, text, *meanwhile):
        """An editor that writes a text, after commands have been run."""
        path = os.path.join(self.folder, "editor")
        with open(f"{path}.po", "w", encoding="utf-8") as file:
            file.write(text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{' '.join(meanwhile)} >/dev/null\ncp {path}.po \"$1\"\n")
        os.chmod(path, 0o755)
        return path

    def test_second_one_is_told_and_loses_nothing(self):
        command = (program("ftgatectl"), "-c", self.admin, "text", "set")
        self.text("edit", "de", EDITOR=self.editor(po("Von Anna"), *command, "de", ID, "Von-Bert"), status=TEMPFAIL)
        self.assertIn("in generation 1 by ", self.error)
        kept = re.search(r"kept in (\S+\.po)", self.error).group(1)
        with open(kept, encoding="utf-8") as file:
            self.assertEqual(po("Von Anna"), file.read())
        os.unlink(kept)
        self.assertIn("Von-Bert", self.text("show", "de", ID))
        self.text("edit", "de", EDITOR=self.editor(po("Von Anna"), *command, "fr", ID, "De-Bert"))
        self.assertIn("Von Anna", self.text("show", "de", ID))
        self.assertIn("De-Bert", self.text("show", "fr", ID))

    def test_earlier_versions_of_a_language_and_of_all(self):
        self.text("set", "de", ID, "Eins")
        self.text("set", "fr", ID, "Un")
        self.text("set", "de", ID, "Zwei")
        self.assertRegex(self.text("history", "de"), r"^ +1  replaced \S+Z  1 text\n$")
        self.text("revert", "de")
        self.assertIn("Eins", self.text("show", "de", ID))
        self.text("revert", "1")
        self.assertIn("Eins", self.text("show", "de", ID))
        self.assertNotIn("Un", self.text("show", "fr", ID))
        self.text("revert", "99", status=DATAERR)
        self.text("revert", "3")
        self.assertIn("Zwei", self.text("show", "de", ID))
        self.assertIn("fr", self.text("list"))
        self.assertEqual(6, len(self.text("history").splitlines()))

    def test_texts_of_a_machine_are_moved_by_one_command(self):
        server = self.server()
        alone = ("--data", server.data)
        plain = os.path.join(self.folder, "plain.conf")
        with open(plain, "w", encoding="utf-8") as config:
            config.write(f"data: {server.data}\n")
        self.text("set", "de", ID, "Hier", config=plain)
        self.text("set", "fr", ID, "Ici", config=plain)
        self.text("set", "de", ID, "Neu", options=alone, status=CONFIG)
        self.assertIn(f"text apply {server.data}/locale", self.error)
        self.text("set", "en", ID, "Here", config=plain)
        self.text("apply", f"{server.data}/locale", options=alone)
        self.assertEqual(1, self.error.count("servers use own texts of English only"), self.error)
        self.assertIn("generation 2, by ", self.text("set", "it", ID, "Qui", options=alone))
        self.status_until(lambda rows: [row["generation"] for row in rows.values()] == [2], 0)
        self.assertIn("Hier", server.said())
        self.assertNotIn("event=texts-replaced", server.log())

    def test_texts_of_a_machine_that_differ_are_kept_and_logged(self):
        server = self.server()
        plain = os.path.join(self.folder, "plain.conf")
        with open(plain, "w", encoding="utf-8") as config:
            config.write(f"data: {server.data}\n")
        self.text("set", "fr", ID, "Ici", config=plain)
        self.text("set", "de", ID, "Hier")
        server.says("Hier")
        server.wait_for_log("event=texts-replaced lang=fr ")
        self.assertFalse(os.path.exists(server.source("fr")))
        with open(f"{server.source('fr')}.~2~", encoding="utf-8") as file:  # before the first there were none
            self.assertIn("Ici", file.read())

    def test_texts_that_a_machine_changes_by_itself_are_replaced_again(self):
        server = self.server()
        plain = os.path.join(self.folder, "plain.conf")
        with open(plain, "w", encoding="utf-8") as config:
            config.write(f"data: {server.data}\n")
        self.text("set", "de", ID, "Alle")
        server.says("Alle")
        self.text("set", "de", ID, "Hier", config=plain)
        server.wait_for_log("event=texts-replaced lang=de ")
        server.says("Alle")

    def test_servers_role_reads_texts_and_writes_its_own_report_alone(self):
        own = self.as_servers_role()
        self.text("set", "de", ID, "Gut")
        self.assertIn("Gut", self.text("show", "de", ID, config=own))
        self.text("set", "de", ID, "Besser")
        with open(os.path.join(self.folder, "de.po"), "w", encoding="utf-8") as file:
            file.write(po("Schlecht"))
        os.makedirs(os.path.join(self.folder, "locale/de/LC_MESSAGES"))
        shutil.copy(file.name, os.path.join(self.folder, "locale/de/LC_MESSAGES/ftgate-local.po"))
        for words in (("set", "de", ID, "Schlecht"), ("unset", "de", ID), ("apply", file.name), ("apply", f"{self.folder}/locale"),
                      ("revert",), ("revert", "de"), ("forget", "mx9.example.test")):
            with self.subTest(words=words):
                self.text(*words, config=own, status=NOPERM)
                self.assertRegex(self.error, r"\A[^\n]*: permission denied for table [^\n]*; run the GRANTs [^\n]*\n\Z")
        self.ctl("database", "migrate", config=own, status=NOPERM)
        self.assertRegex(self.error, r"\A[^\n]*permission denied [^\n]*; as the owner of the tables, run: ftgatectl -c FILE "
                                     r"database migrate\n\Z")
        self.assertEqual("2", self.sql("SELECT max(id) FROM text_generations").strip())
        self.sql("INSERT INTO text_servers VALUES ('mx9.example.test', 'smtpd', 'another', 1, 0, 0, '', 1)")
        changed = self.sql("SET ROLE ftgate; UPDATE text_servers SET generation = 7; SELECT generation FROM text_servers")
        self.assertEqual("1", changed.strip())

    def as_servers_role(self):
        """The path of a configuration with the role of the servers."""
        path = os.path.join(self.folder, "own.conf")
        with open(path, "w", encoding="utf-8") as config:
            config.write(f"database: {self.url}\ndata: {self.folder}/data\n")
        return path

    def test_trouble_of_the_database_is_printed_once(self):
        own = self.as_servers_role()
        self.text("set", "de", ID, "Eins")
        self.text("set", "de", ID, "Zwei")
        for revoked, granted, commands in (
                ("text_generations", "id", ("history de", "history", "revert de", "diff de", "history")),
                ("text_files", "id", ("show de", "stale de", "revert 1", "revert de")),
                ("text_parts", "generation", ("list", "stale", "show de", "set de x y", "revert 1"))):
            self.sql(f"REVOKE SELECT ON {revoked} FROM ftgate; GRANT SELECT ({granted}) ON {revoked} TO ftgate")
            for words in commands:
                with self.subTest(words=words, revoked=revoked):
                    self.text(*words.replace("x", ID).split(), config=own, status=NOPERM)
                    self.assertRegex(self.error, r"\A[^\n]*: permission denied for table [^\n]*\n\Z")
            self.sql(f"GRANT SELECT ON {revoked} TO ftgate")

    def test_texts_that_are_copied_in_part_are_an_error(self):
        self.text("set", "de", ID, "Gut")
        limited = subprocess.run(["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh", program("ftgatectl"), "-c",
                                  self.admin, "text", "show", "de", ID], timeout=SECONDS, env=environment(), check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((CANTCREAT, 1), (limited.returncode, limited.stderr.count(b"\n")), limited)
        self.assertIn(b": File too large\n", limited.stderr)

    def test_source_that_nobody_can_read_hides_no_other(self):
        self.text("set", "fr", ID, "Bien")
        self.put("msgid oops")
        self.sql("INSERT INTO text_parts SELECT 2, domain, language, file FROM text_parts WHERE generation = 1")
        self.assertIn("Bien", self.text("show", "fr", ID))

    def test_change_that_is_stored_is_no_failure(self):
        own = self.as_servers_role()
        self.sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO ftgate; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ftgate;"
                 " REVOKE SELECT ON text_generations FROM ftgate; GRANT SELECT (id, created) ON text_generations TO ftgate")
        self.assertRegex(self.text("set", "de", ID, "Eins", config=own, options=("--comment", "warum")),
                         r"(?m)^generation 1, by \S+, \d\S+Z: warum$")
        self.text("set", "de", ID, "Zwei", config=own)
        self.assertIn("generation 3, by ", self.text("revert", "1", config=own))
        self.assertIn("Eins", self.text("show", "de", ID))

    def test_one_machine_has_its_own_commands_alone(self):
        plain = os.path.join(self.folder, "plain.conf")
        with open(plain, "w", encoding="utf-8") as config:
            config.write(f"data: {self.folder}/data\n")
        for words, status in ((("history",), USAGE), (("revert",), USAGE), (("status",), CONFIG), (("forget", "x"), CONFIG),
                              (("apply", self.folder), 66)):
            self.text(*words, config=plain, status=status)
        self.text("set", "de", ID, "x", config=plain, options=("--comment", "x"), status=USAGE)


if __name__ == "__main__":
    main()
