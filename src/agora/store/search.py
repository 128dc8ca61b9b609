"""The words of public posts, kept in the transaction that changes them, and the posts in which words stand.

SQLite has a full-text table (FTS5), PostgreSQL vectors under a GIN index. Both hold words as rules/search.py makes
them, so that a search finds the same on both.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agora.rules import search
from agora.rules.search import Term
from agora.store.posts import Post, Tag, post_tags

# A place in the list of what was found: posts whose title has all the words (0) come before the others (1), and in both
# the latest before the earlier ones.
Place = tuple[int, int]
IN_TITLE, IN_TEXT = 0, 1
BEGINNING: Place = (IN_TITLE, 2**62)

TABLE = "post_search"


def keep(session: Session, post: Post) -> None:
    """Remember a public post's words as they are now, and forget those of one that is not public."""
    if not post.is_public:
        session.execute(_FORGET[_kind(session)], {"id": post.id})
        return
    title = search.words(post.title)
    tags = session.scalars(select(Tag.name).join(post_tags).where(post_tags.c.post_id == post.id).order_by(Tag.name))
    everything = search.words(" ".join([post.title, *tags, post.summary, post.body_html.striptags()]))
    if _kind(session) == "sqlite":
        session.execute(_FORGET["sqlite"], {"id": post.id})
        title, everything = " ".join(title), " ".join(everything)  # type: ignore[assignment]
    session.execute(_KEEP[_kind(session)], {"id": post.id, "title": title, "words": everything})


def found(session: Session, terms: Sequence[Term], *, after: Place, size: int) -> list[Place]:
    """Where the next posts stand in which all of these are; the second of each is the post's id."""
    tier, before = after
    kind = _kind(session)
    in_title, in_text = _ASK[kind](terms)
    rows = session.execute(
        _FIND[kind],
        {
            "in_title": in_title,
            "in_text": in_text,
            "before_in_title": before if tier == IN_TITLE else 0,
            "before_in_text": before if tier == IN_TEXT else BEGINNING[1],
            "size": size,
        },
    )
    return [(tier, post_id) for tier, post_id in rows]


def _kind(session: Session) -> str:
    return session.get_bind().dialect.name


_FORGET = {
    "sqlite": text("DELETE FROM post_search WHERE rowid = :id"),
    "postgresql": text("DELETE FROM post_search WHERE post_id = :id"),
}
_KEEP = {
    "sqlite": text("INSERT INTO post_search (rowid, title, words) VALUES (:id, :title, :words)"),
    "postgresql": text(
        "INSERT INTO post_search (post_id, title, words)"
        " VALUES (:id, array_to_tsvector(CAST(:title AS text[])), array_to_tsvector(CAST(:words AS text[])))"
        " ON CONFLICT (post_id) DO UPDATE SET title = excluded.title, words = excluded.words"
    ),
}
# The latest of the one, then of the other, and no more of either than are shown.
_IN_TURN = (
    "SELECT * FROM (SELECT 0, {id} FROM post_search WHERE {in_title} AND {id} < :before_in_title"
    " ORDER BY {id} DESC LIMIT :size) AS in_title"
    " UNION ALL SELECT * FROM (SELECT 1, {id} FROM post_search WHERE {in_text} AND {id} < :before_in_text"
    " ORDER BY {id} DESC LIMIT :size) AS in_text LIMIT :size"
)
_FIND = {
    "sqlite": text(
        _IN_TURN.format(id="rowid", in_title="post_search MATCH :in_title", in_text="post_search MATCH :in_text")
    ),
    "postgresql": text(
        _IN_TURN.format(
            id="post_id",
            in_title="title @@ CAST(:in_title AS tsquery)",
            in_text="words @@ CAST(:in_text AS tsquery) AND NOT title @@ CAST(:in_title AS tsquery)",
        )
    ),
}


# Terms hold letters and digits alone, so nothing in them speaks to the database.


def _fts5(terms: Sequence[Term]) -> tuple[str, str]:
    asked = " AND ".join(f'"{term.text}"' + ("" if term.is_whole else " *") for term in terms)
    return f"title : ({asked})", f"(words : ({asked})) NOT (title : ({asked}))"


def _tsquery(terms: Sequence[Term]) -> tuple[str, str]:
    asked = " & ".join(f"'{term.text}'" + ("" if term.is_whole else ":*") for term in terms)
    return asked, asked


_ASK = {"sqlite": _fts5, "postgresql": _tsquery}


def is_table_of_models(name: str | None, kind: str, _parents: Any) -> bool:
    """For whoever compares the tables with the models: these are described by their migration alone."""
    return not (kind == "table" and (name or "").startswith(TABLE))
