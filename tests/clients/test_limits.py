#!/usr/bin/env python3
"""What a client may do too often, too early or too slowly, and what it is told."""

import json
import os
import re
import signal
import socket
import subprocess
import time

from encrypted import b64
from limits import LimitsCase, four_ways
from server import ACCOUNT, DOMAIN, SECONDS, STRANGER, Talk, environment, main, program
from test_proxy import LISTENERS, header

PLAIN = "auth-in-clear: yes\n"
ELSEWHERE = "somebody@elsewhere.example"


class Sessions(LimitsCase):
    def test_sessions_of_an_address_are_limited(self):
        with self.server("max-sessions-per-address: 2") as server:
            with Talk(server) as first, Talk(server):
                with Talk(server) as third:
                    self.assertEqual(self.says("ERR_SMTP_REJECT_CONCURRENT", "127.0.0.1"), third.greeting)
                    self.assertClosed(third)
                with Talk(server, "127.0.0.2") as other:
                    self.assertTrue(other.greeting.startswith(b"220 "))
                first.say(b"QUIT")
                self.assertClosed(first)
                server.wait_for_log(r"event=disconnect [^\n]*cause=done")
                with Talk(server) as fourth:
                    self.assertTrue(fourth.greeting.startswith(b"220 "))
            server.wait_for_log(r"ref=#1\.04 id=ERR_SMTP_REJECT_CONCURRENT reason=#1\.04 cause=max-sessions-per-address")

    def test_sessions_of_a_killed_worker_are_forgotten(self):
        with self.server("max-sessions-per-address: 2") as server:
            with Talk(server), Talk(server):
                log = server.log()
                for pid in re.findall(r"event=worker-started [^\n]*pid=(\d+)", log):
                    os.kill(int(pid), signal.SIGKILL)
                server.wait_for_log(r"(?s)event=worker-started.*event=worker-started", len(log))
            greeted, until = 0, time.monotonic() + SECONDS
            while greeted < 3:  # a session that has ended is counted for a moment
                with Talk(server) as talk:
                    greeted += talk.greeting.startswith(b"220 ")
                self.assertLess(time.monotonic(), until, server.log())

    def test_sessions_of_the_server_are_limited(self):
        with self.server("max-sessions: 1") as server:
            with Talk(server), Talk(server, "127.0.0.2") as second:
                self.assertEqual(self.says("FTG_SMTP_OVERLOAD"), second.greeting)
                self.assertClosed(second)
            server.wait_for_log(r"id=FTG_SMTP_OVERLOAD cause=max-sessions\n")


class Logins(LimitsCase):
    """A client that collects the salts of SCRAM without proving a password fails as one with a wrong password."""

    FIRST = b"AUTH SCRAM-SHA-256 " + b64(b"n,,n=%s,r=abc" % ACCOUNT.encode())

    def ask_for_salt(self, talk):
        talk.say(b"EHLO client.example.org")
        self.assertRegex(talk.say(self.FIRST), rb"^334 ")

    def test_exchanges_that_are_left_or_cancelled_after_the_salt_blacklist(self):
        settings = "auth: SCRAM-SHA-256\nauth-in-clear: yes\n"
        with self.server("max-failed-logins: 3", settings) as server:
            with Talk(server) as talk:
                self.ask_for_salt(talk)
                self.assertEqual(self.says("ERR_SMTP_AUTHWTF"), talk.say(b"*"))
            for count in 2, 3:
                with Talk(server) as talk:
                    self.ask_for_salt(talk)
                server.wait_for_log(r"(?s)(event=login-failed [^\n]*cause=abandoned\n.*){%d}" % count)
            server.wait_for_log(r"event=blacklisted [^\n]*cause=#4\.50")
            with Talk(server) as talk:
                talk.say(b"EHLO client.example.org")
                self.assertEqual(self.says("ERR_SMTP_ACCESSDENIED2"), talk.say(self.FIRST))


