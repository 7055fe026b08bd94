#!/usr/bin/env python3
"""Who is offered delivery status notifications, and that a stranger cannot have them sent to others."""

import os

from encrypted import b64
from limits import LimitsCase, four_ways
from server import ACCOUNT, DOMAIN, Talk, main
from test_relay import wait_until

VICTIM = "victim@" + DOMAIN
USER = b"AUTH PLAIN " + b64(b"\0%s\0correct horse" % ACCOUNT.encode())


class DsnOffer(LimitsCase):
    def start(self, settings=""):
        server = self.enterContext(self.server("max-errors: 1000", settings))
        server.control("account", "add", VICTIM, "--no-password")
        return server

    def offers(self, talk):
        return b"DSN\r\n" in talk.say(b"EHLO client.example.org")

    def send(self, talk, parameter=b"", sender=VICTIM):
        """A message, by default from the victim, who has not written it. Returns the reply to RCPT."""
        talk.say(b"MAIL FROM:<%s>" % sender.encode())
        answer = talk.say(b"RCPT TO:<%s>%s" % (ACCOUNT.encode(), parameter))
        if answer.startswith(b"250"):
            talk.say(b"DATA")
            self.assertEqual(self.says("ERR_SMTP_MESSAGEOK"), talk.say(b"Subject: x\r\n\r\nx\r\n."))
        return answer

    def received(self, server, address):
        folder = os.path.join(server.data, "mail", DOMAIN, address.split("@")[0], "new")
        return len(os.listdir(folder)) if os.path.isdir(folder) else 0

    def test_forged_notify_success_causes_no_mail(self):
        server = self.start()
        with Talk(server) as talk:
            self.assertFalse(self.offers(talk))
            self.assertEqual(self.says("ERR_SMTP_SYNTAX2", "NOTIFY=SUCCESS"), self.send(talk, b" NOTIFY=SUCCESS"))
            talk.say(b"RSET")
            self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.send(talk))
        server.wait_for_log("event=message")
        self.assertEqual((1, 0), (self.received(server, ACCOUNT), self.received(server, VICTIM)))
        self.assertEqual(["run", "tmp"], sorted(os.listdir(os.path.join(server.data, "queue"))))

    def test_anyone_may_be_offered_it(self):
        server = self.start("dsn: anyone\nrelay:\n  send: yes\n  smarthost: 127.0.0.1:1\n")
        with Talk(server) as talk:
            self.assertTrue(self.offers(talk))
            self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.send(talk, b" NOTIFY=SUCCESS"))
        wait_until(lambda: self.received(server, VICTIM))

    def test_client_that_may_relay_is_offered_it(self):
        server = self.start()
        server.control("access", "add", "relay", "127.0.0.2")
        server.reload()
        with Talk(server, "127.0.0.2") as talk:
            self.assertTrue(self.offers(talk))
            self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.send(talk, b" NOTIFY=NEVER ORCPT=rfc822;a@example.org"))
        with Talk(server) as talk:
            self.assertFalse(self.offers(talk))

    def test_user_is_offered_it(self):
        settings = "auth: PLAIN\nauth-in-clear: yes\nlisteners:\n  - address: 127.0.0.1:0\n" \
                   "  - address: 127.0.0.1:0\n    role: submission\n"
        server = self.start(settings)
        first, submission = server.ports()
        with Talk(server, port=first) as talk:
            self.assertFalse(self.offers(talk))
            self.assertEqual(self.says("ERR_SMTP_AUTHOK"), talk.say(USER))
            self.assertEqual(self.says("ERR_SMTP_RCPTOK"), self.send(talk, b" NOTIFY=NEVER", ACCOUNT))
            self.assertTrue(self.offers(talk))
        with Talk(server, port=submission) as talk:
            self.assertTrue(self.offers(talk))
            mail = b"MAIL FROM:<%s> RET=HDRS" % ACCOUNT.encode()
            self.assertEqual(self.says("ERR_SMTP_AUTHREQUIRED"), talk.say(mail))
            self.assertEqual(self.says("ERR_SMTP_AUTHOK"), talk.say(USER))
            self.assertEqual(self.says("ERR_SMTP_SENDEROK", ACCOUNT), talk.say(mail))


four_ways(globals(), DsnOffer)

if __name__ == "__main__":
    main()
