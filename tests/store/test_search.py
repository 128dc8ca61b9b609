"""What is found is what is public now, on both databases alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from friends import write_post
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from agora.actions import posts as post_actions
from agora.actions.posts import PostDraft
from agora.rules.search import terms
from agora.store import search
from agora.store.database import Database
from agora.store.posts import Post
from agora.store.schema import migrate
from agora.store.search import BEGINNING, Place
from store.test_migrations import go_to

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def found(database: Database, query: str) -> list[str]:
    """The titles, in the order in which they are shown."""
    with database.read() as session:
        places = search.found(session, terms(query), after=BEGINNING, size=50)
        return [session.get_one(Post, post_id).title for _, post_id in places]


def write(database: Database, title: str, body: str = "Rien.", *, publish: bool = True, **stated: Any) -> int:
    with database.write() as session:
        return write_post(session, title, now=NOW, publish=publish, body=body, **stated).id


def test_words_are_found_everywhere(database: Database) -> None:
    write(database, "Les jardins d’été")
    write(database, "Un potager", "Cultiver son **jardin**, l’*été*.")
    write(database, "Un résumé", summary="Un jardin en ete.")
    write(database, "La mer", "De l’eau, en été.", tags=["Sel"])

    assert found(database, "jardin ete") == ["Les jardins d’été", "Un résumé", "Un potager"]
    assert found(database, "eau sel") == ["La mer"]
    assert found(database, "Jardin MER") == []
    assert found(database, "href strong p") == []


def test_titles_come_first(database: Database) -> None:
    write(database, "Des roses")
    write(database, "Un parc", "Avec des roses.")
    write(database, "Les roses du parc")

    assert found(database, "rose") == ["Les roses du parc", "Des roses", "Un parc"]


def test_drafts_are_not_found(database: Database) -> None:
    draft = write(database, "Les roses", publish=False)
    assert found(database, "rose") == []

    with database.write() as session:
        post_actions.publish_post(session, session.get_one(Post, draft), by=None, now=NOW)
    assert found(database, "rose") == ["Les roses"]
    with database.write() as session:
        post_actions.unpublish_post(session, session.get_one(Post, draft), by=None, now=NOW)
    assert found(database, "rose") == []


def save(session: Session, post_id: int, title: str, body: str) -> None:
    post = session.get_one(Post, post_id)
    session.refresh(post, ["tags", "bylines"])
    draft = PostDraft(title=title, body=body)
    post_actions.save_post(session, post, draft, edition=post.edition, by=None, now=NOW)


def test_edited_words_replace_the_old(database: Database) -> None:
    post_id = write(database, "Les roses", "Rouges.")

    with database.write() as session:
        save(session, post_id, "Les tulipes", "Jaunes.")

    assert found(database, "rose") == found(database, "rouge") == []
    assert found(database, "tulipe jaune") == ["Les tulipes"]


def test_undone_edits_leave_the_words(database: Database) -> None:
    post_id = write(database, "Les roses")

    with Session(database.engine) as session:
        save(session, post_id, "Les tulipes", "Jaunes.")
        session.rollback()

    assert found(database, "rose") == ["Les roses"]
    assert found(database, "tulipe") == []


def test_odd_queries_find_nothing(database: Database) -> None:
    """What would be an operator for either database is a word to us."""
    write(database, "Les roses")

    for odd in (
        'rose" OR "x',
        "NOT rose",
        "title : tulipe",
        "rose & !x",
        "NEAR(rose tulipe)",
        "rose:*<->x",
        "ab\u19b0cd",
    ):
        assert found(database, odd) == [], odd
    assert found(database, "rose*") == found(database, "'rose'") == ["Les roses"]


def test_long_texts_are_kept(database: Database) -> None:
    """PostgreSQL's vectors take a megabyte at most."""
    write(database, "Un dictionnaire", " ".join(f"mot{n:06}abcdefghijklmnopqrstuvwxyz" for n in range(13_000)))

    assert found(database, "mot000007abcdefghijklmnopqrstuvwxyz") == ["Un dictionnaire"]


def test_pages_follow_one_another(database: Database) -> None:
    for n in range(7):
        write(database, f"Rose {n}" if n % 2 else f"Fleur {n}", "Une rose.")
    with database.read() as session:
        titles = [session.get_one(Post, post_id).title for _, post_id in pages(session, "rose", look=100)]

    assert titles == ["Rose 5", "Rose 3", "Rose 1", "Fleur 6", "Fleur 4", "Fleur 2", "Fleur 0"]


