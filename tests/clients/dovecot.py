"""Starts Dovecot as an LMTP server with mailboxes of its own, and ends it by its own process id."""

import glob
import os
import shutil
import subprocess
import tempfile
import time

from server import SECONDS

NOBODY = 65534
CONFIG = """
base_dir = {0}/run
state_dir = {0}/run
log_path = {0}/log
protocols = lmtp
ssl = no
first_valid_uid = 1
mail_location = maildir:{0}/mail/%n
passdb {{
  driver = passwd-file
  args = {0}/users
}}
userdb {{
  driver = passwd-file
  args = {0}/users
}}
service lmtp {{
  unix_listener {0}/lmtp {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


def is_usable():
    return os.geteuid() == 0 and shutil.which("dovecot") is not None


class Dovecot:
    """To be used in a with statement. users: the addresses that have a mailbox."""

    def __init__(self, *users):
        self.users = users

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-dovecot-")
        self.socket = self.folder + "/lmtp"
        os.chmod(self.folder, 0o755)
        os.mkdir(self.folder + "/mail")
        os.chown(self.folder + "/mail", NOBODY, NOBODY)
        with open(self.folder + "/users", "w", encoding="ascii") as users:
            for name in self.users:
                users.write(f"{name}:{{PLAIN}}x:{NOBODY}:{NOBODY}::{self.folder}/mail/{name.split('@')[0]}::\n")
        with open(self.folder + "/conf", "w", encoding="ascii") as config:
            config.write(CONFIG.format(self.folder))
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.folder + "/conf"])
        until = time.monotonic() + SECONDS
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("Dovecot does not start")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        if os.path.exists(self.socket):
            os.remove(self.socket)

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def mail(self, name):
        """The messages in a mailbox."""
        found = []
        for path in glob.glob(f"{self.folder}/mail/{name}/new/*"):
            with open(path, "rb") as file:
                found.append(file.read())
        return found
