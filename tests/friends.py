"""A served site and its people: plain makers of data, so that a test can begin where it gets interesting."""

import re
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from agora import connections, settings
from agora.actions import bylines as byline_actions
from agora.actions import comments as comment_actions
from agora.actions import moderation as moderation_actions
from agora.actions import people as people_actions
from agora.actions import posts as post_actions
from agora.actions import site as site_actions
from agora.actions.bylines import BylineDraft
from agora.actions.comments import CommentDraft
from agora.actions.posts import PostDraft
from agora.app import create_app, new_worker
from agora.rules.ledger import Break, Broken, Chain, Sealed
from agora.rules.moderation import Decision, Party
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from agora.store.bylines import Byline
from agora.store.comments import Comment, comment_in_full
from agora.store.database import Database
from agora.store.events import Event, history
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.schema import migrate
from agora.tokens import Tokens

PASSWORD = "correct horse battery staple"
SECRET = "a secret of the tests, which is long enough"
# Made once: reading the certificates of the world takes longer than most tests, and no test asks for one.
_TLS = ssl.create_default_context()


class Clock:
    """A clock that a test can set forward."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Site:
    """Agora served over HTTP by uvicorn in a thread of this process, with its database at hand.

    `clock` is the site's; `deliver()` does what the worker does. Settings are given as for the environment, without
    their prefix: `Site(url, folder, moderation="pre")`.
    """

    def __init__(self, database_url: str, folder: Path, **stated: str) -> None:
        folder.mkdir(exist_ok=True)
        self.clock = Clock()
        self._clients: list[httpx.Client] = []
        self._listener = _free_listener()
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        environ = {"data_dir": str(folder), "database_url": database_url, "secret_key": SECRET, "inner_worker": "off"}
        environ |= {"language": "en", "base_url": self.base_url} | stated
        self.settings = settings.load({f"AGORA_{name.upper()}": value for name, value in environ.items()})
        self.database = Database(database_url)
        self.tokens = Tokens(SECRET)
        self.app = create_app(self.settings, clock=self.clock)
        config = uvicorn.Config(
            self.app,
            http=connections.protocol(self.settings.request_timeout),
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        # The socket listens already: this waits until somebody answers.
        with closing(HTTPConnection(*self._listener.getsockname(), timeout=120)) as visitor:
            visitor.request("GET", "/healthz")
            assert visitor.getresponse().status == 200
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(timeout=20)
        self.database.close()

    @property
    def in_hand(self) -> int:
        """How many requests have come and are not answered yet."""
        return len(self._server.server_state.tasks)

    # Browsers

    def client(self, **options: Any) -> httpx.Client:
        """A browser without a session."""
        client = httpx.Client(base_url=self.base_url, timeout=120, **({"verify": _TLS, "trust_env": False} | options))
        self._clients.append(client)
        return client

    def client_of(self, person: Person) -> httpx.Client:
        """A browser in which this person is signed in."""
        client = self.client()
        with self.writing() as session:
            token = people_actions.open_session(session, person, browser="a test", now=self.clock.now)
        client.cookies.set("agora_session", token, domain="127.0.0.1")
        return client

    # Rows

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.write() as session:
            yield session

    def person(self, name: str, role: Role, *, password: str | None = None, language: str = "en") -> Person:
        with self.writing() as session:
            return people_actions.add_person(
                session,
                name=name,
                email=f"{name.lower()}@example.org",
                role=role,
                language=language,
                password=password,
                now=self.clock.now,
            )

    def alice(self) -> Person:
        """An author."""
        return self.person("Alice", Role.AUTHOR)

    def maud(self) -> Person:
        """A moderator."""
        return self.person("Maud", Role.MODERATOR)

    def ada(self) -> Person:
        """The administrator."""
        return self.person("Ada", Role.ADMINISTRATOR)

    def byline(self, name: str = "Inès Caradec", **stated: Any) -> Byline:
        with self.writing() as session:
            draft = BylineDraft(name=name, **stated)
            return byline_actions.save_byline(session, None, draft, by=None, language="fr", now=self.clock.now)

    def post(self, title: str = "The garden", *, publish: bool = True, by: Person | None = None, **stated: Any) -> Post:
        """A published post in English, unless said otherwise."""
        draft = PostDraft(title=title, **({"body": "It **grows**.", "language": "en"} | stated))
        with self.writing() as session:
            post = post_actions.create_post(session, draft, by=by, now=self.clock.now)
            if publish:
                post_actions.publish_post(session, post, by=by, now=self.clock.now)
            return post

    def unpublish(self, post: Post) -> None:
        with self.writing() as session:
            post_actions.unpublish_post(session, session.get_one(Post, post.id), by=None, now=self.clock.now)

    def published(self, post: Post, body: str = "A fine garden.", *, mode: Mode = Mode.POST, **stated: Any) -> int:
        """The id of a comment that stands at once (mode: another fate), made without HTTP; `parent_id` answers one."""
        draft = CommentDraft(**({"name": "Bob", "email": "bob@example.org", "body": body} | stated))
        rules = SiteRules(mode, max_links=1000, limit_haste=False)
        with self.writing() as session:
            current = session.get_one(Post, post.id)
            comment = comment_actions.post_comment(session, current, draft, rules, now=self.clock.now)
            return comment.id

    def waiting(self, post: Post, body: str = "A fine garden.", **stated: Any) -> int:
        """The id of a comment that waits for a moderator."""
        return self.published(post, body, mode=Mode.PRE, **stated)

    def judge(self, comment_id: int, decision: Decision, by: Person, **why: Any) -> None:
        """Decide on a comment as a moderator, without HTTP."""
        with self.writing() as session:
            comment = session.get_one(Comment, comment_id)
            moderation_actions.decide(
                session,
                comment,
                decision,
                party=Party.MODERATOR,
                version=comment.version,
                person=by,
                now=self.clock.now,
                **why,
            )

    def counts(self, post: Post) -> tuple[int, int]:
        """The post's published comments, as its row says, and the threads that are shown."""
        with self.database.read() as session:
            shown = (Comment.post_id == post.id, Comment.parent_id.is_(None), Comment.shown_in_thread > 0)
            threads = session.scalar(select(func.count()).where(*shown)) or 0
            return session.get_one(Post, post.id).comment_count, threads

    def history(self, comment_id: int) -> list[Event]:
        """All that happened to a comment, the earliest first."""
        with self.database.read() as session:
            events = history(session, comment_id)
            session.expunge_all()
            return events

    def comment(self, comment_id: int) -> Comment:
        """A comment with its text, as it stands in the database now."""
        with self.database.read() as session:
            comment = comment_in_full(session, comment_id)
            assert comment is not None
            session.expunge_all()
            return comment

    # Letters

    def deliver(self) -> int:
        """Send all letters that are due by the site's clock."""
        return new_worker(self.settings, self.database, clock=self.clock).work()

    def letters(self) -> list[EmailMessage]:
        """The letters in the folder, the earliest first."""
        paths = sorted((self.settings.data_dir / "letters").glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]  # type: ignore[misc]


