"""The Atom feeds: well-formed whatever people write, stable in their ids, and cheap to ask for again."""

import html
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import httpx
import pytest
from friends import Site, comment_id_of, decide, form

from agora.actions import posts as post_actions
from agora.actions.posts import PostDraft
from agora.rules.moderation import State
from agora.store.posts import Post, post_for_desk
from agora.store.site import the_site
from agora.web.pages.feeds import SIZE
from web.library import Library
from web.looking import ON_SQLITE

ATOM, THREADS = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FEEDS = Library.feeds(None)  # type: ignore[arg-type]
SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "data" / "feeds" / "atom-rfc4287.rnc"


def tree(answer: httpx.Response) -> ElementTree.Element:
    """The feed, read by a parser that forgives nothing."""
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.content)


def entries(site: Site, path: str = "/feed.atom") -> list[dict[str, Any]]:
    parsed = feedparser.parse(site.client().get(path).content)
    assert not parsed.bozo, parsed.bozo_exception
    return list(parsed.entries)


def rewrite(site: Site, post: Post, **changed: Any) -> None:
    """Save a post anew, as its author would."""
    with site.writing() as session:
        current = post_for_desk(session, post.id)
        assert current
        kept = {"title": current.title, "slug": current.slug, "body": current.body, "language": current.language}
        draft = PostDraft(**(kept | changed))
        post_actions.save_post(session, current, draft, edition=current.edition, by=None, now=site.clock.now)


# Whether it is one


@pytest.mark.parametrize("path", FEEDS)
def test_feeds_are_in_order(library: Library, path: str) -> None:
    answer = library.site.client().get(path)

    parsed = feedparser.parse(answer.content)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert parsed.entries or "le-jardin/comments" in path


def test_feeds_obey_the_schema(library: Library, tmp_path: Path) -> None:
    """RFC 4287, appendix B."""
    jing = shutil.which("jing")
    if not jing or not SCHEMA.exists():
        pytest.skip("NO JING OR NO SCHEMA, SO NO FEED WAS HELD AGAINST RFC 4287: install the package jing.")
    files = [tmp_path / f"{path.strip('/').replace('/', '-')}" for path in FEEDS]
    for file, path in zip(files, FEEDS, strict=True):
        file.write_bytes(library.site.client().get(path).content)

    judged = subprocess.run([jing, "-c", str(SCHEMA), *map(str, files)], capture_output=True, text=True, check=False)

    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("path", FEEDS)
def test_every_address_is_whole(library: Library, path: str) -> None:
    """Whoever reads a feed elsewhere has nothing to complete an address with."""
    feed = tree(library.site.client().get(path))

    addresses = [element.get("href") for element in feed.iter() if element.get("href") is not None]
    addresses += [element.text for element in feed.iter(f"{ATOM}uri")]
    for content in feed.iter(f"{ATOM}content"):
        addresses += re.findall(r'href="([^"#][^"]*)"', content.text or "")

    assert addresses
    assert all(urlsplit(address or "").netloc for address in addresses)


HOSTILE = "a]]>b<!-- --><?xml?>&amp;&#0;&#x1b;</content></entry>\x00\x01\x0b\x1b\x7f\ufffe\ud800".encode(
    "utf-8", "surrogatepass"
).decode("utf-8", "replace")


def test_hostile_text_stays_well_formed(site: Site) -> None:
    """Typed into every field of every form that a feed prints."""
    alice, reader = site.client_of(site.alice()), site.client()
    written = dict.fromkeys(("title", "summary", "body", "tags", "source_title"), HOSTILE)
    sent = form(alice.get("/admin/posts/new"), "post-form") | written | {"slug": "hostile", "action": "publish"}
    answer = alice.post("/admin/posts/new", data=sent | {"source_url": "https://a.example.org/?a=1&b=<>"})
    if answer.status_code == 422:
        answer = alice.post("/admin/posts/new", data=sent | {"source_url": "https://a.example.org/?a=1&b=2"})
    assert answer.status_code == 303, answer.text
    page = reader.get("/posts/hostile")
    commented = form(page, "comment-form") | {"name": HOSTILE[:40], "email": "bob@example.org", "body": HOSTILE}
    comment_id = comment_id_of(site, reader.post("/posts/hostile/comments", data=commented))
    decide(site.client_of(site.maud()), comment_id, "approve")

    for path in ("/feed.atom", "/comments.atom", "/posts/hostile/comments.atom", "/sitemap.xml"):
        assert len(tree(reader.get(path)))
    assert len(entries(site, "/comments.atom")) == 1
    assert "]]>" in entries(site)[0]["title"]


