"""Answers of PostgreSQL that servers keep: changes of records are seen, and answers go on while the database is away."""

import base64
import json
import re
import struct
import subprocess
import time
import unittest

import server as servers
from postgres import Postgres
from server import ACCOUNT, DOMAIN, SECONDS, STRANGER, Talk, program
from tcp_proxy import Proxy
from test_postgres import FAILED, PROCESSES, PostgresServer, PostgresTest

REFUSED, UNKNOWN, OK = rb"\(#4\.65\)", rb"\(#4\.28\)", rb"\A250 "


def status(server):
    """The statistics of a server."""
    done = subprocess.run([program("ftgatectl"), "--data", server.data, "--server", "smtpd", "--json", "status"],
                          env=server.environment, timeout=SECONDS, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def read(server):
    """Waits until the worker and the process of the relay have read all changes."""
    until = time.monotonic() + SECONDS
    while status(server).get("records-change", 0) == 0:
        assert time.monotonic() < until, server.log()
        time.sleep(0.02)


def keep(server):
    """Sends commands until the answers about the client, the sender and the recipient are all kept."""
    until = time.monotonic() + SECONDS
    while True:
        kept = status(server)["answers-kept"]
        with Talk(server) as talk:
            talk.mail()
            assert re.match(OK, talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode())), server.log()
        if status(server)["answers-kept"] >= kept + 3:
            return
        assert time.monotonic() < until, server.log()
        time.sleep(0.02)


def messages(octets):
    """What a client has sent to PostgreSQL, by kind, with where each ends. The first one of a connection has no kind."""
    at = struct.unpack("!I", octets[:4])[0] if octets[:1] == b"\0" else 0
    while at + 5 <= len(octets):
        start, at = at, at + 1 + struct.unpack("!I", octets[at + 1:at + 5])[0]
        yield octets[start:start + 1], octets[start + 5:at], at


def batches(octets):
    """The same by its messages Sync."""
    start = 0
    for kind, _, end in messages(octets):
        if kind == b"S":
            yield octets[start:end]
            start = end


def statements(octets):
    """The statements that a connection has run, by batch, from its beginning on."""
    texts, batch = {}, []
    for kind, body, _ in messages(octets):
        words = body.split(b"\0")
        if kind == b"P":
            texts[words[0]] = words[1].decode()
        elif kind == b"B":
            batch.append(texts[words[1]])
        elif kind == b"Q":
            yield [words[0].decode()]
        elif kind == b"S":
            yield batch
            batch = []


def readings(octets):
    """How often a connection has read which changes there are."""
    return sum(any("FROM changes" in text for text in batch) for batch in statements(octets))


def asked(proxy, names):
    """Which batches have which of the names."""
    sent = [batch for octets in list(proxy.asked.values()) for batch in batches(octets)]
    return [(name, number) for number, batch in enumerate(sent) for name in names
            for _ in range(batch.count(name.partition("@")[0].encode()))]


class Listeners(Proxy):
    """Knows what its clients have sent, and which of them listen. The first one of those gets no notifications."""

    def __init__(self, database):
        super().__init__(f"{database.folder}/.s.PGSQL.{database.port}")
        self.asked, self.clients = {}, []

    def url(self, name):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}?gssencmode=disable&sslmode=disable"

    def from_client(self, client, octets):
        if b"LISTEN ftgate" in octets:
            self.clients.append(client)
            if client is self.clients[0]:
                octets = octets.replace(b"LISTEN ftgate", b"LISTEN nobody")
        return octets

    def sent(self):
        """What each of those that listen has sent."""
        return [self.asked[client] for client in self.clients]

    def await_listeners(self):
        until = time.monotonic() + SECONDS
        while len(self.clients) < PROCESSES or not all(map(readings, self.sent())):
            assert time.monotonic() < until, self.clients
            time.sleep(0.02)


