"""A database that fails over, answers late, or is behind a pooler delays mail, by the deadline, and loses none."""

import itertools
import json
import os
import pwd
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import unittest

import server as servers
from encrypted import Certificate
from fake_postgres import FakePostgres
from pgbouncer import DocumentedPooler, PgBouncer
from postgres import Postgres
from server import ACCOUNT, DOMAIN, SECONDS, Talk, TestCase
from tcp_proxy import Proxy
from test_postgres import FAILED, PROCESSES, PostgresServer

UNKNOWN = b"(#4.28)"
LATEST = 15  # seconds for a reply: POSTGRES_TIMEOUT, on a busy machine


class TroubleTest(TestCase):
    """Its tests share a database."""

    database = None
    strangers = itertools.count()

    @classmethod
    def setUpClass(cls):
        if TroubleTest.database is None:
            TroubleTest.database = unittest.enterModuleContext(Postgres(tcp=True))

    def recipient(self, talk, address=ACCOUNT):
        return talk.say(f"RCPT TO:<{address}>".encode())

    def config(self, server, url, name="other.conf"):
        """The path of a configuration that names a database."""
        path = os.path.join(server.folder, name)
        with open(path, "w", encoding="utf-8") as config:
            config.write(f"database: {url}\n")
        return path

    def unknown(self):
        """A recipient that does not exist, and for which nobody has asked."""
        return f"{next(self.strangers)}@{DOMAIN}"

    def stranger(self, talk):
        return self.recipient(talk, self.unknown())

    def assertDelayed(self, reply):
        self.assertRegex(reply, rb"\A4")
        self.assertIn(FAILED, reply)

    def assertAnswered(self, talk, server):
        """The database answers again, about a recipient that nobody has asked for."""
        until = time.monotonic() + SECONDS
        while UNKNOWN not in (reply := self.stranger(talk)):
            self.assertDelayed(reply)
            self.assertLess(time.monotonic(), until, server.log())
            time.sleep(0.05)


class Resetting(Proxy):
    """Resets a connection instead of passing on what has a certain text."""

    text = None

    def from_client(self, client, octets):
        if self.text is not None and self.text in octets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionResetError
        return octets


class Silencing(Proxy):
    """Passes no answers on any more, once a client has sent a certain text."""

    text = None

    def from_client(self, _, octets):
        self.holds = self.holds or (self.text is not None and self.text in octets)
        return octets


