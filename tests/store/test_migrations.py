"""One history of migrations makes the tables that the code describes, on both databases, and takes them away again."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from friends import write_comment, write_post
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from agora.app import clock
from agora.store import counts, discussions, migrations, public_lists, schema
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.migrations import is_current
from agora.store.posts import Post
from agora.store.schema import Base, migrate
from agora.store.search import is_table_of_models
from store.test_counts import a_site

# Everything that PostgreSQL keeps in a schema: tables, indexes, sequences, views …
LEFT_IN_POSTGRESQL = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'public'"
    " UNION SELECT typname FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace WHERE nspname = 'public'"
)
LEFT_IN_SQLITE = text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
OF_ALEMBIC = {"alembic_version", "_alembic_version", "alembic_version_pkc"}


def what_is_left(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(LEFT_IN_SQLITE if database.is_sqlite else LEFT_IN_POSTGRESQL))


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_table_of_models}
        )
        return compare_metadata(context, Base.metadata)


def test_tables_match_the_models(database: Database) -> None:
    assert differences(database) == []
    assert is_current(database)


def test_migrations_are_known_without_alembic() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert migrations.known() == tuple(script.revision for script in scripts.walk_revisions())


def test_going_down_leaves_nothing(database: Database) -> None:
    with database.write() as session:
        write_comment(session, write_post(session, now=clock()), now=clock())

    migrate(database, "base")

    assert what_is_left(database) <= OF_ALEMBIC
    assert not is_current(database)


def test_tables_come_back_whole(database: Database) -> None:
    before = what_is_left(database)
    migrate(database, "base")

    migrate(database)

    assert what_is_left(database) == before
    assert differences(database) == []


def test_migrating_again_keeps_rows(database: Database) -> None:
    with database.write() as session:
        write_comment(session, write_post(session, now=clock()), now=clock())

    migrate(database)

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 1


def test_constraints_have_our_names(database: Database) -> None:
    """A later migration changes a constraint by its name, so none may have one that a database made up."""
    inspector = inspect(database.engine)
    for table in Base.metadata.tables:
        named = [*inspector.get_check_constraints(table), *inspector.get_foreign_keys(table)]
        named += [inspector.get_pk_constraint(table), *inspector.get_unique_constraints(table)]
        for constraint in named:
            assert str(constraint["name"]).startswith(("ck_", "fk_", "pk_", "uq_")), (table, constraint)


def go_to(database: Database, revision: str) -> None:
    """To a revision, up or down."""
    config = schema._config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if revision < migrations.head() else command.upgrade)(config, revision)


def test_discussions_look_as_before(database: Database) -> None:
    """Those from before threads had numbers and replies had paths, with comments of every state."""
    with database.write() as session:
        a_site(session)
        post_id = session.scalars(select(Post.id).order_by(Post.id)).first() or 0
        before = pages_of(session, post_id)
    go_to(database, "0002")
    assert "thread_number" not in {column["name"] for column in inspect(database.engine).get_columns("comments")}

    migrate(database)

    with database.read() as session:
        assert pages_of(session, post_id) == before
        assert counts.wrong(session) == {}
        assert public_lists.count(session) == 1
        assert public_lists.tags_in_use(session, limit=9) == [("moss", "moss"), ("stone", "stone")]
    assert differences(database) == []


def pages_of(session: Session, post_id: int) -> list[list[int]]:
    page = discussions.threads_page(session, post_id, page=1, size=50, replies=50)
    return [[line.id for line in thread.lines] for thread in page]