class Refusals(LimitsCase):
    def test_unknown_recipients_end_the_session_and_blacklist(self):
        with self.server("max-unknown-recipients: 2") as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), self.rcpt(talk, STRANGER))
                self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN2", STRANGER), self.rcpt(talk, STRANGER))
                self.assertClosed(talk)
            for _ in range(4):  # whichever worker it meets
                with Talk(server) as talk:
                    talk.mail()
                    denied = self.says("FTG_SMTP_BLOCKED", ACCOUNT, "ERR_SECPOL_NO_ACCESS")
                    self.assertEqual(denied, self.rcpt(talk))
            with Talk(server, "127.0.0.2") as other:
                other.mail()
                self.assertAccepted(other)
            server.wait_for_log(r"event=blacklisted [^\n]*cause=#4\.29")
            server.wait_for_log(r"ref=#6\.10 [^\n]*reason=#2\.01")

    def test_message_to_recipients_that_exist_survives_the_limit(self):
        """A list server with many dead addresses."""
        dead = [f"gone{i}@{DOMAIN}" for i in range(40)]
        with self.server() as server:
            with Talk(server) as talk:
                talk.mail()
                said = {address: self.rcpt(talk, address) for address in [*dead[:9], ACCOUNT, *dead[9:], "postmaster"]}
                for address in dead:
                    self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN", address), said[address])
                self.assertEqual(2 * [self.says("ERR_SMTP_RCPTOK")], [said[ACCOUNT], said["postmaster"]])
                talk.say(b"DATA")
                self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: list\r\n\r\nhello\r\n."))
            server.wait_for_log(r"event=message [^\n]*recipients=2")
            self.assertEqual(1, server.counted("event=blacklisted", 1))
            self.assertEqual(2, len(server.messages()))
            with Talk(server) as talk:
                talk.mail()
                self.assertTrue(self.rcpt(talk).startswith(b"450 4.7.1 "))

    def test_refused_recipients_of_a_message_are_limited(self):
        """As many more as a message may have recipients; then the limit of the session holds again."""
        with self.server("max-errors: 2\nmax-unknown-recipients: 0\nmax-recipients: 100") as server:
            with Talk(server) as talk:
                talk.mail()
                self.assertAccepted(talk)
                for _ in range(102):
                    self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), self.rcpt(talk, STRANGER))
                self.assertEqual(self.says("ERR_SMTP_SYSTEM_ZOMBIE"), self.rcpt(talk, STRANGER))
                self.assertClosed(talk)
            with Talk(server) as talk:
                talk.mail()
                self.assertAccepted(talk)
                for _ in range(3):
                    self.assertEqual(self.says("ERR_SMTP_ADDRESS_UNKNOWN", STRANGER), self.rcpt(talk, STRANGER))
                self.assertEqual(self.says("ERR_SMTP_OK"), talk.say(b"RSET"))
                talk.mail()
                self.assertEqual(self.says("ERR_SMTP_SYSTEM_ZOMBIE"), self.rcpt(talk, STRANGER))
                self.assertClosed(talk)

    def blacklist(self, server, address="127.0.0.1"):
        with Talk(server, address) as talk:
            talk.mail()
            self.rcpt(talk, STRANGER)

    def test_operator_removes_addresses_from_the_blacklist(self):
        with self.server("max-unknown-recipients: 1") as server:
            for address in "127.0.0.1", "127.0.0.2", "127.0.0.3":
                self.blacklist(server, address)
            self.assertEqual((0, "removed 1\n", ""), self.ctl(server, "remove", "127.0.0.1"))
            status, told, wrong = self.ctl(server, "remove", "127.0.0.1")
            self.assertEqual((67, ""), (status, told))
            self.assertIn("127.0.0.1 is not on the temporary blacklist", wrong)
            with Talk(server) as talk:
                talk.mail()
                self.assertAccepted(talk)
            with Talk(server, "127.0.0.2") as other:
                other.mail()
                denied = self.says("FTG_SMTP_BLOCKED", ACCOUNT, "ERR_SECPOL_NO_ACCESS")
                self.assertEqual(denied, self.rcpt(other))
            self.assertEqual((0, "removed 2\n", ""), self.ctl(server, "clear"))
            with Talk(server, "127.0.0.2") as other:
                other.mail()
                self.assertAccepted(other)
            self.assertEqual((0, '{"removed": 0}\n', ""), self.ctl(server, "clear", "--json"))
            server.wait_for_log(r"event=blacklist-removed client=127\.0\.0\.1\n")
            server.wait_for_log(r"event=blacklist-cleared addresses=2\n")

    def test_blacklist_is_listed_with_end_and_reason(self):
        with self.server("max-unknown-recipients: 1") as server:
            server.control("access", "add", "blacklist", "spam.example", "comment=sells things")
            server.control("access", "add", "relay", "192.0.2.0/24")
            for address in "127.0.0.1", "127.0.0.2":
                self.blacklist(server, address)
            status, told, _ = self.ctl(server, "list", "--json")
            rows = sorted((row["client"], row["reason"], row["until"] is not None) for row in json.loads(told))
            self.assertEqual((0, [("127.0.0.1", "#4.29", True), ("127.0.0.2", "#4.29", True), ("spam.example", "sells things", False)]),
                             (status, rows))
            self.ctl(server, "clear")
            self.assertEqual((0, "client,until,reason\nspam.example,,sells things\n", ""), self.ctl(server, "list", "--format", "csv"))

    def test_malformed_address_is_refused(self):
        with self.server("max-unknown-recipients: 1") as server:
            for address in "somebody", "127.0.0.0/8", "", "1\nstatus", "1" * 1000:
                status, told, wrong = self.ctl(server, "remove", address)
                self.assertEqual((65, ""), (status, told))
                self.assertIn("is not an address", wrong)
        status, told, wrong = self.ctl(server, "clear")
        self.assertEqual((69, ""), (status, told))

    def ctl(self, server, *words):
        done = subprocess.run([program("ftgatectl"), "--data", server.data, "blacklist", *words], env=environment(),
                              timeout=SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="ascii", check=False)
        return done.returncode, done.stdout, done.stderr

    def test_the_blacklist_ends(self):
        with self.server("max-unknown-recipients: 1\nblacklist-time: 1s") as server:
            with Talk(server) as talk:
                talk.mail()
                self.rcpt(talk, STRANGER)
            time.sleep(1.2)
            with Talk(server) as talk:
                talk.mail()
                self.assertAccepted(talk)

    def test_repeated_relay_attempts_end_the_session(self):
        with self.server("max-relay-attempts: 2") as server, Talk(server) as talk:
            talk.mail()
            for _ in range(2):
                self.assertEqual(self.says("ERR_SMTP_RELAYFAIL", ELSEWHERE), self.rcpt(talk, ELSEWHERE))
            self.assertEqual(self.says("ERR_SMTP_RELAYFAIL2", ELSEWHERE), self.rcpt(talk, ELSEWHERE))
            self.assertClosed(talk)

    def test_message_with_a_recipient_survives_relay_attempts(self):
        with self.server("max-relay-attempts: 2") as server, Talk(server) as talk:
            talk.mail()
            self.assertAccepted(talk)
            for _ in range(5):
                self.assertEqual(self.says("ERR_SMTP_RELAYFAIL", ELSEWHERE), self.rcpt(talk, ELSEWHERE))
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: x\r\n\r\nx\r\n."))

    def test_recipients_of_an_hour_are_counted_for_all_workers(self):
        with self.server("max-recipients-per-hour: 3") as server:
            for _ in range(3):
                with Talk(server) as talk:
                    talk.mail()
                    self.assertAccepted(talk)
            with Talk(server) as talk:
                talk.mail()
                self.assertEqual(self.says("ERR_SMTP_ADDRESS_RCPTCOUNT"), self.rcpt(talk))

    def test_recipients_of_a_network_of_64_bits_are_counted_together(self):
        with self.server("max-recipients-per-hour: 1", listeners=LISTENERS) as server:
            for client, says in (("2001:db8::1", "ERR_SMTP_RCPTOK"), ("2001:db8::2", "ERR_SMTP_ADDRESS_RCPTCOUNT"),
                                 ("2001:db8:0:1::1", "ERR_SMTP_RCPTOK")):
                with Talk(server, first=header(client)) as talk:
                    talk.mail()
                    self.assertEqual(self.says(says), self.rcpt(talk), client)

    def user(self, server):
        """A session in which the account has logged in."""
        talk = self.enterContext(Talk(server))
        talk.say(b"EHLO client.example.org")
        self.assertEqual(self.says("ERR_SMTP_AUTHOK"), talk.say(b"AUTH PLAIN " + b64(b"\0%s\0correct horse" % ACCOUNT.encode())))
        return talk

    def begin(self, talk):
        talk.say(b"RSET")
        talk.say(b"MAIL FROM:<%s>" % ACCOUNT.encode())

    def refuses_user(self, server, limit):
        """Refuses the account, for all workers; the log names the user and the limit."""
        for _ in range(4):
            talk, read = self.user(server), len(server.log())
            self.begin(talk)
            self.assertEqual(self.says("ERR_SMTP_ADDRESS_RCPTCOUNT"), self.rcpt(talk))
            server.wait_for_log(rf"ref=#4\.35 [^\n]*cause={limit} [^\n]*user={ACCOUNT}\n", read)

    def refused_by(self, server, limit):
        """Strangers are not concerned."""
        self.refuses_user(server, limit)
        with Talk(server) as talk:
            talk.mail()
            self.assertAccepted(talk)

    def test_messages_of_an_account_in_an_hour_are_counted_for_all_workers_and_survive_a_reload(self):
        with self.server("max-messages-per-account-hour: 3", listeners=PLAIN) as server:
            for _ in range(3):
                talk = self.user(server)
                self.begin(talk)
                for _ in range(5):
                    self.assertAccepted(talk)
            self.refused_by(server, "max-messages-per-account-hour")
            server.reload()
            self.refused_by(server, "max-messages-per-account-hour")

    def test_recipients_of_an_account_in_a_day_are_counted_for_all_workers(self):
        with self.server("max-recipients-per-account-day: 5", listeners=PLAIN) as server:
            talk = self.user(server)
            self.begin(talk)
            for _ in range(4):
                self.assertAccepted(talk)
            talk = self.user(server)
            self.begin(talk)
            self.assertAccepted(talk)
            self.refused_by(server, "max-recipients-per-account-day")

    def test_an_account_can_have_rates_of_its_own(self):
        limits = "max-messages-per-account-hour: 1\n  max-recipients-per-account-day: 1\n  max-recipients-per-hour: 1"
        with self.server(limits, listeners=PLAIN) as server:
            server.control("account", "set", ACCOUNT, "max-messages-per-hour=2", "max-recipients-per-day=0", "max-recipients-per-hour=50")
            for _ in range(2):
                talk = self.user(server)
                self.begin(talk)
                for _ in range(3):
                    self.assertAccepted(talk)
            self.refuses_user(server, "max-messages-per-account-hour")
            server.control("account", "set", ACCOUNT, "max-messages-per-hour=3")
            talk = self.user(server)
            self.begin(talk)
            self.assertAccepted(talk)
            server.control("account", "set", ACCOUNT, "max-messages-per-hour=", "max-recipients-per-hour=")
            self.refuses_user(server, "max-messages-per-account-hour")

    def test_recipients_of_a_message_are_limited(self):
        with self.server("max-recipients: 100") as server, Talk(server) as talk:
            talk.mail()
            for _ in range(100):
                self.assertAccepted(talk)
            self.assertEqual(self.says("ERR_SMTP_RCPTCOUNT"), self.rcpt(talk))

    def test_octets_of_a_message_are_limited(self):
        with self.server("max-message-size: 1K") as server, Talk(server) as talk:
            talk.say(b"EHLO client.example.org")
            self.assertEqual(self.says("ERR_SMTP_MESSAGE_LENGTH"), talk.say(b"MAIL FROM:<a@example.org> SIZE=1025"))
            talk.say(b"MAIL FROM:<a@example.org> SIZE=1024")
            self.assertAccepted(talk)
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGE_LENGTH"), talk.say(20 * (60 * b"x" + b"\r\n") + b"."))
            self.assertEqual(self.says("ERR_SMTP_OK"), talk.say(b"NOOP"))

    def test_errors_end_the_session(self):
        with self.server("max-errors: 2") as server, Talk(server) as talk:
            for _ in range(2):
                self.assertEqual(self.says("ERR_SMTP_SYNTAX3"), talk.say(b"XYZZY"))
            self.assertEqual(self.says("ERR_SMTP_SYSTEM_ZOMBIE"), talk.say(b"XYZZY"))
            self.assertClosed(talk)

    def test_refusals_are_held_back(self):
        with self.server("tarpit-delay: 700ms") as server, Talk(server) as talk:
            started = time.monotonic()
            talk.socket.sendall(b"NOOP\r\nXYZZY\r\nNOOP\r\n")
            self.assertEqual(self.says("ERR_SMTP_OK"), talk.reply())
            self.assertEqual(self.says("ERR_SMTP_SYNTAX3"), talk.reply())
            self.assertGreater(time.monotonic() - started, 0.6)
            self.assertEqual(self.says("ERR_SMTP_OK"), talk.reply())


