#!/usr/bin/env python3
"""Filters of content: the real clamd and rspamd, and filters that are dead, slow or mad."""

import functools
import glob
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from limits import HOST, LimitsCase, four_ways
from server import ACCOUNT, SECONDS, SENDER, Server, Talk, TestCase, environment, main, program
from services import PAUSE, Clamd, Dnsmasq, FakeService, Rspamd, free_port, held_port, http
from test_proxy import LISTENERS, header

CLIENT = "192.0.2.7"
CLEAN = b"Subject: x\r\n\r\nNothing is wrong with this.\r\n"
VIRUS = b"Subject: x\r\n\r\n" + 1000 * (b"z" * 70 + b"\r\n") + Clamd.VIRUS + b"\r\n"
SPAM = b"Subject: x\r\n\r\n" + Rspamd.GTUBE + b"\r\n"

SUSPECTS = "greylist:\n  enabled: yes\n  only-suspects: yes\n  delay: 1s\n"


class FiltersCase(LimitsCase):
    virus = "virus Test.Signature.UNOFFICIAL"  # what clamd calls it

    def filtered(self, *filters, more=""):
        """A server with filters; the settings of each as one text, with '; ' between. Mail does not get elsewhere."""
        lines = "".join("  - " + one.replace("; ", "\n    ") + "\n" for one in filters)
        names = f"dns:\n  servers: 127.0.0.1:{free_port()}\n"
        return self.server(listeners=LISTENERS + more + names + "filters:\n" + lines)

    def deliver(self, server, message, sender=SENDER):
        """The reply to the message."""
        with Talk(server, first=header(CLIENT)) as talk:
            for command in b"EHLO client.example", b"MAIL FROM:<%s>" % sender.encode():
                self.assertTrue(talk.say(command).startswith(b"250"))
            self.assertAccepted(talk)
            talk.say(b"DATA")
            return talk.say(message + b".")

    def assertTaken(self, server, message, *more):
        before = len(server.messages())
        self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), self.deliver(server, message, *more))
        self.assertEqual(before + 1, len(server.messages()))
        self.assertTrue(any(each.endswith(message.replace(b"\r\n", b"\n")) for each in server.messages()))

    def until_taken(self, server, message, *more):
        """Sends it again as an honest server does."""
        until = time.monotonic() + SECONDS
        while (answer := self.deliver(server, message, *more)) == self.says("ERR_SMTP_GLFAILDATA"):
            self.assertLess(time.monotonic(), until, "it is never taken")
            time.sleep(0.1)
        self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), answer)

    def assertRefused(self, answer, server, message, *more):
        before = len(server.messages())
        self.assertEqual(answer, self.deliver(server, message, *more))
        self.assertEqual(before, len(server.messages()))
        until = time.monotonic() + SECONDS  # its file goes when the answer has been given
        while glob.glob(os.path.join(server.data, "mail/*/*/tmp/*")):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)


