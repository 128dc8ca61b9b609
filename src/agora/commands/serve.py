"""`agora serve`: the site, in one process or several."""

import argparse

from agora import logs
from agora.console import current_settings, migrated_database, runs
from agora.supervisor import Supervisor, listener


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
    parser.add_argument("--workers", type=_count, default=1, help="processes (1)")
    runs(parser, _serve)


def _count(typed: str) -> int:
    if not typed.isdecimal() or int(typed) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on is expected")
    return int(typed)


def _serve(options: argparse.Namespace) -> int:
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"http://{host}:{options.port}"
    current = current_settings(address)
    migrated_database(current).close()
    logs.write_to_stderr(current.log_format)
    return Supervisor(listener(options.host, options.port), address, options.workers).run()
