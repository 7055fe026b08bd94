"""PgBouncer for tests: a pooler of transactions before a PostgreSQL of a test, on a socket in a temporary folder."""

import os
import pwd
import shutil

from postgres import as_postgres
from services import Program, answers


class PgBouncer(Program):
    """size: connections to each database; settings: "name = value"."""

    PORT = 6432  # names the socket

    def __init__(self, postgres, *settings, size=2, users=(), hidden=False):
        """hidden: hide() can make the database unreachable."""
        self.hidden = hidden
        self.postgres, self.settings, self.size, self.users = postgres, settings, size, ("postgres", "pooled", *users)

    @staticmethod
    def is_installed():
        return shutil.which("pgbouncer") is not None

    def command(self):
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        host = self.postgres.folder
        if self.hidden:
            host = self.path("database")
            self.hide(False)
        users = self.path("users", "".join(f'"{name}" ""\n' for name in self.users))
        lines = ("[databases]", f"* = host={host} port={self.postgres.port}", "[pgbouncer]",
                 f"unix_socket_dir = {self.folder}", f"listen_port = {self.PORT}", "auth_type = trust", f"auth_file = {users}",
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
        rows = self.postgres.run("psql", "-XqA", "-F", "|", "-h", self.folder, "-p", str(self.PORT), "-U", "postgres", "-d", "pgbouncer",
                                 "-c", "SHOW CLIENTS").splitlines()
        names = rows[0].split("|")
        found = [dict(zip(names, row.split("|"))) for row in rows[1:]]
        return sorted((row["connect_time"], row["ptr"]) for row in found if row.get("application_name") == application)

    def is_ready(self):
        return answers(os.path.join(self.folder, f".s.PGSQL.{self.PORT}"))

    def url(self, name, user="postgres", parameters=""):
        return f"postgresql://{user}@/{name}?host={self.folder}&port={self.PORT}{parameters}"
