"""A large site in minutes: posts, discussions, threads and a queue, as if people had written for years.

The counts and places that Agora keeps are written with the rows, by the same rules; `agora check` finds them right. The
post with the long discussion is /posts/the-long-discussion, the one with the giant thread /posts/the-giant-thread.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice

from tqdm import tqdm

from agora import settings
from agora.actions import people
from agora.actions import site as site_actions
from agora.rules.permissions import Role
from agora.store.database import Database
from agora.store.schema import migrate
from bench.town import Size, Town
from bench.town.size import BEGAN
from bench.town.tables import BATCH, Row
from bench.town.target import opened


def main() -> int:
    options = parser().parse_args()
    size = Size(options.posts, options.comments, options.discussion, options.thread, options.pending)
    if size.comments < sum(size.special):
        print("generate: --comments counts those of --discussion and --thread too.", file=sys.stderr)
        return 2
    generate(options.database, size)
    return 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.generate",
        description=__doc__,
        epilog="Example: python -m bench.generate --posts 100000 --comments 2000000 --discussion 100000"
        " --database sqlite:///large.db",
        allow_abbrev=False,
    )
    parser.add_argument("--posts", type=int, default=1_000, help="how many posts (1000)")
    parser.add_argument("--comments", type=int, default=20_000, help="how many comments under them (20000)")
    parser.add_argument("--discussion", type=int, default=1_000, help="how many of these under one post (1000)")
    parser.add_argument("--thread", type=int, default=0, help="how many of these in one thread of another post (0)")
    parser.add_argument("--pending", type=int, default=0, help="how many more wait for a moderator (0)")
    parser.add_argument("--database", required=True, metavar="URL", help="an empty one: sqlite:///… or postgresql://…")
    return parser


def generate(url: str, size: Size) -> None:
    """Fill an empty database; it is migrated and given its site first, with an administrator ada@example.org."""
    _prepare(url)
    town = Town(size)
    with closing(opened(url)) as target:
        with tqdm(total=size.rows, unit=" rows", unit_scale=True, disable=not sys.stderr.isatty()) as progress:
            for table, rows in town.rows():
                for batch in _batches(rows):
                    target.add(table, batch)
                    progress.update(len(batch))
            progress.set_description("Indexes")
        for table, columns, counted in town.counts():
            target.correct(table, columns.split(), counted)
        target.finish()


def _prepare(url: str) -> None:
    database = Database(url, connections=2)
    migrate(database)
    with tempfile.TemporaryDirectory() as folder, database.write() as session:
        current = settings.load({"AGORA_DATA_DIR": folder, "AGORA_DATABASE_URL": url, "AGORA_LANGUAGE": "en"})
        site_actions.initialise(session, current, now=BEGAN)
        people.add_person(
            session,
            name="Ada",
            email="ada@example.org",
            role=Role.ADMINISTRATOR,
            language="en",
            password=None,
            now=BEGAN,
        )
    database.close()


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


if __name__ == "__main__":
    sys.exit(main())
