"""PgBouncer for tests: a pooler of transactions before a PostgreSQL of a test, on a socket in a temporary folder."""

import os
import pwd
import re
import shutil

from postgres import as_postgres
from server import SOURCE
from services import Program, answers, held_port


class PgBouncer(Program):
    """size: connections to each database; settings: "name = value"."""

    port = 6432  # names the socket

    def __init__(self, postgres, *settings, size=2, users=(), hidden=False):
        """hidden: hide() can make the database unreachable."""
        self.hidden = hidden
        self.postgres, self.settings, self.size, self.users = postgres, settings, size, ("postgres", "pooled", *users)

    @staticmethod
    def is_installed():
        return shutil.which("pgbouncer") is not None

    def own(self, path):
        """Gives its user a file or a folder."""
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(path, user.pw_uid, user.pw_gid)

    def command(self):
        self.own(self.folder)
        host = self.postgres.folder
        if self.hidden:
            host = self.path("database")
            self.hide(False)
        users = self.path("users", "".join(f'"{name}" ""\n' for name in self.users))
        lines = ("[databases]", f"* = host={host} port={self.postgres.port}", "[pgbouncer]",
                 f"unix_socket_dir = {self.folder}", f"listen_port = {self.port}", "auth_type = trust", f"auth_file = {users}",
                 "pool_mode = transaction", "admin_users = postgres", f"default_pool_size = {self.size}", "server_login_retry = 1",
                 *self.settings)
        return [*as_postgres(), "pgbouncer", self.path("pgbouncer.ini", "\n".join(lines) + "\n")]

    def hide(self, hidden=True):
        """Lets no new connection reach the database."""
        if hidden:
            os.unlink(self.path("database"))
        else:
            os.symlink(self.postgres.folder, self.path("database"))

    def clients(self, application):
        """Its connections from programs of this name: when each was made, and its address in memory."""
        rows = self.postgres.run("psql", "-XqA", "-F", "|", "-h", self.folder, "-p", str(self.port), "-U", "postgres", "-d", "pgbouncer",
                                 "-c", "SHOW CLIENTS").splitlines()
        names = rows[0].split("|")
        found = [dict(zip(names, row.split("|"))) for row in rows[1:]]
        return sorted((row["connect_time"], row["ptr"]) for row in found if row.get("application_name") == application)

    def is_ready(self):
        return answers(os.path.join(self.folder, f".s.PGSQL.{self.port}"))

    def url(self, name, user="postgres", parameters=""):
        return f"postgresql://{user}@/{name}?host={self.folder}&port={self.port}{parameters}"


class DocumentedPooler(PgBouncer):
    """PgBouncer as docs/postgres.md configures it, with TLS, at a port of 127.0.0.1. Its entries lead to the database of that name."""

    name = None

    def __init__(self, postgres, certificate):
        super().__init__(postgres)
        self.certificate, self.port = certificate, held_port()
        with open(os.path.join(SOURCE, "docs/postgres.md"), encoding="utf-8") as page:
            self.page = page.read()

    def documented(self, pattern):
        return re.search(pattern, self.page)[1]

    def command(self):
        self.own(self.folder)
        settings = re.sub(r"(?m)^ +", "", self.documented(r"(?m)^( +\[databases\]\n(?: +.*\n)+)"))
        rows = self.postgres.sql(self.documented(r'psql -Atc "(SELECT (?:\\"|[^"])+)" >').replace('\\"', '"'))
        for path in (self.path("userlist.txt", rows), *(shutil.copy(file, self.folder) for file in (self.certificate.file, self.certificate.key))):
            self.own(path)
        for old, new in {"port=5432 dbname=ftgate ": f"port={self.postgres.port} dbname={self.name} ", "/var/log/postgresql/": f"{self.folder}/",
                         "/var/run/postgresql": self.folder, "10.0.0.21": "127.0.0.1", "6432": str(self.port),
                         "/etc/pgbouncer/": f"{self.folder}/"}.items():
            assert old in settings, old
            settings = settings.replace(old, new)
        return [*as_postgres(), "pgbouncer", self.path("pgbouncer.ini", settings)]

    def limit_statements(self):
        """Does what the page says of the time limit for statements."""
        self.postgres.sql(self.documented(r'psql -c "(ALTER ROLE .*)"'))
        words = self.documented(r"psql (-p 6432 .*)\n").replace("6432", str(self.port)).split()
        self.postgres.run("psql", "-X", "-h", self.folder, *words)
