#!/usr/bin/python3
"""Runs a command with a PostgreSQL of its own: FTGATE_POSTGRES says how libpq reaches it. Exits with 77 without PostgreSQL."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from postgres import Postgres  # noqa: E402

SKIPPED = 77

if not Postgres.is_installed():
    print("skipped: PostgreSQL 15 is not installed")
    sys.exit(SKIPPED)
with Postgres() as server:
    status = subprocess.run(sys.argv[1:], env={**os.environ, "FTGATE_POSTGRES": server.url()}).returncode
sys.exit(status if status >= 0 else 128 - status)
