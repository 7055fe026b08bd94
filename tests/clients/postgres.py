"""PostgreSQL for tests: a server of its own in a temporary folder, on a socket there."""

import os
import pwd
import shutil
import signal
import subprocess
import time

from server import SECONDS, environment
from services import Program, answers, free_port

BIN = "/usr/lib/postgresql/15/bin"
MODES = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}  # as pg_ctl stop has them


def as_postgres():
    """What precedes the programs of PostgreSQL, which refuse to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.geteuid() == 0 else []


class Session:
    """psql, which gets SQL by its standard input, and ends with the block."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(command, cwd=folder, env=environment(), text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def run(self, text):
        """Runs SQL that returns no rows, to its end."""
        self.process.stdin.write(f"{text}\n\\echo done\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise AssertionError(f"not done: {text}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.communicate(timeout=SECONDS)
        finally:
            self.process.kill()
            self.process.wait()


class Postgres(Program):
    """
    A server with these settings ("name=value"). Its data survive a crash of the server, and of the machine if durable. With tcp it
    also listens on 127.0.0.1, at its port.
    """

    def __init__(self, *settings, durable=False, tcp=False):
        self.settings = settings if durable else ("fsync=off", "full_page_writes=off", *settings)
        self.tcp, self.port = tcp, 5432

    @staticmethod
    def is_installed():
        return os.access(f"{BIN}/postgres", os.X_OK)

    def run(self, name, *arguments):
        """Runs a program of PostgreSQL to its end, and returns what it writes."""
        return subprocess.run([*as_postgres(), f"{BIN}/{name}", *arguments], check=True, cwd=self.folder, env=environment(),
                              timeout=4 * SECONDS, stdout=subprocess.PIPE).stdout.decode()

    def make(self):
        """Makes its data folder."""
        self.run("initdb", "--pgdata", self.data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale",
                 "--no-sync", "--no-instructions")

    def command(self):
        self.data = self.path("data")
        if self.tcp:
            self.port = free_port()
        if not os.path.exists(self.data):
            if os.geteuid() == 0:
                user = pwd.getpwnam("postgres")
                os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.make()
        settings = (f"listen_addresses={'127.0.0.1' if self.tcp else ''}", f"port={self.port}",
                    f"unix_socket_directories={self.folder}", "max_connections=50", "shared_buffers=16MB", *self.settings)
        return [*as_postgres(), f"{BIN}/postgres", "-D", self.data, *(f"--{setting}" for setting in settings)]

    def is_ready(self):
        return answers(os.path.join(self.folder, f".s.PGSQL.{self.port}")) and "ready to accept " in self.log()

    def url(self, name="postgres", user="postgres", *others, parameters=""):
        """The URL of a database of it, or of the others if it cannot be used, for its superuser or another user."""
        servers = (self, *others)
        return (f"postgresql://{user}@/{name}?host={','.join(one.folder for one in servers)}"
                f"&port={','.join(str(one.port) for one in servers)}{parameters}")

    def replica(self, *settings):
        """A streaming replica of it. To be used in a with statement."""
        return Replica(self, *settings)

    def sql(self, text, database="postgres"):
        """Runs SQL, and returns its rows, unaligned."""
        return self.run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", "postgres",
                        "-d", database, "-c", text)

    def session(self, database="postgres"):
        """A session of its superuser that lasts, and with it the transaction it begins."""
        return Session([*as_postgres(), f"{BIN}/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
                        "-p", str(self.port), "-U", "postgres", "-d", database], self.folder)

    def signal(self, number):
        """Sends its first process a signal: SIGQUIT ends the server without a checkpoint, as pg_ctl stop -m immediate does."""
        self.process.send_signal(number)

    def stop(self, mode="immediate"):
        """Ends it as pg_ctl stop -m does; start() begins again with its data."""
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(MODES[mode])
            self.process.wait(SECONDS)

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Replica(Postgres):
    """A streaming replica, which can be read, and changed once it is promoted."""

    def __init__(self, primary, *settings):
        super().__init__(*primary.settings, *settings, tcp=primary.tcp)
        self.primary = primary

    def make(self):
        self.run("pg_basebackup", "--pgdata", self.data, "--host", self.primary.folder, "--port", str(self.primary.port),
                 "--username=postgres", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync")

    def catch_up(self):
        """Waits until it has all that the primary has committed."""
        position = self.primary.sql("SELECT pg_current_wal_flush_lsn()").strip()
        until = time.monotonic() + SECONDS
        while self.sql(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") != "t\n":
            if time.monotonic() > until:
                raise AssertionError(f"the replica does not follow:\n{self.log()}")

    def promote(self):
        """Makes it a primary, to its end."""
        self.run("pg_ctl", "promote", "-D", self.data)