def test_content_is_whole(site: Site) -> None:
    site.post(body="It **grows** & *grows*.\n\n- one\n- two", summary="In short: <b>green</b>.")

    entry = entries(site)[0]

    assert "<strong>grows</strong> &amp; <em>grows</em>" in entry["content"][0]["value"]
    assert "<li>two</li>" in entry["content"][0]["value"]
    assert entry["content"][0]["type"] == "text/html"
    assert entry["summary"] == "In short: <b>green</b>."


# Ids and times


def test_ids_outlive_addresses(site: Site) -> None:
    post = site.post()
    comment_id = site.published(post)
    before = [entries(site)[0]["id"], entries(site, "/comments.atom")[0]["id"]]

    rewrite(site, post, slug="the-orchard", title="The orchard")

    after = [entries(site)[0]["id"], entries(site, "/comments.atom")[0]["id"]]
    assert before == after
    assert all(id_.startswith("tag:") for id_ in after)
    assert entries(site)[0]["link"] == f"{site.base_url}/posts/the-orchard"
    assert entries(site, "/comments.atom")[0]["link"] == f"{site.base_url}/comments/{comment_id}"


def test_ids_outlive_a_new_domain(site: Site, database_url: str, tmp_path: Path) -> None:
    site.published(site.post())
    with site.database.read() as session:
        authority = the_site(session).tag_authority

    with Site(database_url, tmp_path / "moved", base_url="https://moved.example.org") as moved:
        entry = entries(moved)[0]
        ids = [entry["id"], entries(moved, "/comments.atom")[0]["id"]]

    assert ids == [entries(site)[0]["id"], entries(site, "/comments.atom")[0]["id"]]
    assert all(id_.startswith(f"tag:{authority}:") for id_ in ids)
    assert entry["link"].startswith("https://moved.example.org/posts/")


def test_every_id_is_one(library: Library) -> None:
    feeds = {path: tree(library.site.client().get(path)) for path in FEEDS}

    heads = [feed.findtext(f"{ATOM}id") for feed in feeds.values()]
    assert len(set(heads)) == len(heads)
    for feed in feeds.values():
        ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
        assert len(set(ids)) == len(ids)


def moments(site: Site, path: str = "/feed.atom") -> tuple[str, str, str]:
    """published and updated of the first entry, updated of the feed."""
    feed = tree(site.client().get(path))
    entry = next(feed.iter(f"{ATOM}entry"))
    return tuple(
        element.text or ""
        for element in (  # type: ignore[return-value]
            entry.find(f"{ATOM}published"),
            entry.find(f"{ATOM}updated"),
            feed.find(f"{ATOM}updated"),
        )
    )


def test_new_words_move_the_date(site: Site) -> None:
    post, first = site.post(), site.clock.now.isoformat()
    site.clock.forward(days=1)
    rewrite(site, post, tags=["Trees"], slug="the-orchard")
    unmoved = moments(site)

    rewrite(site, post, body="Other words.")

    now = site.clock.now.isoformat()
    assert unmoved == (first, first, first)
    assert moments(site) == (first, now, now)


def test_comments_move_no_post(site: Site) -> None:
    post = site.post()
    before = moments(site)
    site.clock.forward(days=1)

    site.published(post)

    assert moments(site) == before


def test_edited_comment_moves_its_date(site: Site) -> None:
    comment_id, first = site.published(site.post(moderation="post")), site.clock.now.isoformat()
    site.clock.forward(minutes=5)

    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}", data={"body": "Better words."})

    now = site.clock.now.isoformat()
    assert moments(site, "/comments.atom") == (first, now, now)


def test_late_approval_is_news(site: Site) -> None:
    """A reader who asked yesterday must find today what waited until today."""
    post = site.post()
    waiting = site.waiting(post, "First.")
    site.clock.forward(hours=1)
    site.published(post, "Second.")
    site.clock.forward(hours=1)

    decide(site.client_of(site.maud()), waiting, "approve")

    assert entries(site, "/comments.atom")[0]["id"].endswith(f"comment/{waiting}")
    assert moments(site, "/comments.atom")[0] == site.clock.now.isoformat()


# Threads and languages


