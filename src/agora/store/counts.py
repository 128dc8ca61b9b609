"""Counts and places that are kept beside what they count: which of them are wrong, and how they are made anew.

Each is kept in the transaction of the change (store/comments.py, store/posts.py, store/tallies.py), so none should ever
be wrong. All statements go over whole tables; none is asked for a page.
"""

# ruff: noqa: S608 - what the statements are put together from stands in this file

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agora.rules.threads import LEVELS, WIDTH
from agora.store import tallies, versions


@dataclass(frozen=True)
class Kept:
    """A column that follows from other rows. `right` gives (id, value) for each row of which it is not `default`."""

    table: str
    column: str
    right: str
    default: str = "0"
    glance: str = ""  # a quicker way to count what is wrong

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def wrong(self) -> str:
        return (
            self.glance
            or f"""
            SELECT count(*) FROM {self.table} AS kept LEFT JOIN ({self.right}) AS counted ON counted.id = kept.id
            WHERE coalesce(kept.{self.column}, {self.default}) <> coalesce(counted.value, {self.default})"""
        )

    @property
    def mend(self) -> str:
        return f"""
            UPDATE {self.table} SET {self.column} = counted.value
            FROM (
                SELECT kept.id, coalesce(counted.value, {self.default}) AS value
                FROM {self.table} AS kept LEFT JOIN ({self.right}) AS counted ON counted.id = kept.id
                WHERE coalesce(kept.{self.column}, {self.default}) <> coalesce(counted.value, {self.default})
            ) AS counted
            WHERE counted.id = {self.table}.id"""


def _paths(is_sqlite: bool) -> Kept:
    """As rules/threads.py says."""
    digits = f"printf('%0{WIDTH}d', comments.id)" if is_sqlite else f"lpad(CAST(comments.id AS text), {WIDTH}, '0')"
    placed = f"""
        WITH RECURSIVE placed(id, path, was_public) AS (
            SELECT id, CAST('' AS text), false FROM comments WHERE parent_id IS NULL
            UNION ALL
            SELECT
                comments.id,
                substr(placed.path, 1, {(LEVELS - 1) * WIDTH}) || {digits},
                comments.published_at IS NOT NULL
            FROM placed JOIN comments ON comments.parent_id = placed.id
        )
        SELECT id, path AS value FROM placed WHERE was_public"""
    # Who stands right below one that stands right is right; only to mend one has to walk down from the first.
    right = f"substr(coalesce(above.path, ''), 1, {(LEVELS - 1) * WIDTH}) || {digits}"
    glance = f"""
        SELECT count(*) FROM comments LEFT JOIN comments AS above ON above.id = comments.parent_id
        WHERE coalesce(comments.path, '') <>
            CASE WHEN comments.parent_id IS NULL OR comments.published_at IS NULL THEN '' ELSE {right} END"""
    return Kept("comments", "path", placed, "''", glance)


def _shown() -> Kept:
    """A published comment counts for its thread, for all that its path names, and for the one it answers."""
    counts_for = [
        "SELECT coalesce(root_id, id) AS id FROM comments WHERE state = 'published'",
        *(
            f"SELECT CAST(substr(path, {level * WIDTH + 1}, {WIDTH}) AS bigint) FROM comments"
            f" WHERE state = 'published' AND length(path) > {level * WIDTH}"
            for level in range(LEVELS)
        ),
        # Where paths end, the one that is answered is not always among those that the path names.
        f"SELECT parent_id FROM comments WHERE state = 'published' AND length(path) = {LEVELS * WIDTH}"
        f" AND parent_id <> CAST(substr(path, {(LEVELS - 2) * WIDTH + 1}, {WIDTH}) AS bigint)",
    ]
    each = " UNION ALL ".join(counts_for)
    # Only of a column with a type does SQLite make itself an index; without one it goes through all for each comment.
    one = f"SELECT CAST(id AS bigint) AS id FROM ({each}) AS named"
    return Kept("comments", "shown_in_thread", f"SELECT id, count(*) AS value FROM ({one}) AS one GROUP BY id")


