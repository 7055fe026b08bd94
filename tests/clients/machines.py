"""Machines of a network of their own: each has addresses, processes, a host name, and /etc, /var, /run and /root of its own."""

import ctypes
import os
import shutil
import subprocess
import tempfile

from server import BUILD, SECONDS, environment

CLONE_NEWNS = 0x20000
PRIVATE = "etc", "root", "run", "var"
FOLDERS = "root", "run", "var/backups", "var/lib", "var/log/postgresql", "var/spool"
# What programs of Debian read there; the rest of /etc is not seen.
SHARED = ("alternatives", "default", "dovecot", "ld.so.cache", "localtime", "login.defs", "nsswitch.conf", "pam.d", "postgresql-common", "protocols",
          "security", "services", "ssl/openssl.cnf", "timezone")
INIT = ('set -e; hostname "$1"; shift; while [ $# -gt 0 ]; do mount --bind "$2" "$1"; shift 2; done; ip link set lo up; echo ready; '
        'cat >/dev/null; true')
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc")
PROGRAMS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "machine_bin")  # systemctl and scp


def missing(*programs):
    """Returns why machines with these programs cannot run here; None if they can."""
    for name in ("ip", "nsenter", "unshare", *programs):
        if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            return f"this machine lacks {name}"
    bridge = "ip link add br0 type bridge && ip link add v0 type veth peer name v1"
    if os.geteuid() != 0 or subprocess.run([*UNSHARE, "sh", "-c", bridge], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "no machines with a network of their own can be made here"
    return None


class Network:
    """A switch that machines are connected to, as long as the with statement lasts. Their disks are memory."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ftgate-machines-")
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no mounts of its own")
        for words in ("--make-rprivate /", f"-t tmpfs -o mode=755 none {self.folder}"):
            subprocess.run(["mount", *words.split()], check=True)
        self.machines = {}
        self.switch = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link add br0 type bridge && ip link set br0 up && echo ready; "
                                        "exec cat >/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.switch.stdout.readline() != b"ready\n":
            raise OSError("no network of its own")
        return self

    def machine(self, name, *addresses):
        """Makes a machine and switches it on. addresses have the lengths of their prefixes."""
        self.machines[name] = Machine(self, name, addresses)
        return self.machines[name]

    def ip(self, *words, check=True, **options):
        """Runs ip where the switch is. Returns whether that succeeded."""
        command = ["nsenter", "--target", str(self.switch.pid), "--net", "ip", *words]
        return subprocess.run(command, check=check, **options).returncode == 0

    def __exit__(self, *_):
        for machine in self.machines.values():
            machine.cut()
        self.switch.stdin.close()
        self.switch.stdout.close()
        self.switch.wait()
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        os.rmdir(self.folder)


class Machine:
    """A machine. Its files survive when it is cut from power."""

    def __init__(self, network, name, addresses):
        self.network, self.name, self.addresses = network, name, addresses
        self.number = len(network.machines) + 1
        self.folder = os.path.join(network.folder, name)
        self.holder = None
        for folder in FOLDERS:
            os.makedirs(self.path(folder))
        os.symlink("/run", self.path("var/run"))
        os.chmod(self.path("root"), 0o700)
        self.make_etc()
        self.power_on()

    def path(self, name):
        """The path of a file of the machine for this process."""
        return os.path.join(self.folder, name.lstrip("/"))

    def make_etc(self):
        os.makedirs(self.path("etc/ssl"))
        for name in SHARED:
            if os.path.exists("/etc/" + name):
                subprocess.run(["cp", "-a", "/etc/" + name, self.path("etc/" + name)], check=True)
        for name, secret in ("passwd", "shadow"), ("group", "gshadow"):
            with open("/etc/" + name, encoding="utf-8") as file:
                lines = file.readlines()
            self.write("etc/" + name, "".join(lines))
            self.write("etc/" + secret, "".join(line.split(":")[0] + (":*:1::::::\n" if name == "passwd" else ":*::\n") for line in lines))
        self.write("etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n")

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def power_on(self):
        """Starts what is enabled there."""
        places = [word for place in PRIVATE for word in ("/" + place, self.path(place))]
        self.holder = subprocess.Popen([*UNSHARE, "sh", "-c", INIT, "sh", self.name, *places], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            raise OSError(f"{self.name} does not start")
        with open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children", encoding="ascii") as file:
            self.pid = file.read().split()[0]
        self.network.ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.pid)
        self.network.ip("link", "set", self.name, "master", "br0", "up")
        for address in self.addresses:
            self.shell(f"ip addr add {address} dev eth0")
        # The hardware has one address, which its neighbours know.
        self.shell(f"ip link set eth0 address 02:00:00:00:00:{self.number:02x} up; systemctl boot")

    def unplug(self):
        """Cuts its connection to the switch: no peer is notified, and no packet arrives."""
        self.network.ip("link", "set", self.name, "down")

    def plug(self):
        self.network.ip("link", "set", self.name, "up")

    def cut(self):
        """Kills all its processes at once; no peer is notified."""
        if self.holder:
            self.unplug()
            self.holder.kill()
            self.holder.stdin.close()
            self.holder.stdout.close()
            self.holder.wait()
            self.holder = None
            while self.network.ip("link", "show", self.name, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
                self.network.ip("link", "del", self.name, check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(self.path("run"))
            os.mkdir(self.path("run"))

    def command(self, *words):
        return ["nsenter", "--target", self.pid, "--net", "--mount", "--pid", "--uts", "--wdns=/root", *words]

    def environment(self):
        return {**environment(), "HOME": "/root", "USER": "root", "MACHINES": self.network.folder, "FTGATE_BUILD": BUILD,
                "PATH": f"{PROGRAMS}:{BUILD}:/usr/sbin:/usr/bin:/sbin:/bin"}

    def run(self, lines, **options):
        """Runs lines of a shell as root, and returns how they ended."""
        return subprocess.run(self.command("bash", "-ec", lines), env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=4 * SECONDS, **options)

    def shell(self, lines):
        """Runs lines of a shell that must succeed. Returns what they print."""
        done = self.run(lines)
        if done.returncode != 0:
            raise AssertionError(f"on {self.name}:\n{lines}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout
