"""the words of public posts, for the search"""

import html
import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 500

# How words were made when this migration was written (rules/search.py). They stay what they were here.
TAG, WORD = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL), re.compile(r"[^\W_]+")
TWO_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})


def words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower().translate(TWO_LETTERS))
    found = WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))
    return list(dict.fromkeys(word[:60] for word in found))[:20_000]


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE post_search USING fts5(title, words, detail=column,"
            ' tokenize="unicode61 remove_diacritics 0")'
        )
        keep = "INSERT INTO post_search (rowid, title, words) VALUES (:id, :title, :words)"
    else:
        op.execute(
            "CREATE TABLE post_search ("
            " post_id bigint CONSTRAINT pk_post_search PRIMARY KEY"
            " CONSTRAINT fk_post_search_post_id REFERENCES posts (id) ON DELETE CASCADE,"
            " title tsvector NOT NULL, words tsvector NOT NULL)"
        )
        keep = (
            "INSERT INTO post_search (post_id, title, words) VALUES"
            " (:id, array_to_tsvector(string_to_array(:title, ' ')), array_to_tsvector(string_to_array(:words, ' ')))"
        )
    fill(sa.text(keep))
    if op.get_bind().dialect.name != "sqlite":
        # After the rows: an index is made quicker than it is kept.
        op.execute("CREATE INDEX ix_post_search_title ON post_search USING gin (title)")
        op.execute("CREATE INDEX ix_post_search_words ON post_search USING gin (words)")


def fill(keep: sa.TextClause) -> None:
    connection, last = op.get_bind(), 0
    query = sa.text(
        "SELECT id, title, summary, body_html FROM posts WHERE state = 'published' AND id > :last"
        " ORDER BY id LIMIT :size"
    )
    while rows := connection.execute(query, {"last": last, "size": BATCH}).all():
        tags = tags_of(last, rows[-1][0])
        connection.execute(keep, [kept(*row, tags.get(row[0], "")) for row in rows])
        last = rows[-1][0]


def tags_of(after: int, last: int) -> dict[int, str]:
    query = sa.text(
        "SELECT post_id, name FROM post_tags JOIN tags ON tags.id = tag_id WHERE post_id > :after AND post_id <= :last"
    )
    found: dict[int, str] = {}
    for post_id, name in op.get_bind().execute(query, {"after": after, "last": last}):
        found[post_id] = f"{found.get(post_id, '')} {name}"
    return found


def kept(id_: int, title: str, summary: str, body_html: str, tags: str) -> dict[str, object]:
    everything = f"{title} {tags} {summary} {html.unescape(TAG.sub('', body_html))}"
    return {"id": id_, "title": " ".join(words(title)), "words": " ".join(words(everything))}


def downgrade() -> None:
    op.execute("DROP TABLE post_search")
