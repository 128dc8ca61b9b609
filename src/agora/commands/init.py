"""`agora init`: a data folder, a database and a first charter."""

import argparse

from agora.actions import site
from agora.clock import clock
from agora.console import current_settings, open_database, runs
from agora.store.location import location
from agora.store.schema import migrate


def add(parser: argparse.ArgumentParser) -> None:
    runs(parser, _init)


def _init(_options: argparse.Namespace) -> int:
    current = current_settings()
    database = open_database(current)
    migrate(database)
    with database.write() as session:
        is_new = site.initialise(session, current, now=clock())
    where = location(current.database_url).render_as_string(hide_password=True)
    print(f"{'Prepared' if is_new else 'Already prepared'}: {where}")
    return 0
