"""Writing posts over HTTP: publishing them, moving them, and losing nobody's words."""

import re

import httpx
import pytest
from friends import Site, form
from sqlalchemy import select

from agora.rules import limits
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store.events import Event
from agora.store.posts import Post, PostRevision, PostState, Tag, post_for_desk
from agora.web.pages.desk_posts import PAGE
from web.looking import ON_SQLITE, complaint, how_many, words_of

NEW = "/admin/posts/new"
WRITTEN = {
    "title": "The long winter",
    "summary": "What grows under the snow.",
    "body": "It **snows**.\n\n> A quotation.\n>\n> — Somebody",
    "source_title": "The book of snow",
    "source_url": "https://books.example.org/snow",
    "language": "en",
}


@pytest.fixture
def alice(site: Site) -> httpx.Client:
    """The browser of an author."""
    return site.client_of(site.alice())


def write(client: httpx.Client, action: str = "", **fields: object) -> httpx.Response:
    sent = form(client.get(NEW), "post-form") | WRITTEN | {"action": action} | fields
    return client.post(NEW, data=sent)


def editor(post_id: int) -> str:
    return f"/admin/posts/{post_id}"


def save(client: httpx.Client, post_id: int, action: str = "save", **fields: object) -> httpx.Response:
    sent = form(client.get(editor(post_id)), "post-form") | {"action": action} | fields
    return client.post(editor(post_id), data=sent)


def id_of(answer: httpx.Response) -> int:
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/admin/posts/(\d+)", answer.headers["location"])[0])


def stored(site: Site, post_id: int) -> Post:
    with site.database.read() as session:
        post = post_for_desk(session, post_id)
        assert post
        session.expunge_all()
        return post


def texts_of(site: Site, post_id: int) -> list[tuple[int, str]]:
    with site.database.read() as session:
        query = select(PostRevision.edition, PostRevision.body).where(PostRevision.post_id == post_id)
        return [tuple(row) for row in session.execute(query.order_by(PostRevision.edition))]


# Beginning


@pytest.mark.parametrize("action", ["", "save"])
def test_new_post_is_a_draft(site: Site, alice: httpx.Client, action: str) -> None:
    post = stored(site, id_of(write(alice, action)))

    assert post.state is PostState.DRAFT
    assert post.slug == "the-long-winter"
    assert {name: getattr(post, name) for name in WRITTEN} == WRITTEN
    assert site.client().get("/posts/the-long-winter").status_code == 404


def test_drafts_are_nowhere(site: Site, alice: httpx.Client) -> None:
    byline = site.byline()
    write(alice, bylines=[str(byline.id)], tags="Snow")
    reader = site.client()

    paths = ["/", "/archive", "/feed.atom", "/sitemap.xml", "/authors", "/authors/ines-caradec", "/comments.atom"]
    paths += ["/authors/ines-caradec/feed.atom"]

    pages = [reader.get(path) for path in paths]
    assert {page.status_code for page in pages} == {200}
    assert not [page.url.path for page in pages if "long winter" in page.text or "long-winter" in page.text]
    assert reader.get("/tags/snow").status_code == 404
    assert reader.get("/posts/the-long-winter/comments.atom").status_code == 404


def test_published_post_is_everywhere(site: Site, alice: httpx.Client) -> None:
    byline = site.byline(links=[("Her blog", "https://ines.example.org/")])

    answer = write(alice, "publish", bylines=[str(byline.id)], tags="Snow")

    reader, post = site.client(), stored(site, id_of(answer))
    page = reader.get("/posts/the-long-winter")
    assert (post.state, post.published_at) == (PostState.PUBLISHED, site.clock.now)
    for part in (
        "<h1>The long winter</h1>",
        "What grows under the snow.",
        "<strong>snows</strong>",
        "<figcaption>",
        'href="https://books.example.org/snow"',
        "books.example.org",
        'href="https://ines.example.org/"',
        "Inès Caradec",
        'href="/tags/snow"',
    ):
        assert part in page.text
    for path in ("/", "/archive", "/feed.atom", "/sitemap.xml", "/tags/snow", "/authors/ines-caradec"):
        assert "long" in reader.get(path).text


