"""Long threads, discussions with gaps, far pages of lists and maps in parts, as readers walk through them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from friends import Site, decide
from httpx import Client, Response

from agora.store.posts import Post
from agora.web.pages import machines
from web.looking import ON_SQLITE, article, drawn


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Three of everything on a page."""
    few = {"threads_per_page": "3", "replies_per_page": "3", "posts_per_page": "3"}
    with Site(database_url, tmp_path / "data", **few) as site:
        yield site


def link(page: Response, words: str) -> str | None:
    """Where the link with these words leads."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>[^<]*{words}', page.text)
    return found[1].replace("&amp;", "&") if found else None


def walk(client: Client, path: str | None, words: str) -> Iterator[Response]:
    """The page, and those to which the link with these words leads from there."""
    while path:
        page = client.get(path)
        yield page
        path = link(page, words)


def long_thread(site: Site, replies: int, post: Post | None = None) -> list[int]:
    """The ids of its first comment and of the replies."""
    post = post or site.post()
    first = site.published(post, "What do you think?", name="Carol")
    return [first, *(site.published(post, f"Reply {n}.", parent_id=first) for n in range(replies))]


def test_long_thread_is_read_to_its_end(town: Site) -> None:
    first, *replies = long_thread(town, 8)

    begun = town.client().get("/posts/the-garden")
    pages = list(walk(town.client(), link(begun, "Read the other 5 replies"), "Later replies"))

    assert list(drawn(begun)) == [first, *replies[:3]]
    assert [list(drawn(page)) for page in pages] == [[first, *replies[3:6]], [first, *replies[6:]]]
    assert "Replies to Carol" in pages[0].text
    assert link(pages[0], "Back to the discussion") == f"/posts/the-garden#comment-{first}"


def test_long_thread_is_read_backwards(town: Site) -> None:
    first, *replies = long_thread(town, 8)

    pages = list(walk(town.client(), f"/comments/{first}/thread?from={replies[6]}", "Earlier replies"))

    assert [list(drawn(page)) for page in pages] == [
        [first, *replies[6:]],
        [first, *replies[3:6]],
        [first, *replies[:3]],
    ]


@ON_SQLITE
def test_one_reply_left_out_is_one(town: Site) -> None:
    first, *replies = long_thread(town, 4)

    page = town.client().get("/posts/the-garden")

    assert link(page, "Read the other reply") == f"/comments/{first}/thread?from={replies[3]}"


def test_permalinks_lead_into_long_threads(town: Site) -> None:
    first, *replies = long_thread(town, 8)
    client = town.client(follow_redirects=True)

    for id_ in (first, *replies):
        page = client.get(f"/comments/{id_}")
        assert id_ in drawn(page)
        assert page.url.fragment == f"comment-{id_}"


@ON_SQLITE
def test_answers_name_who_is_on_another_page(town: Site) -> None:
    post = town.post()
    first, *chain = long_thread(town, 1, post)
    for n in range(12):
        chain.append(town.published(post, f"Deeper {n}.", parent_id=chain[-1], name=f"Person {n}"))

    page = town.client().get(f"/comments/{first}/thread?from={chain[11]}")

    assert f'<a href="/comments/{chain[10]}"><bdi>Person 9</bdi></a>' in article(page, chain[11])
    assert f'<a href="#comment-{chain[11]}"><bdi>Person 10</bdi></a>' in article(page, chain[12])


@ON_SQLITE
def test_threads_of_others_are_not_found(town: Site) -> None:
    post = town.post()
    first, *replies = long_thread(town, 4, post)
    elsewhere = town.published(town.post("Elsewhere"))
    held = town.waiting(post, parent_id=first)

    paths = [
        f"/comments/{replies[0]}/thread",
        f"/comments/{held}/thread",
        f"/comments/{first}/thread?from={elsewhere}",
        f"/comments/{first}/thread?from={held}",
        f"/comments/{first}/thread?before=nowhere",
        "/comments/0/thread",
    ]

    assert {path: town.client().get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


@ON_SQLITE
def test_thread_of_a_hidden_comment_says_so(town: Site) -> None:
    first, *replies = long_thread(town, 4)
    decide(town.client_of(town.maud()), first, "hide", state="published", reason="1")

    page = town.client().get(f"/comments/{first}/thread?from={replies[3]}")

    assert "Replies to a hidden comment" in page.text
    assert "Carol" not in page.text


@ON_SQLITE
def test_page_without_threads_says_so(town: Site) -> None:
    """All that stood on it was hidden; the pages before and after it keep their numbers."""
    post = town.post()
    ids = [town.published(post, f"Thread {n}.") for n in range(7)]
    maud = town.client_of(town.maud())
    for id_ in ids[3:6]:
        decide(maud, id_, "hide", state="published", reason="1")

    pages = [town.client().get(f"/posts/the-garden?page={n}") for n in (1, 2, 3)]

    assert [list(drawn(page)) for page in pages] == [ids[:3], [], ids[6:]]
    assert "The comments that stood here are no longer public." in pages[1].text
    assert link(pages[1], "Later threads")


# Lists of posts


@pytest.mark.parametrize("path", ["/", "/tags/moss", "/authors/ines-caradec"])
def test_pager_walks_both_ways(town: Site, path: str) -> None:
    """By links that know where they lead, and end at the pages that a bare number finds."""
    byline = town.byline()
    for n in range(8):
        town.post(f"Post {n}", tags=["moss"], byline_ids=[byline.id])
    client = town.client()

    forwards = list(walk(client, path, "Older"))
    backwards = list(walk(client, str(forwards[-1].url), "Newer"))

    titles = [titles_of(page) for page in forwards]
    assert titles == [["Post 7", "Post 6", "Post 5"], ["Post 4", "Post 3", "Post 2"], ["Post 1", "Post 0"]]
    assert [titles_of(page) for page in backwards] == titles[::-1]
    assert [titles_of(client.get(f"{path}?page={n}")) for n in (1, 2, 3)] == titles
    assert client.get(f"{path}?page=4").status_code == 404
    assert "before=" in str(forwards[1].url)
    assert "after=" in str(backwards[1].url)
    assert f'rel="canonical" href="{town.settings.base_url}{path}?page=2"' in backwards[1].text


def titles_of(page: Response) -> list[str]:
    return re.findall(r"<h[23][^>]*><a [^>]*>(Post \d)", page.text)


@ON_SQLITE
def test_large_sites_have_maps_in_parts(town: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MAP_SIZE", 2)
    slugs = [town.post(f"Post {n}").slug for n in range(5)]
    town.post("Draft", publish=False)
    client = town.client()

    index = client.get("/sitemap.xml")
    parts = [client.get(address) for address in re.findall("<loc>([^<]+)</loc>", index.text)]

    assert "<sitemapindex" in index.text
    listed = [re.findall(r"/posts/([^<]+)</loc>", part.text) for part in parts]
    assert listed == [slugs[1::-1], slugs[3:1:-1], slugs[4:]]
    assert client.get("/sitemap-4.xml").status_code == 404
