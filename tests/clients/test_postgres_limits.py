"""Limits that servers share by PostgreSQL: each knows the counts and the blacklist of the others."""

import base64
import contextlib
import json
import os
import re
import subprocess
import time
import unittest

import server as servers
from pgbouncer import PgBouncer
from postgres import Postgres
from server import ACCOUNT, DOMAIN, SECONDS, Server, Talk, TestCase

MOST = 16  # recipients in an hour
FAILED = 3  # logins that blacklist
BURST = 2  # that each server is named between two exchanges
LARGE, PART = 64, 4  # a larger limit, and the sixteenth of it from which on others are told


class Member(Server):
    """One of several servers with the same accounts."""

    def __init__(self, url, fills=False, settings="", most=MOST):
        self.fills = fills
        super().__init__("--workers", "2", config=f"""database: {url}
auth-in-clear: yes
limits:
  max-recipients-per-hour: {most}
  max-failed-logins: {FAILED}
relay:
  send: no
{settings}""")

    def ctl_run(self, *arguments, **options):
        return subprocess.run([self.ctl, "-c", self.config, "--data", self.data, *arguments], timeout=SECONDS, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, **options).stdout.decode()

    def fill(self):
        if self.fills:
            self.ctl_run("database", "migrate")
            self.ctl_run("domain", "add", DOMAIN)
            self.ctl_run("account", "add", ACCOUNT, "--password-stdin", input=b"correct horse\n")

    def blacklisted(self):
        return [row["client"] for row in json.loads(self.ctl_run("blacklist", "list", "--json"))]

    def accepts(self, client, recipients=1):
        """How many recipients it accepts of a client."""
        with Talk(self, client) as talk:
            talk.mail()
            return sum(talk.say(f"RCPT TO:<{ACCOUNT}>".encode()).startswith(b"250 ") for _ in range(recipients))

    def defers(self, client):
        """Is mail of a client deferred?"""
        with Talk(self, client) as talk:
            talk.mail()
            return b"(#3.20)" in talk.say(f"RCPT TO:<{ACCOUNT}>".encode())

    def log_in(self, client, password):
        with Talk(self, client) as talk:
            talk.say(b"EHLO client.example.org")
            return talk.say(b"AUTH PLAIN " + base64.b64encode(f"\0{ACCOUNT}\0{password}".encode()))


