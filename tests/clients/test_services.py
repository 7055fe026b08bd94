#!/usr/bin/env python3
"""Policy services: the real postfix-policyd-spf-python and postgrey, and services that are dead, slow or mad."""

import threading
import time

from limits import LimitsCase, four_ways
from server import ACCOUNT, SENDER, Talk, main
from services import PAUSE, Dnsmasq, FakeService, PolicydSpf, Postgrey, held_port
from test_proxy import LISTENERS, header

CLIENT = "192.0.2.7"
RECORDS = ("txt-record=fail.example,v=spf1 ip4:192.0.2.1 -all exp=why.fail.example",
           "txt-record=why.fail.example,%{i} is no server of %{d}",
           "txt-record=hostile.example,v=spf1 -all exp=why.hostile.example",
           'txt-record=why.hostile.example,%%s%%n "250 ok" (#3.05)',
           "txt-record=pass.example,v=spf1 ip4:192.0.2.0/24 -all")
WHY = "Please see http://www.openspf.net/Why?s=mfrom;id={};ip=192.0.2.7;r=example.test"


class ServicesCase(LimitsCase):
    def asking(self, *services):
        """A server that asks services; the settings of each as one text, with '; ' between."""
        lines = "".join("  - " + service.replace("; ", "\n    ") + "\n" for service in services)
        return self.server(listeners=LISTENERS + "services:\n" + lines)

    def rcpt_from(self, server, sender, talk=None):
        """The reply to RCPT of a message from this sender; or to what is refused before."""
        with talk or Talk(server, first=header(CLIENT)) as session:
            for command in b"EHLO client.example", b"MAIL FROM:<%s>" % sender.encode():
                answer = session.say(command)
                if not answer.startswith(b"250"):
                    return answer
            return self.rcpt(session)

    def deliver(self, server, sender=SENDER):
        with Talk(server, first=header(CLIENT)) as talk:
            for command in b"EHLO client.example", b"MAIL FROM:<%s>" % sender.encode():
                self.assertTrue(talk.say(command).startswith(b"250"))
            self.assertAccepted(talk)
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: x\r\n\r\n."))
        return server.messages()[-1]


class Spf(ServicesCase):
    def setUp(self):
        self.names = self.enterContext(Dnsmasq(*RECORDS))

    def server_with(self, settings="", more=""):
        spf = self.enterContext(PolicydSpf(self.names, settings))
        return self.asking(f"address: {spf.address}; name: spf; kind: spf{more}")

    def test_failed_check_is_refused_with_the_explanation_of_the_domain(self):
        with self.server_with() as server:
            words = "Message rejected due to: 192.0.2.7 is no server of fail.example. " + WHY.format("a@fail.example")
            self.assertEqual(self.says("ERR_SMTP_SPFFAIL", f'fail.example: "{words}"'),
                             self.rcpt_from(server, "a@fail.example"))
            server.wait_for_log(r'event=service [^\n]*service=spf answer=reject detail="Message rejected due to: ')
            server.wait_for_log(r"event=reply [^\n]*ref=#4\.59 [^\n]*check=service ")

    def test_an_explanation_is_no_part_of_the_protocol(self):
        with self.server_with() as server:
            answer = self.rcpt_from(server, "a@hostile.example")
            words = "Message rejected due to: %s%n '250 ok' (#3.05). " + WHY.format("a@hostile.example")
            self.assertEqual(self.says("ERR_SMTP_SPFFAIL", f'hostile.example: "{words}"'), answer)
            self.assertWire(answer)
            self.assertEqual(1, answer.count(b"(#"))

    def test_passed_message_has_a_result_header(self):
        with self.server_with(more="; at: mail") as server:
            message = self.deliver(server, "a@pass.example")
            self.assertRegex(message, rb"\AReturn-Path: <a@pass.example>\nDelivered-To: [^\n]+\n"
                             rb"Received-SPF: Pass \(mailfrom\) identity=mailfrom; client-ip=192.0.2.7; [^\n]*\n"
                             rb"Received: from client.example ")

    def test_mail_is_deferred_while_the_dns_fails(self):
        with self.server_with("TempError_Defer = True\n") as server:
            self.names.stop()
            self.assertEqual(self.says("ERR_SMTP_GLFAILRCP"), self.rcpt_from(server, "a@fail.example"))


class Greylisting(ServicesCase):
    def test_postgrey_defers_unknown_clients_once(self):
        with Postgrey() as postgrey, self.asking(f"address: {postgrey.address}; name: postgrey") as server:
            self.assertEqual(self.says("ERR_SMTP_GLFAILRCP"), self.rcpt_from(server, SENDER))
            server.wait_for_log(r"service=postgrey answer=defer detail=\"Greylisted, see ")
            time.sleep(1.1)
            message = self.deliver(server)
            self.assertRegex(message, rb"\nX-Greylist: delayed \d+ seconds by postgrey-[^\n]*\nReceived: ")

    def test_postgrey_may_be_started_again(self):
        with Postgrey(300) as postgrey, self.asking(f"address: {postgrey.address}; on-failure: defer") as server:
            for _ in range(2):
                self.assertEqual(self.says("ERR_SMTP_GLFAILRCP"), self.rcpt_from(server, SENDER))
                postgrey.stop()
                self.assertEqual(self.says("ERR_SMTP_HARDERROR"), self.rcpt_from(server, SENDER))
                postgrey.start()
                time.sleep(PAUSE)


def read_question(connection):
    """A question, as a dictionary; None at the end."""
    octets = b""
    while not octets.endswith(b"\n\n"):
        more = connection.recv(4096)
        if not more:
            return None
        octets += more
    return dict(line.split("=", 1) for line in octets.decode().splitlines() if line)