class ClamAv(FiltersCase):
    @classmethod
    def setUpClass(cls):
        cls.clamd = cls.enterClassContext(Clamd("StreamMaxLength 1M"))

    def test_a_virus_is_refused(self):
        with self.filtered(f"kind: clamav; address: {self.clamd.address}") as server:
            self.assertTaken(server, CLEAN)
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", self.virus), server, VIRUS)
            server.wait_for_log(rf'event=filter [^\n]*filter=clamav answer=refused detail="{self.virus}"')
            server.wait_for_log(r"event=reply [^\n]*ref=#4\.42 [^\n]*check=filter cause=clamav ")

    def test_chunks_are_one_message(self):
        with self.filtered(f"kind: clamav; address: {self.clamd.address}") as server:
            with Talk(server, first=header(CLIENT)) as talk:
                talk.mail()
                self.assertAccepted(talk)
                half = len(VIRUS) - 20
                talk.socket.sendall(b"BDAT %d\r\n%s" % (half, VIRUS[:half]))
                self.assertEqual(self.says("ERR_SMTP_OK"), talk.reply())
                talk.socket.sendall(b"BDAT %d LAST\r\n%s" % (len(VIRUS) - half, VIRUS[half:]))
                self.assertEqual(self.says("ERR_SMTP_MESSAGE_OTHER", self.virus), talk.reply())

    def test_what_is_too_large_for_clamd(self):
        large = b"Subject: x\r\n\r\n" + 30000 * (b"z" * 70 + b"\r\n")
        with self.filtered(f"kind: clamav; address: {self.clamd.address}; on-failure: defer") as server:
            self.assertRefused(self.says("ERR_SMTP_HARDERROR"), server, large)
            server.wait_for_log(r'answer=failed detail="INSTREAM size limit exceeded\. ERROR"')
        with self.filtered(f"kind: clamav; address: {self.clamd.address}; on-failure: defer; max-size: 1M") as server:
            self.assertTaken(server, large)
            server.wait_for_log(r'answer=passed detail="larger than max-size')

    def test_what_goes_elsewhere_is_looked_at_too(self):
        with self.filtered(f"kind: clamav; address: {self.clamd.address}") as server:
            server.control("access", "add", "relay", CLIENT)
            answers = []
            for message in VIRUS, CLEAN:
                with Talk(server, first=header(CLIENT)) as talk:
                    talk.mail()
                    self.assertAccepted(talk, "far@elsewhere.example")
                    talk.say(b"DATA")
                    answers.append(talk.say(message + b"."))
            self.assertEqual([self.says("ERR_SMTP_MESSAGE_OTHER", self.virus), self.says("ERR_SMTP_MESSAGEOK")], answers)
            server.wait_for_log(r"event=message [^\n]* queue=\S+")
            self.assertEqual(1, server.counted("event=message ", 1))

    def test_each_message_is_judged_for_itself(self):
        def send(server, number):
            answers[number] = self.deliver(server, VIRUS if number % 2 else CLEAN)

        answers = {}
        with self.filtered(f"kind: clamav; address: {self.clamd.address}; on-failure: defer") as server:
            threads = [threading.Thread(target=send, args=(server, number)) for number in range(24)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(12, len(server.messages()))
        taken, refused = self.says("ERR_SMTP_MESSAGEOK"), self.says("ERR_SMTP_MESSAGE_OTHER", self.virus)
        self.assertEqual({number: refused if number % 2 else taken for number in range(24)}, answers)


@functools.cache
def start_rspamd(*settings):
    """One for all classes, since its start takes seconds."""
    names = unittest.enterModuleContext(Dnsmasq("txt-record=fail.example,v=spf1 ip4:192.0.2.1 -all"))
    return unittest.enterModuleContext(Rspamd(names, *settings))


class Rspam(FiltersCase):
    @classmethod
    def setUpClass(cls):
        cls.rspamd = start_rspamd()

    def test_spam_is_refused(self):
        start = len(self.rspamd.log())
        with self.filtered(f"address: {self.rspamd.address}") as server:
            self.assertTaken(server, CLEAN)
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", "Gtube pattern"), server, SPAM)
            server.wait_for_log(r'event=filter [^\n]*filter=rspamd answer=refused detail="Gtube pattern"')
            until = time.monotonic() + SECONDS
            while not re.search(rf"ip: {CLIENT}, from: <{SENDER}>, [^\n]*rcpts: <{ACCOUNT}>", self.rspamd.log()[start:]):
                self.assertLess(time.monotonic(), until, self.rspamd.log())
                time.sleep(0.02)

    def test_a_failed_spf_check_may_be_reason_enough(self):
        with self.filtered(f"address: {self.rspamd.address}; spf: yes; name: spam") as server:
            self.assertRefused(self.says("ERR_SMTP_SPFFAIL", 'fail.example: "SPF fail"'), server, CLEAN, "a@fail.example")
            server.wait_for_log(r"event=reply [^\n]*ref=#4\.59 [^\n]*cause=spam ")
            self.assertTaken(server, CLEAN, "a@other.example")
        with self.filtered(f"address: {self.rspamd.address}") as server:
            self.assertTaken(server, CLEAN, "a@fail.example")

    def test_mail_that_a_score_makes_suspect_waits(self):
        """Without Redis rspamd keeps no records itself: its action is advice."""
        score = 'actions { greylist = 4; } group "policies" { symbols = { "R_SPF_FAIL" { weight = 2.0; } } }'
        with self.filtered(f"address: {start_rspamd(score).address}", more=SUSPECTS) as server:
            self.assertTaken(server, CLEAN)
            self.assertRefused(self.says("ERR_SMTP_GLFAILDATA"), server, CLEAN, "a@fail.example")
            server.wait_for_log(r"event=filter [^\n]*filter=rspamd answer=suspect")
            self.until_taken(server, CLEAN, "a@fail.example")

    def test_the_first_filter_that_refuses_decides(self):
        with Clamd() as clamd, self.filtered(f"kind: clamav; address: {clamd.address}",
                                             f"address: {self.rspamd.address}") as server:
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", self.virus), server, VIRUS)
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", "Gtube pattern"), server, SPAM)
            clamd.stop()
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", "Gtube pattern"), server, SPAM)
            server.wait_for_log(r'filter=clamav answer=failed detail="cannot connect: Connection refused"')
            self.assertTaken(server, VIRUS)
            clamd.start()
            until = time.monotonic() + SECONDS  # it is asked again after a pause, which may have been doubled
            while (answer := self.deliver(server, VIRUS)) == self.says("ERR_SMTP_MESSAGEOK"):
                self.assertLess(time.monotonic(), until, server.log())
                time.sleep(0.05)
            self.assertEqual(self.says("ERR_SMTP_MESSAGE_OTHER", self.virus), answer)


class Failures(FiltersCase):
    """Filters that should not be as they are. What is theirs alone never ends a session, and is no refusal by itself."""

    def assertFailed(self, address, kind, detail, limit="30s"):
        place = f"address: {address}; kind: {kind}; time-limit: {limit}"
        with self.filtered(place) as server:
            self.assertTaken(server, CLEAN)
            server.wait_for_log(rf'event=filter [^\n]*filter={kind} answer=failed detail="?{detail}')
        with self.filtered(place + "; on-failure: defer") as server:
            self.assertRefused(self.says("ERR_SMTP_HARDERROR"), server, CLEAN)
            server.wait_for_log(rf"event=reply [^\n]*ref=#3\.22 [^\n]*check=filter cause={kind} ")

    def test_dead(self):
        self.assertFailed(f"127.0.0.1:{held_port()}", "clamav", "cannot connect: Connection refused")
        self.assertFailed(f"127.0.0.1:{held_port()}", "rspamd", "cannot connect: Connection refused")

    def test_slow(self):
        released = threading.Event()
        self.addCleanup(released.set)
        with FakeService(lambda connection, _: released.wait()) as filter_:
            self.assertFailed(filter_.address, "clamav", "no answer: Connection timed out", "300ms")
            self.assertFailed(filter_.address, "rspamd", "no answer: Connection timed out", "300ms")
            released.set()

    def test_dying(self):
        with FakeService(lambda connection, _: connection.recv(10)) as filter_:
            self.assertFailed(filter_.address, "clamav", "no answer|the answer is cut off|cannot be asked")
            self.assertFailed(filter_.address, "rspamd", "no answer|the answer is cut off|cannot be asked")

    def test_confused(self):
        with FakeService(lambda connection, _: connection.sendall(b"UNKNOWN COMMAND\0")) as filter_:
            self.assertFailed(filter_.address, "clamav", "UNKNOWN COMMAND|no answer")
        with FakeService(http(b"<html>")) as filter_:
            self.assertFailed(filter_.address, "rspamd", "the answer is not JSON")
        with FakeService(http(b'{"error":"No workers"}', b"500 Error")) as filter_:
            self.assertFailed(filter_.address, "rspamd", "the answer is of HTTP status 500")
        with FakeService(http(b"[" * 100000)) as filter_:
            self.assertFailed(filter_.address, "rspamd", "the answer is not JSON: maximum parsing depth")


class Hanging(FiltersCase):
    def test_a_filter_that_hangs_delays_messages_by_their_time_limit_and_is_tried_again(self):
        """20 messages at a time: each is accepted by its own time limit; until the filter answers again, one probes."""
        released = threading.Event()
        self.addCleanup(released.set)

        def speak(connection, _):
            if not released.is_set():
                while connection.recv(65536):
                    pass
                return
            octets = b""
            while not octets.endswith(b"\0\0\0\0"):
                octets += connection.recv(65536)
            connection.sendall(b"stream: OK\0")

        with FakeService(speak) as filter_, \
                self.filtered(f"kind: clamav; address: {filter_.address}; time-limit: 1s") as server:
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(self.deliver(server, CLEAN))) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual([self.says("ERR_SMTP_MESSAGEOK")] * 20, answers)
            workers = int(server.log().count("event=worker-started"))
            self.assertLessEqual(server.log().count("event=peer-down"), workers)
            self.assertLessEqual(filter_.number, 20)
            self.assertRegex(self.status(server), r"(?m)^peers-down +filter clamav$")
            asked = filter_.number
            self.deliver(server, CLEAN)
            self.deliver(server, CLEAN)
            self.assertLessEqual(filter_.number, asked + 2)
            released.set()
            until = time.monotonic() + SECONDS
            while server.log().count("event=peer-up") < server.log().count("event=peer-down"):
                self.assertLess(time.monotonic(), until, server.log())
                self.deliver(server, CLEAN)
                time.sleep(PAUSE)
            self.assertRegex(self.status(server), r"(?m)^peers-down +none$")

    def test_slow_messages_do_not_let_other_messages_pass(self):
        """One opens the breaker, another probes: the filter is well, and is asked about the next message."""
        probed, released = threading.Event(), threading.Event()

        def speak(connection, _):
            octets = b""
            while not octets.endswith(b"\0\0\0\0"):
                octets += connection.recv(65536)
            if b"takes long" in octets:
                if b"probe" in octets:
                    probed.set()
                released.wait()
            connection.sendall(b"stream: Test FOUND\0")

        slow = b"Subject: x\r\n\r\ntakes long\r\n"
        filter_ = self.enterContext(FakeService(speak))
        self.addCleanup(released.set)
        lines = f"filters:\n  - kind: clamav\n    address: {filter_.address}\n    time-limit: 3s\n"
        server = self.enterContext(Server("--hostname", HOST, "--workers", "1", config=LISTENERS + lines))
        self.assertTaken(server, slow)
        server.wait_for_log("event=peer-down")
        time.sleep(PAUSE)
        prober = threading.Thread(target=self.deliver, args=(server, b"X-Test: probe\r\n" + slow))
        prober.start()
        self.addCleanup(prober.join)
        self.assertTrue(probed.wait(SECONDS))
        self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", "virus Test"), server, CLEAN)
        server.wait_for_log("event=peer-up")

    def status(self, server):
        return subprocess.run([server.ctl, "--data", server.data, "--server", "smtpd", "status"], env=server.environment, check=True,
                              stdout=subprocess.PIPE, timeout=SECONDS).stdout.decode()

    def test_metrics_name_each_peer(self):
        place = f"127.0.0.1:{held_port()}"
        with self.server("", f"metrics: 127.0.0.1:0\nworkers: 1\nfilters:\n  - address: {place}\n    name: a\"b\n") as server:
            port = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/metrics").group(1))

            def measured():
                with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
                    client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    return client.makefile().read()

            self.assertIn('ftgate_peer_down{kind="filter",peer="a\\"b"} 0\n', measured())
            with Talk(server) as talk:
                talk.mail()
                self.assertAccepted(talk)
                talk.say(b"DATA")
                talk.say(CLEAN + b".")
            self.assertIn('ftgate_peer_down{kind="filter",peer="a\\"b"} 1\n', measured())