class Load(threading.Thread):
    """
    A client that sends messages until it is stopped. Each has a sender and a recipient that no server has been asked for, and that
    only the database can refuse. It keeps the subjects that were acknowledged.
    """

    def __init__(self, server, name):
        super().__init__()
        self.server, self.name = server, name
        self.acknowledged, self.failure = [], None
        self.ending = threading.Event()

    def run(self):
        try:
            number = 0
            while not self.ending.is_set():
                number += 1
                self.send(f"{self.name}-{number}")
        except (OSError, AssertionError) as failure:
            self.failure = failure

    def send(self, subject):
        with Talk(self.server) as talk:
            talk.socket.settimeout(LATEST)
            for command, expected in ((b"EHLO client.example.org", b"250"), (f"MAIL FROM:<{subject}@client.example>".encode(), b"250"),
                                      (f"RCPT TO:<{subject}@{DOMAIN}>".encode(), UNKNOWN), (f"RCPT TO:<{ACCOUNT}>".encode(), b"250"),
                                      (b"DATA", b"354")):
                reply = talk.say(command)
                if reply.startswith(b"4"):
                    return
                if expected not in reply:
                    raise AssertionError(f"{command}: {reply} {talk.greeting}")
            if talk.say(f"Subject: {subject}\r\n\r\nhello\r\n.".encode()).startswith(b"250"):
                self.acknowledged.append(subject)

    def wait_for_more(self):
        """Waits until messages that begin from now on are acknowledged, too."""
        count = len(self.acknowledged) + 3
        until = time.monotonic() + SECONDS
        while len(self.acknowledged) < count and self.failure is None:
            if time.monotonic() > until:
                raise AssertionError(f"{len(self.acknowledged)} messages of {count}: {self.server.log()}")
            time.sleep(0.02)


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Failover(TroubleTest):
    def test_no_acknowledged_message_is_lost_while_a_replica_is_promoted(self):
        with Postgres() as primary, primary.replica() as replica:
            with PostgresServer(primary, url=lambda name: primary.url(name, "postgres", replica), settings="stale-for: 0\n") as server:
                loads = [Load(server, f"load{i}") for i in range(4)]
                for load in loads:
                    load.start()
                try:
                    self.assertAdministered(server, replica, primary)
                    readers = primary.url(server.name, "postgres", replica, parameters="&target_session_attrs=prefer-standby")
                    refused = server.ctl_run("account", "remove", ACCOUNT, config=self.config(server, readers))
                    self.assertIn(b"read-only transaction", refused.stderr)
                    for load in loads:
                        load.wait_for_more()
                    replica.catch_up()
                    primary.stop("immediate")
                    for load in loads:
                        load.wait_for_more()  # the replica is read
                    replica.promote()
                    for load in loads:
                        load.wait_for_more()
                finally:
                    for load in loads:
                        load.ending.set()
                    for load in loads:
                        load.join()
                self.assertEqual([None] * 4, [load.failure for load in loads])
                server.database = replica
                self.assertAdministered(server, replica, primary)
                found = sorted(re.search(rb"(?m)^Subject: (\S+)", message).group(1).decode() for message in server.messages())
            for load in loads:
                self.assertEqual([], [subject for subject in load.acknowledged if found.count(subject) != 1])

    def test_servers_write_into_the_host_that_can_be_changed_and_follow_it(self):
        settings = "greylist:\n  enabled: yes\n"
        with Postgres() as old, old.replica() as new:
            with PostgresServer(old, url=lambda name: new.url(name, "postgres", old), settings=settings) as server:
                server.control("text", "set", "en", "4.28", "No mailbox %s")
                self.assertWritten(server, "limit_marks", "greylist", "text_servers")
                new.catch_up()
                old.stop("immediate")
                new.promote()
                server.database = new
                server.sql("TRUNCATE limit_marks, greylist")
                self.assertWritten(server, "limit_marks", "greylist")

    def assertWritten(self, server, *tables):
        """The server adds rows to these tables of its database."""
        number = 0
        until = time.monotonic() + 2 * SECONDS
        for table in tables:
            while server.sql(f"SELECT count(*) > 0 FROM {table}") != "t\n":
                number += 1
                server.ctl_run("blacklist", "remove", "192.0.2.1")
                with Talk(server, f"127.{number % 250}.{number // 250}.1") as talk:
                    talk.say(b"EHLO client.example.org")
                    talk.say(b"MAIL FROM:<a@client.example>")
                    self.recipient(talk)
                self.assertLess(time.monotonic(), until, f"{table}: {server.log()}")

    def assertAdministered(self, server, *hosts):
        """ftgatectl changes the database that can be changed, wherever it stands in the list."""
        for first, second in (hosts, reversed(hosts)):
            admin = self.config(server, first.url(server.name, "postgres", second))
            for verb in (("add", "carol@" + DOMAIN, "--no-password"), ("remove", "carol@" + DOMAIN)):
                done = server.ctl_run("account", *verb, config=admin)
                self.assertEqual((0, b""), (done.returncode, done.stderr))
                count = int(server.sql("SELECT count(*) FROM accounts WHERE local = 'carol'"))
                self.assertEqual(1 if verb[0] == "add" else 0, count)


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Hosts(TroubleTest):
    at_once = 4

    def test_silent_host_leaves_time_for_the_next_one(self):
        with Proxy(("127.0.0.1", self.database.port)) as proxy:
            proxy.holds = True
            with PostgresServer(self.database, url=lambda name: f"postgresql://postgres@/{name}?host=127.0.0.1,{self.database.folder}"
                                f"&port={proxy.port},{self.database.port}") as server, Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
                self.assertNotIn("directory-failed", server.log())
                done = server.ctl_run("account", "list", config=self.config(
                    server, f"postgresql://postgres@one.test,two.test/{server.name}?hostaddr=127.0.0.1,127.0.0.1"
                    f"&port={proxy.port},{self.database.port}&connect_timeout=1"))
                self.assertEqual((0, b""), (done.returncode, done.stderr))

    def test_too_many_connections_are_named_with_their_cure(self):
        self.database.sql("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
        with PostgresServer(self.database, user="few") as server, Talk(server) as talk:
            server.wait_for_log("event=peer-down kind=database .*53300: .*raise its max_connections", times=PROCESSES)
            self.assertRegex(talk.greeting + talk.mail() + self.recipient(talk), rb"(?m)^4")
            self.assertEqual(PROCESSES, server.log().count("event=peer-down "))
            server.sql("ALTER ROLE few CONNECTION LIMIT -1 SUPERUSER")
            server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)
            with Talk(server) as later:
                later.mail()
                self.assertRegex(self.recipient(later), rb"\A250 ")

    def test_answers_with_other_columns_are_not_read(self):
        def answer(sql):
            return ["99", "1", "5000"] if "to_jsonb" in sql else ["off"] if "read_only" in sql else \
                ["1", "1", "*"] if "FROM changes" in sql else ["1"] if "unnest" in sql else []
        with FakePostgres(answer) as database, PostgresServer(self.database, url=database.url) as server, Talk(server) as talk:
            said = talk.greeting
            if said.startswith(b"2"):
                said = talk.mail() + self.recipient(talk)
            self.assertRegex(said, rb"(?m)^4")
            server.wait_for_log("event=directory-failed .*other columns")
            self.assertNotIn("event=worker-died", server.log())
            self.assertIn(b"run: ftgatectl -c FILE database migrate", server.ctl_run("account", "list").stderr)

    def test_answers_that_are_cut_are_asked_for_again(self):
        with Proxy(("127.0.0.1", self.database.port)) as proxy:
            with PostgresServer(self.database, url=lambda name: f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}") as server:
                with Talk(server) as talk:
                    talk.mail()
                    self.assertRegex(self.recipient(talk), rb"\A250 ")
                    proxy.cuts = 1
                    self.assertRegex(self.stranger(talk), rb"\(#4\.28\)")
                    self.assertEqual(0, proxy.cuts)
                    self.assertNotIn("event=peer-down", server.log())
                    proxy.cuts = 10 ** 6
                    for _ in range(3):
                        self.assertDelayed(self.stranger(talk))
                    server.wait_for_log("event=peer-down kind=database ")
                    proxy.cuts = 0
                    self.assertAnswered(talk, server)
                    server.wait_for_log("event=peer-up kind=database ")

    def test_reset_connection_is_logged_in_the_words_of_libpq(self):
        with Resetting(("127.0.0.1", self.database.port)) as proxy:
            with PostgresServer(self.database, url=lambda name: f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}"
                                "?sslmode=disable&gssencmode=disable") as server, Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
                proxy.text = b"reset"
                self.assertDelayed(self.recipient(talk, "reset@" + DOMAIN))
                server.wait_for_log("event=directory-failed .*server closed the connection unexpectedly")
                self.assertNotIn("bad file descriptor", server.log())

    def test_question_has_one_deadline_for_all_its_round_trips(self):
        with Proxy(("127.0.0.1", self.database.port)) as proxy:
            with PostgresServer(self.database, url=lambda name: f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}",
                                settings="expn: anyone\n") as server, Talk(server) as talk, Talk(server) as other:
                server.control("list", "add", "staff@" + DOMAIN, ACCOUNT)
                server.control("list", "set", "staff@" + DOMAIN, "expand=anyone")
                talk.mail()
                other.mail()
                self.assertRegex(talk.say(b"EXPN staff@" + DOMAIN.encode()), rb"\A250")
                before = server.backends()
                proxy.delay = 3
                self.assertDelayed(talk.say(b"EXPN staff@" + DOMAIN.encode()))  # its second answer would come after 6 seconds
                proxy.delay = 0
                self.assertRegex(self.recipient(other), rb"\A250 ")
                self.assertEqual(before, server.backends(), "the connection, which was answering, was replaced")

    def test_locked_version_delays_mail_and_its_backends_end(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            talk.mail()
            with self.database.session(server.name) as session:
                session.run("BEGIN; LOCK TABLE ftgate_schema IN ACCESS EXCLUSIVE MODE;")
                server.disconnect()
                server.wait_for_log("event=peer-down kind=database ")
                self.assertDelayed(self.recipient(talk))
                until = time.monotonic() + SECONDS
                while self.database.log().count("due to statement timeout") < PROCESSES:
                    self.assertLess(time.monotonic(), until, self.database.log())
                    time.sleep(0.05)
            server.wait_for_log("event=peer-up kind=database ")
            self.assertAnswered(talk, server)


    def begin(self, server, *arguments, config=None):
        """Begins a command of ftgatectl, or the check of the server."""
        program = server.smtpd if arguments == ("--check",) else server.ctl
        return subprocess.Popen([program, "-c", config or server.config, "--data", server.data, *arguments], env=server.environment,
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def end(self, process):
        """Returns what a command prints, to its end."""
        try:
            return process.communicate(timeout=SECONDS)[0]
        finally:
            process.kill()
            process.wait()

    def test_commands_end_while_other_transactions_hold_locks(self):
        locked = "another program keeps the accounts locked; try again"
        words = ("account", "add", "x@" + DOMAIN, "--no-password")
        commands = {("status", "--json"): f"lock timeout.*{locked}", ("--check",): f"(?m)^database: .*lock timeout; {locked}$",
                    ("account", "list"): locked, words: locked, ("database", "migrate"): "cannot be migrated: .*lock timeout"}
        with PostgresServer(self.database) as server, PostgresServer(self.database) as other:
            with self.database.session(server.name) as session, self.database.session(other.name) as table:
                session.run("BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE; SELECT version FROM ftgate_schema FOR UPDATE \\g /dev/null")
                table.run("BEGIN; LOCK TABLE accounts IN SHARE MODE;")
                running = [(self.begin(server, *command), expected) for command, expected in commands.items()]
                running.append((self.begin(other, *words), locked))
                for process, expected in running:
                    self.assertRegex(self.end(process), expected, process.args)
                    self.assertEqual("--check" in process.args, process.returncode == 0, process.args)
                for one in (server, other):
                    self.assertEqual("0\n", one.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ftgatectl'"
                                                    " AND datname = current_database()"))
            done = server.ctl_run(*words)
            self.assertEqual((0, b""), (done.returncode, done.stderr))

    def test_status_and_check_end_if_the_database_falls_silent(self):
        running = []
        with PostgresServer(self.database) as server:
            for words in (("status", "--json"), ("--check",)):
                proxy = self.enterContext(Silencing(("127.0.0.1", self.database.port)))
                proxy.text = b"has_table_privilege"
                config = self.config(server, f"postgresql://postgres@127.0.0.1:{proxy.port}/{server.name}"
                                     "?sslmode=disable&gssencmode=disable", f"silent{proxy.port}.conf")
                running.append((proxy, self.begin(server, *words, config=config)))
            for proxy, process in running:
                self.assertRegex(self.end(process), "cannot open the accounts: the database does not answer")
                self.assertTrue(proxy.holds)


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Encrypted(TroubleTest):
    def test_name_of_the_server_is_verified_and_the_password_is_in_a_file(self):
        with Certificate() as certificate, Certificate() as other:
            self.encrypt(certificate)
            passfile = os.path.join(certificate.folder, "pgpass")
            with open(passfile, "w", encoding="ascii") as file:
                file.write("*:*:*:secured:correct horse\n")
            os.chmod(passfile, 0o600)

            def url(name, host="mx.example.test", trusted=certificate, secret=passfile):
                return (f"postgresql://secured@{host}:{self.database.port}/{name}?hostaddr=127.0.0.1&sslmode=verify-full"
                        f"&sslrootcert={trusted.file}&passfile={secret}")
            with PostgresServer(self.database, url=url) as server, Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
                self.assertEqual("t\n", server.sql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                                                   " WHERE usename = 'secured'"))
                self.assertSecret(server, "correct horse")
                for words, wrong in ((b"does not match host name", {"host": "mx.example.org"}),
                                     (b"certificate verify failed", {"trusted": other}),
                                     (b"no password supplied", {"secret": "/nonexistent"})):
                    config = self.config(server, url(server.name, **wrong))
                    self.assertIn(words, server.ctl_run("account", "list", config=config).stderr)
                told = server.ctl_run("status", "--json", config=self.config(server, url(server.name, secret="/nonexistent"))).stdout
                cures = [problem["cure"] for problem in json.loads(told)["problems"] if "no password supplied" in problem["text"]]
                self.assertEqual(["the file that passfile names must belong to the server's user and have mode 600, with an entry"
                                  " for this host and port"], cures)

    def assertSecret(self, server, password):
        """A password is in no command line and no environment of the processes of the server, and not in its log."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as command, open(f"/proc/{pid}/environ", "rb") as environ:
                    found.append(command.read() + environ.read())
            except OSError:
                continue
        own = [octets for octets in found if server.data.encode() in octets]
        self.assertGreater(len(own), PROCESSES)
        self.assertNotIn(password.encode(), b"".join(own))
        self.assertIn("event=", server.log())
        self.assertNotIn(password, server.log())

    def encrypt(self, certificate):
        """Sets the certificate, and lets one user come with it and a password only."""
        database = self.database
        for name, source in (("server.crt", certificate.file), ("server.key", certificate.key)):
            shutil.copyfile(source, database.path(f"data/{name}"))
            os.chmod(database.path(f"data/{name}"), 0o600)
            if os.geteuid() == 0:
                os.chown(database.path(f"data/{name}"), pwd.getpwnam("postgres").pw_uid, -1)
        database.path("data/pg_hba.conf", "hostssl all secured all scram-sha-256\nhost all secured all reject\n"
                      "local all all trust\nhost all all 127.0.0.1/32 trust\n")
        database.sql("ALTER SYSTEM SET ssl = on")
        database.sql("CREATE ROLE secured LOGIN SUPERUSER PASSWORD 'correct horse'; SELECT pg_reload_conf()")


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Upgrade(TroubleTest):
    at_once = 4

    def test_newer_schema_that_is_compatible_is_used_but_not_changed(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            talk.mail()
            version = server.sql("SELECT version FROM ftgate_schema").strip()
            server.disconnect(f"UPDATE ftgate_schema SET version = 99, compatible = {version}")
            self.assertRegex(self.recipient(talk), rb"\A250 ")
            server.backends()
            self.assertNotIn("event=peer-down", server.log())
            self.assertIn(b"version 99", server.ctl_run("account", "add", "x@" + DOMAIN, "--no-password").stderr)
            self.assertIn(b"version 99", server.ctl_run("database", "migrate").stderr)

    def test_schema_that_changes_while_connected_is_noticed(self):
        for change in ("ALTER TABLE accounts RENAME COLUMN moved_to TO gone", "ALTER TABLE accounts RENAME TO people"):
            with PostgresServer(self.database) as server, Talk(server) as talk:
                talk.mail()
                self.assertRegex(self.recipient(talk), rb"\A250 ")
                server.sql(f"BEGIN; {change}; UPDATE ftgate_schema SET version = 99, compatible = 99; COMMIT")
                self.assertDelayed(self.stranger(talk))
                server.wait_for_log("event=peer-down kind=database .*version 99, this program knows .*install a newer ftgate")

    def test_schema_of_the_first_version_is_brought_to_this_one(self):
        with PostgresServer(self.database, migrated=False) as server:
            with open(os.path.join(servers.SOURCE, "src/directory/postgres/schema_1.sql"), encoding="utf-8") as schema:
                server.sql("CREATE TABLE ftgate_schema (one int PRIMARY KEY CHECK (one = 1), version int NOT NULL);"
                           "INSERT INTO ftgate_schema VALUES (1, 1);" + schema.read())
            server.wait_for_log("event=peer-down kind=database .*run: ftgatectl -c FILE database migrate")
            with self.database.session(server.name) as session:
                session.run("BEGIN; LOCK TABLE ftgate_schema IN ACCESS SHARE MODE;")
                self.assertIn(b"lock timeout", server.ctl_run("database", "migrate").stderr)
                self.assertEqual("1\n", server.sql("SELECT version FROM ftgate_schema"))
            self.assertRegex(server.control("database", "migrate"), r"\Aschema \d+, before 1\n\Z")
            server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)


@unittest.skipUnless(Postgres.is_installed() and PgBouncer.is_installed(), "PostgreSQL 15 or PgBouncer is not installed")
class Pooler(TroubleTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database.sql("CREATE ROLE pooled LOGIN SUPERUSER; ALTER ROLE pooled SET statement_timeout = '5s'")

    def pooled(self, pooler, user="pooled", settings="database-pooler: yes\n", parameters=""):
        return PostgresServer(self.database, settings=settings, url=lambda name: pooler.url(name, user, parameters))

    def test_sessions_share_the_connections_of_a_pooler(self):
        with PgBouncer(self.database) as pooler, self.pooled(pooler) as server:
            with Talk(server) as talk, Talk(server) as other:
                for one in (talk, other):
                    one.mail()
                for _ in range(3):
                    talk.socket.sendall(b"".join(b"RCPT TO:<%s>\r\n" % to.encode() for to in (self.unknown(), ACCOUNT, self.unknown())))
                    other.socket.sendall(b"RCPT TO:<%s>\r\n" % self.unknown().encode())
                    self.assertEqual([True, False, True], [UNKNOWN in talk.reply() for _ in range(3)])
                    self.assertIn(UNKNOWN, other.reply())
                self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'pooled'")
                self.assertIn(UNKNOWN, self.stranger(talk))
                self.assertNotIn("event=peer-down", server.log())

    def test_statement_that_does_not_fit_fails_alone(self):
        with PgBouncer(self.database) as pooler, self.pooled(pooler) as server, Talk(server) as talk:
            talk.mail()
            self.assertRegex(self.recipient(talk), rb"\A250 ")
            server.sql("ALTER TABLE accounts RENAME moved_to TO gone")
            self.assertDelayed(self.stranger(talk))  # on a new connection, whose schema has been checked
            kept = pooler.clients("ftgate")
            for _ in range(3):
                self.assertDelayed(self.stranger(talk))
            self.assertTrue(kept)
            self.assertEqual(kept, pooler.clients("ftgate"))
            server.wait_for_log("event=directory-failed .*moved_to does not exist")
            server.sql("ALTER TABLE accounts RENAME gone TO moved_to")
            self.assertRegex(self.stranger(talk), rb"\(#4\.28\)")
            self.assertNotIn("event=peer-down", server.log())

    def test_mail_is_delayed_while_the_database_behind_a_pooler_is_away(self):
        with PgBouncer(self.database, "query_wait_timeout = 1", hidden=True) as pooler, self.pooled(pooler) as server, Talk(server) as talk:
            talk.mail()
            self.assertRegex(self.recipient(talk), rb"\A250 ")
            pooler.hide()
            self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'pooled'")
            for _ in range(3):
                self.assertDelayed(self.stranger(talk))
            server.wait_for_log("event=peer-down kind=database ")
            pooler.hide(False)
            self.assertAnswered(talk, server)
            server.wait_for_log("event=peer-up kind=database ")

    def test_accounts_are_administered_through_a_pooler(self):
        with PgBouncer(self.database) as pooler, self.pooled(pooler) as server, Talk(server) as talk:
            for words in (("database", "migrate"), ("account", "add", "carol@" + DOMAIN, "--no-password", "delivery=lmtp:127.0.0.1:24"),
                          ("list", "add", "staff@" + DOMAIN, "carol@" + DOMAIN, ACCOUNT),
                          ("rename", "account", "carol@" + DOMAIN, "carla@" + DOMAIN), ("account", "list")):
                done = server.ctl_run(*words)
                self.assertEqual((0, b""), (done.returncode, done.stderr))
            talk.mail()
            self.assertRegex(self.recipient(talk, "staff@" + DOMAIN), rb"\A250 ")

    def test_role_without_a_limit_of_time_is_refused_with_its_cure(self):
        self.database.sql("CREATE ROLE endless LOGIN SUPERUSER")
        with PgBouncer(self.database, users=("endless",)) as pooler, self.pooled(pooler, "endless") as server:
            server.wait_for_log("event=peer-down kind=database .*statement_timeout is 0 ms: run ALTER ROLE", times=PROCESSES)
            down = {"severity": "critical", "cure": "its log says why: event=peer-down kind=database, or event=directory-failed"}
            self.assertIn(down, server.problems())
            self.database.sql("ALTER ROLE endless SET statement_timeout = 4000")
            self.database.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{server.name}'")
            server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)
            self.assertNotIn(down, server.problems())

    def test_documented_pooler_takes_the_passwords_of_the_database(self):
        with Certificate() as certificate:
            with open(hba := self.database.path("data/pg_hba.conf"), encoding="ascii") as file:
                rules = file.read()
            self.database.path("data/pg_hba.conf", "host all ftgate,ftgate_admin all scram-sha-256\n" + rules)
            self.addCleanup(self.database.path, "data/pg_hba.conf", rules)
            self.database.sql("CREATE ROLE ftgate LOGIN SUPERUSER PASSWORD 'correct horse';"
                              " CREATE ROLE ftgate_admin LOGIN SUPERUSER PASSWORD 'battery'; SELECT pg_reload_conf()")
            passfile = os.path.join(certificate.folder, "pgpass")
            with open(passfile, "w", encoding="ascii") as file:
                file.write("*:*:ftgate:ftgate:correct horse\n*:*:ftgate_admin:ftgate_admin:battery\n")
            os.chmod(passfile, 0o600)
            pooler = DocumentedPooler(self.database, certificate)

            def url(_, role="ftgate"):
                return (f"postgresql://{role}@127.0.0.1:{pooler.port}/{role}?sslmode=verify-full&sslrootcert={certificate.file}"
                        f"&passfile={passfile}")
            server = PostgresServer(self.database, settings="database-pooler: yes\n", url=url)
            pooler.name = server.name
            with pooler, server:
                server.wait_for_log("event=peer-down kind=database .*statement_timeout is 0 ms: run ALTER ROLE", times=PROCESSES)
                pooler.limit_statements()
                server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)
                added = server.ctl_run("account", "add", "carol@" + DOMAIN, "--no-password",
                                       config=self.config(server, url(None, "ftgate_admin")))
                self.assertEqual((0, b""), (added.returncode, added.stderr))
                with Talk(server) as talk:
                    talk.mail()
                    self.assertRegex(self.recipient(talk, "carol@" + DOMAIN), rb"\A250 ")

    def test_pooler_that_is_not_set_is_named(self):
        with PgBouncer(self.database, size=1) as pooler, self.pooled(pooler, settings="") as server:
            server.wait_for_log("event=(peer-down kind=database|limits-unshared) .*set database-pooler: yes")

    def test_prepared_statements_are_named_by_their_texts(self):
        self.database.sql("CREATE ROLE logged LOGIN SUPERUSER; ALTER ROLE logged SET log_min_duration_statement = 0")
        with PostgresServer(self.database, user="logged") as server:
            until = time.monotonic() + SECONDS
            while not {"FROM unnest", "limit_counts"} <= set(re.findall("FROM unnest|limit_counts", self.database.log())):
                self.assertLess(time.monotonic(), until, server.log())
                time.sleep(0.05)
        named = set(re.findall(r"(?m)parse (ftgate_\w+): (.*)$", self.database.log()))
        self.assertGreater(len(named), 10)
        self.assertEqual(len(named), len({name for name, _ in named}))

    def test_parameter_that_a_pooler_refuses_is_named(self):
        with PgBouncer(self.database) as pooler, self.pooled(pooler, parameters="&options=-csearch_path%3Dpublic") as server:
            server.wait_for_log("event=peer-down kind=database .*startup parameter: options; take it out of the URL")


if __name__ == "__main__":
    servers.main()