# A number that was given once is not given again, also where its thread is gone.
_GIVEN = "SELECT post_id, max(thread_number) AS last FROM comments GROUP BY post_id"
_LAST = "CASE WHEN given.last > posts.thread_count THEN given.last ELSE posts.thread_count END"
_NUMBERS = Kept(
    "comments",
    "thread_number",
    f"""
    SELECT id, CASE WHEN thread_number > 0 THEN thread_number ELSE number END AS value
    FROM (
        SELECT comments.id, comments.thread_number, {_LAST} + row_number() OVER (
            PARTITION BY comments.post_id, comments.thread_number IS NULL ORDER BY comments.id
        ) AS number
        FROM comments JOIN posts ON posts.id = comments.post_id
        LEFT JOIN ({_GIVEN}) AS given ON given.post_id = posts.id
        WHERE comments.parent_id IS NULL AND (comments.shown_in_thread > 0 OR comments.thread_number > 0)
    ) AS threads""",
)
_COUNTS = [
    Kept(
        "posts",
        "comment_count",
        "SELECT post_id AS id, count(*) AS value FROM comments WHERE state = 'published' GROUP BY post_id",
    ),
    Kept(
        "posts",
        "thread_count",
        f"SELECT posts.id, {_LAST} AS value FROM posts LEFT JOIN ({_GIVEN}) AS given ON given.post_id = posts.id",
    ),
    *(
        Kept(
            named,
            "post_count",
            f"""SELECT {one} AS id, count(*) AS value FROM {links} JOIN posts ON posts.id = {links}.post_id
                WHERE posts.state = 'published' GROUP BY {one}""",
        )
        for named, links, one in (("tags", "post_tags", "tag_id"), ("bylines", "post_bylines", "byline_id"))
    ),
]
_LISTS = ("post_tags", "post_bylines")
_RIGHT_DATE = "CASE WHEN posts.state = 'published' THEN posts.published_at END"
_RIGHT_TALLIES = f"""
    SELECT 'comments-' || state AS name, count(*) AS count FROM comments GROUP BY state
    UNION ALL SELECT 'cases-' || kind, count(*) FROM cases GROUP BY kind
    UNION ALL SELECT 'cases-in-' || language, count(*) FROM cases GROUP BY language
    UNION ALL SELECT 'cases-for-' || code, count(*) FROM case_reasons GROUP BY code
    UNION ALL SELECT '{tallies.PUBLIC_POSTS}', count(*) FROM posts WHERE state = 'published' HAVING count(*) > 0"""


def _kept(session: Session) -> list[Kept]:
    """In the order in which one follows from the other."""
    return [_paths(session.get_bind().dialect.name == "sqlite"), _shown(), _NUMBERS, *_COUNTS]


Progress = Callable[[int, int], object]  # how much has been counted, and of how much


def wrong(session: Session, progress: Progress = lambda done, of: None) -> dict[str, int]:
    """How many rows say something else than what is there, by column; those that are right are left out."""
    tallies.settle(session)
    session.flush()
    asked = {kept.name: kept.wrong for kept in _kept(session)}
    asked |= {f"{links}.listed_at": f"SELECT count(*) FROM {_with_dates(links)}" for links in _LISTS}
    found = {}
    for done, (name, query) in enumerate(asked.items()):
        progress(done, len(asked))
        found[name] = session.scalar(text(query)) or 0
    right = {name: count for name, count in session.execute(text(_RIGHT_TALLIES))}
    kept = {name: count for name, count in session.execute(text("SELECT name, sum(count) FROM tallies GROUP BY name"))}
    found["tallies.count"] = sum(right.get(name, 0) != kept.get(name, 0) for name in {*right, *kept})
    progress(len(asked), len(asked))
    return {name: count for name, count in found.items() if count}


def _with_dates(links: str) -> str:
    """Those of which the date is wrong."""
    return f"""
        {links} JOIN posts ON posts.id = {links}.post_id
        WHERE listed_at <> {_RIGHT_DATE} OR (listed_at IS NULL) <> ({_RIGHT_DATE} IS NULL)"""


def mend(session: Session, progress: Progress = lambda done, of: None) -> int:
    """Make everything anew that is wrong; gives the number of rows. Nobody else may write meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE posts, post_tags, post_bylines, comments, tallies IN EXCLUSIVE MODE"))
    found = wrong(session, progress)
    if not found:
        return 0
    versions.touch(session, versions.SITE)
    # One follows from the other: what was right beside something wrong need not be so now.
    for done, kept in enumerate(_kept(session)):
        progress(done, len(_kept(session)))
        _plan_for(session, deep=kept.column == "path")
        session.execute(text(kept.mend))
    for links in _LISTS:
        dates = f"SELECT {_RIGHT_DATE} FROM posts WHERE posts.id = {links}.post_id"
        session.execute(text(f"UPDATE {links} SET listed_at = ({dates})"))
    session.execute(text("DELETE FROM tallies"))
    session.execute(
        text(f"INSERT INTO tallies (name, stripe, count) SELECT name, 0, count FROM ({_RIGHT_TALLIES}) AS one")
    )
    return sum(found.values())


def _plan_for(session: Session, *, deep: bool) -> None:
    """Down a chain of ten thousand answers, PostgreSQL would go through all comments once for each level."""
    if session.get_bind().dialect.name == "postgresql":
        for join in ("enable_hashjoin", "enable_mergejoin"):
            session.execute(text(f"SET LOCAL {join} = {'off' if deep else 'on'}"))
