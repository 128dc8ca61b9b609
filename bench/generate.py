"""A large site in minutes: posts, discussions, threads and a queue, as if people had written for years.

The counts and places that Agora keeps are written with the rows, by the same rules; `agora check` finds them right. The
post with the long discussion is /posts/the-long-discussion, the one with the giant thread /posts/the-giant-thread.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import islice
from random import Random
from typing import Any, Protocol

import psycopg
from markupsafe import Markup
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url
from tqdm import tqdm

from agora import settings
from agora.actions import people
from agora.actions import site as site_actions
from agora.rules import markup, search, threads, urgency
from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store import tallies
from agora.store.cases import CaseKind, Facet
from agora.store.database import Database
from agora.store.schema import migrate
from bench.texts import comment_text

BEGAN, ENDED = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
LONG, GIANT = "The long discussion", "The giant thread"
TAGS, BYLINES, TEXTS = 400, 40, 300
BATCH = 10_000  # rows
SUMMARY = "What grows on a stone, and who looks at it."
STATES = [State.PUBLISHED] * 95 + [State.HIDDEN] * 2 + [State.WITHDRAWN] + [State.REJECTED] * 2
# How many replies the threads of a discussion have.
REPLIES = [0] * 50 + [1] * 15 + [2] * 12 + [3] * 8 + [5] * 8 + [9] * 5 + [25] * 2
# A giant thread begins with two who answer each other, for a tenth of its replies.
CHAIN = 10
# What the policy found in every so many of those that wait.
REASONS = {1: "first-comment", 3: "unverified", 7: "links", 50: "words", 1000: "phone"}
FIGURES = {"links": {"count": 3, "limit": 2}, "words": {"words": "casino"}, "phone": {"count": 1}}
FRENCH = 3  # every third of them
DECISIONS = {State.HIDDEN: "hide", State.WITHDRAWN: "withdraw", State.REJECTED: "reject"}

Row = tuple[Any, ...]
COLUMNS = {
    "tags": "id name slug post_count",
    "bylines": "id name slug bio bio_html renderer links post_count",
    "commenters": "id email created_at verified_at proven_from",
    "posts": "id title slug summary body body_html renderer words language source_title source_url state"
    " discussion_open created_at published_at changed_at edition comment_count thread_count",
    "post_search": "post_id title words",
    "post_tags": "post_id tag_id listed_at",
    "post_bylines": "post_id byline_id position listed_at",
    "comments": "id post_id parent_id root_id commenter_id name website language state mode version revision_id letters"
    " source fingerprint created_at published_at shown_in_thread thread_number path",
    "comment_revisions": "id comment_id number body html renderer reasons created_at",
    "events": "id kind at party comment_id post_id revision_id decision before after clause charter_id explanation"
    " details",
    "cases": "id kind comment_id post_id language rank factors opened_at version",
    "case_reasons": "case_id code rank",
    "tallies": "name stripe count",
}


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


@dataclass(frozen=True)
class Size:
    """`comments` counts all but those that wait."""

    posts: int
    comments: int
    discussion: int = 0
    thread: int = 0
    pending: int = 0

    @property
    def special(self) -> list[int]:
        return [count for count in (self.discussion, self.thread) if count]

    @property
    def commenters(self) -> int:
        return max(10, (self.comments + self.pending) // 8)

    @property
    def rows(self) -> int:
        """About how many there will be."""
        return 4 * self.posts + 3 * (self.comments + self.pending) + self.commenters


def generate(url: str, size: Size) -> None:
    """Fill an empty database; it is migrated and given its site first, with an administrator ada@example.org."""
    _prepare(url)
    town = Town(size)
    with closing(SqliteFile(url) if url.startswith("sqlite") else PostgresqlServer(url)) as target:
        with tqdm(total=size.rows, unit=" rows", unit_scale=True, disable=not sys.stderr.isatty()) as progress:
            for table, rows in town.rows():
                for batch in _batches(rows):
                    target.add(table, COLUMNS[table].split(), batch)
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
        ada = {"name": "Ada", "email": "ada@example.org", "role": Role.ADMINISTRATOR, "language": "en"}
        people.add_person(session, **ada, password=None, now=BEGAN)
    database.close()


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


# What is written


@dataclass(slots=True, eq=False)
class Remark:
    """A comment while its thread is made. `line` holds whom it hangs below from the first one on, and itself."""

    id: int
    state: State
    parent: "Remark | None" = None
    path: str = ""
    line: "tuple[Remark, ...]" = ()
    shown: int = 0

    @property
    def was_public(self) -> bool:
        return self.state not in {State.PENDING, State.REJECTED}


@dataclass
class Town:
    """All that people of a site of this size have written: the same each time."""

    size: Size
    comments: int = 0
    events: int = 100  # the first ones were written with the site
    tallies: Counter[tuple[str, int]] = field(default_factory=Counter)
    of_tag: Counter[int] = field(default_factory=Counter)
    of_byline: Counter[int] = field(default_factory=Counter)
    of_post: dict[int, tuple[int, int]] = field(default_factory=dict)  # published comments, threads

    def rows(self) -> Iterator[tuple[str, Iterable[Row]]]:
        """By table, in an order in which they can be written."""
        posts = range(1, self.size.posts + 1)
        yield "tags", ((n, f"Topic {n}", f"topic-{n}", 0) for n in range(1, TAGS + 1))
        yield "bylines", ((n, f"Author {n}", f"author-{n}", "", "", 1, "[]", 0) for n in range(1, BYLINES + 1))
        commenters = range(1, self.size.commenters + 1)
        yield "commenters", ((n, f"reader{n}@example.org", BEGAN, BEGAN, "") for n in commenters)
        yield "posts", map(self._post, posts)
        yield "post_search", (self._words(post) for post in posts if self._is_public(post))
        yield "post_tags", ((post, tag, self._listed(post)) for post in posts for tag in self._tags(post))
        yield "post_bylines", ((post, self._byline(post), 1, self._listed(post)) for post in posts)
        waiting: dict[str, list[Row]] = {
            name: [] for name in ("comments", "comment_revisions", "events", "cases", "case_reasons")
        }
        for table, row in self._discussions():
            waiting[table].append(row)
            if len(waiting["events"]) >= BATCH:
                yield from waiting.items()
                waiting = {name: [] for name in waiting}
        yield from waiting.items()
        yield "tallies", [(name, stripe, count) for (name, stripe), count in self.tallies.items()]

    def counts(self) -> Iterator[tuple[str, str, list[Row]]]:
        """What is known only when all is written: by table and columns, values and then the id."""
        yield "posts", "comment_count thread_count", [(*counts, id_) for id_, counts in self.of_post.items()]
        yield "tags", "post_count", [(count, id_) for id_, count in self.of_tag.items()]
        yield "bylines", "post_count", [(count, id_) for id_, count in self.of_byline.items()]

    # Posts

    def _post(self, id_: int) -> Row:
        title, at = self._title(id_), self._at(id_)
        state = "published" if self._is_public(id_) else "draft"
        self.tallies[tallies.PUBLIC_POSTS, 0] += self._is_public(id_)
        for tag in self._tags(id_):
            self.of_tag[tag] += self._is_public(id_)
        self.of_byline[self._byline(id_)] += self._is_public(id_)
        body, html = _article(id_ % TEXTS)
        dates = (at, at, at)
        head = (id_, title, title.lower().replace(" ", "-"), SUMMARY)
        return *head, body, html, markup.RENDERER_VERSION, 500, "en", "", "", state, True, *dates, 1, 0, 0

    def _words(self, post: int) -> Row:
        title = search.words(self._title(post))
        tags = search.words(" ".join(f"Topic {tag}" for tag in self._tags(post)))
        return post, " ".join(title), " ".join(dict.fromkeys([*title, *tags, *_article_words(post % TEXTS)]))

    def _title(self, post: int) -> str:
        titles = [title for title, count in ((LONG, self.size.discussion), (GIANT, self.size.thread)) if count]
        return titles[post - 1] if post <= len(titles) else f"Post {post}"

    def _is_public(self, post: int) -> bool:
        return post <= len(self.size.special) or post % 20 != 7

    def _listed(self, post: int) -> datetime | None:
        return self._at(post) if self._is_public(post) else None

    def _tags(self, post: int) -> list[int]:
        """Half of the posts have the first one."""
        return sorted({1 + post * 7 % TAGS, 1 + post * 13 % TAGS} | ({1} if post % 2 else set()))

    def _byline(self, post: int) -> int:
        """Half of the posts are of the first one."""
        return 1 if post % 2 else 1 + post // 2 % BYLINES

    def _at(self, number: int) -> datetime:
        """When the post or, counted after all posts, the comment was written."""
        return BEGAN + self._step * number

    @cached_property
    def _step(self) -> Any:
        return (ENDED - BEGAN) / (self.size.posts + self.size.comments + self.size.pending + 1)

    # Comments

    def _discussions(self) -> Iterator[tuple[str, Row]]:
        chance = Random(1)
        for post, share in enumerate(self._shares(), start=1):
            public = number = 0
            for thread in self._threads(chance, share, giant=self._title(post) == GIANT):
                number += bool(thread[0].shown)
                public += thread[0].shown
                for remark in thread:
                    yield from self._comment(chance, post, remark, number)
            self.of_post[post] = public, number
        for _ in range(self.size.pending):
            post = chance.randint(1, self.size.posts)
            yield from self._comment(chance, post, self._remark(State.PENDING), 0)

    def _shares(self) -> list[int]:
        """How many comments each post has: many have few, and few have many."""
        special = self.size.special
        others = max(1, self.size.posts - len(special))
        left, chance = self.size.comments - sum(special), Random(2)
        weights = [min(chance.paretovariate(1.2), 40.0) for _ in range(others)]
        shares = [int(left * weight / sum_) for sum_ in [sum(weights)] for weight in weights]
        for n in range(left - sum(shares)):
            shares[n % others] += 1
        return special + shares

    def _threads(self, chance: Random, share: int, *, giant: bool) -> Iterator[list[Remark]]:
        while share:
            replies = share - 1 if giant else min(chance.choice(REPLIES), share - 1)
            share -= replies + 1
            yield self._thread(chance, replies, chain=replies // CHAIN if giant else 0)

    def _thread(self, chance: Random, replies: int, *, chain: int) -> list[Remark]:
        remarks = [self._remark(chance.choice(STATES) if not replies else State.PUBLISHED)]
        answered = remarks[:]
        for n in range(replies):
            parent = answered[-1] if n < chain or chance.random() < 0.3 else chance.choice(answered)
            remarks.append(self._remark(chance.choice(STATES), parent))
            if remarks[-1].was_public:
                answered.append(remarks[-1])
        for remark in remarks:
            if remark.state is State.PUBLISHED:
                for above in {*remark.line, remark.parent or remark}:
                    above.shown += 1
        return remarks

    def _remark(self, state: State, parent: Remark | None = None) -> Remark:
        self.comments += 1
        remark = Remark(self.comments, state, parent)
        if parent:
            remark.path = threads.path_below(parent.path, remark.id)
        remark.line = (*(parent.line[: threads.LEVELS] if parent else ()), remark)
        return remark

    def _comment(self, chance: Random, post: int, remark: Remark, number: int) -> Iterator[tuple[str, Row]]:
        id_, state, parent = remark.id, remark.state, remark.parent
        at, commenter = self._at(self.size.posts + id_), chance.randint(1, self.size.commenters)
        self.tallies[tallies.of_state(state), post % tallies.STRIPES] += 1
        above = (parent.id, remark.line[0].id) if parent else (None, None)
        codes = [code for each, code in REASONS.items() if id_ % each == 0] if state is State.PENDING else []
        language = "fr" if codes and id_ % FRENCH == 0 else "en"
        who = (commenter, f"Reader {commenter}", "", language)
        fate = (str(state), "post" if remark.was_public else "pre", 1, id_, False)
        marks = (f"source-{id_ % 50_000}", f"{id_:064x}", at, at if remark.was_public else None)
        where = (remark.shown, None if parent or not remark.shown else number)
        yield (
            "comments",
            (id_, post, *above, *who, *fate, *marks, *where, remark.path if remark.was_public and parent else None),
        )
        body, html = texts()[id_ % TEXTS]
        found = json.dumps([{"code": code, **FIGURES.get(code, {})} for code in codes])
        yield "comment_revisions", (id_, id_, 1, body, html, markup.RENDERER_VERSION, found, at)
        yield from self._case(id_, post, language, codes, at)
        first = "published" if remark.was_public else "pending"
        yield "events", self._event("comment.posted", at, id_, post, after=first)
        if state in DECISIONS:
            party = "commenter" if state is State.WITHDRAWN else "moderator"
            yield "events", self._event("comment.decided", at, id_, post, first, str(state), party, DECISIONS[state])

    def _case(
        self, comment: int, post: int, language: str, codes: list[str], at: datetime
    ) -> Iterator[tuple[str, Row]]:
        if not codes:
            return
        found = urgency.factors(reasons=codes, reports=[], appeals=0, is_public=False)
        rank = urgency.rank(at.timestamp(), found)
        factors = json.dumps([factor.as_data() for factor in found])
        for name in (Facet.KIND + CaseKind.HELD, Facet.LANGUAGE + language, *(Facet.CODE + code for code in codes)):
            self.tallies[name, post % tallies.STRIPES] += 1
        yield "cases", (comment, CaseKind.HELD, comment, post, language, rank, factors, at, 1)
        for code in codes:
            yield "case_reasons", (comment, code, rank)

    def _event(
        self,
        kind: str,
        at: datetime,
        comment: int,
        post: int,
        before: str | None = None,
        after: str | None = None,
        party: str | None = None,
        decision: str | None = None,
    ) -> Row:
        self.events += 1
        clause = (1, 1) if party == "moderator" else (None, None)
        return self.events, kind, at, party, comment, post, comment, decision, before, after, *clause, "", "{}"


@cache
def texts() -> list[tuple[str, str]]:
    """Comments with their HTML: making a different one for each would take hours."""
    sources = [comment_text(number) for number in range(TEXTS)]
    return [(source, str(markup.comment_html(source, "en"))) for source in sources]


@cache
def _article(number: int) -> tuple[str, str]:
    some = [texts()[(number + n) % TEXTS] for n in range(5)]
    return "\n\n".join(body for body, _ in some), "".join(html for _, html in some)


@cache
def _article_words(number: int) -> list[str]:
    return search.words(f"{SUMMARY} {Markup(_article(number)[1]).striptags()}")


# Where it is written


class Target(Protocol):
    def add(self, table: str, columns: list[str], rows: list[Row]) -> None: ...
    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class SqliteFile:
    """Without its indexes meanwhile, and without care for a power cut: the file can be made again."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "foreign_keys = OFF", "cache_size = -500000"):
            self._connection.execute(f"PRAGMA {pragma}")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        self._indexes = self._connection.execute(named).fetchall()
        for name, _ in self._indexes:
            self._connection.execute(f'DROP INDEX "{name}"')
        self._connection.execute("BEGIN")

    def add(self, table: str, columns: list[str], rows: list[Row]) -> None:
        if table == "post_search":  # FTS5 knows its rows by their numbers alone
            columns = ["rowid", *columns[1:]]
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", _plain(rows))

    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None:
        values = ", ".join(f"{column} = ?" for column in columns)
        self._connection.executemany(f"UPDATE {table} SET {values} WHERE id = ?", rows)

    def finish(self) -> None:
        self._connection.execute("COMMIT")
        for _, definition in self._indexes:
            self._connection.execute(definition)
        self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        self._connection.close()


