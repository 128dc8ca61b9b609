"""`agora rerender`: makes the HTML of older texts anew."""

import argparse
import sys

from agora import rerender
from agora.console import current_settings, migrated_database, runs
from agora.rules import markup


def add(parser: argparse.ArgumentParser) -> None:
    runs(parser, _rerender)


def _rerender(_options: argparse.Namespace) -> int:
    database = migrated_database(current_settings())
    count = 0
    for batch in rerender.batches(database):
        count += batch
        print(f"Made anew: {count}", file=sys.stderr)
    print(f"All texts are of renderer version {markup.RENDERER_VERSION}; {count} were made anew.")
    return 0