def test_unpublished_post_waits_at_the_desk(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish"))
    first = stored(site, post_id).published_at
    site.clock.forward(days=1)

    save(alice, post_id, "unpublish")
    gone = [site.client().get(path).status_code for path in ("/posts/the-long-winter", "/")]
    save(alice, post_id, "publish")

    post = stored(site, post_id)
    assert gone == [404, 200]
    assert (post.state, post.published_at) == (PostState.PUBLISHED, first)
    assert post.updated_at is None


@ON_SQLITE
def test_published_twice_keeps_its_date(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish"))
    first = stored(site, post_id).published_at
    site.clock.forward(days=1)

    save(alice, post_id, "publish")

    assert stored(site, post_id).published_at == first


# Wrong fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "t" * (limits.TITLE + 1)),
        ("summary", "s" * (limits.SUMMARY + 1)),
        ("body", " "),
        ("body", "b" * (limits.POST + 1)),
        ("tags", "a, b, !!"),
        ("tags", ", ".join(str(n) for n in range(limits.TAGS + 1))),
        ("slug", "Not a slug"),
        ("slug", "-x"),
        ("slug", "a--b"),
        ("slug", "s" * (limits.SLUG + 1)),
        ("source_url", "javascript:alert(1)"),
        ("source_url", ""),
    ],
)
@ON_SQLITE
def test_wrong_field_is_explained(site: Site, alice: httpx.Client, field: str, value: str) -> None:
    answer = write(alice, "publish", **{field: value})

    kept = form(answer, "post-form")
    expected = WRITTEN | {field: value}
    assert answer.status_code == 422
    assert complaint(answer, field)
    assert {name: kept[name].strip() for name in expected} == {name: text.strip() for name, text in expected.items()}
    assert how_many(site, Post) == 0


@pytest.mark.parametrize("taken", ["the-garden", "the-old-garden"])
def test_address_of_another_post_is_taken(site: Site, alice: httpx.Client, taken: str) -> None:
    """Also one that only redirects: a link that was given once leads to the same text for ever."""
    ada = site.client_of(site.ada())
    post = site.post("The old garden")
    save(ada, post.id, slug="the-garden")

    answer = write(alice, slug=taken)

    assert answer.status_code == 422
    assert complaint(answer, "slug")
    assert form(answer, "post-form")["body"] == WRITTEN["body"]


def test_same_titles_get_numbers(site: Site, alice: httpx.Client) -> None:
    slugs = [stored(site, id_of(write(alice))).slug for _ in range(3)]

    assert slugs == ["the-long-winter", "the-long-winter-2", "the-long-winter-3"]


@pytest.mark.parametrize(
    ("title", "slug"), [("حديقة الشتاء", "حديقة-الشتاء"), ("L’été à Œrebro", "l-ete-a-oerebro"), ("???", "article")]
)
def test_every_title_makes_an_address(site: Site, alice: httpx.Client, title: str, slug: str) -> None:
    post = stored(site, id_of(write(alice, "publish", title=title)))
    reader = site.client()

    assert post.slug == slug
    assert reader.get(f"/posts/{slug}").status_code == 200
    for path in ("/", "/feed.atom"):
        assert reader.get(path).status_code == 200


@pytest.mark.parametrize(
    "field", ["title", "slug", "summary", "body", "tags", "source_title", "source_url", "language"]
)
def test_nul_breaks_nothing(site: Site, alice: httpx.Client, field: str) -> None:
    answer = write(alice, **{field: "a\x00b\x01c"})

    assert answer.status_code in {303, 422}


@pytest.mark.parametrize("sent", [{"edition": "9" * 15}, {"edition": "x"}, {"edition": ""}])
def test_forged_edition_is_told(site: Site, alice: httpx.Client, sent: dict[str, str]) -> None:
    post_id = id_of(write(alice))

    assert save(alice, post_id, **sent).status_code == 409


@pytest.mark.parametrize("bylines", [["999"], ["x"], ["9" * 15]])
@ON_SQLITE
def test_unknown_bylines_are_left_out(site: Site, alice: httpx.Client, bylines: list[str]) -> None:
    assert stored(site, id_of(write(alice, bylines=bylines))).bylines == []


# Addresses that change


