#!/usr/bin/env python3
"""Measures ftgate-mapd: look-ups pipelined and one at a time, connections, and how long a refusal waits while a worker hangs."""

import contextlib
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
KEY = b"footer 550 5.1.1 <nobody@bench.example>: Recipient address rejected: User unknown in virtual mailbox table"
FRAME = b"%d:%s," % (len(KEY), KEY)
LOOKUPS, ROUND_TRIPS, CONNECTIONS, STOPS = 500000, 20000, 5000, 7


class Server:
    """One or more workers, in German, with a link."""

    def __init__(self, workers):
        self.workers = workers

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ftgate-bench-")
        self.log = os.path.join(self.folder.name, "log")
        config = os.path.join(self.folder.name, "ftgate.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"workers: {self.workers}\nlanguage: de\nhelp-url: 'https://mail.example/{{lang}}.html#{{ref}}'\n"
                       f"listeners:\n  - address: 127.0.0.1:0\n    role: map\nlimits:\n  max-sessions: {2 * CONNECTIONS}\n")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "ftgate-mapd"), "-c", config, "--data", self.folder.name + "/data"],
                                            stdout=log, stderr=log)
        self.port = int(self.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[0])
        self.wait_for("event=languages-loaded", self.workers)
        return self

    def wait_for(self, pattern, times=1):
        while True:
            with open(self.log, encoding="ascii") as log:
                found = re.findall(pattern, log.read())
            if len(found) >= times:
                return found
            time.sleep(0.01)

    def pids(self):
        return [int(pid) for pid in self.wait_for(r"event=worker-started worker=\d+ pid=(\d+)")][-self.workers:]

    def cpu(self):
        """Seconds of all workers."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """KiB that the workers have for themselves."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as maps:
                total += sum(int(line.split()[1]) for line in maps if line.startswith("Private_"))
        return total

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def pipelined(server):
    """As much as fits on the way, on one connection. Returns look-ups a second."""
    chunk, sent, received = FRAME * 500, 0, 0
    with server.connect() as client:
        client.sendall(FRAME)
        answer = len(client.recv(4096))
        client.setblocking(False)
        begin, rest = time.monotonic(), b""
        while received < answer * LOOKUPS:
            if sent < LOOKUPS or rest:
                try:
                    if not rest:
                        rest, sent = chunk, sent + 500
                    rest = rest[client.send(rest):]
                except BlockingIOError:
                    pass
            try:
                received += len(client.recv(1 << 18))
            except BlockingIOError:
                time.sleep(0)
        return LOOKUPS / (time.monotonic() - begin)


def one_at_a_time(server):
    """Microseconds of each look-up."""
    times = []
    with server.connect() as client:
        for _ in range(ROUND_TRIPS):
            begin = time.perf_counter()
            client.sendall(FRAME)
            client.recv(4096)
            times.append(1e6 * (time.perf_counter() - begin))
    return sorted(times)


def until_answered(server):
    """Seconds that Postfix would wait: it asks again on a new connection if one ends."""
    with server.connect() as client:
        client.sendall(FRAME)
        client.recv(4096)
        for pid in server.pids():
            os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        client.sendall(FRAME)
        with contextlib.suppress(ConnectionError):
            client.recv(4096)
    while True:
        try:
            with server.connect() as client:
                client.sendall(FRAME)
                if client.recv(4096):
                    return time.monotonic() - begin
        except ConnectionError:
            continue


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * CONNECTIONS + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with Server(1) as server:
        cpu = server.cpu()
        rate = pipelined(server)
        print(f"pipelined on one connection: {rate:,.0f} look-ups a second, {1e6 * (server.cpu() - cpu) / LOOKUPS:.1f} us of CPU each")
        times = one_at_a_time(server)
        print(f"one at a time: median {statistics.median(times):.0f} us, 99% within {times[len(times) * 99 // 100]:.0f} us")
        before, clients = server.memory(), [server.connect() for _ in range(CONNECTIONS)]
        for client in clients:
            client.sendall(FRAME[:50])
        times = one_at_a_time(server)
        print(f"beside {CONNECTIONS:,} connections with half a look-up each: median {statistics.median(times):.0f} us, "
              f"{(server.memory() - before) / CONNECTIONS:.1f} KiB for each")
        for client in clients:
            client.close()
    for workers in 1, 2:
        waits = []
        for _ in range(STOPS):
            with Server(workers) as server:
                waits.append(until_answered(server))
        print(f"all of {workers} workers stopped: answered after {statistics.median(waits):.2f} s, at most {max(waits):.2f} s")


if __name__ == "__main__":
    main()