class Answers(FiltersCase):
    def rspamd(self, **answer):
        return self.enterContext(FakeService(http(json.dumps(answer).encode()))).address

    def test_words_of_any_kind_are_one_argument(self):
        words = "a\r\n250 ok (#3.05) \x1b[2J \u202e \u00e4"
        with self.filtered("address: " + self.rspamd(action="reject", messages={"smtp_message": words})) as server:
            answer = self.deliver(server, CLEAN)
            self.assertEqual(self.says("ERR_SMTP_MESSAGE_OTHER", "a??250 ok (#3.05) ?[2J ? \u00e4"), answer)
            self.assertWire(answer)
            self.assertEqual([], server.messages())

    def test_an_answer_that_a_sender_makes_long_is_read(self):
        """rspamd lists the hosts of the URLs in a message, up to 10240 by default."""
        hosts = [f"{number:05}.{'h' * 240}" for number in range(10240)]
        with self.filtered("address: " + self.rspamd(action="reject", urls=hosts)) as server:
            self.assertRefused(self.says("ERR_SMTP_MESSAGE_OTHER", "Spam message rejected"), server, CLEAN)

    def test_message_deferred_by_rspamd(self):
        place = self.rspamd(action="soft reject", messages={"smtp_message": "Try again later"})
        with self.filtered("address: " + place) as server:
            self.assertRefused(self.says("ERR_SMTP_GLFAILDATA"), server, CLEAN)
            server.wait_for_log(r'answer=deferred detail="Try again later"')

    def test_log_names_the_fields_of_each_filter_and_their_order_is_that_of_all(self):
        fields = {"A": "1"}, {"B": {"value": "2", "order": 1}}, {"C": {"value": "3", "order": 0}}
        places = [f"name: f{i}; address: " + self.rspamd(action="no action", milter={"add_headers": added})
                  for i, added in enumerate(fields)]
        with self.filtered(*places) as server:
            self.assertTaken(server, CLEAN)
            for i, name in enumerate("ABC"):
                server.wait_for_log(rf"event=edited [^\n]*filter=f{i} added-fields={name}\n")
            self.assertRegex(server.messages()[0], rb"\nC: 3\nB: 2\nA: 1\nReceived: ")

    def test_mail_that_rspamd_suspects_waits_once(self):
        place = "address: " + self.rspamd(action="greylist", milter={"add_headers": {"X-Suspect": "yes"}})
        with self.filtered(place) as server:
            self.assertTaken(server, CLEAN)
            server.wait_for_log("answer=suspect")
        with self.filtered(place, more=SUSPECTS) as server:
            self.assertRefused(self.says("ERR_SMTP_GLFAILDATA"), server, CLEAN)
            server.wait_for_log(r"event=greylisted [^\n]*seconds-left=1\n")
            server.wait_for_log(r"event=reply [^\n]*ref=#3\.19 [^\n]*check=filter cause=rspamd ")
            self.until_taken(server, CLEAN)
            self.assertIn(b"X-Suspect: yes\n", server.messages()[0])

    def test_unsupported_commands_are_refused(self):
        with self.filtered("address: " + self.rspamd(action="quarantine"), "address: " + self.rspamd(action="add header")) \
                as server:
            self.assertTaken(server, CLEAN)
            server.wait_for_log(r'answer=passed detail="an action that is not done here: quarantine"')


