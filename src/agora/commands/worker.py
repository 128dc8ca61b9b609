"""`agora worker`: sends the letters, apart from the server."""

import argparse
import signal

from agora import logs
from agora.app import new_worker
from agora.console import current_settings, migrated_database, runs
from agora.supervisor import tell_service_manager


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="send what is due and end")
    runs(parser, _work)


def _work(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    logs.write_to_stderr(current.log_format)
    worker = new_worker(current, database)
    if options.once:
        print(f"Letters sent: {worker.work()}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("The worker is running.", flush=True)
    tell_service_manager("READY=1")
    worker.run()
    return 0