_PREPARED: dict[str, bytes] = {}  # an empty site's whole database, by its language


def prepare(site: Site) -> None:
    """Give a site that does not serve yet its tables and its first charter. On SQLite, the second one is a copy."""
    file, language = Path(site.database.engine.url.database or ""), site.settings.language
    if site.database.is_sqlite and language in _PREPARED:
        file.write_bytes(_PREPARED[language])
        return
    migrate(site.database)
    with site.writing() as session:
        site_actions.initialise(session, site.settings, now=site.clock.now)
    if site.database.is_sqlite:
        site.database.close()  # which brings all of it into the one file
        _PREPARED[language] = file.read_bytes()


def _free_listener() -> Any:
    listener = uvicorn.Config("", host="127.0.0.1", port=0, log_config=None).bind_socket()
    listener.listen()  # from now on a client waits until the server is up, and is not refused
    return listener


def form(page: httpx.Response, form_id: str) -> dict[str, str]:
    """The fields with which a form was served: hidden ones, texts, checked boxes, chosen options."""
    match = re.search(rf'<form[^>]*id="{form_id}".*?</form>', page.text, re.S)
    assert match, f"the page has no form {form_id}"
    html = match[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        box = attributes.get("type") in {"checkbox", "radio"}
        if attributes.get("name") and (not box or " checked" in tag):
            fields[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', html, re.S):
        fields[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields


def comment_on(client: httpx.Client, post: Post, body: str = "A fine garden.", **fields: Any) -> httpx.Response:
    """Send the comment form of a post, as a reader without an account would."""
    page = client.get(f"/posts/{post.slug}")
    sent = form(page, "comment-form") | {"name": "Bob", "email": "bob@example.org", "body": body} | fields
    return client.post(f"/posts/{post.slug}/comments", data=sent)


def comment_id_of(site: Site, answer: httpx.Response) -> int:
    """The comment to whose own page a successful form led."""
    assert answer.status_code == 303, answer.text
    token = answer.headers["location"].split("?")[0].rsplit("/", 1)[1]
    return int(site.tokens.open("my-comment", token))


def decide(
    client: httpx.Client, comment_id: int, decision: str, *, state: str = "pending", **fields: Any
) -> httpx.Response:
    """Decide a case with the form of the queue."""
    page = client.get("/admin/moderation", params={"state": state})
    sent = form(page, f"case-{comment_id}") | {"decision": decision} | fields
    return client.post(f"/admin/moderation/{comment_id}", data=sent)


def write_post(
    session: Session,
    title: str = "The garden",
    *,
    now: datetime,
    publish: bool = True,
    by: Person | None = None,
    **stated: Any,
) -> Post:
    """A post in English, without a site around it."""
    draft = PostDraft(title=title, **({"body": "It **grows**.", "language": "en"} | stated))
    post = post_actions.create_post(session, draft, by=by, now=now)
    if publish:
        post_actions.publish_post(session, post, by=by, now=now)
    session.flush()
    return post


def write_comment(
    session: Session,
    post: Post,
    body: str = "A fine garden.",
    *,
    now: datetime,
    parent: Comment | None = None,
    mode: Mode = Mode.POST,
    **stated: Any,
) -> Comment:
    """A comment by Bob, public at once unless another mode holds it. The same words sent twice are one comment."""
    fields = {"name": "Bob", "email": "bob@example.org", "source": "a test", "whence": "a test"} | stated
    draft = CommentDraft(body=body, parent_id=parent.id if parent else None, **fields)
    comment = comment_actions.post_comment(session, post, draft, SiteRules(mode, limit_haste=False), now=now)
    session.flush()
    return comment


def first_break(entries: Iterable[Sealed]) -> Break | None:
    """Where the chain of a log is broken first; None where every entry seals the one before it."""
    chain = Chain()
    try:
        for entry in entries:
            chain.follow(entry)
    except Broken as broken:
        return broken.found
    return None


@contextmanager
def statements_of(site: Site, holding: str = "") -> Iterator[list[str]]:
    """What the served application, and not the test itself, asks of the database through SQLAlchemy; only statements
    that hold these words.
    """
    heard: list[str] = []

    def overhear(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if connection.engine is not site.database.engine and holding in statement:
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", overhear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", overhear)