def test_replies_name_what_they_answer(site: Site) -> None:
    """RFC 4685."""
    post = site.post()
    first = site.published(post)
    site.published(post, "An answer.", parent_id=first)

    by_id = {
        entry.findtext(f"{ATOM}id"): entry for entry in tree(site.client().get("/comments.atom")).iter(f"{ATOM}entry")
    }
    post_entry = next(tree(site.client().get("/feed.atom")).iter(f"{ATOM}entry"))
    post_id = post_entry.findtext(f"{ATOM}id") or ""
    ids = [post_id.replace(f"post/{post.id}", f"comment/{n}") for n in (first, first + 1)]

    answered = [by_id[id_].find(f"{THREADS}in-reply-to") for id_ in ids]
    assert [element.get("ref") for element in answered if element is not None] == [post_id, ids[0]]
    replies = post_entry.find(f"{ATOM}link[@rel='replies']")
    assert replies is not None
    assert replies.get(f"{THREADS}count") == "2"
    assert post_entry.findtext(f"{THREADS}total") == "2"
    assert len(tree(httpx.get(replies.get("href") or "")).findall(f"{ATOM}entry")) == 2


def test_languages_are_named(library: Library) -> None:
    feed = tree(library.site.client().get("/feed.atom"))

    by_title = {entry.findtext(f"{ATOM}title"): entry.get(XML_LANG) for entry in feed.iter(f"{ATOM}entry")}
    assert feed.get(XML_LANG) == "en"
    assert by_title == {"The garden": "en", "Le jardin": "fr"}
    french = tree(library.site.client().get("/posts/le-jardin/comments.atom"))
    assert french.get(XML_LANG) == "fr"


def test_authors_are_the_bylines(site: Site) -> None:
    zoe, ines = site.byline("Zoé"), site.byline()
    site.post(byline_ids=[zoe.id, ines.id], tags=["Trees & herbs"], source_url="https://books.example.org/")

    entry = entries(site)[0]

    assert [author["name"] for author in entry["authors"]] == ["Zoé", "Inès Caradec"]
    assert entry["authors"][1]["href"] == f"{site.base_url}/authors/ines-caradec"
    assert [tag["term"] for tag in entry["tags"]] == ["Trees & herbs"]
    assert "https://books.example.org/" in [link["href"] for link in entry["links"] if link["rel"] == "related"]


# What it leaves out


@pytest.mark.parametrize("end", ["hide", "withdraw"])
def test_gone_comments_leave_the_feeds(site: Site, end: str) -> None:
    post = site.post()
    comment_id = site.published(post, "To be gone.")
    before = [len(entries(site, path)) for path in ("/comments.atom", "/posts/the-garden/comments.atom")]

    if end == "hide":
        decide(site.client_of(site.maud()), comment_id, "hide", state="published", reason="1")
    else:
        site.client().post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}/withdraw")

    assert before == [1, 1]
    assert [entries(site, path) for path in ("/comments.atom", "/posts/the-garden/comments.atom")] == [[], []]
    assert site.comment(comment_id).state in {State.HIDDEN, State.WITHDRAWN}


def test_comments_follow_their_post(site: Site) -> None:
    post = site.post()
    site.published(post)

    site.unpublish(post)

    assert entries(site, "/comments.atom") == []
    assert entries(site) == []
    assert site.client().get("/posts/the-garden/comments.atom").status_code == 404


@pytest.mark.parametrize("path", ["/authors/nobody/feed.atom", "/tags/nothing/feed.atom", "/posts/none/comments.atom"])
@ON_SQLITE
def test_unknown_feeds_are_not_found(site: Site, path: str) -> None:
    assert site.client().get(path).status_code == 404


# Asking again


@pytest.mark.parametrize("path", FEEDS)
def test_feed_is_sent_once(library: Library, path: str) -> None:
    client = library.site.client()
    first = client.get(path)

    by_tag = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})

    assert [(answer.status_code, answer.content) for answer in (by_tag, by_date)] == [(304, b""), (304, b"")]
    assert by_tag.headers["etag"] == first.headers["etag"]
    assert by_tag.headers["cache-control"] == first.headers["cache-control"]


