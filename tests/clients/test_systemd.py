#!/usr/bin/env python3
"""What a service manager is told, and the listening sockets that it passes."""

import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import tempfile

from server import ACCOUNT, LIMITS, SECONDS, Server, Talk, TestCase, main, program

PASS = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid() + int(sys.argv[2])), LISTEN_FDS="1")
os.execv(sys.argv[3], sys.argv[3:])
"""


class Passed(Server):
    """A server that is given one descriptor, for itself or for another process."""

    def __init__(self, descriptor, *arguments, other=0, **options):
        super().__init__(**options)
        self.arguments = arguments
        self.command = [sys.executable, "-c", PASS, str(descriptor), str(other)]
        self.descriptor = descriptor

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.command, self.smtpd, "-c", self.config, "--data", self.data, *self.arguments],
                env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, pass_fds=(self.descriptor,))
        self.port = int(self.wait_for_log(r"listening on (?:127\.0\.0\.1|\[::\]):(\d+)").group(1))


class Notify(TestCase):
    def listen(self, name):
        manager = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(name)
        manager.settimeout(SECONDS)
        return manager

    def start(self, path):
        server = Server("--workers", "2")
        server.environment["NOTIFY_SOCKET"] = path
        return self.enterContext(server)

    def live(self, manager, path):
        server = self.start(path)
        self.assertEqual(b"READY=1", manager.recv(4096))
        self.assertEqual(3, len(re.findall("event=catalogue-loaded", server.log())))  # two workers, and the relay
        os.kill(server.pid, signal.SIGHUP)
        self.assertRegex(manager.recv(4096), rb"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
        self.assertEqual(b"READY=1", manager.recv(4096))
        server.process.terminate()
        self.assertEqual(b"STOPPING=1", manager.recv(4096))
        self.assertEqual(0, server.process.wait(SECONDS))

    def test_states_are_reported_at_a_path(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "notify")
        self.live(self.listen(path), path)

    def test_states_are_reported_at_an_abstract_name(self):
        name = f"ftgate-test-{os.getpid()}"
        self.live(self.listen("\0" + name), "@" + name)

    def test_its_watchdog_is_fed_while_a_worker_serves(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "notify")
        manager = self.listen(path)
        server = Server("--workers", "1")
        server.environment.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="200000", FTGATE_WATCHDOG="2")
        server = self.enterContext(server)
        self.until(manager, b"READY=1")
        for _ in range(3):
            self.assertEqual(b"WATCHDOG=1", manager.recv(4096))
        worker = int(re.search(r"event=worker-started worker=0 pid=(\d+)", server.log()).group(1))
        os.kill(worker, signal.SIGSTOP)
        server.wait_for_log("event=worker-hung")
        server.wait_for_log(rf"event=worker-started worker=0 pid=(?!{worker})")
        self.until(manager, b"WATCHDOG=1")

    @staticmethod
    def until(manager, wanted):
        while manager.recv(4096) != wanted:
            pass

    def test_vanished_service_manager_stops_no_server(self):
        for path in ("/nonexistent/notify", "relative", "@", "/" + "x" * 200):
            with Talk(self.start(path)) as talk:
                self.assertTrue(talk.greeting.startswith(b"220"))


class Sockets(TestCase):
    def bind(self, listening=True):
        bound = self.enterContext(socket.socket())
        bound.bind(("127.0.0.1", 0))
        if listening:
            bound.listen()
        return bound, bound.getsockname()[1]

    def test_a_passed_socket_is_served_and_no_other_is_made(self):
        bound, port = self.bind()
        server = self.enterContext(Passed(bound.fileno()))
        self.assertEqual([str(port)], re.findall(r"listening on \S+:(\d+)", server.log()))
        with Talk(server) as talk:
            self.assertTrue(talk.greeting.startswith(b"220"))

    def test_it_takes_the_settings_of_the_listener_at_its_address(self):
        bound, port = self.bind()
        config = LIMITS + f"listeners:\n  - address: 127.0.0.1:{port}\n    role: submission\n"
        server = self.enterContext(Passed(bound.fileno(), config=config))
        self.assertEqual(port, server.port)
        with Talk(server) as talk:
            self.assertIn(b"(#4.54)", talk.mail())

    def test_an_ipv4_client_of_a_dual_stack_socket_has_its_ipv4_name_everywhere(self):
        bound = self.enterContext(socket.socket(socket.AF_INET6))
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(("::", 0))
        bound.listen()
        user = pwd.getpwuid(os.geteuid()).pw_name  # root serves no public address unless it is named
        server = self.enterContext(Passed(bound.fileno(), config=LIMITS + f"user: {user}\n"))
        with Talk(server) as talk:
            talk.mail()
            talk.say(b"RCPT TO:<%s>" % ACCOUNT.encode())
            talk.say(b"DATA")
            self.assertTrue(talk.say(b"Subject: x\r\n\r\nHello\r\n.").startswith(b"250"))
        server.wait_for_log(r"event=connect session=\S+ client=127\.0\.0\.1\n")
        self.assertIn(b"[127.0.0.1]", server.messages()[0].partition(b"\n\n")[0])
        self.assertNotIn("::ffff:", server.log() + server.messages()[0].decode("ascii"))

    def test_sockets_for_another_process_are_left_alone(self):
        bound, port = self.bind()
        server = self.enterContext(Passed(bound.fileno(), "--listen", "127.0.0.1:0", other=1))
        self.assertNotEqual(port, server.port)

    def test_what_is_no_listening_socket_is_refused(self):
        datagrams = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        local = self.enterContext(socket.socket(socket.AF_UNIX))
        for passed in (self.bind(listening=False)[0], datagrams, local):
            done = subprocess.run([sys.executable, "-c", PASS, str(passed.fileno()), "0", program("ftgate-smtpd")],
                                  pass_fds=(passed.fileno(),), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=SECONDS, encoding="ascii")
            self.assertEqual(64, done.returncode)
            self.assertIn("descriptor 3, which was passed, is not a listening TCP socket", done.stderr)


if __name__ == "__main__":
    main()