def test_older_posts_are_found_after_migrating(database: Database) -> None:
    write(database, "Les roses d’été", "Un <b>jardin</b> &amp; **l’œuvre**.", tags=["Sel", "Poivre"])
    write(database, "Les tulipes", publish=False)
    go_to(database, "0003")

    migrate(database)

    assert found(database, "rose ete oeuvre poivre") == ["Les roses d’été"]
    assert found(database, "tulipe") == found(database, "strong") == []


def test_looking_and_looking_up_agree(database: Database) -> None:
    """However many posts are looked at before the index is asked, the same are found in the same order."""
    kinds = ["rose", "rosier tulipe", "tulipe", "lys", "rose tulipe lys"]
    for n in range(20):
        write(database, f"{kinds[n % 5] if n % 3 else 'Fleur'} {n}", kinds[n % 4])

    with database.read() as session:
        for query in ("rose", "tulipe", "rose tulipe", "lys tulipe fleur", "mimosa rose"):
            every = [list(pages(session, query, look=look)) for look in (100, 7, 1)]
            assert every[0] == every[1] == every[2], query


def pages(session: Session, query: str, *, look: int) -> Iterator[Place]:
    after = BEGINNING
    while places := search.found(session, terms(query), after=after, size=2, look=look):
        yield from places
        after = places[-1]


def asked_of(database: Database, query: str) -> list[tuple[str, str]]:
    """Each statement of a search, and how the database goes about it."""
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.read() as session, statements(database) as asked:
        search.found(session, terms(query), after=BEGINNING, size=11)
    plans = []
    with database.engine.connect() as connection:
        for sql, bound in asked:
            if sql.startswith("SET"):
                connection.exec_driver_sql(sql)
            else:
                rows = connection.exec_driver_sql(explain + sql, bound)
                plans.append((sql, " ".join(str(row[-1]) for row in rows)))
    return plans


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def see(_connection: Any, _cursor: Any, sql: str, bound: Any, _context: Any, _many: bool) -> None:
        if sql.startswith("SET") or "post_search" in sql:
            asked.append((sql, bound))

    event.listen(database.engine, "before_cursor_execute", see)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", see)


def test_search_scans_nothing(database: Database) -> None:
    """A word in every article is met among the latest; a rare one is looked up, also beside it."""
    fill(database, 2000)

    common, rare = asked_of(database, "common"), asked_of(database, "common rare77")

    # The latest, from the end of the table, and no further; then the titles, and for what is rare the texts.
    assert [len(common), len(rare)] == [2, 3]
    for _, plan in common[:1] + rare[:1]:
        assert ("TEMP B-TREE" not in plan) if database.is_sqlite else plan.startswith("Limit") and "Backward" in plan
    for sql, plan in common[1:] + rare[1:]:
        if database.is_sqlite:
            assert "VIRTUAL TABLE INDEX" in plan
            assert "TEMP B-TREE" not in plan
        else:
            assert "Bitmap Index Scan on ix_post_search_" in plan, sql


def fill(database: Database, count: int) -> None:
    """Posts of which nothing is there but their words."""
    with database.write() as session:
        if database.is_sqlite:
            rows = "SELECT n, 't' || n, 't' || n || ' common rare' || n FROM numbers"
            numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
            session.execute(text(f"INSERT INTO post_search (rowid, title, words) {numbers} {rows}"))
            return
        session.execute(text("ALTER TABLE post_search DROP CONSTRAINT fk_post_search_post_id"))
        # As long as an article, or to go through all of them would be quicker.
        words = "ARRAY['common', 'rare' || n] || (SELECT array_agg(md5(n::text || m)) FROM generate_series(1, 60) m)"
        titles = "array_to_tsvector(ARRAY['t' || n])"
        rows = f"SELECT n, {titles}, array_to_tsvector({words}) FROM generate_series(1, {count}) n"
        session.execute(text(f"INSERT INTO post_search (post_id, title, words) {rows}"))
        session.execute(text("ANALYZE post_search"))


def test_everyone_forgets_together(database: Database) -> None:
    """A post that is not public leaves no word behind."""
    post_id = write(database, "Les roses")
    with database.write() as session:
        post_actions.unpublish_post(session, session.get_one(Post, post_id), by=None, now=NOW + timedelta(days=1))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM post_search")) == 0