def test_old_addresses_redirect(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish", slug="first"))
    for slug in ("second", "third"):
        save(alice, post_id, slug=slug)
    reader = site.client()

    answers = [reader.get(f"/posts/{slug}") for slug in ("first", "second", "third")]

    assert [answer.status_code for answer in answers] == [301, 301, 200]
    assert [answer.headers.get("location") for answer in answers] == ["/posts/third", "/posts/third", None]
    feed = reader.get("/posts/first/comments.atom")
    assert (feed.status_code, feed.headers["location"]) == (301, "/posts/third/comments.atom")


def test_old_address_is_taken_back(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish", slug="first"))

    statuses = [save(alice, post_id, slug=slug).status_code for slug in ("second", "first")]

    reader = site.client()
    assert statuses == [303, 303]
    assert reader.get("/posts/first").status_code == 200
    assert reader.get("/posts/second").headers["location"] == "/posts/first"


def test_address_of_draft_is_free_again(site: Site, alice: httpx.Client) -> None:
    """Nobody was ever given it."""
    post_id = id_of(write(alice, slug="first"))
    save(alice, post_id, slug="second")

    assert stored(site, id_of(write(alice, slug="first"))).slug == "first"


def test_unpublished_post_redirects_nobody(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish", slug="first"))
    save(alice, post_id, slug="second")
    save(alice, post_id, "unpublish")

    assert site.client().get("/posts/first").status_code == 404


# Preview


@pytest.mark.parametrize("published", [False, True])
def test_preview_stores_nothing(site: Site, alice: httpx.Client, published: bool) -> None:
    byline = site.byline()
    post_id = id_of(write(alice, "publish" if published else "save"))
    before = stored(site, post_id)
    sent = {"title": "Another title", "slug": "another", "body": "So *cold*.", "tags": "Ice, Snow"}

    page = save(alice, post_id, "preview", bylines=[str(byline.id)], **sent)

    after = stored(site, post_id)
    assert page.status_code == 200
    assert "<h1>Another title</h1>" in page.text
    assert "So <em>cold</em>." in page.text
    assert "Inès Caradec" in page.text
    assert (after.title, after.slug, after.body, after.edition) == (before.title, before.slug, before.body, 1)
    assert (after.tags, after.bylines, after.updated_at) == ([], [], None)
    assert how_many(site, Tag) == 0
    assert texts_of(site, post_id) == [(1, WRITTEN["body"])]


def test_preview_of_new_post_stores_nothing(site: Site, alice: httpx.Client) -> None:
    page = write(alice, "preview", tags="Snow")

    assert page.status_code == 200
    assert "<h1>The long winter</h1>" in page.text
    assert (how_many(site, Post), how_many(site, Tag)) == (0, 0)


def test_preview_is_what_readers_see(site: Site, alice: httpx.Client) -> None:
    byline, other = site.byline(), site.byline("Zoé")
    sent = {"bylines": [str(other.id), str(byline.id)], "tags": "Snow, Ice"}

    preview = write(alice, "preview", **sent)
    write(alice, "publish", **sent)

    page = site.client().get("/posts/the-long-winter")
    article = re.compile(r'<article class="post">.*?</article>', re.S)
    seen = [re.sub(r'datetime="[^"]*"', "", article.findall(answer.text)[0]) for answer in (preview, page)]
    assert seen[0] == seen[1]


def preview_form(page: httpx.Response) -> dict[str, list[str]]:
    """The fields that the preview keeps for the next step."""
    found = re.search(r'<form method="post"[^>]*class="preview-bar">.*?</form>', page.text, re.S)
    assert found
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", found[0]):
        one = form(httpx.Response(200, text=f'<form id="one">{tag}</form>'), "one")
        for name, value in one.items():
            fields.setdefault(name, []).append(value)
    return fields


@pytest.mark.parametrize("action", ["save", "publish"])
def test_preview_leads_on(site: Site, alice: httpx.Client, action: str) -> None:
    ids = [str(site.byline(name).id) for name in ("Zoé", "Inès")]
    page = write(alice, "preview", bylines=ids, tags="Snow")

    answer = alice.post(NEW, data=preview_form(page) | {"action": action})

    post = stored(site, id_of(answer))
    assert (post.title, post.body, post.is_public) == (WRITTEN["title"], WRITTEN["body"], action == "publish")
    assert [str(byline.id) for byline in post.bylines] == ids


@pytest.mark.parametrize("published", [False, True])
def test_going_on_writing_saves_nothing(site: Site, alice: httpx.Client, published: bool) -> None:
    """Half a sentence in the editor must not reach the readers of a published post."""
    post_id = id_of(write(alice, "publish" if published else "save"))
    page = save(alice, post_id, "preview", body="Half a sent")

    answer = alice.post(editor(post_id), data=preview_form(page) | {"action": "edit"})

    assert answer.status_code == 200
    assert form(answer, "post-form")["body"] == "Half a sent"
    assert stored(site, post_id).body == WRITTEN["body"]


def test_going_on_writing_keeps_a_new_post(site: Site, alice: httpx.Client) -> None:
    page = write(alice, "preview", tags="Snow")

    answer = alice.post(NEW, data=preview_form(page) | {"action": "edit"})

    assert answer.status_code == 200
    assert {name: form(answer, "post-form")[name] for name in WRITTEN} == WRITTEN
    assert how_many(site, Post) == 0


@ON_SQLITE
def test_preview_complains_like_saving(site: Site, alice: httpx.Client) -> None:
    answer = write(alice, "preview", title="")

    assert answer.status_code == 422
    assert complaint(answer, "title")


# Two at once


def test_second_save_is_told(site: Site, alice: httpx.Client) -> None:
    ada = site.client_of(site.ada())
    post_id = id_of(write(alice, body="One line.\nA second line."))
    sent = form(alice.get(editor(post_id)), "post-form") | {"action": "save", "body": "One line.\nAlice’s line."}
    save(ada, post_id, body="One line.\nAda’s line.", title="Ada’s title")

    answer = alice.post(editor(post_id), data=sent)

    kept = form(answer, "post-form")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "<del>− Ada’s line.</del>" in answer.text
    assert "<ins>+ Alice’s line.</ins>" in answer.text
    assert "<span>One line.</span>" in answer.text
    assert kept["body"] == "One line.\nAlice’s line."
    assert stored(site, post_id).body == "One line.\nAda’s line."

    assert alice.post(editor(post_id), data=kept | {"action": "save"}).status_code == 303
    assert stored(site, post_id).body == "One line.\nAlice’s line."
    assert [body for _, body in texts_of(site, post_id)] == [
        "One line.\nA second line.",
        "One line.\nAda’s line.",
        "One line.\nAlice’s line.",
    ]


@pytest.mark.parametrize("action", ["publish", "unpublish", "preview"])
def test_stale_editor_changes_nothing(site: Site, alice: httpx.Client, action: str) -> None:
    ada = site.client_of(site.ada())
    post_id = id_of(write(alice))
    sent = form(alice.get(editor(post_id)), "post-form") | {"action": action}
    save(ada, post_id, body="Ada’s line.")

    answer = alice.post(editor(post_id), data=sent)

    assert answer.status_code == 409
    assert stored(site, post_id).state is PostState.DRAFT


@ON_SQLITE
def test_difference_shows_no_markup(site: Site, alice: httpx.Client) -> None:
    ada = site.client_of(site.ada())
    post_id = id_of(write(alice))
    sent = form(alice.get(editor(post_id)), "post-form") | {"body": "</div><script>alert(1)</script>"}
    save(ada, post_id, body="<img src=x onerror=alert(1)>")

    answer = alice.post(editor(post_id), data=sent)

    assert answer.status_code == 409
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


# What is kept and what is shown


def test_every_text_is_kept(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, body="One."))

    for body in ("Two.", "Two.", "Three."):
        save(alice, post_id, body=body)

    assert texts_of(site, post_id) == [(1, "One."), (2, "Two."), (4, "Three.")]


@pytest.mark.parametrize(
    ("changed", "updated"),
    [
        ({"body": "Other words."}, True),
        ({"title": "Another title"}, True),
        ({"summary": "Another summary."}, True),
        ({"tags": "Ice"}, False),
        ({"discussion": "closed"}, False),
        ({"slug": "elsewhere"}, False),
        ({}, False),
    ],
)
def test_only_new_words_are_an_update(site: Site, alice: httpx.Client, changed: dict[str, str], updated: bool) -> None:
    post_id = id_of(write(alice, "publish"))
    site.clock.forward(days=2)

    save(alice, post_id, **changed)

    post = stored(site, post_id)
    page = site.client().get(f"/posts/{post.slug}")
    assert post.updated_at == (site.clock.now if updated else None)
    assert ("updated on" in page.text) == updated


@ON_SQLITE
def test_drafts_are_never_updated(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice))

    save(alice, post_id, "publish", body="Other words.")

    assert stored(site, post_id).updated_at is None


def test_tags_are_one_each(site: Site, alice: httpx.Client) -> None:
    first = stored(site, id_of(write(alice, tags="Snow, snow,  SNOW , Été, ete, ,Deep   snow")))
    second = stored(site, id_of(write(alice, tags="SNOW")))

    assert sorted(tag.slug for tag in first.tags) == ["deep-snow", "ete", "snow"]
    assert sorted(tag.name for tag in first.tags) == ["Deep snow", "Snow", "Été"]
    assert [tag.name for tag in second.tags] == ["Snow"]
    assert how_many(site, Tag) == 3


def test_bylines_keep_their_order(site: Site, alice: httpx.Client) -> None:
    zoe, ines, anouk = (str(site.byline(name).id) for name in ("Zoé", "Inès", "Anouk"))

    post_id = id_of(write(alice, "publish", bylines=[zoe, anouk, zoe, ines]))

    page = words_of(site.client().get("/posts/the-long-winter"))
    boxes = re.findall(r'id="byline-(\d+)" name="bylines"[^>]*checked', alice.get(editor(post_id)).text)
    assert "Zoé , Anouk and Inès" in page
    assert boxes == [zoe, anouk, ines]
    save(alice, post_id, bylines=[ines, zoe])
    assert [str(byline.id) for byline in stored(site, post_id).bylines] == [ines, zoe]


def test_discussion_closes_and_opens(site: Site, alice: httpx.Client) -> None:
    post_id = id_of(write(alice, "publish", discussion="closed", moderation="pre"))
    closed = site.client().get("/posts/the-long-winter").text

    save(alice, post_id, discussion="open")

    post = stored(site, post_id)
    assert 'id="comment-form"' not in closed
    assert 'id="comment-form"' in site.client().get("/posts/the-long-winter").text
    assert (post.discussion_open, post.moderation) == (True, Mode.PRE)


# Who may


def test_authors_edit_their_own(site: Site, alice: httpx.Client) -> None:
    own, foreign = id_of(write(alice)), site.post("Of another author").id
    robin = site.client_of(site.person("Robin", Role.AUTHOR))
    sent = form(alice.get(editor(own)), "post-form")

    assert robin.get(editor(own)).status_code == 404
    assert alice.get(editor(foreign)).status_code == 404
    assert alice.post(editor(foreign), data=sent | {"title": "Mine now"}).status_code == 404
    assert stored(site, foreign).title == "Of another author"
    assert "Of another author" not in alice.get("/admin/posts").text
    assert "Of another author" not in alice.get("/admin").text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
@ON_SQLITE
def test_editors_edit_every_post(site: Site, alice: httpx.Client, role: Role) -> None:
    client, post_id = site.client_of(site.person("Robin", role)), id_of(write(alice))

    assert save(client, post_id, title="A better title").status_code == 303
    assert "A better title" in client.get("/admin/posts").text


@ON_SQLITE
def test_moderators_write_no_posts(site: Site) -> None:
    maud, post = site.client_of(site.maud()), site.post()

    assert {maud.get(path).status_code for path in (NEW, "/admin/posts", editor(post.id))} == {404}


def test_list_of_posts_reaches_all(site: Site, alice: httpx.Client) -> None:
    person = site.ada()
    titles = [f"Post {n:02}" for n in range(PAGE + 5)]
    for title in titles:
        site.post(title, publish=False, by=person)
    ada = site.client_of(person)

    first = ada.get("/admin/posts")
    more = re.search(r'<a rel="next" href="([^"]+)"', first.text)
    assert more
    second = ada.get(more[1])

    listed = [re.findall(r">(Post \d\d)</a>", page.text) for page in (first, second)]
    assert listed[0] + listed[1] == titles[::-1]
    assert 'rel="next"' not in second.text


def test_facts_name_who_wrote(site: Site) -> None:
    person = site.alice()
    client = site.client_of(person)
    post_id = id_of(write(client, "publish"))

    save(client, post_id, "unpublish", body="Other words.")

    with site.database.read() as session:
        events = session.scalars(select(Event).where(Event.post_id == post_id).order_by(Event.id)).all()
    assert [event.kind for event in events] == ["post.created", "post.published", "post.saved", "post.unpublished"]
    assert {event.person_id for event in events} == {person.id}


@pytest.mark.parametrize("post_id", ["0", "999", "x", "-1", "9" * 30])
@ON_SQLITE
def test_unknown_posts_are_not_found(alice: httpx.Client, post_id: str) -> None:
    assert alice.get(f"/admin/posts/{post_id}").status_code == 404
