"""`agora migrate`: brings the database to this version."""

import argparse

from agora.console import current_settings, open_database, runs
from agora.store.schema import migrate


def add(parser: argparse.ArgumentParser) -> None:
    runs(parser, _migrate)


def _migrate(_options: argparse.Namespace) -> int:
    migrate(open_database(current_settings()))
    print("The database is at the version of this Agora.")
    return 0
