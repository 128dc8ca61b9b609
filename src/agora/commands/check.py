"""`agora check`: says what is in order and what is not."""

import argparse

from agora import checkup
from agora.clock import clock
from agora.console import current_settings, migrated_database, runs
from agora.store import counts


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recount", action="store_true", help="first make all counts anew, while nobody else writes")
    runs(parser, _check)


def _check(options: argparse.Namespace) -> int:
    """Fails if something is not in order."""
    current = current_settings()
    if options.recount:
        with migrated_database(current).write() as session:
            print(f"Counts are made anew; {counts.mend(session)} were wrong.")
    findings = checkup.examine(current, clock())
    for finding in findings:
        print(f"{'ok     ' if finding.good else 'PROBLEM'} {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1