class Greeting(LimitsCase):
    at_once = 4  # they wait

    def test_early_talker_is_rejected(self):
        with self.server("greeting-delay: 2s") as server:
            with Talk(server, first=b"EHLO client.example.org\r\n") as early:
                self.assertEqual(self.says("ERR_SMTP_SYSTEM_ZOMBIE"), early.greeting)
                self.assertClosed(early)
            started = time.monotonic()
            with Talk(server) as patient:
                self.assertTrue(patient.greeting.startswith(b"220 "))
                self.assertGreater(time.monotonic() - started, 0.9)
                patient.mail()
                self.assertAccepted(patient)
            server.wait_for_log(r"cause=early-talker")

    def test_a_stop_does_not_wait_for_it(self):
        with self.server("greeting-delay: 30s") as server:
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                server.wait_for_log("event=connect")
                started = time.monotonic()
                server.process.terminate()
                server.process.wait(30)
                self.assertLess(time.monotonic() - started, 5)
                self.assertEqual(b"", client.recv(100))

    def test_client_that_leaves_before_the_greeting_is_no_error(self):
        with self.server("greeting-delay: 1s") as server:
            socket.create_connection(("127.0.0.1", server.port)).close()
            with Talk(server) as talk:
                self.assertTrue(talk.greeting.startswith(b"220 "))


