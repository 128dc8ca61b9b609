"""What every answer has in common: its headers, its conditions, its language, and what it never tells."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from http.client import HTTPConnection
from logging.handlers import QueueHandler
from pathlib import Path
from queue import Queue
from xml.etree import ElementTree

import httpx
import pytest
from babel.messages.pofile import read_po
from friends import Site, comment_on, decide
from servers.postgres import PostgresServer
from sqlalchemy import text
from starlette.routing import Route

from agora.logs import TextLines
from agora.rendering import static_address
from agora.resources import packaged
from agora.store.comments import Comment
from agora.store.events import Event
from agora.store.posts import Post
from agora.web.headers import SECURITY
from agora.web.routes import ROUTES
from web.library import Library, furnish, open_library
from web.looking import ON_SQLITE, article, csrf_of, how_many, words_of

ROUTE_LIST = [route for route in ROUTES if isinstance(route, Route)]
DESK = ("/admin", "/account")
# Whose signed address leads to a form without a page of its own; else it is that of the commenter's own page.
PAGE_OF = {"my_report_appeal": "my_report", "my_data_export": "my_data"}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def any_library(
    request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    """The library on either database."""
    if request.param == "sqlite":
        yield library
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    folder = tmp_path_factory.mktemp("library-postgresql")
    with open_library(folder, database_url=server.create_database("library")) as other:
        yield other


@pytest.fixture(scope="session")
def french_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(tmp_path_factory.mktemp("french"), language="fr") as library:
        yield library


def path_of(library: Library, route: Route) -> str:
    """The address of something that is there, for each line of the sitemap."""
    if "{token}" in route.path:
        name = route.name if route.name in library.paths else PAGE_OF.get(route.name, "my_comment")
        return library.paths[name] + route.path.partition("{token}")[2].format(item=1)
    ids = {
        "/comments/{id}": library.published,
        "/admin/posts/{id}": library.post.id,
        "/admin/bylines/{id}": library.byline.id,
        "/admin/reasons/{id}": 1,
        "/admin/measures/{id}": 1,
        "/admin/moderation/{id}": library.waiting,
        "/admin/moderation/addresses/{id}": library.site.comment(library.published).commenter_id,
    }
    slugs = {"byline": "ines-caradec", "byline_feed": "ines-caradec", "tag": "gardens", "tag_feed": "gardens"}
    if route.name == "portrait":
        return library.paths["portrait"]
    if route.name == "static":
        return static_address("style.css")
    start = route.path.partition("}")[0] + "}"
    return route.path.format(id=ids.get(start, 0), slug=slugs.get(route.name, "the-garden"), part=1)


def methods(route: Route) -> set[str]:
    return set(route.methods or ()) - {"HEAD"}


# Every address


@pytest.mark.parametrize("route", ROUTE_LIST, ids=lambda route: route.name)
def test_reader_gets_an_answer_everywhere(any_library: Library, route: Route) -> None:
    path = path_of(any_library, route)

    answer = any_library.site.client().get(path)

    if "GET" not in methods(route):
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
    elif path.startswith(DESK):
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in?next={path}"
    else:
        assert answer.status_code == (302 if route.name == "comment" else 200)


@pytest.mark.parametrize("route", ROUTE_LIST, ids=lambda route: route.name)
def test_administrator_gets_every_page(any_library: Library, route: Route) -> None:
    site = any_library.site

    answer = site.client_of(any_library.ada).get(path_of(any_library, route))

    expected = {"comment": 302, "sign_in": 303}.get(route.name, 200)
    assert answer.status_code == (expected if "GET" in methods(route) else 405)


@pytest.mark.parametrize("who", ["a reader", "the administrator"])
def test_empty_forms_break_nothing(site: Site, who: str) -> None:
    library = furnish(site)
    answers = {}
    for route in ROUTE_LIST:
        if "POST" in methods(route):
            client = site.client() if who == "a reader" else site.client_of(library.ada)
            sent = {} if who == "a reader" else {"csrf": csrf_of(client.get("/account"))}
            answers[route.name] = client.post(path_of(library, route), data=sent).status_code

    assert len(answers) > 15
    assert {name: status for name, status in answers.items() if status not in {200, 303, 403, 409, 422}} == {}
    if who == "a reader":
        paths = {route.name: route.path for route in ROUTE_LIST}
        assert {answers[name] for name in answers if paths[name].startswith(DESK)} == {403}


@pytest.mark.parametrize("route", [route for route in ROUTE_LIST if "{" in route.path], ids=lambda route: route.name)
def test_nonsense_in_addresses_is_not_found(any_library: Library, route: Route) -> None:
    client = any_library.site.client_of(any_library.ada)
    method = sorted(methods(route))[0]
    sent = {"csrf": csrf_of(client.get("/account")), "decision": "approve"} if method == "POST" else None

    for nonsense in (
        "0",
        "999999999999999",
        "9" * 40,
        "nowhere",
        "%00",
        "%F0%9F%8C%BB",
        "%ff",
        "a%2Fb",
        "-1",
        "x" * 3000,
    ):
        path = re.sub(r"\{(?!path)[^}]+\}", nonsense, route.path.replace("{path:path}", nonsense))
        assert client.request(method, path, data=sent).status_code in {403, 404}, path


# Methods


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/posts/the-garden", "/feed.atom", "/healthz", "/static/x/style.css"])
def test_other_methods_are_named(library: Library, method: str, path: str) -> None:
    answer = library.site.client().request(method, path)

    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def test_head_is_get_without_body(library: Library) -> None:
    def kept(answer: httpx.Response) -> dict[str, str]:
        return {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}

    client = library.site.client()
    for path in [*library.public_paths(), static_address("style.css"), library.paths["portrait"], "/healthz"]:
        head, get = client.head(path), client.get(path)

        assert (head.status_code, head.content) == (200, b""), path
        assert kept(head) == kept(get), path


def test_reading_changes_nothing(site: Site) -> None:
    library = furnish(site)
    before = [how_many(site, table) for table in (Event, Comment, Post)]
    states = [site.comment(id_).version for id_ in (library.published, library.hidden, library.waiting)]

    for client in (site.client(), site.client(cookies=site.client_of(library.ada).cookies)):
        signed_in = how_many(site, Event)
        for route in ROUTE_LIST:
            client.get(path_of(library, route))
        assert how_many(site, Event) == signed_in

    assert how_many(site, Event) == before[0] + 1  # that the administrator signed in
    assert [how_many(site, table) for table in (Comment, Post)] == before[1:]
    assert [site.comment(id_).version for id_ in (library.published, library.hidden, library.waiting)] == states


# Caches


def pages(library: Library) -> list[str]:
    return [path for path in library.public_paths() if path not in library.feeds()]


def test_pages_are_sent_once(library: Library) -> None:
    client, varies = library.site.client(), ("Cookie", "Accept-Encoding, Cookie")

    for path in pages(library):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        other = client.get(path, headers={"If-None-Match": '"other"'})

        assert first.headers["cache-control"] == "public, max-age=0, must-revalidate", path
        assert first.headers["vary"] in varies, path
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"], path
        assert again.headers["vary"] == first.headers["vary"], path
        assert other.status_code == 200, path


def test_pages_of_the_desk_are_kept_nowhere(library: Library) -> None:
    client = library.site.client_of(library.ada)

    paths = ["/", "/posts/the-garden", "/archive", "/admin", "/admin/moderation", "/admin/posts/new", "/account"]

    answers = [client.get(path) for path in paths]
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert not [answer.url.path for answer in answers if "etag" in answer.headers]


def test_signed_addresses_are_kept_nowhere(library: Library) -> None:
    client = library.site.client()

    answers = [client.get(path) for name, path in library.paths.items() if name != "portrait"]

    assert len(answers) == len(library.paths) - 1
    assert all("no-store" in answer.headers["cache-control"] for answer in answers)
    assert all('name="referrer" content="no-referrer"' in answer.text for answer in answers)


def test_page_changes_with_its_discussion(site: Site) -> None:
    post, client = site.post(), site.client()
    comment_id = site.waiting(post)
    tags = [client.get("/posts/the-garden").headers["etag"]]

    maud = site.client_of(site.maud())
    for decision, state in (("approve", "pending"), ("hide", "published")):
        decide(maud, comment_id, decision, state=state, reason="1")
        answer = client.get("/posts/the-garden", headers={"If-None-Match": tags[-1]})
        assert answer.status_code == 200
        tags.append(answer.headers["etag"])

    assert tags[0] == tags[2] != tags[1]


# Safety


@pytest.fixture
def answers(site: Site) -> dict[str, httpx.Response]:
    """One answer of each kind."""
    library = furnish(site)
    client, ada = site.client(), site.client_of(library.ada)
    home = client.get("/")
    found = {
        "200": home,
        "head": client.head("/"),
        "feed": client.get("/feed.atom"),
        "static": client.get(static_address("style.css")),
        "portrait": client.get(library.paths["portrait"]),
        "healthz": client.get("/healthz"),
        "desk": ada.get("/admin"),
        "302": client.get(f"/comments/{library.published}"),
        "303": client.get("/admin"),
        "304": client.get("/", headers={"If-None-Match": home.headers["etag"]}),
        "403": client.post("/sign-in", headers={"Origin": "https://evil.example"}),
        "404": client.get("/nowhere"),
        "404 of ours": client.get("/posts/nowhere"),
        "404 static": client.get("/static/x/nowhere"),
        "405": client.delete("/"),
        "413": client.post("/sign-in", content=b"x" * 200_000),
        "422": comment_on(client, library.post, ""),
    }
    close = {"csrf": csrf_of(ada.get("/admin/people")), "action": "close", "person": str(library.ada.id)}
    found["409"] = ada.post("/admin/people", data=close)
    with site.writing() as session:
        session.execute(text("UPDATE posts SET language = 'xx' WHERE slug = 'le-jardin'"))
    return found | {"500": client.get("/posts/le-jardin")}


def test_every_answer_is_guarded(answers: dict[str, httpx.Response]) -> None:
    for kind, answer in answers.items():
        if kind[0].isdigit():
            assert answer.status_code == int(kind.split()[0]), kind
        assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY, kind
        assert "server" not in answer.headers or "python" not in answer.headers["server"].lower(), kind
    # What comes from memory is not a line in the log either.
    ids = [answer.headers["x-request-id"] for answer in answers.values() if "surrogate-key" not in answer.headers]
    assert len(set(ids)) == len(ids) > len(answers) / 2
    assert all(re.fullmatch(r"[0-9a-f]{12}", id_) for id_ in ids)


def test_refusals_are_pages_of_ours(answers: dict[str, httpx.Response]) -> None:
    for kind in ("403", "404", "404 of ours", "404 static", "405", "413", "500"):
        page = answers[kind]
        assert page.headers["content-type"] == "text/html; charset=utf-8", kind
        assert page.headers["cache-control"] == "no-store", kind
        assert page.text.count("<h1>") == page.text.count("<main") == page.text.count('role="alert"') == 1, kind
        assert 'type="application/atom+xml"' in page.text, kind
        assert '<meta name="robots" content="noindex">' in page.text, kind


def test_policy_allows_only_our_own() -> None:
    policy = dict(part.split(" ", 1) for part in SECURITY["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert {"frame-ancestors", "base-uri", "form-action", "script-src"} <= set(policy)


def test_pages_obey_their_policy(library: Library) -> None:
    """No script or style between the lines, and nothing asked of anybody else."""
    ada = library.site.client_of(library.ada)
    for path in [*pages(library), "/admin", "/admin/posts/new", "/admin/moderation", "/admin/bylines/new"]:
        html = ada.get(path, follow_redirects=True).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), path
        for tag in re.findall(r"<script[^>]*>", html):
            assert ' src="/static/' in tag or 'type="application/ld+json"' in tag, path
        assert not re.findall(r'<(?:img|link rel="stylesheet"|script)[^>]*(?:src|href)="(?:https?:)?//', html), path


@pytest.mark.parametrize("who", ["a reader", "the administrator"])
def test_every_page_has_its_landmarks(library: Library, who: str) -> None:
    client = library.site.client() if who == "a reader" else library.site.client_of(library.ada)
    for route in ROUTE_LIST:
        answer = client.get(path_of(library, route), follow_redirects=True)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        html = answer.text
        assert len(re.findall(r"<h1[ >]", html)) == len(re.findall(r"<main[ >]", html)) == 1, route.path
        assert '<link rel="alternate" type="application/atom+xml"' in html, route.path
        assert re.search(r"<title>\s*[^<\s]", html), route.path
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), route.path


# Our own mistakes


SECRETS = ("Traceback", "sqlalchemy", "psycopg", "sqlite", "NoResultFound", "charters", "/agora/", ".py", "Error:")


def assert_apology(answer: httpx.Response) -> None:
    assert answer.headers["x-request-id"] in answer.text
    assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
    assert answer.headers["cache-control"] == "no-store"
    assert not [secret for secret in SECRETS if secret.lower() in answer.text.lower()]
    assert answer.text.count("<h1>") == 1


def test_mistake_of_ours_is_apologised_for(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.writing() as session:
        session.execute(text("DELETE FROM charters"))

    answer = site.client().get("/charter")

    assert answer.status_code == 500
    assert_apology(answer)
    assert site.client().get("/").status_code == 200
    assert answer.headers["x-request-id"] in caplog.text or "NoResultFound" in caplog.text


@pytest.mark.parametrize(
    ("table", "path"), [("charters", "/charter"), ("site", "/"), ("site", "/nowhere"), ("posts", "/")]
)
def test_missing_table_tells_nothing(site: Site, table: str, path: str) -> None:
    with site.writing() as session:
        session.execute(text(f"DROP TABLE {table}" + ("" if site.database.is_sqlite else " CASCADE")))

    answer = site.client().get(path)

    assert answer.status_code in ({404} if path == "/nowhere" else {500, 503})
    if path != "/nowhere":
        assert_apology(answer)
    assert site.client().get("/healthz").status_code == 200


def test_readiness_needs_the_database(site: Site) -> None:
    before = site.client().get("/readyz")
    with site.writing() as session:
        session.execute(text("DROP TABLE site" + ("" if site.database.is_sqlite else " CASCADE")))
    site.clock.forward(seconds=2)  # an answer holds for a second

    after = site.client().get("/readyz")

    assert (before.status_code, before.text) == (200, "ready\n")
    assert (after.status_code, after.text) == (503, "not ready: database\n")
    assert site.client().get("/healthz").text == "ok\n"


# The log


@pytest.fixture
def request_log() -> Iterator[Callable[[int], list[str]]]:
    """The next so many lines of the log of requests; a line is written a moment after its answer has left."""
    records: Queue[logging.LogRecord] = Queue()
    handler, logger = QueueHandler(records), logging.getLogger("agora.requests")
    handler.setFormatter(TextLines())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda count: [records.get(timeout=20).getMessage() for _ in range(count)]
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_log_holds_no_secrets(library: Library, request_log: Callable[[int], list[str]]) -> None:
    """Also where an address leads nowhere, because somebody lost a letter of it."""
    client, count = library.site.client(), 0
    signed = [path for name, path in library.paths.items() if name != "portrait"]

    for path in signed:
        for address in (path, f"{path}/", f"{path}/more", f"{path}?done=x", f"/x{path}", f"{path}).", path[:-1]):
            for method in ("GET", "HEAD", "DELETE"):
                client.request(method, address)
                count += 1
    client.post("/sign-in", data={"email": "someone.private@example.org", "password": "a secret password"})

    logged = "\n".join(request_log(count + 1))
    assert "method=GET path=/my/comment/… status=200" in logged
    assert not [path for path in signed if path.rsplit("/", 1)[1][:30] in logged]
    assert "someone.private" not in logged
    assert "secret" not in logged


def test_each_request_is_one_line(library: Library, request_log: Callable[[int], list[str]]) -> None:
    client = library.site.client()

    answers = [client.get(path) for path in ("/sign-in", "/nowhere", "/healthz")]

    lines = [dict(word.partition("=")[::2] for word in line.split()) for line in request_log(3)]
    assert [line["path"] for line in lines] == ["/sign-in", "/nowhere", "/healthz"]
    assert [line["status"] for line in lines] == ["200", "404", "200"]
    assert [line["request"] for line in lines] == [answer.headers["x-request-id"] for answer in answers]
    assert [int(line["bytes"]) for line in lines] == [len(answer.content) for answer in answers]


def test_nobody_writes_into_the_log(library: Library, request_log: Callable[[int], list[str]]) -> None:
    """A line feed in an address must not begin a line of the log, nor an escape colour its terminal."""
    library.site.client().get("/x%0AGET%20/forged%20200%1b[31m")

    (line,) = request_log(1)
    assert len(line.splitlines()) == 1
    assert line.isprintable()


# For machines


def json_ld(page: httpx.Response) -> dict[str, object]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.S)
    assert len(found) == 1
    parsed: dict[str, object] = json.loads(found[0])
    return parsed


def test_post_describes_itself(library: Library) -> None:
    site, page = library.site, library.site.client().get("/posts/the-garden")
    address = f"{site.base_url}/posts/the-garden"

    said = json_ld(page)
    properties = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page.text))

    assert f'<link rel="canonical" href="{address}">' in page.text
    assert (said["@type"], said["headline"], said["inLanguage"]) == ("Article", "The garden", "en")
    assert said["mainEntityOfPage"] == address
    assert said["author"] == [
        {"@type": "Person", "name": "Inès Caradec", "url": f"{site.base_url}/authors/ines-caradec"}
    ]
    assert said["isBasedOn"] == "https://books.example.org/gardens"
    assert said["commentCount"] == site.counts(library.post)[0] == 3
    assert datetime.fromisoformat(str(said["datePublished"])).tzinfo is not None
    assert properties["og:title"] == "The garden"
    assert properties["og:type"] == "article"
    assert properties["og:url"] == address
    assert properties["og:description"] == "What grows where."
    assert properties["og:locale"] == "en_GB"
    assert properties["article:tag"] == "Gardens"
    assert '<meta name="description" content="What grows where.">' in page.text


@ON_SQLITE
def test_hostile_title_stays_in_its_place(site: Site) -> None:
    title = '</script><script>alert(1)</script>"><b> & \u2028'
    post = site.post(title, summary=title, slug="hostile")

    page = site.client().get("/posts/hostile")

    assert "<script>alert" not in page.text
    assert '"><b>' not in page.text
    assert json_ld(page)["headline"] == post.title


@ON_SQLITE
def test_later_pages_have_their_own_address(site: Site) -> None:
    for n in range(11):
        site.post(f"Post {n:02}")
    client = site.client()

    first, second, third = (client.get("/", params={"page": n}) for n in (1, 2, 3))

    assert f'<link rel="canonical" href="{site.base_url}/">' in first.text
    assert f'<link rel="canonical" href="{site.base_url}/?page=2">' in second.text
    further = re.search(r'rel="next" href="(/\?page=2&amp;before=[^"]+)"', first.text)
    assert further
    assert 'rel="prev" href="/' in second.text
    assert client.get(unescape(further[1])).text == second.text
    titles = [re.findall(r">(Post \d\d)</a>", page.text) for page in (first, second)]
    assert titles[0] + titles[1] == [f"Post {n:02}" for n in range(10, -1, -1)]
    assert third.status_code == 404


NUMBERS = {"abc": 200, "-1": 200, "0": 200, "": 200, "1.5": 200, "²": 200, "٣": 200, "%00": 200, "99999999999999": 404}


@pytest.mark.parametrize(("number", "status"), [*NUMBERS.items(), ("9" * 400, 200), ("2", 404)])
@pytest.mark.parametrize("path", ["/", "/posts/the-garden", "/authors/ines-caradec", "/tags/gardens"])
def test_strange_page_numbers_are_harmless(any_library: Library, path: str, number: str, status: int) -> None:
    assert any_library.site.client().get(f"{path}?page={number}").status_code == status


@pytest.mark.parametrize("path", ["/archive", "/moderation/log", "/admin/posts", "/admin/moderation"])
@pytest.mark.parametrize("before", ["x", "0", "-1", "9" * 15, "9" * 60, "9" * 17 + "-9", "1-1", "%00"])
def test_strange_positions_are_harmless(any_library: Library, path: str, before: str) -> None:
    client = any_library.site.client_of(any_library.ada)

    assert client.get(f"{path}?before={before}&after={before}").status_code == 200


def test_archive_holds_every_post(library: Library) -> None:
    page = library.site.client().get("/archive")

    assert re.findall(r'<a href="/posts/([^"]+)"', page.text) == ["le-jardin", "the-garden"]
    assert '<a href="/posts/le-jardin" lang="fr" hreflang="fr">' in page.text
    assert str(datetime.now(UTC).year) in page.text


def test_map_holds_what_is_public(library: Library) -> None:
    answer = library.site.client().get("/sitemap.xml")

    urls = ElementTree.fromstring(answer.content)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    places = [element.text for element in urls.findall("s:url/s:loc", names)]
    base = library.site.base_url
    assert answer.headers["content-type"].startswith("application/xml")
    assert places == [f"{base}/", f"{base}/posts/le-jardin", f"{base}/posts/the-garden"]
    for element in urls.findall("s:url/s:lastmod", names):
        assert datetime.fromisoformat(element.text or "").tzinfo is not None


@ON_SQLITE
def test_map_is_written_in_ascii(site: Site) -> None:
    """sitemaps.org: every address is escaped (RFC 3986)."""
    site.post("حديقة")

    xml = site.client().get("/sitemap.xml").text

    places = re.findall(r"<loc>([^<]+)</loc>", xml)
    assert len(places) == 2
    assert all(place.isascii() for place in places)
    assert httpx.get(places[1]).status_code == 200


def test_robots_find_the_map(library: Library) -> None:
    answer = library.site.client().get("/robots.txt")

    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain")
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /admin", "Disallow: /my/"} <= set(lines)
    assert f"Sitemap: {library.site.base_url}/sitemap.xml" in lines


def test_security_contact_is_given(library: Library) -> None:
    """RFC 9116: Contact and Expires are required, and the latter is less than a year away."""
    answer = library.site.client().get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    expires = datetime.fromisoformat(fields["Expires"])
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == f"{library.site.base_url}/.well-known/security.txt"
    assert set(fields["Preferred-Languages"].split(", ")) == {"fr", "en"}
    assert timedelta(days=270) < expires - datetime.now(UTC) < timedelta(days=366)


@ON_SQLITE
def test_no_contact_is_no_file(site: Site) -> None:
    assert site.client().get("/.well-known/security.txt").status_code == 404


# Static files


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("style.css", "text/css; charset=utf-8"),
        ("agora.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("fonts/source-serif-4-latin-wght-normal.woff2", "font/woff2"),
    ],
)
def test_static_files_are_kept_for_ever(library: Library, name: str, kind: str) -> None:
    client = library.site.client()

    answer, old = client.get(static_address(name)), client.get(f"/static/0123456789ab/{name}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (old.status_code, old.content) == (200, answer.content)  # the page of an older version still asks for it
    assert old.headers["cache-control"] == "no-cache"


TRAVERSALS = [
    "../pyproject.toml",
    "..%2fpyproject.toml",
    "%2e%2e/pyproject.toml",
    "..%2f..%2f..%2f..%2fetc/passwd",
    "fonts/../../pyproject.toml",
    "fonts/..%2f..%2fpyproject.toml",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "..\\pyproject.toml",
    "fonts",
    "",
    "%00",
    "style.css%00",
    "x" * 3000,
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_only_static_files_are_served(library: Library, path: str) -> None:
    """Asked as it stands: httpx would tidy the address up."""
    with closing(HTTPConnection(library.site.base_url.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", f"/static/x/{path}")

        assert connection.getresponse().status == 404


# Languages


def test_english_post_on_french_site(french_library: Library) -> None:
    client = french_library.site.client()

    page, home = client.get("/posts/the-garden"), client.get("/")

    assert '<html lang="en">' in page.text
    assert "Leave a comment" in page.text
    assert "Laisser un commentaire" not in page.text
    assert '<meta property="og:locale" content="en_GB">' in page.text
    assert '<html lang="fr">' in home.text
    assert 'lang="en">\n<p class="kicker">' in home.text
    assert '<html lang="fr">' in client.get("/posts/le-jardin").text


def test_french_site_speaks_french(french_library: Library) -> None:
    """No English sentence of the catalogue stands on a page of a French site."""
    with packaged("translations", "fr.po").open("rb") as file:
        catalogue = read_po(file, locale="fr")
    ids = [message.id for message in catalogue if isinstance(message.id, str) and message.id != message.string]
    english = [id_ for id_ in ids if len(id_.split()) >= 3 and "%" not in id_]
    client = french_library.site.client()
    paths = [path for path in pages(french_library) if "the-garden" not in path and "." not in path]
    paths = [path for path in paths if path != f"/comments/{french_library.published}/reply"]

    assert len(english) > 100
    for path in [*paths, "/nowhere", "/posts/nowhere", "/admin"]:
        page = client.get(path, follow_redirects=True)
        words = unescape(words_of(page))
        assert '<html lang="fr">' in page.text, path
        assert not [sentence for sentence in english if sentence in words], path


def test_charter_numbers_its_clauses(library: Library) -> None:
    page = library.site.client().get("/charter")

    numbers = [int(number) for number in re.findall(r'<li id="clause-(\d+)">', page.text)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 3


@pytest.mark.parametrize("path", ["/archive/", "/posts/the-garden/", "//archive", "/Archive"])
def test_one_page_has_one_address(library: Library, path: str) -> None:
    assert library.site.client().get(f"{library.site.base_url}{path}").status_code == 404


def test_unknown_address_helps(library: Library) -> None:
    page = library.site.client().get("/nowhere/at/all")

    assert page.status_code == 404
    assert all(f'href="{path}"' in page.text for path in ("/", "/archive", "/authors"))


def test_reply_link_leads_to_its_form(library: Library) -> None:
    client = library.site.client()
    html = article(client.get("/posts/the-garden"), library.published)
    link = re.search(r'<a href="(/comments/\d+/reply)" rel="nofollow"', html)

    assert link
    assert f'name="parent" value="{library.published}"' in client.get(link[1]).text


@ON_SQLITE
def test_sites_speak_https_when_asked(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "data", base_url="https://example.org") as site:
        assert site.client().get("/").headers["strict-transport-security"] == "max-age=31536000"
        assert '<link rel="canonical" href="https://example.org/">' in site.client().get("/").text