class Check(TestCase):
    LIMIT = "limits:\n  max-message-size: 1M\n"

    def test_warns_of_messages_that_pass_without_a_signature(self):
        rspamd = "filters:\n  - address: 127.0.0.1:11333\n"
        said = ":3: max-size: larger messages are neither examined nor signed; set max-size to 0\n"
        closed = rspamd + "    on-failure: defer\n"
        for config, warned in ((closed, True), (closed + "    max-size: 49M\n", True), (closed + "    max-size: 50M\n", False),
                               (closed + "    max-size: 0\n", False), (closed + self.LIMIT, False), (rspamd, False),
                               (closed + "limits:\n  max-message-size: 0\n", True), (closed + "    kind: clamav\n", False)):
            with self.subTest(config), tempfile.TemporaryDirectory(prefix="ftgate-test-") as folder:
                path = os.path.join(folder, "check.conf")
                with open(path, "w", encoding="ascii") as file:
                    file.write("user: root\n" + config)
                done = subprocess.run([program("ftgate-smtpd"), "-c", path, "--listen", "127.0.0.1:0", "--data", folder, "--check"],
                                      env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS,
                                      text=True, check=False)
                self.assertEqual((0, path + said if warned else ""), (done.returncode, done.stderr))


class Stop(FiltersCase):
    def test_a_server_can_be_stopped_while_a_filter_looks(self):
        asked, released = threading.Event(), threading.Event()

        def keep_silent(_connection, _):
            asked.set()
            released.wait()

        self.addCleanup(released.set)
        filter_ = self.enterContext(FakeService(keep_silent))
        with self.filtered(f"address: {filter_.address}; time-limit: 5m") as server:
            talk = self.enterContext(Talk(server, first=header(CLIENT)))
            talk.mail()
            self.assertAccepted(talk)
            talk.say(b"DATA")
            talk.socket.sendall(CLEAN + b".\r\n")
            self.assertTrue(asked.wait(30))
        released.set()


four_ways(globals(), ClamAv, Rspam, Failures, Answers)


if __name__ == "__main__":
    main()
