"""`agora backup`: all that a site on SQLite cannot do without, in one file."""

import argparse
from contextlib import closing
from pathlib import Path

from agora import backup
from agora.clock import clock
from agora.console import current_settings, runs
from agora.progress import Work


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    runs(parser, _backup)


def _backup(options: argparse.Namespace) -> int:
    with closing(Work()) as work:
        made = backup.make(current_settings(), options.file, overwrite=options.overwrite, now=clock(), progress=work)
    print(f"Backed up to {options.file} ({made.summary}; and the secret key). Keep it as carefully as the site.")
    return 0