class Time(LimitsCase):
    at_once = 4  # they wait

    def test_silence_ends_a_session(self):
        with self.server("idle-timeout: 1s") as server, Talk(server) as talk:
            self.assertEqual(self.says("FTG_SMTP_TIMEOUT"), talk.reply())
            self.assertClosed(talk)

    def test_noops_do_not_extend_the_time_before_the_first_transaction(self):
        with self.server("start-timeout: 2s") as server, Talk(server) as talk, Talk(server) as other:
            other.mail()
            for _ in range(100):
                answer = talk.say(b"NOOP")
                if not answer.startswith(b"250"):
                    break
                time.sleep(0.1)
            self.assertEqual(self.says("FTG_SMTP_TIMEOUT"), answer)
            self.assertClosed(talk)
            self.assertTrue(other.say(b"NOOP").startswith(b"250"))

    def test_no_session_lasts_for_ever(self):
        with self.server("session-timeout: 2s") as server, Talk(server) as talk:
            for _ in range(100):
                answer = talk.say(b"NOOP")
                if not answer.startswith(b"250"):
                    break
                time.sleep(0.1)
            self.assertEqual(self.says("FTG_SMTP_TIMEOUT"), answer)
            self.assertClosed(talk)


four_ways(globals(), Sessions, Logins, Refusals, Greeting, Time)


class Pace(LimitsCase):
    """It takes a while to tell that a client is slow."""

    def test_a_message_must_come_in_at_a_rate(self):
        with self.server("min-data-rate: 1000") as server, Talk(server) as talk:
            talk.mail()
            self.rcpt(talk)
            talk.say(b"DATA")
            talk.socket.settimeout(0.2)
            answer = b""
            started = time.monotonic()
            while not answer and time.monotonic() - started < 30:
                talk.socket.sendall(b"x")
                try:
                    answer = talk.socket.recv(4096)
                except TimeoutError:
                    pass
            self.assertEqual(self.says("FTG_SMTP_TIMEOUT"), answer)
            server.wait_for_log(r"cause=slow")


if __name__ == "__main__":
    main()
