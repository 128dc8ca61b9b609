"""The command line: `agora` and its commands, each of which is loaded only when it is asked for."""

import argparse
import sys
from collections.abc import Collection
from importlib import import_module

# Each is the module of that name in `commands/`, and says in order what it does and gives an example.
COMMANDS = {
    "serve": ("serve the site", "agora serve --host 127.0.0.1 --port 8000"),
    "init": ("prepare the data folder, the database and the first charter", "agora init"),
    "migrate": ("bring the database to this version of Agora", "agora migrate"),
    "worker": ("send the letters, apart from the server", "agora worker"),
    "demo": ("fill an empty site with sample content", "agora demo --sign-in"),
    "person": ("accounts", "agora person add Maud --email maud@example.org"),
    "backup": ("write database and secret key into one file, while the site runs", "agora backup site-2026-11-23.zip"),
    "restore": (
        "put a backup in the place of the database; the site must not run",
        "agora restore site-2026-11-23.zip",
    ),
    "moderation": ("the records of moderation", "agora moderation verify"),
    "check": ("look whether all is in order", "agora check"),
    "rerender": ("make the HTML of older texts anew with the present rules", "agora rerender"),
    "render": ("print the safe HTML that a text becomes", "agora render --post note.md"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command: 0 on success, 1 on failure, 2 on wrong use. Errors are one sentence, never a traceback."""
    typed = sys.argv[1:] if arguments is None else arguments
    options = build_parser(typed).parse_args(typed)
    status: int = options.command(options)
    return status


def build_parser(named: Collection[str] = COMMANDS.keys()) -> argparse.ArgumentParser:
    """The parser that knows all commands, but the arguments of only those that are named."""
    parser = argparse.ArgumentParser(
        prog="agora", description="A blog with moderated discussion.", epilog="Example: agora init && agora serve"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (sentence, example) in COMMANDS.items():
        command = commands.add_parser(
            name, help=sentence, description=sentence.capitalize() + ".", epilog=f"Example: {example}"
        )
        if name in named:
            import_module(f"agora.commands.{name}").add(command)
    return parser