class MembersTest(TestCase):
    """Its tests share servers."""

    members = None

    @classmethod
    def setUpClass(cls):
        if not MembersTest.members:
            MembersTest.start()

    @classmethod
    def start(cls):
        cls.database = unittest.enterModuleContext(Postgres())
        cls.database.sql("CREATE ROLE ftgate LOGIN")
        cls.members = [unittest.enterModuleContext(Member(cls.database.url(), fills=True))]
        cls.grant("postgres")
        cls.members += [unittest.enterModuleContext(Member(cls.database.url(user="ftgate"))) for _ in range(3)]

    @classmethod
    def grant(cls, name):
        """Gives the role of servers its documented rights in a database."""
        with open(os.path.join(servers.SOURCE, "docs", "postgres.md"), encoding="utf-8") as page:
            grants = re.findall(r"(?m)^ +(GRANT .* TO ftgate;)$", page.read())
        cls.database.sql("".join(grants).replace(" DATABASE ftgate ", f" DATABASE {name} "), name)

    def wait_until(self, holds, what):
        until = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def counted(self, name):
        return int(self.database.sql(f"SELECT coalesce(sum(count), 0) FROM limit_counts WHERE name = '{name}'"))


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Shared(MembersTest):
    at_once = 4

    def test_hourly_limit_holds_for_all_servers_but_for_one_interval_of_each(self):
        total, accepted = 0, None
        while accepted != 0:
            accepted = sum(member.accepts("127.0.0.7", BURST) for member in self.members)
            total += accepted
            self.wait_until(lambda: self.counted("smtp recipients 127.0.0.7") >= total, "not all is counted")
            self.assertLessEqual(total, MOST + (len(self.members) - 1) * BURST)
        self.assertGreaterEqual(total, MOST)
        self.assertEqual([0] * len(self.members), [member.accepts("127.0.0.7") for member in self.members])
        self.assertEqual(1, self.members[0].accepts("127.0.0.6"))

    def test_sixteenth_less_one_of_a_large_limit_is_kept_from_others(self):
        client, clients = "127.0.0.12", iter(f"127.3.{i}.1" for i in range(256))
        with contextlib.ExitStack() as stack:
            first, *others = (stack.enter_context(Member(self.database.url(user="ftgate"), most=LARGE)) for _ in range(4))

            def exchange(*members):
                """Waits until members have sent their counts: one of another client, which comes later, is sent."""
                for member in members:
                    later = next(clients)
                    self.assertEqual(PART, member.accepts(later, PART))
                    self.wait_until(lambda later=later: self.counted(f"smtp recipients {later}") == PART, "it is not counted")
            self.assertEqual([PART - 1] * 3, [member.accepts(client, PART - 1) for member in others])
            exchange(*others)
            self.assertEqual(0, self.counted(f"smtp recipients {client}"))
            self.assertEqual(LARGE, first.accepts(client, LARGE + 1))
            exchange(first)
            self.assertEqual(LARGE, self.counted(f"smtp recipients {client}"))
            bursts = [member.accepts(client, BURST) for member in others]
            self.assertLessEqual({*bursts}, {*range(1, BURST + 1)})
            exchange(*others)
            exchange(*others)  # begins when the one before it has been answered
            self.assertEqual([0] * 4, [member.accepts(client) for member in (first, *others)])
            self.assertEqual(LARGE + sum(PART - 1 + burst for burst in bursts), self.counted(f"smtp recipients {client}"))

    def test_address_is_blacklisted_by_all_for_logins_that_failed_at_each(self):
        client = "127.0.0.8"
        for i, member in enumerate(self.members[:FAILED]):
            self.assertRegex(member.log_in(client, "wrong"), rb"\A5")
            self.wait_until(lambda i=i: self.counted(f"smtp failed-logins {client}") == i + 1, "it is not counted")
            if i + 1 < FAILED:
                self.assertNotIn(client, member.blacklisted())
        for member in self.members:
            self.wait_until(lambda member=member: client in member.blacklisted(), "it is not blacklisted")
            self.assertEqual(0, member.accepts(client))
        with Member(self.database.url(user="ftgate")) as late:
            self.wait_until(lambda: client in late.blacklisted(), "a server that starts later does not know it")
        self.members[3].ctl_run("blacklist", "remove", client)
        for member in self.members:
            self.wait_until(lambda member=member: client not in member.blacklisted(), "it is not removed")
            self.assertEqual(1, member.accepts(client))
        self.wait_until(lambda: self.counted(f"smtp failed-logins {client}") == 0, "failed logins are not forgotten")

    def test_mail_that_one_server_has_deferred_is_taken_by_another(self):
        settings = "greylist:\n  enabled: yes\n  delay: 1h\n  passes: 0\n"
        networks = iter(f"127.1.{i}.1" for i in range(256))
        with contextlib.ExitStack() as stack:
            one, other = (stack.enter_context(Member(self.database.url(user="ftgate"), settings=settings)) for _ in range(2))
            for member in one, other:
                self.wait_until(lambda member=member: member.defers(next(networks)), "mail does not wait")
            self.assertTrue(one.defers("127.2.1.1"))
            self.database.sql("UPDATE greylist SET since = since - 3600")
            self.assertFalse(other.defers("127.2.1.2"))
            self.assertTrue(other.defers(next(networks)))
            self.database.sql("ALTER TABLE greylist RENAME TO away")
            try:
                for _ in range(4):
                    self.assertFalse(one.defers(next(networks)))
            finally:
                self.database.sql("ALTER TABLE away RENAME TO greylist")
            self.wait_until(lambda: one.defers(next(networks)), "mail does not wait again")
            self.assertIn(one.log().count("event=greylist-failed"), (1, 2), "each worker says it once")


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Unshared(MembersTest):
    def test_mail_that_comes_before_the_secret_is_known_waits_for_it(self):
        settings = "greylist:\n  enabled: yes\n  delay: 1h\n  passes: 0\n"
        with self.database.session() as other:
            other.run("BEGIN; LOCK TABLE greylist_secret;")
            with Member(self.database.url(user="ftgate"), settings=settings) as member, Talk(member, "127.5.1.1") as talk:
                talk.mail()
                talk.socket.sendall(f"RCPT TO:<{ACCOUNT}>\r\n".encode())
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                self.wait_until(lambda: int(self.database.sql(waiting)) >= 2, "the workers do not wait")
                other.run("COMMIT;")
                self.assertIn(b"(#3.20)", talk.reply())

    def test_secret_that_is_none_is_named(self):
        settings = "greylist:\n  enabled: yes\n  delay: 1h\n  passes: 0\n"
        networks = iter(f"127.6.{i}.1" for i in range(256))
        back = "DROP VIEW greylist_secret; ALTER TABLE away RENAME TO greylist_secret"
        self.database.sql("ALTER TABLE greylist_secret RENAME TO away;"
                          " CREATE VIEW greylist_secret AS SELECT 'none'::text AS secret;"
                          " GRANT SELECT ON greylist_secret TO ftgate")
        with contextlib.ExitStack() as stack:
            stack.callback(self.database.sql, back)
            member = stack.enter_context(Member(self.database.url(user="ftgate"), settings=settings))
            self.assertFalse(member.defers(next(networks)))
            member.wait_for_log("event=greylist-failed detail=\"the table greylist_secret does not have one secret")
        with Member(self.database.url(user="ftgate"), settings=settings) as member:
            self.wait_until(lambda: member.defers(next(networks)), "mail does not wait")

    def test_new_mail_passes_while_the_greylist_is_full(self):
        settings = "greylist:\n  enabled: yes\n  delay: 1h\n  passes: 0\n  max-size: 1M\n"
        networks = iter(f"127.3.{i}.1" for i in range(256))
        with Member(self.database.url(user="ftgate"), settings=settings) as member:
            self.wait_until(lambda: member.defers(next(networks)), "mail does not wait")
            self.assertTrue(member.defers("127.4.1.1"))
            self.database.sql("INSERT INTO greylist SELECT i, 1, 9000000000, 1 FROM generate_series(1, 11000) i; ANALYZE greylist")
            try:
                rows = self.database.sql("SELECT count(*) FROM greylist")
                self.assertFalse(member.defers(next(networks)))
                self.assertTrue(member.defers("127.4.1.1"), "it is known")
                self.assertEqual(rows, self.database.sql("SELECT count(*) FROM greylist"))
                member.wait_for_log("event=greylist-failed detail=.*full")
            finally:
                self.database.sql("DELETE FROM greylist WHERE since = 1; ANALYZE greylist")
            self.wait_until(lambda: member.defers(next(networks)), "mail does not wait again")

    def test_replies_do_not_wait_for_the_counting(self):
        waiting = "SELECT pid, query_start FROM pg_stat_activity WHERE application_name = 'ftgate limits' AND wait_event_type = 'Lock'"
        with self.database.session() as other:
            other.run("BEGIN; LOCK TABLE limit_counts, limit_marks, limit_generation;")
            self.wait_until(lambda: self.database.sql(waiting) != "", "no count is sent")
            for attempt in range(8):
                before = self.database.sql(waiting)
                accepted = self.members[0].accepts(f"127.0.1.{attempt}", MOST + 1)
                failed = self.members[0].log_in(f"127.0.2.{attempt}", "wrong")
                if before != "" and set(before.split("\n")) & set(self.database.sql(waiting).split("\n")):
                    break  # all replies came while one count waited
            else:
                self.fail("replies wait as long as counts")
            other.run("COMMIT;")
        self.assertEqual(MOST, accepted)
        self.assertRegex(failed, rb"\A5")

    def test_server_counts_for_itself_while_the_database_does_not(self):
        client, member = "127.0.0.11", self.members[0]
        self.database.sql("ALTER TABLE limit_counts RENAME TO away")
        try:
            self.assertEqual(1, member.accepts(client))
            member.wait_for_log("event=limits-unshared detail=")
            self.assertEqual(MOST - 1, member.accepts(client, MOST))
            self.assertEqual(MOST, self.members[1].accepts(client, MOST + 1))
            self.members[1].wait_for_log("event=limits-unshared detail=")
        finally:
            self.database.sql("ALTER TABLE away RENAME TO limit_counts")
        self.wait_until(lambda: self.counted(f"smtp recipients {client}") == 2 * MOST, "what was counted is lost")
        member.wait_for_log("event=limits-shared")
        self.assertEqual(1, member.log().count("event=limits-unshared"))


