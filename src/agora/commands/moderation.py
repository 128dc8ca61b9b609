"""`agora moderation …`: what can be asked of the records of moderation outside of the desk."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

from agora.actions import ledger as actions
from agora.actions.transparency import all_statements
from agora.clock import clock
from agora.commands import spam
from agora.console import Commands, Failed, add_command, current_settings, migrated_database
from agora.i18n import translate
from agora.progress import Work
from agora.rules import log_file
from agora.rules.errors import Message
from agora.rules.ledger import Broken
from agora.rules.log_file import Damage
from agora.rules.moderation import TRANSITIONS
from agora.signing import LogKey, is_signed
from agora.store import log_export


def add(parser: argparse.ArgumentParser) -> None:
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_log_commands(group)
    spam.add(group)
    add_command(
        group,
        "states",
        _states,
        "print the table of what can become of a comment, and by whom",
        "agora moderation states",
    )


def _states(_options: argparse.Namespace) -> int:
    """In Markdown, from the table that guards every decision."""
    print("| state | decision | who | new state |\n| --- | --- | --- | --- |")
    for (before, decision, who), after in TRANSITIONS.items():
        print(f"| {before} | {decision} | {who} | {after} |")
    return 0


def _add_log_commands(group: "Commands[argparse.ArgumentParser]") -> None:
    verified = add_command(
        group,
        "verify",
        _verify,
        "see whether the log of moderation is what was sealed, and name the first entry that is not",
        "agora moderation verify log-2026-11-23.jsonl",
    )
    verified.add_argument("file", nargs="?", type=Path, help="an exported log (the site's own database)")
    verified.add_argument(
        "--head",
        action="append",
        default=[],
        type=_head,
        metavar="NUMBER:SEAL",
        help="a head that the site once published; the log must agree with it (repeat for several)",
    )
    exported = add_command(
        group,
        "export",
        _export,
        "sign the log of moderation and write it into a file that anyone can verify",
        "agora moderation export log-2026-11-23.jsonl",
    )
    exported.add_argument("file", type=Path, help="the file to write")
    exported.add_argument("--with-private", action="store_true", help="with the private values, for your eyes alone")
    exported.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    stated = add_command(
        group,
        "statements",
        _statements,
        "print a year's statements of reasons in the Commission's schema, one a line",
        "agora moderation statements 2026",
    )
    stated.add_argument("year", type=int, choices=range(2000, 2038), metavar="YEAR", help="which year, by UTC")


def _statements(options: argparse.Namespace) -> int:
    current = current_settings()
    with migrated_database(current).read() as session:
        address = f"{current.base_url}/charter"
        for told in all_statements(session, options.year, charter_url=address, language=current.language):
            print(json.dumps(told, ensure_ascii=False, sort_keys=True))
    return 0


def _head(typed: str) -> tuple[int, str]:
    number, _, seal = typed.partition(":")
    if not number.isdecimal() or len(seal) != 64:
        raise argparse.ArgumentTypeError("a number, a colon and 64 hexadecimal digits are expected")
    return int(number), seal


def _verify(options: argparse.Namespace) -> int:
    heads = dict(options.head)
    return _verify_file(options.file, heads) if options.file else _verify_database(heads)


def _verify_file(path: Path, heads: dict[int, str]) -> int:
    with path.open("rb") as lines, closing(Work()) as work:
        found = log_file.verify(
            lines, is_signed, heads=heads, progress=lambda done, all_: work("Verified", done, max(done, all_))
        )
    if isinstance(found, Damage):
        where = f"entry {found.number}" if found.number else "the header"
        print(f"BROKEN at {where} (line {found.line}): {_said(found.message)}")
        return 1
    print(f"In order: {found.number} entries of {found.site}, {found.checkpoints} checkpoints.")
    print(f"  head {found.number}:{found.seal}")
    print(f"  key  {found.key} (signed at {found.at})")
    print("Compare head and key with what the site publishes at /moderation/log, or with an earlier export.")
    _say_private(found.bound, found.opened)
    return 0


def _verify_database(heads: dict[int, str]) -> int:
    database = migrated_database(current_settings())
    with database.read() as session, closing(Work()) as work:
        try:
            chain = actions.verify(session, heads, progress=lambda done, all_: work("Verified", done, all_))
        except Broken as broken:
            print(f"BROKEN at entry {broken.found.number}: {_said(broken.found.message)}")
            return 1
        strays = actions.strays(session)
    for stray in strays:
        print(f"BROKEN: {_said(stray)}")
    if strays:
        return 1
    print(f"In order: {chain.number} entries; every decision has its entry.")
    print(f"  head {chain.number}:{chain.seal}")
    print(f"  key  {chain.key or 'none yet'}")
    _say_private(chain.bound, chain.opened)
    return 0


def _said(message: Message) -> str:
    return translate("en", message.text, message.values)


def _say_private(bound: int, opened: int) -> None:
    print(f"Private values: {bound} bound, {opened} shown and right, {bound - opened} erased or not shown.")


def _export(options: argparse.Namespace) -> int:
    current = current_settings()
    database = migrated_database(current)
    if options.file.exists() and not options.overwrite:
        raise Failed(f"{options.file} is there already; use --overwrite to replace it.")
    with database.write() as session:
        head = actions.sign(session, LogKey(current.secret_key), now=clock())
    with database.read() as session, _draft(options.file) as file, closing(Work()) as work:
        for done, line in log_export.lines(session, head, private=options.with_private):
            file.write(line)
            work("Exported", done, head.number)
    print(f"Exported to {options.file}: {head.number} entries.")
    print(f"  head {head.number}:{head.seal}")
    print(f"  key  {head.key}")
    return 0


@contextmanager
def _draft(path: Path) -> Iterator[TextIO]:
    """A file that has its name only once it is whole, and that only its owner can read."""
    draft = path.with_name(f".{path.name}.unfinished")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
