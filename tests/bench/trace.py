#!/usr/bin/env python3
"""Writes a log of so many sessions, and measures how ftgatectl finds an address in it."""

import os
import resource
import subprocess
import sys
import tempfile
import time


def write(file, sessions):
    for i in range(sessions):
        session, client = f"1{i * 7919 + 5:012x}", f"192.0.2.{i % 250}"
        sender, mailbox = f"user{i * 31 % 100003}@client.example", f"box{i * 17 % 50021}@example.org"
        at = f"2026-{1 + i * 10 // sessions:02}-{1 + i // 86400 % 27:02}T" \
            f"{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}.{i % 1000:03}Z"
        common, entry = f"session={session} client={client}", f"message-id=<{i}.{session}@client.example>"
        file.write(f"{at} event=connect {common}\n")
        file.write(f"{at} event=tls {common} version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384\n")
        helo = f"helo=mail{i % 999}.client.example from={sender}"
        if i % 5 == 0:
            file.write(f"{at} event=reply {common} lang=en ref=#4.28 id=ERR_SMTP_ADDRESS_UNKNOWN cause=no-mailbox {helo} "
                       f"to={mailbox}\n")
        else:
            file.write(f"{at} event=delivered session={session} id={session}u1 from={sender} mailbox={mailbox} {entry} "
                       "size=2345 delay=0\n")
            file.write(f"{at} event=message {common} lang=en {helo} recipients=1 size=2210 id={session}u1 {entry}\n")
        file.write(f"{at} event=disconnect {common} cause=done\n")


def main():
    ctl, sessions = sys.argv[1], int(sys.argv[2])
    with tempfile.NamedTemporaryFile("w") as log:
        write(log, sessions)
        log.flush()
        begun, memory = time.monotonic(), "0"
        with tempfile.TemporaryFile() as output:
            command = [ctl, "trace", "--log", log.name, "box7@example.org"]
            with subprocess.Popen(command, stdout=output) as process:
                while process.poll() is None:
                    with open(f"/proc/{process.pid}/status") as status:
                        memory = next((line.split()[1] for line in status if line.startswith("VmHWM:")), memory)
                    time.sleep(0.1)
            elapsed = time.monotonic() - begun
            output.seek(0)
            found = output.read().count(b" connects")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{os.path.getsize(log.name) / 1e6:.0f} MB, {found} sessions found, {elapsed:.1f} s, "
              f"{used.ru_utime + used.ru_stime:.1f} s of processor time, {memory} KiB")


if __name__ == "__main__":
    main()