def test_tag_wins_over_date(library: Library) -> None:
    """RFC 9110, 13.2.2."""
    client = library.site.client()
    first = client.get("/feed.atom")

    answer = client.get(
        "/feed.atom", headers={"If-None-Match": '"another"', "If-Modified-Since": first.headers["last-modified"]}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("given", "status"), [("W/{}", 304), ('"x", {}', 304), ("*", 304), ('"x"', 200), ("", 200), ("{}x", 200)]
)
def test_tags_are_compared_weakly(library: Library, given: str, status: int) -> None:
    client = library.site.client()
    etag = client.get("/feed.atom").headers["etag"]

    assert client.get("/feed.atom", headers={"If-None-Match": given.format(etag)}).status_code == status


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 99 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_strange_dates_get_the_feed(library: Library, date: str) -> None:
    assert library.site.client().get("/feed.atom", headers={"If-Modified-Since": date}).status_code == 200


CHANGES = ["a post", "new words", "a comment", "a hidden comment", "an edit", "unpublished"]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_sent(site: Site, change: str) -> None:
    post = site.post(moderation="post")
    comment_id = site.published(post)
    path = "/comments.atom" if "comment" in change or change == "an edit" else "/feed.atom"
    client = site.client()
    first = client.get(path)
    site.clock.forward(minutes=1)

    if change == "a post":
        site.post("Another garden")
    elif change == "new words":
        rewrite(site, post, body="Other words.")
    elif change == "a comment":
        site.published(post, "Another comment.")
    elif change == "a hidden comment":
        decide(site.client_of(site.maud()), comment_id, "hide", state="published", reason="1")
    elif change == "an edit":
        client.post(f"/my/comment/{site.tokens.sign('my-comment', comment_id)}", data={"body": "Better words."})
    else:
        site.unpublish(post)

    by_tag = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert (by_tag.status_code, by_date.status_code) == (200, 200)
    dates = [parsedate_to_datetime(answer.headers["last-modified"]) for answer in (first, by_tag)]
    assert dates[0] < dates[1]


@ON_SQLITE
def test_date_of_feed_is_never_ahead(site: Site) -> None:
    site.post()

    sent = parsedate_to_datetime(site.client().get("/feed.atom").headers["last-modified"])

    assert sent <= site.clock.now
    assert sent > datetime.now(UTC) - timedelta(days=1)
    assert format_datetime(sent, usegmt=True).endswith("GMT")


# Pages (RFC 5005)


def walk(site: Site, path: str) -> list[str]:
    """The ids of all entries, by the links from one page to the next."""
    ids: list[str] = []
    address: str | None = f"{site.base_url}{path}"
    client = site.client()
    for _ in range(9):
        if address is None:
            break
        feed = tree(client.get(address))
        assert feed.find(f"{ATOM}link[@rel='self']").get("href") == address  # type: ignore[union-attr]
        assert feed.find(f"{ATOM}link[@rel='first']").get("href") == f"{site.base_url}{path}"  # type: ignore[union-attr]
        ids += [entry.findtext(f"{ATOM}id") or "" for entry in feed.iter(f"{ATOM}entry")]
        older = feed.find(f"{ATOM}link[@rel='next']")
        address = older.get("href") if older is not None else None
    assert address is None
    return ids


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("kind", ["posts", "comments"])
def test_pages_reach_every_entry_once(site: Site, kind: str, moving: bool) -> None:
    """Also where many things happened in the same moment."""
    count, post = 2 * SIZE + 3, site.post("Post 0")
    for n in range(1, count):
        site.clock.forward(milliseconds=137.001 * moving)
        if kind == "posts":
            site.post(f"Post {n}")
        else:
            site.published(post, f"Comment {n}.")
    if kind == "comments":
        site.published(post, "The last one.")

    ids = walk(site, "/feed.atom" if kind == "posts" else "/comments.atom")

    assert len(ids) == len(set(ids)) == count
    assert [int(id_.rsplit("/", 1)[1]) for id_ in ids] == list(range(count, 0, -1))


@pytest.mark.parametrize(
    "before", ["x", "1", "-1", "9" * 40 + "-1", "1-" + "9" * 40, "%00", "²-1", "1e3-1", "99999999999999999-1"]
)
def test_strange_positions_get_a_feed(library: Library, before: str) -> None:
    assert library.site.client().get(f"/feed.atom?before={before}").status_code == 200


def test_feed_leaves_shown_code_alone(site: Site) -> None:
    site.post(body='[here](/charter) and `<a href="/kept">`, [there](//example.org/x), note[^1]\n\n[^1]: Below.')

    content = html.unescape(site.client().get("/feed.atom").text)

    assert f'<a href="{site.base_url}/charter"' in content
    assert f'<a href="{site.base_url}/posts/the-garden#fn1"' in content
    assert '&lt;a href="/kept"&gt;' in content
    assert '<a href="//example.org/x"' in content
