"""What is found is what is public now, on both databases alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

from friends import write_post
from sqlalchemy import text
from sqlalchemy.orm import Session

from agora.actions import posts as post_actions
from agora.actions.posts import PostDraft
from agora.rules.search import terms
from agora.store import search
from agora.store.database import Database
from agora.store.posts import Post
from agora.store.schema import migrate
from agora.store.search import BEGINNING
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
    seen, after = [], BEGINNING
    with database.read() as session:
        while places := search.found(session, terms("rose"), after=after, size=2):
            seen += places
            after = places[-1]
        titles = [session.get_one(Post, post_id).title for _, post_id in seen]

    assert titles == ["Rose 5", "Rose 3", "Rose 1", "Fleur 6", "Fleur 4", "Fleur 2", "Fleur 0"]


def test_older_posts_are_found_after_migrating(database: Database) -> None:
    write(database, "Les roses d’été", "Un <b>jardin</b> &amp; **l’œuvre**.", tags=["Sel", "Poivre"])
    write(database, "Les tulipes", publish=False)
    go_to(database, "0003")

    migrate(database)

    assert found(database, "rose ete oeuvre poivre") == ["Les roses d’été"]
    assert found(database, "tulipe") == found(database, "strong") == []


def test_words_need_no_scan(database: Database) -> None:
    """Of posts by the thousand, only those are read that are shown."""
    query = "SELECT {id} FROM post_search WHERE {match} ORDER BY {id} DESC LIMIT 10"
    with database.write() as session:
        if database.is_sqlite:
            asked = query.format(id="rowid", match="post_search MATCH 'words : (\"rose\" *)' AND rowid < 9")
            plan = " ".join(str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {asked}")))
            assert "VIRTUAL TABLE INDEX" in plan
            assert "TEMP B-TREE" not in plan
            return
        rows = (
            "INSERT INTO post_search SELECT n, array_to_tsvector(ARRAY['t' || n]), array_to_tsvector(ARRAY['w' || n])"
            " FROM generate_series(1, 5000) n"
        )
        session.execute(text("ALTER TABLE post_search DROP CONSTRAINT fk_post_search_post_id"))
        session.execute(text(rows))
        session.execute(text("ANALYZE post_search"))
        asked = query.format(id="post_id", match="words @@ CAST('''w77'':*' AS tsquery) AND post_id < 4000")
        assert "ix_post_search_words" in " ".join(session.scalars(text(f"EXPLAIN {asked}")))


def test_everyone_forgets_together(database: Database) -> None:
    """A post that is not public leaves no word behind."""
    post_id = write(database, "Les roses")
    with database.write() as session:
        post_actions.unpublish_post(session, session.get_one(Post, post_id), by=None, now=NOW + timedelta(days=1))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM post_search")) == 0
