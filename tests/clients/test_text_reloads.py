#!/usr/bin/env python3
"""The texts change again and again under load: no reply is mixed of two generations, and the memory does not grow."""

import os
import signal
import time

from mo import mo
from server import SANITIZED, SECONDS, STRANGER, Server, Talk, TestCase, main, render

ADDRESS_UNKNOWN = ("ERR_SMTP_ADDRESS_UNKNOWN", "%s unknown mailbox")


class Reloads(TestCase):
    def setUp(self):
        self.smtp = self.enterContext(Server("--hostname", "mx.example.test", LANG="de_DE"))
        self.german = render("de", ADDRESS_UNKNOWN[0], STRANGER)

    def test_no_mixed_reply_and_no_growth_over_many_reloads(self):
        """FTGATE_RELOADS sets how many; docs/measurements.md has the figures of 10,000."""
        reloads = int(os.environ.get("FTGATE_RELOADS", "300"))
        texts = [mo({ADDRESS_UNKNOWN: f"{letter * 100} %s", ("ERR_SMTP_OK", "Ok"): letter * 60}) for letter in "AB"]
        wanted = {f"550 5.1.1 {letter * 100} {STRANGER} (#4.28)\r\n".encode() for letter in "AB"} | {self.german}
        path = self.smtp.overlay("de")
        talks = [self.enterContext(Talk(self.smtp)) for _ in range(8)]
        said, sizes = set(), []
        for talk in talks:
            talk.mail()
        with open(self.smtp.log_path, "rb") as log:
            for n in range(reloads):
                with open(path + ".new", "wb") as file:
                    file.write(texts[n % 2])
                os.rename(path + ".new", path)
                log.seek(0, os.SEEK_END)
                os.kill(self.smtp.pid, signal.SIGHUP)
                logged, until = b"", time.monotonic() + SECONDS
                while b"event=reload" not in logged:
                    for talk in talks:
                        talk.socket.sendall(b"RCPT TO:<%s>\r\n" % STRANGER.encode() * 4)
                    said.update(talk.reply() for talk in talks for _ in range(4))
                    logged += log.read()
                    self.assertLess(time.monotonic(), until)
                if n >= reloads // 2 and n % 2 == 0:
                    sizes.append(self.memory())
        self.assertLessEqual(said, wanted)
        with open(self.smtp.log_path, "rb") as log:
            self.assertEqual(reloads, log.read().count(b"event=reload "))
        if not SANITIZED:  # they keep freed memory for a while
            half = len(sizes) // 2
            print(f"{reloads} reloads, resident KiB: {min(sizes[:half])} then {min(sizes[half:])}", flush=True)
            self.assertLess(min(sizes[half:]) - min(sizes[:half]), 512)

    def memory(self):
        """The resident memory of all processes of the server, in KiB."""
        kib = 0
        for pid in [self.smtp.pid] + self.children(self.smtp.pid):
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
                kib += sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon:", "RssShmem:")))
        return kib

    @staticmethod
    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]


if __name__ == "__main__":
    main()
