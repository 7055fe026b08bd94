"""Reads the metrics of a running server."""

import re
import socket
import time

from server import SECONDS

METRICS = "127.0.0.1:0"


def page(server):
    """The metrics as they are served: head and body."""
    port = int(server.wait_for_log(r"metrics at http://127\.0\.0\.1:(\d+)/metrics").group(1))
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return head.decode(), body.decode()


def measured(server, family, **labels):
    """The value of a metric with these labels and no others; None if there is none."""
    for name, found, value in re.findall(r"(?m)^ftgate_(\w+)(?:\{(.*)\})? (\d+)$", page(server)[1]):
        if name == family and dict(re.findall(r'(\w+)="([^"]*)"', found)) == labels:
            return int(value)
    return None


def wait_for(condition):
    """Waits until a condition is true. Returns its value."""
    until = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)
    return value
