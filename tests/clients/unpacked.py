"""
Mail servers of Debian that cannot be installed beside each other: their packages are unpacked, and their programs run where they find
the folders and users that their packages would have made. Nobody else sees these: a program has mounts of its own.
"""

import glob
import os
import socket
import subprocess
import tempfile
import unittest

from server import BUILD, SECONDS
from services import Program, held_port

CACHE = os.path.join(os.path.dirname(BUILD), "mail-servers")
MOUNT = 'while [ "$1" != -- ]; do mount $1 || exit 70; shift; done; shift; exec "$@"'
USER_ID = 61000  # of the first user of a package; it exists in its own mounts only


def missing():
    """Why no such program can run here; None if it can."""
    if os.geteuid() != 0:
        return "a mail server starts as root alone"
    done = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    return "no mounts can be made here" if done.returncode else None


MISSING = missing()


def unpack(package):
    """The folder with the files of a package, which apt fetches once. Skips the tests if it cannot."""
    folder = os.path.join(CACHE, package)
    if os.path.isdir(folder):
        return folder
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as new:
        done = subprocess.run(["timeout", "300", "apt-get", "-q", "download", package], cwd=new, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(f"apt cannot fetch {package}: {done.stderr.strip()}")
        subprocess.run(["dpkg-deb", "-x", *glob.glob(new + "/*.deb"), new + "/root"], check=True)
        try:
            os.rename(new + "/root", folder)
        except OSError:  # another test was faster
            if not os.path.isdir(folder):
                raise
    return folder


class Unpacked(Program):
    """A program of a package. USERS: those that the package would make; EMPTY: folders that are empty in its mounts."""

    PACKAGE, USERS, EMPTY = None, (), ()

    def __init__(self, **settings):
        self.settings = settings

    def __enter__(self):
        self.root = unpack(self.PACKAGE)
        return super().__enter__()

    def accounts(self, name, line):
        """/etc/passwd or /etc/group of the machine, and the users of the package."""
        with open("/etc/" + name, encoding="utf-8") as file:
            kept = [text for text in file if text.split(":")[0] not in self.USERS]
        return self.path(name, "".join(kept) + "".join(line.format(user=user, id=USER_ID + n) for n, user in enumerate(self.USERS)))

    def command(self):
        os.chmod(self.folder, 0o755)
        self.port = held_port()
        mounts = [f"--bind {self.accounts('passwd', '{user}:x:{id}:{id}::/nonexistent:/usr/sbin/nologin' + chr(10))} /etc/passwd",
                  f"--bind {self.accounts('group', '{user}:x:{id}:' + chr(10))} /etc/group",
                  *(f"-t tmpfs -o mode=755 none {folder}" for folder in self.EMPTY)]
        return ["unshare", "-m", "sh", "-c", MOUNT, "sh", *mounts, "--", *self.program()]

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), SECONDS) as client:
                return client.recv(3) == b"220"
        except OSError:
            return False
