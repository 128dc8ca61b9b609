"""`agora check`: says what is in order and what is not."""

import argparse
import time
from contextlib import closing

from agora import checkup
from agora.clock import clock
from agora.console import current_settings, migrated_database, runs
from agora.progress import Work
from agora.store import counts
from agora.store.counts import Progress

QUIET = 2.0  # seconds for which nobody asks how far it is


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recount", action="store_true", help="first make all counts anew, while nobody else writes")
    runs(parser, _check)


def _check(options: argparse.Namespace) -> int:
    """Fails if something is not in order."""
    current = current_settings()
    with closing(Work()) as work:
        if options.recount:
            with migrated_database(current).write() as session:
                print(f"Counts are made anew; {counts.mend(session, _after_a_while(work))} were wrong.")
        findings = checkup.examine(current, clock(), _after_a_while(work))
    for finding in findings:
        print(f"{'ok     ' if finding.good else 'PROBLEM'} {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _after_a_while(work: Work) -> Progress:
    began = time.monotonic()

    def progress(done: int, of: int) -> None:
        if time.monotonic() - began > QUIET:
            work("Counted", done, of)

    return progress