def _plain(rows: list[Row]) -> Iterator[list[Any]]:
    """Times as SQLAlchemy writes them to SQLite."""
    for row in rows:
        yield [f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value for value in row]


class PostgresqlServer:
    """Without indexes and foreign keys meanwhile; the latter needs a superuser, as tests and benches have."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain)
        self._connection.execute("SET session_replication_role = replica")
        self._connection.execute("SET synchronous_commit = off")
        self._connection.execute("SET maintenance_work_mem = '1GB'")
        self._indexes = self._connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ).fetchall()
        for name, _ in self._indexes:
            self._connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))

    def add(self, table: str, columns: list[str], rows: list[Row]) -> None:
        listed = SQL(", ").join(map(Identifier, columns))
        into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), listed)
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None:
        values = SQL(", ").join(SQL("{} = %s").format(Identifier(column)) for column in columns)
        with self._connection.cursor() as cursor:
            cursor.executemany(SQL("UPDATE {} SET {} WHERE id = %s").format(Identifier(table), values), rows)

    def finish(self) -> None:
        for _, definition in self._indexes:
            self._connection.execute(definition)
        for table, columns in COLUMNS.items():
            if columns.startswith("id "):
                last = SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))")
                self._connection.execute(last.format(table, Identifier(table)))
        self._connection.commit()
        self._connection.autocommit = True
        self._connection.execute("VACUUM ANALYZE")  # as autovacuum does on a site that has grown by itself

    def close(self) -> None:
        self._connection.close()


if __name__ == "__main__":
    sys.exit(main())
