"""Runs commands in a network of their own, where no port is taken and nothing outside can be reached."""

import os
import subprocess

from server import environment

START = ("sh", "-c", 'ip link set lo up && exec "$@"', "sh")
ENTER = ("unshare", "-Urnm", *START)
ENTER_AS_ROOT = ("unshare", "-nm", *START)


def is_possible():
    """Can a process have a network of its own here?"""
    return subprocess.run([*ENTER, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def mounts():
    """Can root have a network and mounts of its own here? In a chroot it cannot."""
    return subprocess.run([*ENTER_AS_ROOT, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Alone:
    """
    A network of its own, as long as the with statement lasts; other folders stand there in the place of some. It has users
    of its own, of whom there is root only, or else those of the machine; this only root can do.
    """

    def __init__(self, users=True, **places):
        self.users = users
        self.places = [word for place, folder in places.items() for word in ("/" + place.replace("_", "/"), folder)]

    def __enter__(self):
        mount = 'while [ $# -gt 0 ]; do mount --bind "$2" "$1" || exit; shift 2; done; echo ready; exec cat >/dev/null'
        self.holder = subprocess.Popen([*(ENTER if self.users else ENTER_AS_ROOT), "sh", "-c", mount, "sh", *self.places], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            raise OSError("no network of its own")
        return self

    def __exit__(self, *_):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()

    def command(self, words, folder):
        """The words of a command that runs in it, in a folder."""
        users = ["--user", "--preserve-credentials"] if self.users else []
        return ["nsenter", "--target", str(self.holder.pid), *users, "--net", "--mount", "--wd=" + folder, *words]

    def start(self, *words, cwd="/", env=None, **options):
        return subprocess.Popen(self.command(words, cwd), env={**environment(), **(env or {})}, **options)

    def run(self, *words, cwd="/", env=None, **options):
        return subprocess.run(self.command(words, cwd), env={**environment(), **(env or {})}, capture_output=True, text=True, check=False,
                              **options)


def has(*programs):
    """Are these programs installed?"""
    return all(any(os.access(os.path.join(folder, name), os.X_OK) for folder in os.environ["PATH"].split(":")) for name in programs)
