#!/usr/bin/env python3
"""What a test starts ends with it, whoever of the test, its reapers and its caller is killed."""

import contextlib
import glob
import os
import signal
import subprocess
import sys
import time

from server import SECONDS, TestCase, main, program

# A test that starts a server with workers and a daemon that leaves its session, writes its own process ID and TMPDIR, and hangs.
TEST = """
import os, subprocess, sys, tempfile, time
sys.path.insert(0, sys.argv[1])
from server import Server
with Server("--workers", "2") as server:
    for event in "worker=0", "worker=1":
        server.wait_for_log("event=worker-started " + event)
    server.wait_for_log("event=relay-started")
    subprocess.run(["setsid", "-f", "sleep", "1000"], check=True)
    print(os.getpid(), tempfile.gettempdir(), flush=True)
    time.sleep(1000)
"""


def parents():
    """The process ID of the parent of each process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                state, parent = stat.read().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(name)] = int(parent)
    return found


def below(ancestor):
    """The process IDs of a process and all its descendants."""
    parent_of, found = parents(), {ancestor}
    while True:
        more = {pid for pid, parent in parent_of.items() if parent in found} - found
        if not more:
            return found
        found |= more


class Reaper(TestCase):
    def start(self):
        """A caller that runs the test under the reaper; the IDs of caller, outer reaper, inner reaper and test, and of all."""
        command = [program("tests/reaper"), "--with-caller", sys.executable, "-c", TEST, os.path.dirname(__file__)]
        caller = subprocess.Popen([sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *command],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(caller.communicate)
        self.addCleanup(caller.kill)
        test, self.folder = caller.stdout.readline().split()
        parent_of = parents()
        chain = [int(test)]
        while chain[0] != caller.pid:
            chain.insert(0, parent_of[chain[0]])
        self.assertEqual(4, len(chain))
        everything = below(caller.pid)
        self.assertGreaterEqual(len(everything), 4 + 4 + 1)  # a master, two workers, the queue manager; a daemon
        return chain, everything

    def assertGone(self, processes):
        """None of the processes is left, and no file of the test."""
        until = time.monotonic() + SECONDS
        while left := [*processes & parents().keys(), *glob.glob(self.folder)]:
            self.assertLess(time.monotonic(), until, left)
            time.sleep(0.02)

    def killed(self, number):
        chain, everything = self.start()
        os.kill(chain[number], signal.SIGKILL)
        self.assertGone(everything)

    def test_nothing_outlives_a_killed_test(self):
        self.killed(3)

    def test_nothing_outlives_a_killed_inner_reaper(self):
        self.killed(2)

    def test_nothing_outlives_a_killed_outer_reaper(self):
        self.killed(1)

    def test_nothing_outlives_a_killed_caller(self):
        chain, everything = self.start()
        os.kill(chain[0], signal.SIGKILL)
        self.assertGone(everything - {chain[0]})  # ours, and a zombie until it is waited for

    def test_exit_status_and_signal_are_those_of_the_command(self):
        for script, status in (("exit 7", 7), ("kill -ABRT $$", -signal.SIGABRT)):
            done = subprocess.run([program("tests/reaper"), "sh", "-c", script], timeout=SECONDS)
            self.assertEqual(status, done.returncode)

    def test_what_a_test_leaves_at_its_end_is_killed_and_reported(self):
        done = subprocess.run([program("tests/reaper"), "sh", "-c", "sleep 1000 & echo $!; sleep 0.2"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
        self.assertEqual(f"reaper: killed a process that was left: {int(done.stdout)} (sleep)\n", done.stderr)
        self.assertNotIn(int(done.stdout), parents())


if __name__ == "__main__":
    main()
