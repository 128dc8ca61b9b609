"""How the tests over HTTP look at a page: what stands beside a field, how deep a comment is drawn, what was stored."""

import re
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from friends import SECRET, Site
from itsdangerous import TimestampSigner
from sqlalchemy import func, select

from agora.store.columns import Base
from agora.store.comments import Comment
from agora.tokens import Tokens

# For what has nothing to do with the database: the fixture `site` then runs on SQLite alone.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def complaint(page: httpx.Response, field: str) -> str:
    """What stands beside a wrong field, found as a screen reader finds it; empty when the field is not marked."""
    tag = re.search(rf'<(?:input|textarea|select)[^>]*\bname="{field}"[^>]*>', page.text)
    assert tag, f"the page has no field {field}"
    if 'aria-invalid="true"' not in tag[0]:
        return ""
    ids = re.search(r'aria-describedby="([^"]+)"', tag[0])
    assert ids, f"nothing describes the wrong field {field}"
    sentences = []
    for id_ in ids[1].split():
        described = re.search(rf'\bid="{id_}"[^>]*>(.*?)</', page.text, re.S)
        assert described, f"{id_}, which describes {field}, is not on the page"
        sentences.append(unescape(described[1]).strip())
    return " ".join(sentences)


def words_of(page: httpx.Response) -> str:
    """The page as one reads it: without tags, scripts and runs of spaces."""
    html = re.sub(r"<(script|style).*?</\1>", " ", page.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def article(page: httpx.Response, comment_id: int) -> str:
    """The HTML of one comment on its page."""
    found = re.search(rf'<article class="comment" id="comment-{comment_id}">.*?</article>', page.text, re.S)
    assert found, f"comment {comment_id} is not on the page"
    return found[0]


def drawn(page: httpx.Response) -> dict[int, int]:
    """The comments of a page in their order, each with the level it is drawn at: 1 begins a thread."""
    levels = _Levels()
    levels.feed(page.text)
    return levels.found


class _Levels(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[int, int] = {}
        self._lists: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "ol":
            self._lists.append(tag)
        match = re.fullmatch(r"comment-(\d+)", dict(attrs).get("id") or "")
        if match:
            self.found[int(match[1])] = len(self._lists)

    def handle_endtag(self, tag: str) -> None:
        if tag == "ol":
            self._lists.pop()


def how_many(site: Site, table: type[Base] = Comment) -> int:
    """How many rows of a table there are."""
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def signed_ago(purpose: str, payload: object, *, seconds: int) -> str:
    """A token of the site as it would read had it been signed so long ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - seconds

    serializer = Tokens(SECRET)._serializer(purpose)
    serializer.signer = Earlier
    return str(serializer.dumps(payload))


def csrf_of(page: httpx.Response) -> str:
    """The token that the forms of a desk page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, "the page has no form of the desk"
    return found[1]
