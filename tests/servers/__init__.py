"""Real servers and a real browser for the tests, each started and ended by the tests themselves."""

import secrets
import socket

HOST = "127.0.0.1"

# Below the range from which the system takes ports for outgoing connections: while a server is stopped, nobody's
# client is given its port, and no client connects to itself.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of loopback on which nobody listens just now."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
