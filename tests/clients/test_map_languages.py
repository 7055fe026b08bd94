#!/usr/bin/env python3
"""The languages of domains that ftgate-mapd reads, in threads, from a file and from the directory, while it answers."""

import os
import re
import resource
import time

from maps import UNKNOWN, Map, MapServer, german, worker_processes
from server import SECONDS, Server, TestCase, main


def octets_read(pid):
    """How many octets a process has read so far."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return int(re.match(r"rchar: (\d+)\n", file.read())[1])


class Languages(TestCase):
    def test_of_the_recipients_domain_come_from_a_file(self):
        with MapServer() as probe:
            path = os.path.join(probe.folder, "languages")
            with open(path, "w", encoding="utf-8") as file:
                file.write("# of customers\npolish.example pl\n\nbücher.example de\n")
            config = f"language: fr\nmap:\n  domain-languages: {path}\n"
            with MapServer(config=config, LANGUAGE="C") as server, Map(server.port) as client:
                self.assertIn(b"nie istnieje", client.look_up(UNKNOWN.format("a@polish.example")))
                self.assertEqual(german("a@xn--bcher-kva.example"), client.look_up(UNKNOWN.format("a@xn--bcher-kva.example")))
                french = client.look_up(UNKNOWN.format("a@other.example"))
                with open(path, "w", encoding="utf-8") as file:
                    file.write("other.example de\n")
                server.reload()
                server.wait_for_log("event=languages-loaded .*domains=1", times=server.workers())
                self.assertEqual(german("a@other.example"), client.look_up(UNKNOWN.format("a@other.example")))
                self.assertEqual(french.replace(b"other", b"polish"), client.look_up(UNKNOWN.format("a@polish.example")))
                with open(path, "w", encoding="utf-8") as file:
                    file.write("other.example klingonisch!\n")
                start = len(server.log())
                server.reload()
                server.wait_for_log("event=languages-kept .*is not a language", start, server.workers())
                self.assertEqual(german("a@other.example"), client.look_up(UNKNOWN.format("a@other.example")))

    def test_of_hosted_domains_come_from_the_directory_and_follow_it(self):
        with Server() as mail:
            mail.set_language("example.test", "de")
            with MapServer(beside=mail) as server, Map(server.port) as client:
                key = UNKNOWN.format("nobody@example.test")
                self.assertEqual(german("nobody@example.test"), client.look_up(key))
                mail.set_language("example.test", "pl")
                server.reload()
                server.wait_for_log("event=languages-loaded", times=2 * server.workers())
                self.assertIn(b"nie istnieje", client.look_up(key))

    def look_up_until(self, words, client, address):
        """The sources are looked at every five seconds."""
        until = time.monotonic() + SECONDS
        while words not in client.look_up(UNKNOWN.format(address)):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_of_a_file_are_not_read_again_when_the_mail_server_writes(self):
        with Server() as mail:
            path = os.path.join(mail.folder, "languages")
            with open(path, "w", encoding="ascii") as file:
                file.write("# a comment\n" * 100000 + "file.example pl\n")
            size = os.stat(path).st_size
            config = f"map:\n  domain-languages: {path}\n"
            with MapServer("--workers", "1", beside=mail, config=config) as server, Map(server.port) as client:
                worker, = worker_processes(server)
                before = octets_read(worker)
                mail.set_language("example.test", "pl")
                self.look_up_until(b"nie istnieje", client, "nobody@example.test")
                self.assertLess(octets_read(worker) - before, size)
                self.look_up_until(b"nie istnieje", client, "nobody@file.example")

    def test_that_could_not_be_read_are_read_later_and_the_log_says_so_once(self):
        with MapServer() as probe:
            path = os.path.join(probe.folder, "languages")
            for language in "pl", "de":
                with open(path + language, "w", encoding="ascii") as file:
                    file.write(f"other.example {language}\n")
            os.rename(path + "pl", path)
            with MapServer("--workers", "1", config=f"map:\n  domain-languages: {path}\n") as server, Map(server.port) as client:
                worker, = worker_processes(server)
                self.assertIn(b"nie istnieje", client.look_up(UNKNOWN.format("a@other.example")))
                limits = resource.prlimit(worker, resource.RLIMIT_NOFILE)
                resource.prlimit(worker, resource.RLIMIT_NOFILE, (3, limits[1]))
                os.rename(path + "de", path)
                server.wait_for_log("event=languages-kept .*Too many open files")
                self.assertIn(b"nie istnieje", client.look_up(UNKNOWN.format("a@other.example")))
                resource.prlimit(worker, resource.RLIMIT_NOFILE, limits)
                server.wait_for_log("event=languages-loaded .*domains=1", times=2)
                self.assertEqual(german("a@other.example"), client.look_up(UNKNOWN.format("a@other.example")))
                self.assertEqual(1, server.counted("event=languages-kept ", 1))


if __name__ == "__main__":
    main()
