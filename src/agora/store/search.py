"""The words of public posts, kept in the transaction that changes them, and the posts in which words stand.

SQLite has a full-text table (FTS5), PostgreSQL vectors under a GIN index. Both hold words as rules/search.py makes
them, so that a search finds the same on both.
"""

# ruff: noqa: S608 - what the statements are put together from stands in this file

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from agora.rules import search
from agora.rules.search import Term
from agora.store.posts import Post, Tag, post_tags

# A place in the list of what was found: posts whose title has all the words (0) come before the others (1), and in both
# the latest before the earlier ones.
Place = tuple[int, int]
IN_TITLE, IN_TEXT = 0, 1
LATEST = 2**62  # every post comes before this one
BEGINNING: Place = (IN_TITLE, LATEST)
# How many posts are looked at before the index is asked. A word that every fifth of them has is common.
LOOK, COMMON = 100, 5

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


def found(session: Session, terms: Sequence[Term], *, after: Place, size: int, look: int = LOOK) -> list[Place]:
    """Where the next posts stand in which all of these are; the second of each is the post's id.

    An index pays for every post that has a word, however few are shown. So a few posts are looked at first: of words
    that are in many of them it is not asked.
    """
    first, before = after
    looked = cache(partial(_look, session, terms, look))
    places: list[Place] = []
    for tier in (IN_TITLE, IN_TEXT)[first:]:
        wanted = size - len(places)
        seen = looked(before)
        ids = [post.id for post in seen if post.tier == tier]
        if len(ids) < wanted and len(seen) == look:
            ids = _look_up(session, terms, _telling(terms, seen), tier, before, wanted)
        places += [(tier, id_) for id_ in ids[:wanted]]
        before = LATEST
    return places


@dataclass(frozen=True)
class _Seen:
    """Which of the words a post has."""

    id: int
    in_title: tuple[bool, ...]
    in_text: tuple[bool, ...]

    @property
    def tier(self) -> int | None:
        if all(self.in_title):
            return IN_TITLE
        return IN_TEXT if all(self.in_text) else None


def _look(session: Session, terms: Sequence[Term], look: int, before: int) -> list[_Seen]:
    """The latest posts before this one."""
    kind, count = _kind(session), len(terms)
    rows = session.execute(_latest(kind, count), {"before": before, "look": look, **_each(kind, terms)})
    return [_Seen(id_, tuple(map(bool, has[:count])), tuple(map(bool, has[count:]))) for id_, *has in rows]


def _telling(terms: Sequence[Term], seen: Sequence[_Seen]) -> list[Term]:
    """Those that are worth asking the index for; all, where none is."""
    having = [sum(column) for column in zip(*(post.in_text for post in seen), strict=True)]
    rare = [term for term, count in zip(terms, having, strict=True) if count * COMMON < len(seen)]
    return rare or list(terms)


def _look_up(
    session: Session, terms: Sequence[Term], telling: Sequence[Term], tier: int, before: int, size: int
) -> list[int]:
    kind = _kind(session)
    asked = {"before": before, "size": size, "telling": _ASK[kind](telling, tier), **_each(kind, terms)}
    if kind == "postgresql":
        # To read all vectors looks cheap to it, as long ones are kept elsewhere; to unpack them is what costs.
        session.execute(text("SET LOCAL enable_seqscan = off"))
    return list(session.scalars(_indexed(kind, tier, len(terms)), asked))


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


# Finding. Terms hold letters and digits alone, so nothing in them speaks to the database. In SQLite's columns words
# stand between spaces.

_ID = {"sqlite": "rowid", "postgresql": "post_id"}
_HAS = {
    "sqlite": "instr(' ' || {column} || ' ', :{term}) > 0",
    "postgresql": "{column} @@ CAST(:{term} AS tsquery)",
}


def _has(kind: str, column: str, count: int) -> list[str]:
    return [_HAS[kind].format(column=column, term=f"term{number}") for number in range(count)]


def _each(kind: str, terms: Sequence[Term]) -> dict[str, str]:
    return {f"term{number}": _ONE[kind](term) for number, term in enumerate(terms)}


@lru_cache
def _latest(kind: str, count: int) -> TextClause:
    flags = ", ".join([*_has(kind, "title", count), *_has(kind, "words", count)])
    id_ = _ID[kind]
    return text(f"SELECT {id_}, {flags} FROM post_search WHERE {id_} < :before ORDER BY {id_} DESC LIMIT :look")


@lru_cache
def _indexed(kind: str, tier: int, count: int) -> TextClause:
    in_title, in_text = (" AND ".join(_has(kind, column, count)) for column in ("title", "words"))
    met = in_title if tier == IN_TITLE else f"{in_text} AND NOT ({in_title})"
    return text(_INDEXED[kind].format(column="title" if tier == IN_TITLE else "words", met=met))


_INDEXED = {
    "sqlite": "SELECT rowid FROM post_search WHERE post_search MATCH :telling AND rowid < :before AND {met}"
    " ORDER BY rowid DESC LIMIT :size",
    # OFFSET 0 keeps the two apart. Otherwise PostgreSQL, which cannot know how rare a word is, hopes to meet some posts
    # soon, and goes through all of them from the latest on.
    "postgresql": "SELECT post_id FROM (SELECT post_id, title, words FROM post_search"
    " WHERE {column} @@ CAST(:telling AS tsquery) OFFSET 0) AS indexed"
    " WHERE post_id < :before AND {met} ORDER BY post_id DESC LIMIT :size",
}


def _fts5(terms: Sequence[Term], tier: int) -> str:
    asked = " AND ".join(f'"{term.text}"' + ("" if term.is_whole else " *") for term in terms)
    return f"{'title' if tier == IN_TITLE else 'words'} : ({asked})"


def _tsquery(terms: Sequence[Term], tier: int = IN_TEXT) -> str:
    return " & ".join(f"'{term.text}'" + ("" if term.is_whole else ":*") for term in terms)


_ASK: dict[str, Callable[[Sequence[Term], int], str]] = {"sqlite": _fts5, "postgresql": _tsquery}
_ONE: dict[str, Callable[[Term], str]] = {
    "sqlite": lambda term: f" {term.text} " if term.is_whole else f" {term.text}",
    "postgresql": lambda term: _tsquery([term]),
}


def is_table_of_models(name: str | None, kind: str, _parents: Any) -> bool:
    """For whoever compares the tables with the models: these are described by their migration alone."""
    return not (kind == "table" and (name or "").startswith(TABLE))
