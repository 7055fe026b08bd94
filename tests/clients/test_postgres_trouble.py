"""A database that is in trouble delays mail, by the deadline, and loses none."""

import unittest

import server as servers
from postgres import Postgres
from server import TestCase


@unittest.skipUnless(Postgres.is_installed(), "PostgreSQL 15 is not installed")
class Failover(TestCase):
    def test_promoted_replica_has_what_the_primary_committed(self):
        with Postgres() as primary:
            primary.sql("CREATE TABLE numbers (n int)")
            with primary.replica() as replica:
                primary.sql("INSERT INTO numbers VALUES (1)")
                replica.catch_up()
                self.assertEqual("1|t\n", replica.sql("SELECT n, pg_is_in_recovery() FROM numbers"))
                primary.stop("immediate")
                replica.promote()
                replica.sql("INSERT INTO numbers VALUES (2)")
                self.assertEqual("1\n2\n", replica.sql("SELECT n FROM numbers"))


if __name__ == "__main__":
    servers.main()
