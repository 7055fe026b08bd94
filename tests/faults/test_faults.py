#!/usr/bin/env python3
"""Disks fail in the midst of deliveries: the answer is a passing one, nothing is left, and the next message arrives."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../clients"))

from encrypted import Certificate, EncryptedTalk
from faults import ANY, CALLS, CONFIG, ENCRYPT, ERRORS, FAR, FURTHER, LIST, NAMES, SHORT, FaultyServer, is_whole, send, text_of
from server import DOMAIN, Talk, TestCase, main

LARGE = 300000  # octets: written in several pieces
FULL, FAILED = b"#3.16", b"#3.22"
REFERENCES = {"ENOSPC": FULL, "EDQUOT": FULL, "EIO": FAILED, "EMFILE": FAILED, "EINTR": FAILED}
QUOTA = ("carol",)


class FaultCase(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(FaultyServer("--workers", "1"))
        cls.server.control("account", "set", f"{QUOTA[0]}@{DOMAIN}", "quota-bytes=1G")
        cls.number = 0

    def setUp(self):
        self.talk = self.enterContext(Talk(self.server))
        self.talk.say(b"EHLO client.example.org")
        self.deliver(NAMES)

    def send(self, names, size=0):
        type(self).number += 1
        return send(self.talk, names, text_of(self.number, size))

    def copies(self, name, size=0):
        """How many messages of the last number an account has. Each is whole."""
        named = [text for text in self.server.inbox(name) if b"<%d@example.org>" % self.number in text]
        for text in named:
            self.assertTrue(is_whole(text, text_of(self.number, size)), text)
        return len(named)

    def deliver(self, names, size=0):
        """Delivers what nothing stands in the way of; then the mailboxes are emptied."""
        said = self.send(names, size)
        self.assertRegex(said, rb"\A250 ")
        for name in names:
            self.assertEqual(1, self.copies(name, size))
            self.server.empty(name)

    def meet(self, names, size, calls, before, what, lasts=False):
        """Sends a message that meets a fault. Returns the answer, and whether the fault has struck."""
        self.server.fail(calls, before, what, lasts, self.server.worker)
        said = self.send(names, size)
        struck = self.server.mend()
        self.assertRegex(said, rb"\A(250|4\d\d) ")
        arrived = said.startswith(b"250")
        for name in (*NAMES, FAR, FURTHER):
            self.assertEqual(arrived and name in names, self.copies(name, size), (name, said))
        self.assertEqual([], self.server.litter())
        self.assertTrue(arrived or struck, said)
        return said, struck

    def exhaust(self, names, calls, what, reference, size=0, prepare=None, lasts=False):
        """The fault comes ever later, until it comes too late. Returns how often it was answered."""
        answered = before = 0
        struck = True
        while struck:
            if prepare:
                prepare()
            said, struck = self.meet(names, size, calls, before, what, lasts)
            if not said.startswith(b"250"):
                self.assertIn(reference, said)
                answered += 1
            self.deliver(names, size)
            before += 1
            self.assertLess(before, 100)
        return answered


class Faults(FaultCase):
    def test_fault_of_a_call_that_matters_is_answered(self):
        """What was asked of the disk and failed is never acknowledged; a folder that was synced may fail to close."""
        times = {"openat": 4, "write": 1, "fsync": 4, "linkat": 2, "renameat": 1}
        for error, number in ERRORS.items():
            for call, expected in times.items():
                if error == "EINTR":
                    expected = 0
                with self.subTest(call=call, error=error):
                    names = ("anna", "bob", "erika")
                    answered = self.exhaust(names, CALLS[call], number, REFERENCES[error])
                    self.assertEqual(expected, answered)

    def test_failed_close_is_an_error_if_octets_may_be_lost(self):
        for error in ERRORS:
            with self.subTest(error=error):
                self.assertLessEqual(
                    1, self.exhaust(("anna", "bob"), CALLS["close"], ERRORS[error], REFERENCES[error]))

    def test_short_writes_go_on(self):
        self.assertEqual(0, self.exhaust(("anna", "bob"), CALLS["write"], SHORT, b"", LARGE))
        self.assertEqual(0, self.exhaust(("anna", "bob"), CALLS["write"], SHORT, b"", lasts=True))

    def test_fault_in_the_midst_of_a_large_message(self):
        for error in ERRORS:
            with self.subTest(error=error):
                self.exhaust(("anna", "bob"), CALLS["write"], ERRORS[error], REFERENCES[error], LARGE)

    def test_fault_while_a_maildir_is_made(self):
        def remove():
            shutil.rmtree(os.path.join(self.server.data, "mail", DOMAIN))

        for error in ERRORS:
            with self.subTest(error=error):
                self.exhaust(("anna", "bob"), ANY, ERRORS[error], REFERENCES[error], prepare=remove)

    def test_fault_of_a_mailbox_with_a_quota(self):
        for error in (*ERRORS.values(), SHORT):
            with self.subTest(error=error):
                self.exhaust(QUOTA, ANY - CALLS["unlinkat"], error, b"(#3.")

    def test_fault_of_the_queue(self):
        """With a mailbox beside it and without one; what is undone needs unlinkat, and close may fail late."""
        for names in ((FAR,), ("anna", FAR)):
            for error in ("ENOSPC", "EIO", "EMFILE", "EINTR"):
                with self.subTest(names=names, error=error):
                    answered = self.exhaust(names, ANY - CALLS["unlinkat"] - CALLS["close"], ERRORS[error],
                                            REFERENCES[error], LARGE)
                    self.assertLessEqual(0 if error == "EINTR" else 6, answered)
            self.assertEqual(0, self.exhaust(names, CALLS["write"], SHORT, b"", LARGE))

    def test_disk_that_stays_full(self):
        for error in ("ENOSPC", "EDQUOT", "EIO", "EMFILE"):
            with self.subTest(error=error):
                self.exhaust(("anna", "bob"), ANY - CALLS["unlinkat"] - CALLS["close"], ERRORS[error],
                             REFERENCES[error], lasts=True)


class FaultsOfLists(FaultCase):
    """The author's message for one account and FAR, and that of a list for another account and FURTHER."""

    NAMES = (NAMES[0], NAMES[1], FAR, FURTHER)

    def send(self, names, size=0):
        return super().send((NAMES[0], LIST, FAR) if names == self.NAMES else names, size)

    def test_fault_of_any_call_leaves_nothing(self):
        for error, size in ("ENOSPC", LARGE), ("EINTR", 0):
            with self.subTest(error=error):
                answered = self.exhaust(self.NAMES, ANY - CALLS["unlinkat"] - CALLS["close"], ERRORS[error], REFERENCES[error], size)
                self.assertLessEqual(0 if error == "EINTR" else 12, answered)


class Encryption(TestCase):
    def test_encryption_that_fails_ends_the_session_and_is_logged(self):
        """The client waits for the reply as long as the server waits for a command if nobody notices."""
        with Certificate() as certificate, \
                FaultyServer("--workers", "1", config=CONFIG + certificate.settings()) as server:
            with EncryptedTalk(server, certificate.context()) as talk:
                talk.say(b"EHLO client.example.org")
                talk.starttls()
                self.assertTrue(talk.say(b"NOOP").startswith(b"250 "))
                start = len(server.log())
                server.fail(ENCRYPT, 0, ERRORS["EIO"])
                talk.socket.sendall(b"NOOP\r\n")
                server.wait_for_log(r"event=tls-failed .*detail=", start)
                server.wait_for_log(r"event=disconnect .*cause=tls-failed\n", start)
                self.assertEqual(1, server.mend())


if __name__ == "__main__":
    main()
