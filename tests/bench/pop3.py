#!/usr/bin/env python3
"""Puts ftgate-pop3d beside Dovecot's pop3d, over Maildirs of the same messages, in rounds in turn; prints medians."""

import contextlib
import os
import pwd
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time

from servers import BUILD, ROUNDS, TESTS, Peer, row, short

BOXES, MESSAGES, LARGE = 8, 1000, 100000
BODY = b"Subject: a message\r\n\r\n" + b"A line of a message, as long as lines of messages are wont to be in most ...\r\n" * 52
USER = "dovenull"  # of Dovecot's package; owns the Maildirs of Dovecot
LOADS = [  # name, kind of session, sessions, at a time, messages fetched
    ("session with login and STAT", "stat", 400, 8, 1),
    ("session with UIDL of 1,000 messages", "uidl", 160, 8, 1),
    ("message of 4 KiB, one at a time", "retr", 8, 8, MESSAGES),
    ("message of 4 KiB, pipelined", "pipeline", 8, 8, MESSAGES),
]


class Pop3Peer(Peer):
    program = os.path.join(TESTS, "ftgate-pop3-load")

    def cpu(self):
        """With the time of processes that have ended."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def fill(self, mail, large):
        """Eight mailboxes of a thousand messages; a last one of a hundred thousand where that is wanted."""
        for box in range(BOXES):
            self.fill_box(os.path.join(mail, f"u{box}"), LARGE if large and box == 0 else 0 if large else MESSAGES)

    def fill_box(self, box, messages):
        for part in "cur", "new", "tmp":
            os.makedirs(os.path.join(box, part))
        body = BODY.replace(b"\r\n", b"\n")
        first = os.path.join(box, "tmp", "first")
        with open(first, "wb") as file:
            file.write(body)
        for number in range(messages):
            name = os.path.join(box, "cur", f"{1700000000 + number}.M{number}.host,S={len(body)},W={len(BODY)}:2,S")
            if messages == LARGE:
                if number % 30000 == 0 and number > 0:  # a file has so many names at most
                    shutil.copy(first, first + "2")
                    os.replace(first + "2", first)
                os.link(first, name)
            else:
                with open(name, "wb") as file:
                    file.write(body)
        os.unlink(first)


class Ftgate(Pop3Peer):
    name = "ftgate-pop3d"
    large = False

    def start(self):
        config = os.path.join(self.folder, "ftgate.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("pop3:\n  apop: yes\nlimits:\n  max-sessions: 20000\n  max-sessions-per-address: 0\n")
        data = ["--data", os.path.join(self.folder, "data")]
        os.mkdir(data[1], 0o700)
        control = [os.path.join(BUILD, "ftgatectl"), *data]
        subprocess.run([*control, "domain", "add", "example.test"], check=True, stdout=subprocess.DEVNULL)
        for box in range(BOXES):
            subprocess.run([*control, "account", "add", f"u{box}@example.test", "--password-stdin", "--keep-secret"],
                           input=b"secret\n", check=True, stdout=subprocess.DEVNULL)
        mail = os.path.join(data[1], "mail/example.test")
        shutil.rmtree(mail)
        self.fill(mail, self.large)
        self.run(os.path.join(BUILD, "ftgate-pop3d"), "-c", config, *data, "--listen", "127.0.0.1:0")
        self.port = int(self.wait_for(rb"listening on 127\.0\.0\.1:(\d+)").group(1))
        time.sleep(0.3)  # until the workers are there


class Dovecot(Pop3Peer):
    """Its processes are kept for further sessions, which makes it several times as fast as by default."""

    name = "Dovecot"
    large = False

    def start(self):
        owner = pwd.getpwnam(USER)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        os.chmod(self.folder, 0o755)
        mail = os.path.join(self.folder, "mail")
        self.fill(mail, self.large)
        subprocess.run(["chown", "-R", f"{USER}:", mail], check=True)
        config = os.path.join(self.folder, "dovecot.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"""protocols = pop3
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain apop
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mail}/%n
maildir_very_dirty_syncs = yes
default_process_limit = 200
default_client_limit = 25000
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mail}/%n
}}
service pop3-login {{
  service_count = 0
  process_limit = 2
  process_min_avail = 2
  client_limit = 12000
  inet_listener pop3 {{
    port = {self.port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service pop3 {{
  service_count = 0
  process_min_avail = 2
}}
""")
        self.run("dovecot", "-F", "-c", config)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit("pop3.py: Dovecot did not start; see its words:\n" + self.words().decode())


def measure_loads():
    results = {}
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(peer()) for peer in (Ftgate, Dovecot)]
        for peer in running:
            peer.load("stat", 8, 8, 1)  # what is made at the first login is made
        for _ in range(ROUNDS):
            for name, *load in LOADS:
                for peer in running:
                    results.setdefault(name, {}).setdefault(peer.name, []).append(peer.load(*load))
    return results


def print_loads(results):
    for i, title in enumerate(("A second", "CPU of the server for each, us")):
        print(title)
        for name, by_peer in results.items():
            row(name, [short(statistics.median(figures[i] for figures in rounds)) for rounds in by_peer.values()])


def print_large():
    print("Login and STAT with 100,000 messages, seconds")
    columns = []
    for kind in Ftgate, Dovecot:
        with type(kind.name, (kind,), {"large": True})() as peer:
            columns.append([1 / peer.load("stat", 1, 1, 1)[0] for _ in range(4)])
    row("the first", [f"{column[0]:.3f}" for column in columns])
    row("a further one", [f"{statistics.median(column[1:]):.3f}" for column in columns])


def print_memory():
    print("Memory of the server's own for an idle connection after the greeting, KiB")
    for count in 1000, 10000:
        figures = []
        for kind in Ftgate, Dovecot:
            with kind() as peer:
                figures.append(short(peer.idle(count) / 1024))
        row(f"of {count:,} connections", figures, "under 4")


def main():
    if not shutil.which("dovecot") or os.geteuid() != 0:
        sys.exit("pop3.py: Dovecot with its pop3d is needed, and root, as which it starts")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"\nPOP3 servers side by side, {os.cpu_count()} processors shared with the client; 8 sessions at a time, {BOXES} mailboxes of "
          f"{MESSAGES:,}\nmessages of 4 KiB; logins by APOP, which costs neither much; medians of {ROUNDS} rounds in turn. Dovecot "
          "keeps its\nprocesses for further sessions.\n")
    row("", ["ftgate-pop3d", "Dovecot"])
    print_loads(measure_loads())
    print_large()
    print_memory()


if __name__ == "__main__":
    main()
