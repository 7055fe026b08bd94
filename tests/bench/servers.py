#!/usr/bin/env python3
"""Puts the server beside Postfix's smtp-sink and the least that a server can do, in rounds in turn; prints medians."""

import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
TESTS = os.path.join(BUILD, "tests")
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 7
SECONDS = 30  # longest wait for a server; one of another kind ends by itself after a minute
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = """limits:
  max-sessions: 20000
  max-sessions-per-address: 0
  max-unknown-recipients: 0
  max-relay-attempts: 0
  max-errors: 1000000
"""
NONE = "-"

# What is measured: name, kind of session, sessions, at a time, amount.
LOADS = [
    ("refused RCPT, one at a time", "refuse", 8, 8, 2000),
    ("refused RCPT, pipelined", "pipeline", 8, 8, 40000),
    ("session with one refused RCPT", "refuse", 6000, 8, 1),
    ("accepted message, 1 KiB", "message", 1000, 8, 1024),
    ("accepted message, 1 MB", "message", 60, 8, 1000000),
]
AIMS = {  # of ftgate: a second, CPU us
    "session with one refused RCPT": ("", "1.5 x floor"),
    "accepted message, 1 KiB": (900, 500),
    "accepted message, 1 MB": ("", 2500),
}


class Peer:
    """A server that runs, in a session of its own. To be used in a with statement."""

    process = None
    program = os.path.join(TESTS, "ftgate-load")

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-", dir=BUILD)  # on the disk; /tmp may be memory
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        cwd=self.folder, start_new_session=True)

    def words(self):
        with open(self.log.name, "rb") as log:
            return log.read()

    def wait_for(self, pattern):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(pattern, self.words())
            if found:
                return found
            time.sleep(0.01)
        sys.exit(f"servers.py: {self.name} did not start; see its words:\n{self.words().decode()}")

    def pids(self):
        """The server and its children."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            return [self.process.pid, *map(int, children.read().split())]

    def cpu(self):
        """Seconds that all processes of the server, with their threads, have spent."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
        return ticks / TICKS

    def memory(self):
        """Octets of memory, what is shared taken in part."""
        octets = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                octets += 1024 * int(re.search(r"^Pss: +(\d+)", rollup.read(), re.M).group(1))
        return octets

    def load(self, kind, sessions, at_a_time, amount):
        """Runs a load. Returns units a second and microseconds of the server's CPU for each."""
        before = self.cpu()
        done = subprocess.run([self.program, str(self.port), kind, str(sessions), str(at_a_time),
                               str(amount)], check=True, stdout=subprocess.PIPE)
        units, seconds = map(float, done.stdout.split())
        return units / seconds, (self.cpu() - before) / units * 1e6

    def idle(self, count):
        """Octets of memory that a connection takes which has said EHLO."""
        before = self.memory()
        with subprocess.Popen([self.program, str(self.port), "idle", str(count), "100", "1"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:
            if not load.stdout.readline():
                raise RuntimeError(f"{self.name} does not hold {count} connections")
            octets = (self.memory() - before) / count
            load.stdin.close()
        return octets

    def system_calls(self, kind, amount):
        """Calls of the server in one session; None where they may not be watched."""
        tracing = ["strace", "-f", "-c", "-U", "name,calls", "-o", os.path.join(self.folder, "calls")]
        with subprocess.Popen([*tracing, *(f"--attach={pid}" for pid in self.pids())], stderr=subprocess.PIPE) as strace:
            for _ in self.pids():
                if b"attached" not in strace.stderr.readline():
                    strace.terminate()
                    return None
            time.sleep(0.2)
            self.load(kind, 1, 1, amount)
            strace.send_signal(signal.SIGINT)
            strace.communicate(timeout=SECONDS)
        with open(os.path.join(self.folder, "calls"), encoding="ascii") as calls:
            return sum(int(line.split()[1]) for line in calls if re.match(r"\w+ +\d+$", line) and "total" not in line)

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Ftgate(Peer):
    name = "ftgate-smtpd"

    def start(self):
        config = os.path.join(self.folder, "ftgate.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(SETTINGS)
        data = ["--data", os.path.join(self.folder, "data")]
        os.mkdir(data[1], 0o700)
        for command in ["domain", "add", "example.test"], ["account", "add", "erika@example.test", "--no-password"]:
            subprocess.run([os.path.join(BUILD, "ftgatectl"), *data, *command], check=True, stdout=subprocess.DEVNULL)
        self.run(os.path.join(BUILD, "ftgate-smtpd"), "-c", config, *data, "--listen", "127.0.0.1:0")
        self.port = int(self.wait_for(rb"listening on 127\.0\.0\.1:(\d+)").group(1))
        time.sleep(0.3)  # until the workers are there


class Floor(Peer):
    name = "floor"

    def start(self):
        self.run(os.path.join(TESTS, "ftgate-floor"))
        self.port = int(self.wait_for(rb"listening on 127\.0\.0\.1:(\d+)").group(1))


class Sink(Peer):
    name = "smtp-sink"
    options = []

    def start(self):
        with socket.socket() as free:  # smtp-sink does not tell a port that the system has chosen
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.run("smtp-sink", *user, *self.options, "-m", "20000", f"127.0.0.1:{self.port}", "4096")
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit("servers.py: smtp-sink did not start")


class RefusingSink(Sink):
    options = ["-f", "RCPT"]


def peers(kind):
    return [Ftgate, Sink if kind in ("message", "idle") else RefusingSink, Floor]


def row(name, figures, aim=""):
    print(f"  {name:<38}" + "".join(f"{figure:>14}" for figure in figures) + (f"   aim: {aim}" if aim != "" else ""), flush=True)


def short(value):
    return NONE if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def measure_loads():
    """By load and peer: the rounds of units a second and of CPU for each."""
    results = {}
    for refuses in True, False:
        loads = [load for load in LOADS if (load[1] != "message") == refuses]
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(peer()) for peer in peers(loads[0][1])]
            for _ in range(ROUNDS):
                for name, *load in loads:
                    for peer in running:
                        results.setdefault(name, {}).setdefault(peer.name, []).append(peer.load(*load))
    return results


def print_loads(results):
    for i, title in enumerate(("A second", "CPU of the server for each, us")):
        print(title)
        for name, by_peer in results.items():
            middle = [statistics.median(figures[i] for figures in rounds) for rounds in by_peer.values()]
            aim = AIMS.get(name, ("", ""))[i]
            if aim == "1.5 x floor":
                aim = f"{short(1.5 * middle[-1])} or less, 1.5 times the floor's; it is {middle[0] / middle[-1]:.1f} times"
            elif aim:
                aim = f"{aim:,} or {'less' if i else 'more'}"
            row(name, map(short, middle), aim)


def print_system_calls():
    print("System calls of the server")
    for name, kind, few, many, aim in (("for a further refused RCPT", "refuse", 100, 2100, 3),
                                       ("for a further one, pipelined", "pipeline", 2000, 20000, "0")):
        figures = []
        for peer in peers(kind):
            with peer() as running:
                running.load(kind, 1, 1, few)
                calls = [running.system_calls(kind, amount) for amount in (few, many)]
            figures.append("not permitted" if None in calls else f"{(calls[1] - calls[0]) / (many - few):.2f}")
        row(name, figures, aim)


def print_memory():
    print("Memory of the server's own for an idle connection after EHLO, KiB")
    for count in 1000, 10000:
        figures = []
        for peer in peers("idle"):
            if peer is Sink and count > 1000:  # would take gigabytes
                figures.append(NONE)
                continue
            with peer() as running:
                figures.append(short(running.idle(count) / 1024))
        row(f"of {count:,} connections", figures, "under 4")


def main():
    if not shutil.which("smtp-sink") or not shutil.which("strace"):
        sys.exit("servers.py: smtp-sink of Postfix and strace are needed; scripts/deps installs them")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"\nServers side by side, {os.cpu_count()} processors shared with the client; 8 sessions at a time, a connection for each\n"
          f"message; medians of {ROUNDS} rounds in turn. ftgate-smtpd has each message on stable storage before it answers;\n"
          "smtp-sink and floor (fixed replies, one write a read) store nothing.\n")
    row("", ["ftgate-smtpd", "smtp-sink", "floor"])
    print_loads(measure_loads())
    print_system_calls()
    print_memory()


if __name__ == "__main__":
    main()
