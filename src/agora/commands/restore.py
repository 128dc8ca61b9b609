"""`agora restore`: a site as it was when its backup was made."""

import argparse
from contextlib import closing
from pathlib import Path

from agora import backup
from agora.console import current_settings, runs
from agora.progress import Work


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="what `agora backup` wrote")
    parser.add_argument("--force", action="store_true", help="also where there is a database; it is kept beside")
    runs(parser, _restore)


def _restore(options: argparse.Namespace) -> int:
    with closing(Work()) as work:
        restored = backup.restore(current_settings(), options.file, force=options.force, progress=work)
    made = restored.manifest
    print(f"Restored from {options.file} ({made.summary}), which Agora {made.agora} made at {made.made_at}.")
    if restored.kept_as:
        print(f"The database that was there is kept as {restored.kept_as}.")
    if restored.other_key:
        print("The settings state another secret_key than the backup's: links in letters sent before do not work.")
    return 0