class Changes(PostgresTest):
    def test_changes_are_seen_while_notifications_come(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            read(server)
            talk.mail()
            for _ in range(3):
                self.assertRegex(self.recipient(talk), OK)
                self.assertRegex(self.recipient(talk, STRANGER), UNKNOWN)
            self.assertGreaterEqual(status(server)["answers-kept"], 4)
            server.control("account", "add", STRANGER, "--no-password")
            self.await_reply(talk, STRANGER, OK)
            server.control("account", "set", ACCOUNT, "receive=no")
            self.await_reply(talk, ACCOUNT, REFUSED)
            server.sql("UPDATE accounts SET receive = 1")
            self.await_reply(talk, ACCOUNT, OK)
            server.control("access", "add", "blacklist", "sender@example.org")
            until = time.monotonic() + SECONDS
            while not re.match(rb"5", talk.say(b"RSET") and talk.say(b"MAIL FROM:<sender@example.org>")):
                self.assertLess(time.monotonic(), until)

    def test_who_is_notified_reads_changes_more_often_than_who_is_not(self):
        with Listeners(self.database) as proxy, PostgresServer(self.database, url=proxy.url) as server:
            proxy.await_listeners()
            before = [readings(sent) for sent in proxy.sent()]
            with self.database.session(server.name) as session:
                for _ in range(20):
                    count = readings(proxy.sent()[1])
                    session.run("UPDATE accounts SET receive = 1 - receive;")
                    until = time.monotonic() + SECONDS
                    while readings(proxy.sent()[1]) == count:
                        self.assertLess(time.monotonic(), until, server.log())
                        time.sleep(0.01)
            unnotified, notified = (readings(sent) - past for sent, past in zip(proxy.sent(), before))
            self.assertGreaterEqual(notified, 20)
            self.assertLess(2 * unnotified, notified)

    def test_unknown_client_sender_and_recipient_take_a_round_trip_each(self):
        with Listeners(self.database) as proxy, PostgresServer(self.database, url=proxy.url) as server:
            proxy.await_listeners()
            read(server)
            clients = [client for client, sent in proxy.asked.items() if not re.search(rb"ftgate (limits|texts)\0", sent)]
            self.assertLess(set(proxy.clients), set(clients))
            before = [len(list(statements(proxy.asked[client]))) for client in clients]
            with Talk(server, "127.0.0.77") as talk:
                talk.say(b"EHLO client.example.org")
                self.assertRegex(talk.say(b"MAIL FROM:<new@client.example>"), OK)
                self.assertRegex(self.recipient(talk, STRANGER), UNKNOWN)
            said = [batch for client, past in zip(clients, before) for batch in list(statements(proxy.asked[client]))[past:]
                    if not all("FROM changes" in text for text in batch)]
            self.assertEqual(3, len(said), said)
            self.assertEqual(set(clients), {client for client, sent in proxy.asked.items() if not re.search(rb"ftgate (limits|texts)\0", sent)})

    def test_lost_notification_is_made_up_for(self):
        with PostgresServer(self.database) as server, Talk(server) as talk:
            read(server)
            talk.mail()
            self.assertRegex(self.recipient(talk), OK)
            server.sql("CREATE OR REPLACE FUNCTION ftgate_notify() RETURNS void LANGUAGE sql AS ''")
            server.control("account", "set", ACCOUNT, "receive=no")
            self.await_reply(talk, ACCOUNT, REFUSED)

    def test_standby_that_has_no_notifications_is_read_for_changes(self):
        with PostgresServer(self.database) as primary, self.database.replica() as replica:
            replica.catch_up()
            with PostgresServer(self.database, url=replica.url, name=primary.name) as server, Talk(server) as talk:
                read(server)
                talk.mail()
                for _ in range(2):
                    self.assertRegex(self.recipient(talk), OK)
                self.assertEqual("t\n", replica.sql("SELECT pg_is_in_recovery()"))
                primary.control("account", "set", ACCOUNT, "receive=no")
                self.await_reply(talk, ACCOUNT, REFUSED)
                self.assertIn("cannot execute LISTEN during recovery", replica.log())
                self.assertNotIn("event=peer-down", server.log())

    def test_server_that_may_not_read_changes_keeps_no_answers(self):
        self.database.sql("CREATE ROLE reader LOGIN")
        rights = "GRANT SELECT ON ftgate_schema, domains, accounts, aliases, targets, access TO reader"
        with PostgresServer(self.database, user="reader", grants=[rights]) as server, Talk(server) as talk:
            server.wait_for_log("event=directory-failed .*permission denied for table changes")
            talk.mail()
            for _ in range(2):
                self.assertRegex(self.recipient(talk), OK)
            self.assertEqual(0, status(server)["answers-kept"])

    def test_pipelined_recipients_are_asked_for_at_once(self):
        names = [f"fresh{number:02}@{DOMAIN}" for number in range(19)] + [ACCOUNT]
        with Proxy(f"{self.database.folder}/.s.PGSQL.{self.database.port}") as proxy:
            def url(name):
                return f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}?gssencmode=disable&sslmode=disable"
            with PostgresServer(self.database, url=url) as server, Talk(server) as talk:
                read(server)
                talk.mail()
                before = status(server)
                proxy.asked, proxy.holds = {}, True
                talk.socket.sendall(b"".join(b"RCPT TO:<%s>\r\n" % name.encode() for name in names))
                until = time.monotonic() + SECONDS
                while len(asked(proxy, names)) < len(names):
                    self.assertLess(time.monotonic(), until, asked(proxy, names))
                    time.sleep(0.02)
                proxy.holds = False
                replies = [talk.reply() for _ in names]
                self.assertEqual([True] * 19 + [False], [re.search(UNKNOWN, reply) is not None for reply in replies])
                self.assertEqual(sorted(names), sorted(name for name, _ in asked(proxy, names)))
                self.assertLessEqual(len({batch for _, batch in asked(proxy, names)}), 2)
                after = status(server)
                self.assertEqual([20, 0], [after[name] - before[name] for name in ("answers-asked", "answers-kept")])

    def test_old_password_is_of_no_use_once_it_is_changed(self):
        with PostgresServer(self.database, settings="auth-in-clear: yes\n") as server:
            read(server)
            for password, expected in ((b"correct horse", rb"\A235 "), (b"battery staple", rb"\A535 ")):
                self.assertRegex(self.log_in(server, password), expected)
            server.control("account", "set", ACCOUNT, "--password-stdin", input=b"battery staple\n")
            for password, expected in ((b"correct horse", rb"\A535 "), (b"battery staple", rb"\A235 ")):
                self.assertRegex(self.log_in(server, password), expected)

    def log_in(self, server, password):
        with Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            return talk.say(b"AUTH PLAIN " + base64.b64encode(b"\0" + ACCOUNT.encode() + b"\0" + password))


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Away(servers.TestCase):
    def test_answers_go_on_while_the_database_is_away_until_they_are_stale(self):
        with Postgres() as database, PostgresServer(database, settings="stale-for: 5s\n") as server:
            keep(server)
            with Talk(server) as talk:
                talk.mail()
                self.assertRegex(talk.say(b"RCPT TO:<%s>" % STRANGER.encode()), UNKNOWN)
            database.stop()
            server.wait_for_log("event=peer-down kind=database ", times=PROCESSES)
            with Talk(server) as talk:
                self.assertRegex(talk.mail(), OK)
                self.assertRegex(talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode()), OK)
                self.assertIn(FAILED, talk.say(b"RCPT TO:<%s>" % STRANGER.encode()))
                # A client may be on a list: nobody can say.
                with Talk(server, "127.0.0.9") as unknown:
                    self.assertRegex(unknown.mail(), OK)
                    self.assertIn(FAILED, unknown.say(b"RCPT TO:<%s>" % ACCOUNT.encode()))
                self.assertRegex(talk.say(b"DATA"), rb"\A354 ")
                self.assertRegex(talk.say(b"Subject: hello\r\n\r\nhello\r\n."), OK)
                self.assertGreaterEqual(status(server)["answers-stale"], 3)
                talk.mail()
                until = time.monotonic() + SECONDS
                while FAILED not in (reply := talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode())):
                    self.assertLess(time.monotonic(), until, reply)
                    time.sleep(0.02)
                self.assertRegex(reply, rb"\A4")
                database.start()
                server.wait_for_log("event=peer-up kind=database ", times=PROCESSES)
                self.assertRegex(talk.say(b"RCPT TO:<%s>" % ("x@" + DOMAIN).encode()), UNKNOWN)
            self.assertEqual(1, len(server.messages()))


if __name__ == "__main__":
    servers.main()
