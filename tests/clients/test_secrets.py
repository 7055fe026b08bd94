#!/usr/bin/env python3
"""What a server remembers of passwords: nothing, once the session is over; and none of it gets into a core dump."""

import base64
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from encrypted import Certificate, EncryptedTalk, b64, plain
from pop3 import EncryptedPop3Talk, Pop3Server
from server import ACCOUNT, BUILD, SANITIZED, SECONDS, Server, TestCase, main, program


PASSWORD = "Kn4ster-Bart-77-Xylophon"
WRONG = "Wrong-Zw1tscher-99-Quark"
SETTINGS = """auth: PLAIN LOGIN
auth-in-clear: yes
workers: 1
limits:
  max-failed-logins: 0
listeners:
  - address: 127.0.0.1:0
  - address: 127.0.0.1:0
    tls: implicit
"""


def traces(word):
    """The word as it may lie in memory: in the clear, and in base64 at each of the three offsets."""
    octets = word.encode()
    found = {octets}
    for before in range(3):
        text = base64.b64encode(b"\0" * before + octets)
        found.add(text[(before * 8 + 5) // 6:len(text) - 4])  # without what the neighbours decide
    return found


def memory(pid):
    """What a process can write to, a part after another."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights[1] != "w" or "[vvar]" in line:
                continue
            start, end = int(start, 16), int(end, 16)
            try:
                yield line.strip(), os.pread(mem.fileno(), end - start, start)
            except OSError:  # a guard page
                continue


@unittest.skipUnless(os.geteuid() == 0, "only root may read the memory of a server")
@unittest.skipIf(SANITIZED, "sanitizers keep what is freed")
class Memory(TestCase):
    def worker(self):
        return int(re.search(r"event=worker-started [^\n]*pid=(\d+)", self.server.log()).group(1))

    def gone(self, word):
        for where, octets in memory(self.worker()):
            for trace in traces(word):
                at = octets.find(trace)
                self.assertEqual(-1, at, (trace, where, octets[max(0, at - 64):at + 64]))

    def ends(self, number):
        """Waits until so many sessions have ended."""
        until = time.monotonic() + SECONDS
        while self.server.log().count("event=disconnect") < number:
            self.assertLess(time.monotonic(), until, self.server.log())
            time.sleep(0.02)

    def test_the_scan_finds_what_is_there(self):
        with Server(config=SETTINGS.replace("    tls: implicit\n", "")) as self.server:
            with EncryptedTalk(self.server, None) as talk:
                talk.say(b"EHLO " + PASSWORD.encode() + b".example")
                with self.assertRaises(AssertionError):
                    self.gone(PASSWORD)

    def start(self, kind):
        certificate = self.enterContext(Certificate())
        role = "    role: pop3\n" if kind is Pop3Server else ""
        self.server = self.enterContext(
            kind(config=certificate.settings() + SETTINGS.replace("127.0.0.1:0\n", "127.0.0.1:0\n" + role)))
        self.server.control("account", "set", ACCOUNT, "--password-stdin", input=PASSWORD.encode() + b"\n")
        self.context = certificate.context()

    def test_nothing_is_left_of_auth(self):
        self.start(Server)
        sessions = 0
        for port, implicit in ((self.server.ports()[0], False), (self.server.ports()[1], True)):
            for word, answer in ((WRONG, b"535"), (PASSWORD, b"235")):
                for way in "initial", "later", "login", "pieces", "pipelined", "unfinished":
                    with EncryptedTalk(self.server, self.context, port, implicit=implicit) as talk:
                        talk.say(b"EHLO client.example.org")
                        said = self.log_in(talk, way, plain(ACCOUNT, word), word)
                        self.assertTrue(said is None or said.startswith(answer), (way, said))
                    sessions += 1
        self.ends(sessions)
        self.gone(PASSWORD)
        self.gone(WRONG)

    def log_in(self, talk, way, response, word):
        if way == "initial":
            return talk.say(b"AUTH PLAIN " + response)
        if way == "later":
            talk.say(b"AUTH PLAIN")
            return talk.say(response)
        if way == "login":
            talk.say(b"AUTH LOGIN")
            talk.say(b64(ACCOUNT.encode()))
            return talk.say(b64(word.encode()))
        if way == "pieces":
            for at in range(0, len(response), 7):
                talk.socket.sendall((b"AUTH PLAIN " if at == 0 else b"") + response[at:at + 7])
            return talk.say(b"")
        if way == "pipelined":
            talk.socket.sendall(b"NOOP\r\nAUTH PLAIN " + response + b"\r\nNOOP\r\n")
            talk.reply()
            return talk.reply()
        talk.socket.sendall(b"AUTH PLAIN " + response)
        return None

    def test_nothing_is_left_of_pass(self):
        self.start(Pop3Server)
        sessions = 0
        for port, implicit in ((self.server.ports()[0], False), (self.server.ports()[1], True)):
            for word, answer in ((WRONG, b"-ERR"), (PASSWORD, b"+OK")):
                for way in "user", "plain":
                    with EncryptedPop3Talk(self.server, self.context, port, implicit=implicit) as talk:
                        said = talk.log_in(password=word) if way == "user" else talk.say(
                            b"AUTH PLAIN " + plain(ACCOUNT, word))
                        self.assertTrue(said.startswith(answer), (way, said))
                    sessions += 1
        self.ends(sessions)
        self.gone(PASSWORD)
        self.gone(WRONG)


class CoreDumps(TestCase):
    def limits(self, **environment):
        """The limits of a core's size, and who owns the files of /proc, of master and worker."""
        with Server("--workers", "1", **environment) as server:
            worker = int(server.wait_for_log(r"event=worker-started [^\n]*pid=(\d+)").group(1))
            for pid in server.pid, worker:
                with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
                    yield re.search(r"Max core file size +(\S+) +(\S+)", limits.read()).groups()

    @unittest.skipIf(SANITIZED, "sanitizers trace themselves")
    def test_server_writes_no_core_dump(self):
        self.assertEqual([("0", "0")] * 2, list(self.limits(FTGATE_CORE_DUMPS="no")))

    @unittest.skipIf(SANITIZED or os.geteuid() != 0, "only root can become another user")
    def test_another_process_of_the_user_reads_no_memory(self):
        nobody = pwd.getpwnam("nobody")
        # The folder of the build may be closed to others.
        folder = self.enterContext(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o755)
        smtpd = shutil.copy(program("ftgate-smtpd"), folder)

        def reads(pid):
            return subprocess.run(["cat", f"/proc/{pid}/environ"], user=nobody.pw_uid, group=nobody.pw_gid,
                                  extra_groups=[], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

        for wish, readable in (("no", False), ("yes", True)):
            server = Server("--workers", "1", smtpd=smtpd, FTGATE_CORE_DUMPS=wish)

            def become_nobody(server=server):
                for folder, folders, files in os.walk(server.folder):
                    for path in folder, *(os.path.join(folder, name) for name in folders + files):
                        os.chown(path, nobody.pw_uid, nobody.pw_gid)
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)

            server.prepare = become_nobody
            with server:
                worker = int(server.wait_for_log(r"event=worker-started [^\n]*pid=(\d+)").group(1))
                for pid in server.pid, worker:
                    self.assertEqual(readable, reads(pid), wish)


if __name__ == "__main__":
    main()