def answer_all(*answers):
    """Has questions answered by one after another, whichever worker asks; hangs up on whoever asks when there is none."""
    left = list(answers)

    def speak(connection, _):
        while read_question(connection) and left:
            connection.sendall(left.pop(0))
    return speak


def answer_once(answer):
    """Has a question answered on each connection, then hangs up."""
    def speak(connection, _):
        if read_question(connection):
            connection.sendall(answer)
    return speak


class Failures(ServicesCase):
    """Services that should not be as they are. What is theirs alone never ends a session, and is no refusal by itself."""

    def assertFailed(self, address, detail, limit="10s"):
        with self.asking(f"address: {address}; time-limit: {limit}") as server:
            self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.rcpt_from(server, SENDER))
            server.wait_for_log(rf'event=service [^\n]*answer=failed detail="?{detail}')
        with self.asking(f"address: {address}; time-limit: {limit}; on-failure: defer") as server:
            self.assertEqual(self.says("ERR_SMTP_HARDERROR"), self.rcpt_from(server, SENDER))
            server.wait_for_log(r"event=reply [^\n]*ref=#3\.22 [^\n]*check=service ")

    def test_dead(self):
        self.assertFailed(f"127.0.0.1:{held_port()}", "Connection refused")

    def test_no_server_socket(self):
        self.assertFailed("/nonexistent/socket", "No such file or directory")

    def test_slow(self):
        def keep_silent(connection, _):
            while read_question(connection):
                pass
        with FakeService(keep_silent) as service:
            self.assertFailed(service.address, "no answer within the time limit", "300ms")

    def test_dying(self):
        with FakeService(answer_once(b"action=DEF")) as service:
            self.assertFailed(service.address, "the service has closed the connection")

    def test_confused(self):
        with FakeService(answer_once(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as service:
            self.assertFailed(service.address, "no action in the answer")

    def test_talkative(self):
        with FakeService(answer_once(b"x=" + 10000 * b"y" + b"\n\n")) as service:
            self.assertFailed(service.address, "the answer is too long")

    def test_hostile(self):
        answers = (b"action=REJECT a\r250 ok\x1b[2J\xff\n\n", b"action=PREPEND X: a\r\x0bY: b\n\n",
                   b"action=PREPEND X\r\nY: b\n\n")
        with FakeService(answer_all(*answers)) as service, self.asking(f"address: {service.address}") as server:
            self.assertEqual(self.says("ERR_SMTP_ACCESSDENIED2"), self.rcpt_from(server, SENDER))
            message = self.deliver(server)
            self.assertIn(b"\nX: a??Y: b\nReceived: ", message)
            self.assertIn(b"\nReceived: ", self.deliver(server))
            server.wait_for_log(r"answer=reject detail=\"a\?250 ok\?\[2J\?\"")
            server.wait_for_log(r"answer=overlooked detail=X")


class Asking(ServicesCase):
    def test_each_session_gets_its_own_answer(self):
        def speak(connection, _):
            while question := read_question(connection):
                connection.sendall(b"action=DEFER\n\n" if question["sender"].startswith("odd") else b"action=DUNNO\n\n")

        def ask(server, number):
            sender = f"{('even', 'odd')[number % 2]}{number}@example.org"
            answers[number] = self.rcpt_from(server, sender)

        answers = {}
        with FakeService(speak) as service, self.asking(f"address: {service.address}") as server:
            threads = [threading.Thread(target=ask, args=(server, number)) for number in range(40)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for number in range(40):
            self.assertEqual(self.says(("ERR_SMTP_RCPTOK", "ERR_SMTP_GLFAILRCP")[number % 2]), answers[number])

    def test_reported_events(self):
        def speak(connection, _):
            while question := read_question(connection):
                told.append(question)
                connection.sendall(b"action=DUNNO\n\n")

        told = []
        stages = ("connect", "helo", "mail", "rcpt", "data")
        with FakeService(speak) as service:
            with self.asking(*(f"address: {service.address}; at: {stage}" for stage in stages)) as server:
                self.deliver(server)
        self.assertEqual(["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"], [question["protocol_state"] for question in told])
        for question in told:
            self.assertEqual("smtpd_access_policy", question["request"])
            self.assertEqual(CLIENT, question["client_address"])
        self.assertEqual((SENDER, ACCOUNT, "0"), tuple(told[3][key] for key in ("sender", "recipient", "recipient_count")))
        self.assertEqual((ACCOUNT, "1"), tuple(told[4][key] for key in ("recipient", "recipient_count")))
        self.assertEqual(1, len({question["instance"] for question in told[2:]}))

    def test_a_refusal_may_take_the_place_of_the_greeting(self):
        with FakeService(answer_all(b"action=REJECT\n\n", b"action=421 4.7.0 later\n\n")) as service:
            with self.asking(f"address: {service.address}; at: connect") as server:
                for answer in self.says("ERR_SMTP_REJECT_IP", CLIENT), self.says("ERR_SMTP_GLFAILRCP"):
                    with Talk(server, first=header(CLIENT)) as talk:
                        self.assertEqual(answer, talk.greeting)
                        self.assertClosed(talk)


class Stop(ServicesCase):
    def test_a_server_can_be_stopped_while_it_asks(self):
        asked = threading.Event()

        def keep_silent(connection, _):
            read_question(connection)
            asked.set()
            read_question(connection)

        with FakeService(keep_silent) as service, self.asking(f"address: {service.address}; time-limit: 5m") as server:
            talk = self.enterContext(Talk(server, first=header(CLIENT)))
            talk.mail()
            talk.socket.sendall(b"RCPT TO:<%s>\r\n" % ACCOUNT.encode())
            self.assertTrue(asked.wait(30))


four_ways(globals(), Spf, Greylisting, Failures, Asking)


if __name__ == "__main__":
    main()
