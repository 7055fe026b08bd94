#!/usr/bin/env python3
"""Runs an installed ftgate-smtpd: usage: installed.py PATH. It finds the installed languages by itself."""

import os
import sys

from server import Server, Talk

smtpd = sys.argv[1]
with Server(smtpd=smtpd, ctl=os.path.join(os.path.dirname(smtpd), "ftgatectl"), LANG="de_DE") as server:
    with Talk(server) as talk:
        talk.mail()
        said = talk.refused()
assert said == b"550 5.1.1 Postfach nobody@example.test existiert nicht (#4.28)\r\n", said