@unittest.skipUnless(Postgres.is_installed() and PgBouncer.is_installed(), "PostgreSQL 15 or PgBouncer is not installed")
class Pooled(MembersTest):
    def test_limits_blacklist_and_greylist_are_shared_through_a_pooler(self):
        settings = "database-pooler: yes\ngreylist:\n  enabled: yes\n  delay: 1h\n  passes: 0\n"
        networks = iter(f"127.8.{i}.1" for i in range(256))
        self.database.sql("ALTER ROLE ftgate SET statement_timeout = 5000")
        self.addCleanup(self.database.sql, "ALTER ROLE ftgate RESET statement_timeout")
        with contextlib.ExitStack() as stack:
            pooler = stack.enter_context(PgBouncer(self.database, users=("ftgate",)))
            one, other = (stack.enter_context(Member(pooler.url("postgres", "ftgate"), settings=settings)) for _ in range(2))
            for member in one, other:
                self.wait_until(lambda member=member: member.defers(next(networks)), "mail does not wait")
            self.assertTrue(one.defers("127.9.1.1"))
            self.database.sql("UPDATE greylist SET since = since - 3600")
            self.assertFalse(other.defers("127.9.1.2"))
            self.assertEqual(MOST, one.accepts("127.9.1.1", MOST + 1))
            self.wait_until(lambda: self.counted("smtp recipients 127.9.1.1") == MOST, "it is not counted")
            total = 0
            while (accepted := other.accepts("127.9.1.1")) != 0:
                total += accepted
                self.assertLessEqual(total, MOST)
                self.wait_until(lambda: self.counted("smtp recipients 127.9.1.1") == MOST + total, "it is not counted")
            for _ in range(FAILED):
                self.assertRegex(one.log_in("127.9.2.1", "wrong"), rb"\A5")
            self.wait_until(lambda: "127.9.2.1" in other.blacklisted(), "it is not blacklisted")


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Purging(MembersTest):
    EXPIRED = ("INSERT INTO limit_counts SELECT 'old' || i, 1, 1, 1, 1 FROM generate_series(1, 1200) i;"
               " INSERT INTO limit_marks (service, name, cause, until, generation, server, stamp) VALUES ('smtp', 'old', 'x', 1, 1, 1, 1);"
               " INSERT INTO leases VALUES ('old', 1, 1); INSERT INTO greylist SELECT i, 1, 1, 1 FROM generate_series(1, 600) i;"
               " INSERT INTO changes (number, subject) OVERRIDING SYSTEM VALUE"
               " SELECT n, 'old' FROM (SELECT max(number) - 12001 FROM changes) AS last (n)")
    COUNT = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table} WHERE {old})" for table, old in (
        ("limit_counts", "until <= 1"), ("limit_marks", "until <= 1"), ("leases", "until <= 1"), ("greylist", "until <= 1"),
        ("changes", "subject = 'old'")))

    def sql(self, text):
        return self.database.sql(text, "purging").strip()

    def owner(self):
        return self.sql("SELECT owner FROM leases WHERE name = 'purge'")

    def until_removed(self):
        self.wait_until(lambda: self.sql(self.COUNT) == "0", "expired rows remain")

    def test_owner_of_the_lease_removes_expired_rows_and_another_server_does_once_it_has_ended(self):
        """With the documented rights."""
        self.database.sql("CREATE DATABASE purging")
        with Member(self.database.url("purging"), fills=True):
            self.grant("purging")
        members = [Member(self.database.url("purging", "ftgate")) for _ in range(2)]
        running = {}  # by number, with the client that each has counted
        for i, member in enumerate(members):
            member.environment["FTGATE_PURGING"] = "1"
            stack = contextlib.ExitStack()
            self.addCleanup(stack.close)
            stack.enter_context(member)
            self.assertEqual(1, member.accepts(f"127.7.0.{i}"))
            number = f"SELECT server FROM limit_counts WHERE name = 'smtp recipients 127.7.0.{i}'"
            self.wait_until(lambda number=number: self.sql(number) != "", "it is not counted")
            running[self.sql(number)] = stack
        self.sql(self.EXPIRED)
        self.until_removed()
        owner = self.owner()
        self.assertIn(owner, running)
        for _ in range(2):
            self.sql(self.EXPIRED)
            self.until_removed()
            self.assertEqual(owner, self.owner())
        running.pop(owner).close()
        self.sql(self.EXPIRED)
        self.assertEqual("1803", self.sql(self.COUNT))
        self.assertEqual(owner, self.sql("UPDATE leases SET until = 0 WHERE name = 'purge' RETURNING owner"))
        self.until_removed()
        self.assertEqual(list(running), [self.owner()])
        self.assertEqual("2", self.sql("SELECT count(*) FROM limit_counts"), "what has not expired is kept")


if __name__ == "__main__":
    servers.main()
