"""What the commands of `agora` share: their settings and database, how they report progress, how they fail."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from tqdm import tqdm

from agora import settings
from agora.settings import Settings
from agora.store import site
from agora.store.database import Database
from agora.store.migrations import is_current

Command = Callable[[argparse.Namespace], int]
Commands = argparse._SubParsersAction  # the type has no public name


class Failed(Exception):
    """A command could not do its work; the text is one sentence for who typed it."""


def add_command(
    commands: "Commands[argparse.ArgumentParser]", name: str, command: Command, sentence: str, example: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=sentence, description=sentence.capitalize() + ".", epilog=f"Example: {example}"
    )
    parser.set_defaults(command=command)
    return parser


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


class Work:
    """Progress of several pieces of work in turn: a bar for each on a terminal, a plain line every tenth elsewhere."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None
        self._label, self._tenth = "", 0

    def __call__(self, label: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self._draw(label, done, total)
        else:
            self._say(label, done * 10 // max(1, total))

    def _draw(self, label: str, done: int, total: int) -> None:
        if self._bar is None or label != self._label:
            self.close()
            self._label = label
            self._bar = tqdm(
                total=total, desc=label, unit="", bar_format="{desc}: {percentage:3.0f} %|{bar}| {remaining}"
            )
        self._bar.update(done - self._bar.n)

    def _say(self, label: str, tenth: int) -> None:
        if (label, tenth) != (self._label, self._tenth):
            self._label, self._tenth = label, tenth
            print(f"{label}: {tenth * 10} %", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
