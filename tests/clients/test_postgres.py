"""Accounts in PostgreSQL: the servers find them, ftgatectl changes them, and trouble with the database delays mail only."""

import base64
import itertools
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import server as servers
from postgres import Postgres
from server import ACCOUNT, DOMAIN, SECONDS, STRANGER, Server, Talk, TestCase

FAILED = b"(#3.22)"
PROCESSES = 2  # that have a connection: a worker, and the one of the relay


class PostgresServer(Server):
    """A server whose accounts are in a database, which is new."""

    count = itertools.count(1)

    def __init__(self, database, *arguments, migrated=True, settings="", user="postgres", url=None, grants=(),
                 name=None, **options):
        """url: makes the URL of the configuration from the name of the database, which is a new one unless it is given."""
        self.name = name or f"ftgate_{next(self.count)}"
        self.database, self.migrated, self.grants = database, migrated and not name, grants
        if not name:
            database.sql(f"CREATE DATABASE {self.name}")
        config = f"database: {url(self.name) if url else database.url(self.name, user)}\n{settings}{servers.LIMITS}"
        super().__init__("--workers", "1", *arguments, config=config, **options)

    def ctl_run(self, *arguments, config=None, **options):
        return subprocess.run([self.ctl, "-c", config or self.config, "--data", self.data, *arguments], timeout=SECONDS,
                              env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)

    def control(self, *arguments, **options):
        done = self.ctl_run(*arguments, config=self.admin, **options)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done}")
        return done.stdout.decode()

    def check(self):
        """Returns the output of --check."""
        return subprocess.run([self.smtpd, "-c", self.config, "--data", self.data, "--check"], env=self.environment,
                              timeout=SECONDS, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()

    def problems(self):
        """The severities of the problems that status prints, and their cures."""
        told = json.loads(self.ctl_run("status", "--json").stdout)["problems"]
        return [{key: problem[key] for key in ("severity", "cure")} for problem in told]

    def fill(self):
        self.admin = os.path.join(self.folder, "admin.conf")
        with open(self.admin, "w", encoding="utf-8") as config:
            config.write(f"database: {self.database.url(self.name)}\n")
        if self.migrated:
            self.control("database", "migrate")
            self.sql("".join(self.grants).replace(" DATABASE ftgate ", f" DATABASE {self.name} "))
            super().fill()

    def sql(self, text):
        return self.database.sql(text, self.name)

    def backends(self):
        """The processes of the database that serve the worker and the relay, once both have theirs."""
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ftgate' AND datname = current_database()"
        until = time.monotonic() + SECONDS
        while len(found := self.sql(query).split()) < PROCESSES:
            if time.monotonic() > until:
                raise AssertionError(f"it has the connections {found}:\n{self.log()}")
        return [int(pid) for pid in found]

    def disconnect(self, change=None):
        """Changes the database, and ends the connections of the server, as the database does."""
        connected = self.backends()
        if change:
            self.sql(change)
        for backend in connected:
            self.sql(f"SELECT pg_terminate_backend({backend})")


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class PostgresTest(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = cls.enterClassContext(Postgres())

    def recipient(self, talk, address=ACCOUNT):
        return talk.say(f"RCPT TO:<{address}>".encode())

    def await_reply(self, talk, address, expected):
        """Asks for a recipient until the reply is so: a change of records is seen within a second."""
        until = time.monotonic() + SECONDS
        while not re.search(expected, reply := self.recipient(talk, address)):
            self.assertLess(time.monotonic(), until, reply)
            time.sleep(0.02)


class Accounts(PostgresTest):
    def test_mail_is_accepted_for_accounts_alone(self):
        with PostgresServer(self.database) as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
                self.assertRegex(self.recipient(talk, STRANGER), rb"\(#4\.28\)")
                self.assertRegex(talk.say(b"DATA"), rb"\A354 ")
                self.assertRegex(talk.say(b"Subject: hello\r\n\r\nhello\r\n."), rb"\A250 ")
            self.assertEqual(1, len(server.messages()))
            self.assertIn("PostgreSQL", server.ctl_run("status").stdout.decode())

    def test_user_logs_in(self):
        with PostgresServer(self.database, settings="auth-in-clear: yes\n") as server:
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                self.assertRegex(talk.say(b"AUTH PLAIN " + base64.b64encode(f"\0{ACCOUNT}\0correct horse".encode())), rb"\A235 ")

    def test_records_are_changed_while_the_server_runs(self):
        with PostgresServer(self.database) as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk, "carol@" + DOMAIN), rb"\(#4\.28\)")
                server.control("account", "add", "Carol@" + DOMAIN, "--no-password")
                server.control("list", "add", "staff@" + DOMAIN, "carol@" + DOMAIN, ACCOUNT)
                self.await_reply(talk, "carol@" + DOMAIN, rb"\A250 ")
                self.assertRegex(self.recipient(talk, "staff@" + DOMAIN), rb"\A250 ")
            self.assertIn("Carol@" + DOMAIN, server.control("account", "list"))
            self.assertIn("members", server.control("list", "show", "staff@" + DOMAIN))
            refused = server.ctl_run("account", "remove", ACCOUNT)
            self.assertIn(b"first run: ftgatectl list set", refused.stderr)
            server.control("account", "set", "carol@" + DOMAIN, "delivery=lmtp:127.0.0.1:24")
            server.control("rename", "account", "carol@" + DOMAIN, "carla@" + DOMAIN)
            self.assertIn("carla@" + DOMAIN, server.control("export", "lists"))

    def test_names_of_mail_in_maildirs_of_several_servers_stay(self):
        with PostgresServer(self.database) as server:
            carol, carla, renamed = "carol@" + DOMAIN, "carla@" + DOMAIN, ("rename", "domain", DOMAIN, "new.example")
            server.control("account", "add", carol, "--no-password")
            for words in (("rename", "account", carol, carla), renamed):
                refused = server.ctl_run(*words, config=server.admin)
                self.assertEqual(77, refused.returncode)
                self.assertIn(f"mail of {words[2]} can be in Maildirs of several servers", refused.stderr.decode())
            server.control("domain", "set", DOMAIN, "delivery=lmtp:127.0.0.1:24")
            server.control("account", "set", carol, "delivery=maildir")
            for words in (("rename", "account", carol, carla), renamed):
                self.assertEqual(77, server.ctl_run(*words, config=server.admin).returncode)
            server.control("account", "set", carol, "delivery=")
            server.control("rename", "account", carol, carla)
            server.control(*renamed)
            server.control("domain", "set", "new.example", "delivery=")
            with open(server.admin, "a", encoding="utf-8") as config:
                config.write("delivery:\n    lmtp: 127.0.0.1:24\n")
            server.control("rename", "account", "carla@new.example", "eva@new.example")
            self.assertIn("eva@new.example", server.control("account", "list"))

    def test_pipelined_recipients_are_answered_in_their_order(self):
        with PostgresServer(self.database) as server:
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                talk.socket.sendall(b"".join([b"MAIL FROM:<a@client.example>\r\n",
                                              *(b"RCPT TO:<%s>\r\n" % to.encode() for to in (STRANGER, ACCOUNT, STRANGER)), b"NOOP\r\n"]))
                replies = [talk.reply() for _ in range(5)]
            self.assertEqual([False, True, False, True, False], [b"(#4.28)" in reply for reply in replies])

    def documented_grants(self):
        with open(os.path.join(servers.SOURCE, "docs", "postgres.md"), encoding="utf-8") as page:
            return re.findall(r"(?m)^ +((?:GRANT|REVOKE) .* (?:TO|FROM) \w+;)$", page.read())

    def missing_rights(self, told):
        """The rights that status or --check names, with what they are to."""
        return {(right, name) for rights, name in re.findall(r"has no right ([A-Z, ]+) on (\w+)", told) for right in rights.split(", ")}

    def test_each_documented_right_that_is_missing_is_named(self):
        self.database.sql("CREATE ROLE stripped LOGIN")
        grants = [re.sub(r"\bftgate;", "stripped;", grant) for grant in self.documented_grants() if not re.search("ftgate_(admin|reader);", grant)]
        documented = {(right, name) for rights, names in re.findall(r"GRANT ([A-Z, ]+) ON (?!DATABASE|SCHEMA)([\w, ]+) TO", "".join(grants))
                      for right in rights.split(", ") for name in names.split(", ")}
        self.assertGreaterEqual(len(documented), 30)
        cure = "run the GRANTs of docs/postgres.md, or name by -c the configuration of the owner of the tables"
        greylists = "greylist:\n  enabled: yes\n"
        with PostgresServer(self.database, user="stripped", grants=grants, settings=greylists) as server:
            self.assertEqual(set(), self.missing_rights(server.ctl_run("status").stdout.decode() + server.check()))
            server.sql("REVOKE SELECT ON targets FROM stripped")
            self.assertEqual({("SELECT", "targets")}, self.missing_rights(server.ctl_run("status").stdout.decode()))
            self.assertEqual({("SELECT", "targets")}, self.missing_rights(server.check()))
            self.assertIn({"severity": "critical", "cure": cure}, server.problems())
            server.sql("GRANT SELECT ON targets TO stripped; REVOKE INSERT ON greylist FROM stripped")
            self.assertEqual({("INSERT", "greylist")}, self.missing_rights(server.ctl_run("status").stdout.decode()))
            self.assertIn({"severity": "warning", "cure": cure}, server.problems())
            server.sql("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM stripped")
            self.assertEqual(documented, self.missing_rights(server.ctl_run("status").stdout.decode()))
            server.sql("REVOKE USAGE ON SCHEMA public FROM stripped, PUBLIC")
            self.assertEqual({("USAGE", "public")}, self.missing_rights(server.ctl_run("status").stdout.decode()))

    def test_rights_that_the_configuration_does_not_use_are_not_named(self):
        self.database.sql("CREATE ROLE plain LOGIN")
        grants = [re.sub(r"\bftgate;", "plain;", grant) for grant in self.documented_grants() if "TO ftgate;" in grant]
        with PostgresServer(self.database, user="plain", grants=grants) as server:
            server.sql("REVOKE INSERT ON greylist FROM plain; REVOKE ALL ON greylist_secret FROM plain")
            self.assertEqual(set(), self.missing_rights(server.ctl_run("status").stdout.decode() + server.check()))
            server.sql("REVOKE DELETE ON greylist FROM plain")
            self.assertEqual({("DELETE", "greylist")}, self.missing_rights(server.check()))

    def test_schema_of_the_tables_is_found_by_the_search_path(self):
        self.database.sql("CREATE ROLE elsewhere LOGIN")
        with PostgresServer(self.database, user="elsewhere") as server:
            server.sql(f"ALTER SCHEMA public RENAME TO mail; ALTER DATABASE {server.name} SET search_path = other, mail;"
                       " CREATE SCHEMA unused; CREATE TABLE unused.ftgate_schema (one int); REVOKE USAGE ON SCHEMA mail FROM PUBLIC")
            self.assertEqual({("USAGE", "mail")}, self.missing_rights(server.check()))
            self.assertEqual({("USAGE", "mail")}, self.missing_rights(server.ctl_run("status").stdout.decode()))

    def test_documented_rights_are_enough_for_servers(self):
        grants = self.documented_grants()
        self.assertGreaterEqual(len(grants), 7)
        self.database.sql("CREATE ROLE ftgate LOGIN; CREATE ROLE ftgate_admin LOGIN; CREATE ROLE stranger LOGIN;"
                          " CREATE ROLE ftgate_reader LOGIN")
        with PostgresServer(self.database, user="ftgate", grants=grants) as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
            refused = server.ctl_run("account", "add", "x@" + DOMAIN, "--no-password")
            self.assertEqual(77, refused.returncode)
            self.assertRegex(refused.stderr.decode(), "permission denied.*; run the GRANTs")
            self.assertEqual("f|f|t\n", server.sql("SELECT has_database_privilege('stranger', current_database(), 'CONNECT'),"
                                                   " has_schema_privilege('ftgate', 'public', 'CREATE'),"
                                                   " has_schema_privilege('ftgate_admin', 'public', 'CREATE')"))

            self.assertReadsAccountsButNoPasswords(server)

    def assertReadsAccountsButNoPasswords(self, server):
        names = "SELECT a.local || '@' || d.name FROM accounts a JOIN domains d ON d.id = a.domain"
        self.assertIn(f"{ACCOUNT}\n", server.sql(f"SET ROLE ftgate_reader; {names}"))
        unread = ("SELECT attname FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attnum > 0"
                  " AND NOT has_column_privilege('ftgate_reader', attrelid, attnum, 'SELECT')")
        self.assertEqual({"password", "scram_sha256", "secret"}, set(server.sql(unread).split()))
        tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND {}"
        read = tables.format("has_table_privilege('ftgate_reader', oid, 'SELECT')")
        self.assertEqual({"ftgate_schema", "domains", "aliases", "targets", "access"}, set(server.sql(read).split()))
        changed = tables.format("has_any_column_privilege('ftgate_reader', oid, 'INSERT, UPDATE')"
                                " OR has_table_privilege('ftgate_reader', oid, 'DELETE, TRUNCATE, TRIGGER')")
        self.assertEqual("", server.sql(changed))

    def test_service_file_says_where_the_database_is(self):
        service = self.enterContext(tempfile.NamedTemporaryFile("w", suffix=".conf"))
        os.chmod(service.name, 0o644)

        def url(name):
            service.write(f"[ftgate]\nhost={self.database.folder}\nport={self.database.port}\nuser=postgres\ndbname={name}\n")
            service.flush()
            return "postgresql:///?service=ftgate"

        with mock.patch.dict(os.environ, PGSERVICEFILE=service.name), PostgresServer(self.database, url=url) as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
            self.assertIn(ACCOUNT, server.ctl_run("account", "list").stdout.decode())

    def test_migration_is_made_once(self):
        with PostgresServer(self.database) as server:
            version = int(server.sql("SELECT version FROM ftgate_schema"))
            self.assertEqual(f"schema {version}: nothing to do\n", server.control("database", "migrate"))

    def test_status_and_check_know_schema_and_missing_postmasters(self):
        with PostgresServer(self.database) as server:
            version = int(server.sql("SELECT version FROM ftgate_schema"))
            told = json.loads(server.ctl_run("status", "--json").stdout)
            self.assertEqual(version, told["schema"])
            nobody = f"nobody reads the mail to postmaster@{DOMAIN}"
            self.assertIn(nobody, json.dumps(told))
            self.assertIn(nobody, server.check())
            server.control("alias", "add", f"postmaster@{DOMAIN}", ACCOUNT)
            self.assertNotIn(nobody, server.ctl_run("status", "--json").stdout.decode())
            self.assertNotIn(nobody, server.check())
            with open(server.config, "r+", encoding="utf-8") as config:
                text = config.read().replace(f"/{server.name}?", "/missing?", 1)
                self.assertIn("/missing?", text)
                config.seek(0)
                config.truncate()
                config.write(text)
            self.assertIn({"severity": "critical", "cure": "create the database"}, server.problems())
            self.assertRegex(server.check(), "(?m)^database: .*3D000.*; create the database$")
            self.assertEqual(2, server.ctl_run("status").returncode)

    def test_migrations_that_begin_at_once_make_one_schema(self):
        with PostgresServer(self.database, migrated=False) as server:
            running = [subprocess.Popen([server.ctl, "-c", server.config, "--data", server.data, "database", "migrate"],
                                        env=server.environment, stdout=subprocess.PIPE) for _ in range(4)]
            said = sorted(one.communicate(timeout=SECONDS)[0].decode() for one in running)
            version = int(server.sql("SELECT version FROM ftgate_schema"))
            self.assertEqual([f"schema {version}, before 0\n", *[f"schema {version}: nothing to do\n"] * 3], said)

    def test_password_in_the_configuration_is_refused(self):
        for url in ("postgresql://user:secret@host/name", "postgresql://host/name?password=secret", "mysql://host/name"):
            with PostgresServer(self.database) as server:
                path = os.path.join(server.folder, "other.conf")
                with open(path, "w", encoding="ascii") as config:
                    config.write(f"database: {url}\n")
                done = subprocess.run([server.smtpd, "-c", path, "--check"], env=server.environment, timeout=SECONDS,
                                      check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertNotEqual(0, done.returncode, url)
                self.assertIn(f"{path}:1: database: ", done.stdout.decode())
                self.assertNotIn("secret", done.stdout.decode())


class Trouble(PostgresTest):
    def test_lost_connection_costs_no_reply(self):
        with PostgresServer(self.database) as server:
            with Talk(server) as talk:
                talk.mail()
                for i in range(3):
                    server.disconnect()
                    self.assertRegex(self.recipient(talk, f"{i}@{DOMAIN}"), rb"\(#4\.28\)")

    def test_table_that_is_changed_costs_no_reply(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            talk.mail()
            for i, kind in enumerate(("varchar", "text", "varchar")):
                self.assertRegex(self.recipient(talk, f"{i}@{DOMAIN}"), rb"\(#4\.28\)")
                server.sql(f"ALTER TABLE accounts ALTER COLUMN moved_to TYPE {kind}")
            self.assertRegex(self.recipient(talk), rb"\A250 ")

    def test_connection_that_is_lost_again_is_replaced_after_a_pause(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            talk.mail()
            self.assertRegex(self.recipient(talk), rb"\A250 ")
            ended = server.sql("""
                CREATE TEMPORARY TABLE ended (pid int, began timestamptz, UNIQUE (pid, began));
                DO $$ BEGIN
                    WHILE clock_timestamp() < now() + interval '1 second' LOOP
                        PERFORM pg_stat_clear_snapshot();
                        INSERT INTO ended SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = 'ftgate'
                            AND datname = current_database() AND state = 'idle' AND query LIKE '%FROM changes%' ON CONFLICT DO NOTHING;
                        PERFORM pg_terminate_backend(pid) FROM ended JOIN pg_stat_activity USING (pid)
                            WHERE began = backend_start;
                        PERFORM pg_sleep(0.01);
                    END LOOP;
                END $$;
                SELECT count(*) FROM ended""")
            self.assertIn(int(ended), range(1, 5 * PROCESSES))

    def assertDelayedAlone(self, talk, other):
        """A recipient is delayed, and while its reply is awaited, the worker serves another session."""
        talk.socket.sendall(b"RCPT TO:<%s>\r\n" % ACCOUNT.encode())
        self.assertRegex(other.say(b"NOOP"), rb"\A250 ")
        self.assertEqual([], select.select([talk.socket], [], [], 0)[0], "the worker waited for the database")
        reply = talk.reply()
        self.assertRegex(reply, rb"\A4")
        self.assertIn(FAILED, reply)

    def test_hanging_connection_is_replaced(self):
        with PostgresServer(self.database) as server:
            with Talk(server) as talk, Talk(server) as other:
                talk.mail()
                other.mail()
                hanging = server.backends()
                for backend in hanging:
                    os.kill(backend, signal.SIGSTOP)
                try:
                    self.assertDelayedAlone(talk, other)
                    self.assertRegex(self.recipient(other), rb"\A250 ")
                finally:
                    for backend in hanging:
                        os.kill(backend, signal.SIGCONT)

    def test_locked_table_delays_mail_and_its_backends_end(self):
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ('{%s}')"
        with PostgresServer(self.database) as server, Talk(server) as talk, Talk(server) as other:
            talk.mail()
            other.mail()
            backends = ",".join(map(str, server.backends()))
            with self.database.session(server.name) as session:
                session.run("BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE;")
                self.assertDelayedAlone(talk, other)
                server.wait_for_log(r"event=directory-failed database=\S+ detail=.*(no answer within|statement timeout)")
                until = time.monotonic() + SECONDS
                while server.sql(waiting % backends) != f"{PROCESSES - 1}\n":
                    self.assertLess(time.monotonic(), until, "the backend of the lost connection still waits for the lock")
                self.assertEqual(1, server.log().count("event=directory-failed "))
                self.assertEqual("1", self.processes_down(server))
                server.backends()  # the new connection can be used, but not that table
                self.assertEqual("1", self.processes_down(server))
            self.assertRegex(self.recipient(other), rb"\A250 ")
            self.assertEqual("0", self.processes_down(server))

    def processes_down(self, server):
        """How many processes the server says cannot use the database."""
        return re.search("database-down +(.*)", server.ctl_run("--server", "smtpd", "status").stdout.decode()).group(1)

    def test_schema_of_another_version_is_not_used(self):
        with PostgresServer(self.database) as server:
            server.disconnect("UPDATE ftgate_schema SET version = 99, compatible = 99")
            with Talk(server) as talk:
                self.assertRegex(talk.greeting + talk.mail() + self.recipient(talk), rb"(?m)^4")
            server.wait_for_log(r"event=peer-down kind=database .*version 99, this program knows \d+: install a newer ftgate")
            refused = server.ctl_run("account", "list")
            self.assertIn(b"version 99", refused.stderr)
            server.wait_for_log("event=peer-down kind=database ", times=PROCESSES)
            self.assertIn({"severity": "critical", "cure": "its log says why: event=peer-down kind=database, or event=directory-failed"}, server.problems())
            told = json.loads(server.ctl_run("status", "--json").stdout)
            self.assertEqual((PROCESSES, 2), (int(told["smtpd"]["database-down"]), server.ctl_run("status").returncode))

    def test_database_without_tables_is_named_with_its_cure(self):
        with PostgresServer(self.database, migrated=False) as server:
            server.wait_for_log("event=peer-down kind=database .*as the owner of the tables, run: ftgatectl -c FILE database migrate")
            refused = server.ctl_run("account", "list")
            cure = "as the owner of the tables, run: ftgatectl -c FILE database migrate"
            self.assertIn("the directory has the schema 0; this version has ", refused.stderr.decode())
            self.assertIn(cure, refused.stderr.decode())
            self.assertRegex(server.check(), f"(?m)^database: the directory has the schema 0; .*; {cure}$")
            self.assertIn({"severity": "critical", "cure": cure}, server.problems())
            server.control("database", "migrate")
            server.sql("UPDATE ftgate_schema SET version = version - 1")
            self.assertIn(cure, server.check())
            self.assertIn({"severity": "warning", "cure": cure}, server.problems())

    def test_role_without_rights_is_named_with_its_cure(self):
        self.database.sql("CREATE ROLE nobody LOGIN")
        cure = "run the GRANTs of docs/postgres.md, or name by -c the configuration of the owner of the tables"
        with PostgresServer(self.database, user="nobody") as server:
            server.wait_for_log("event=peer-down kind=database .*permission denied.*; run the GRANTs of docs/postgres.md")
            refused = server.ctl_run("account", "list")
            self.assertEqual(77, refused.returncode)
            self.assertEqual(1, refused.stderr.decode().count(cure))
            self.assertRegex(server.check(), f"(?m)^database: .*permission denied.*; {cure}$")
            self.assertIn({"severity": "critical", "cure": cure}, server.problems())
            self.assertNotIn("start the database", json.dumps(server.problems()))

    def test_database_of_another_program_is_not_said_to_need_tables(self):
        with PostgresServer(self.database) as server:
            server.disconnect("ALTER TABLE ftgate_schema RENAME version TO release")
            down = server.wait_for_log("event=peer-down kind=database .*column .*version.* does not exist.*")
            self.assertNotIn("migrate", down.group())
            refused = server.ctl_run("account", "list").stderr.decode()
            self.assertIn("does not exist", refused)
            self.assertNotIn("migrate", refused)

    def test_records_are_read_while_they_cannot_be_changed(self):
        with PostgresServer(self.database) as server:
            server.sql("INSERT INTO text_generations VALUES (1, 1, 'anna', ''), (2, 2, 'anna', '')")
            server.disconnect(f"ALTER DATABASE {server.name} SET default_transaction_read_only = on")
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
            refused = server.ctl_run("account", "add", "carol@" + DOMAIN, "--no-password")
            self.assertIn(b"read-only transaction", refused.stderr)
            cure, records = "start the primary, or promote the replica", os.path.join(server.data, "records")
            with open(records, "wb") as file:
                file.write(server.ctl_run("export", "accounts").stdout)
            for words in (("account", "add", "carol@" + DOMAIN, "--no-password"), ("rename", "domain", DOMAIN, "new.example"),
                          ("import", "accounts", records), ("text", "revert"), ("text", "forget", "mx9.example.test"),
                          ("text", "set", "de", "4.28", "Das Postfach %s gibt es bei uns nicht"), ("database", "migrate")):
                refused = server.ctl_run(*words)
                self.assertEqual(os.EX_UNAVAILABLE, refused.returncode, refused)
                self.assertEqual(1, refused.stderr.decode().count(f"the database can only be read (a replica); {cure}\n"), refused)
            self.assertIn({"severity": "warning", "cure": cure}, server.problems())


class Crash(TestCase):
    @unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
    def test_mail_is_delayed_while_the_database_is_away(self):
        with Postgres() as database, PostgresServer(database, settings="stale-for: 0\n") as server:
            with Talk(server) as talk, Talk(server) as other:
                talk.mail()
                other.mail()
                self.assertRegex(talk.say(b"RCPT TO:<" + ACCOUNT.encode() + b">"), rb"\A250 ")
                database.stop()
                for _ in range(3):
                    reply = talk.say(b"RCPT TO:<" + ACCOUNT.encode() + b">")
                    self.assertRegex(reply, rb"\A4")
                    self.assertIn(FAILED, reply)
                server.wait_for_log("event=peer-down kind=database ")
                database.start()
                server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)
                self.assertRegex(other.say(b"RCPT TO:<" + ACCOUNT.encode() + b">"), rb"\A250 ")
            self.assertEqual(PROCESSES, server.log().count("event=peer-down "))


if __name__ == "__main__":
    servers.main()
