"""What the commands of `agora` share: their settings and database, and how they fail."""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from agora import settings
from agora.settings import BadSetting, Settings
from agora.store import site
from agora.store.database import Database
from agora.store.migrations import UnknownVersion, is_current

Command = Callable[[argparse.Namespace], int]
Commands = argparse._SubParsersAction  # the type has no public name


class Failed(Exception):
    """A command could not do its work; the text is one sentence for who typed it."""


def runs(parser: argparse.ArgumentParser, command: Command) -> None:
    """Let the parser lead to what the command does."""
    parser.set_defaults(command=partial(_run, command))


def add_command(
    commands: "Commands[argparse.ArgumentParser]", name: str, command: Command, sentence: str, example: str
) -> argparse.ArgumentParser:
    """One of the commands of a group."""
    parser = commands.add_parser(
        name, help=sentence, description=sentence.capitalize() + ".", epilog=f"Example: {example}"
    )
    runs(parser, command)
    return parser


def _run(command: Command, options: argparse.Namespace) -> int:
    """The command's exit status. What goes wrong is told in one sentence."""
    try:
        return command(options)
    except (BadSetting, Failed, OSError) as error:
        print(f"agora: {error}", file=sys.stderr)
    except UnknownVersion:
        print("agora: the database is at a version that only a newer Agora knows; install that one.", file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"agora: the database cannot be used: {_first_line(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _first_line(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def current_settings(listens_on: str = "http://127.0.0.1:8000") -> Settings:
    return settings.load(os.environ, listens_on=listens_on)


def open_database(current: Settings) -> Database:
    return Database(current.database_url, connections=2)


def migrated_database(current: Settings) -> Database:
    """The database, which must be at the version of this code."""
    database = open_database(current)
    if not is_current(database):
        raise Failed("the database is not at the version of this Agora; run `agora migrate` (or `agora init`) first.")
    with database.read() as session:
        if not site.is_initialised(session):
            raise Failed("the database is empty; run `agora init` first.")
    return database
