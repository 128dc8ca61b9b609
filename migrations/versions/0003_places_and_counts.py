"""places of comments in discussions, dates of posts in their lists, and counts that pages show"""

# ruff: noqa: S608 - what these statements are put together from stands in this file

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LEVELS, WIDTH = 8, 12
SHOWN, NUMBERED = "shown_in_thread > 0", "thread_number IS NOT NULL"


def upgrade() -> None:
    # Never by copying a table: on SQLite the old one is dropped, and all that refers to its rows would go with them.
    path = sa.String(length=LEVELS * WIDTH)
    path = path.with_variant(sa.String(length=LEVELS * WIDTH, collation="C"), "postgresql")
    op.add_column("comments", sa.Column("thread_number", sa.Integer(), nullable=True))
    op.add_column("comments", sa.Column("path", path, nullable=True))
    for table in ("tags", "bylines"):
        op.add_column(table, sa.Column("post_count", sa.Integer(), nullable=False, server_default="0"))
    for table in ("post_tags", "post_bylines"):
        op.add_column(table, sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("stripe", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "stripe", name=op.f("pk_tallies")),
    )
    fill()
    op.drop_index("ix_comments_threads", table_name="comments")
    op.create_index(
        "ix_comments_threads",
        "comments",
        ["post_id", "thread_number"],
        unique=True,
        postgresql_where=sa.text(NUMBERED),
        sqlite_where=sa.text(NUMBERED),
    )
    op.create_index(
        "ix_comments_in_thread",
        "comments",
        ["root_id", "path"],
        postgresql_where=sa.text(SHOWN),
        sqlite_where=sa.text(SHOWN),
    )
    op.drop_index(op.f("ix_comments_post_id_published_at_id"), table_name="comments")
    op.create_index(
        op.f("ix_comments_post_id_state_published_at_id"), "comments", ["post_id", "state", "published_at", "id"]
    )
    op.create_index(op.f("ix_tags_post_count"), "tags", ["post_count"])
    for table, one in (("post_tags", "tag_id"), ("post_bylines", "byline_id")):
        op.drop_index(op.f(f"ix_{table}_{one}"), table_name=table)
        op.create_index(op.f(f"ix_{table}_{one}_listed_at_post_id"), table, [one, "listed_at", "post_id"])


def fill() -> None:
    """The pages of a discussion hold the same threads as before, and the lists the same posts."""
    if op.get_bind().dialect.name == "postgresql":
        # Down a long chain of answers, it would go through all comments once for each level.
        op.execute("SET LOCAL enable_hashjoin = off")
        op.execute("SET LOCAL enable_mergejoin = off")
    op.execute(sa.text(place_replies()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL enable_hashjoin = on")
        op.execute("SET LOCAL enable_mergejoin = on")
    for statement in (number_threads(), count_shown(), *LISTS, *TALLIES):
        op.execute(sa.text(statement))


def number_threads() -> str:
    return """
        UPDATE comments SET thread_number = numbered.number
        FROM (
            SELECT id, row_number() OVER (PARTITION BY post_id ORDER BY id) AS number
            FROM comments WHERE parent_id IS NULL AND shown_in_thread > 0
        ) AS numbered
        WHERE numbered.id = comments.id"""


def place_replies() -> str:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    digits = f"printf('%0{WIDTH}d', comments.id)" if is_sqlite else f"lpad(CAST(comments.id AS text), {WIDTH}, '0')"
    return f"""
        WITH RECURSIVE placed(id, path) AS (
            SELECT id, CAST('' AS text) FROM comments WHERE parent_id IS NULL
            UNION ALL
            SELECT comments.id, substr(placed.path, 1, {(LEVELS - 1) * WIDTH}) || {digits}
            FROM placed JOIN comments ON comments.parent_id = placed.id
        )
        UPDATE comments SET path = placed.path FROM placed
        WHERE placed.id = comments.id AND comments.parent_id IS NOT NULL AND comments.published_at IS NOT NULL
        """


def count_shown() -> str:
    """A published reply counts for all that its path names, and for the one it answers where paths end."""
    above = [
        f"SELECT CAST(substr(path, {level * WIDTH + 1}, {WIDTH}) AS bigint) AS id FROM comments"
        f" WHERE state = 'published' AND length(path) > {level * WIDTH}"
        for level in range(LEVELS)
    ]
    above.append(
        f"SELECT parent_id FROM comments WHERE state = 'published' AND length(path) = {LEVELS * WIDTH}"
        f" AND parent_id <> CAST(substr(path, {(LEVELS - 2) * WIDTH + 1}, {WIDTH}) AS bigint)"
    )
    return f"""
        UPDATE comments SET shown_in_thread = counted.shown
        FROM (SELECT id, count(*) AS shown FROM ({" UNION ALL ".join(above)}) AS each_one GROUP BY id) AS counted
        WHERE counted.id = comments.id"""


LISTS = [
    f"""UPDATE {table} SET listed_at = (
        SELECT published_at FROM posts WHERE posts.id = {table}.post_id AND posts.state = 'published')"""
    for table in ("post_tags", "post_bylines")
] + [
    f"""UPDATE {named} SET post_count = (
        SELECT count(*) FROM {table} WHERE {table}.{one} = {named}.id AND {table}.listed_at IS NOT NULL)"""
    for named, table, one in (("tags", "post_tags", "tag_id"), ("bylines", "post_bylines", "byline_id"))
]
TALLIES = [
    """INSERT INTO tallies (name, stripe, count)
       SELECT 'comments-' || state, post_id % 16, count(*) FROM comments GROUP BY state, post_id % 16""",
    """INSERT INTO tallies (name, stripe, count)
       SELECT 'posts-published', 0, count(*) FROM posts WHERE state = 'published' HAVING count(*) > 0""",
    "UPDATE posts SET thread_count = (SELECT coalesce(max(thread_number), 0) FROM comments WHERE post_id = posts.id)",
]


def downgrade() -> None:
    for table, one in (("post_tags", "tag_id"), ("post_bylines", "byline_id")):
        op.drop_index(op.f(f"ix_{table}_{one}_listed_at_post_id"), table_name=table)
        op.create_index(op.f(f"ix_{table}_{one}"), table, [one])
    op.drop_index(op.f("ix_tags_post_count"), table_name="tags")
    op.drop_index(op.f("ix_comments_post_id_state_published_at_id"), table_name="comments")
    op.create_index(op.f("ix_comments_post_id_published_at_id"), "comments", ["post_id", "published_at", "id"])
    op.drop_index("ix_comments_in_thread", table_name="comments")
    op.drop_index("ix_comments_threads", table_name="comments")
    op.execute("UPDATE comments SET shown_in_thread = 0 WHERE parent_id IS NOT NULL")
    op.execute(
        "UPDATE posts SET thread_count = (SELECT count(*) FROM comments"
        " WHERE post_id = posts.id AND parent_id IS NULL AND shown_in_thread > 0)"
    )
    op.drop_table("tallies")
    for table, column in (
        ("post_bylines", "listed_at"),
        ("post_tags", "listed_at"),
        ("bylines", "post_count"),
        ("tags", "post_count"),
        ("comments", "path"),
        ("comments", "thread_number"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    shown = sa.text("parent_id IS NULL AND shown_in_thread > 0")
    op.create_index("ix_comments_threads", "comments", ["post_id", "id"], postgresql_where=shown, sqlite_where=shown)
