"""`agora demo`: sample content for an empty site."""

import argparse

from agora import demo, progress
from agora.clock import clock
from agora.commands.person import print_sign_in
from agora.console import Failed, current_settings, migrated_database, runs
from agora.store import people


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--if-empty", action="store_true", help="do nothing where there are posts already")
    parser.add_argument("--sign-in", action="store_true", help="print a one-time sign-in link for the administrator")
    runs(parser, _fill)


def _fill(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    with database.write() as session:
        is_new = not demo.is_filled(session)
        if is_new:
            demo.fill(session, current, now=clock(), progress=lambda paths: progress.through("Sample content", paths))
        elif not options.if_empty:
            raise Failed("there are posts already; sample content goes only into an empty site.")
    if is_new:  # said when it is committed: the disk may be full
        print("The site has its sample content.")
    if options.sign_in:
        with database.read() as session:
            administrator = people.an_administrator(session)
        if administrator is None:
            raise Failed("there is no administrator; run `agora person add … --role administrator` first.")
        print_sign_in(current, database, administrator.email)
    return 0
