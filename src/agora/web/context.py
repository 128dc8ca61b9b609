"""What a handler is given: the request as this house sees it, and the means to answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agora.actions import limits
from agora.rendering import Renderer
from agora.rules.errors import NotFound
from agora.rules.markup import clean_source
from agora.rules.permissions import Deed, may, may_moderate
from agora.settings import Settings
from agora.store import people, policies
from agora.store import site as site_store
from agora.store.database import Database
from agora.store.people import DeskSession, Person
from agora.store.policies import Version
from agora.store.site import Choices
from agora.tokens import Tokens, fingerprint
from agora.web import csrf
from agora.web.desk_nav import Navigation, navigation

MOST_FIELDS = 600
SESSION_COOKIE = "agora_session"
BREAKS = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")  # a row of these is one space

# Invisible, but part of how Persian names and some emoji are written.
JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class House:
    """What every request shares."""

    settings: Settings
    database: Database
    renderer: Renderer
    tokens: Tokens
    clock: Callable[[], datetime]
    wake: Callable[[], None]  # tells the worker that there is something to deliver


@dataclass(frozen=True)
class Fields:
    """A form as it was sent. Texts come stripped; `raw` keeps a text as it is."""

    form: FormData = field(default_factory=FormData)
    uploads: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        """Every text field in the order of the form; cleaned once, in the handler's thread."""
        return [(clean_source(n), clean_source(v)) for n, v in self.form.multi_items() if isinstance(v, str)]

    def raw(self, name: str) -> str:
        return next((value for own, value in self._texts if own == name), "")

    def has(self, name: str) -> bool:
        return any(own == name for own, _ in self._texts)

    def text(self, name: str) -> str:
        return self.raw(name).strip()

    def line(self, name: str) -> str:
        """A text on one line, without control characters; a no-break space stays what it is."""
        visible = "".join(c for c in self.raw(name) if c.isprintable() or c.isspace() or c in JOINERS)
        return BREAKS.sub(" ", visible).strip()

    def texts(self, name: str) -> list[str]:
        return [value.strip() for own, value in self._texts if own == name]

    def number(self, name: str) -> int | None:
        return whole_number(self.text(name))

    def numbers(self, name: str) -> list[int]:
        return [number for text in self.texts(name) if (number := whole_number(text)) is not None]

    def pairs(self) -> list[tuple[str, str]]:
        """Every text field in the order of the form."""
        return list(self._texts)

    def long_texts(self) -> list[tuple[str, str]]:
        """What somebody would not like to write twice."""
        return [(name, value) for name, value in self.pairs() if value and (name in TEXTS or is_long(value))]


NO_FIELDS = Fields()


# Fields whose text is somebody's work, however short.
TEXTS = frozenset({"body", "summary", "bio", "explanation", "title"})


def is_long(text: str) -> bool:
    return len(text) > 60 or "\n" in text


def whole_number(text: str) -> int | None:
    """A number that can be an id, else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def network_of(request: Request) -> str:
    """The address that the request comes from; with IPv6 its /64, which is what one household has."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def open_context(request: Request, house: House, session: Session, fields: Fields) -> "Context":
    """The context of a request, with who is signed in."""
    context = Context(request, house, session, house.clock(), fields)
    cookie = request.cookies.get(SESSION_COOKIE)
    found = people.current_session(session, fingerprint(cookie), context.now) if cookie else None
    if found:
        context.desk_session, context.visitor = found
    return context


async def read_fields(request: Request) -> Fields:
    """Read a form. Our pages are UTF-8, and so are their forms: nobody else chooses how bytes are read."""
    kind, _, charset = request.headers.get("content-type", "").lower().partition("charset=")
    if charset.strip(" \"';") not in {"", "utf-8", "utf8"}:
        raise HTTPException(400)
    if kind.strip(" ;") == "application/x-www-form-urlencoded":
        return Fields(_pairs_of(await request.body()))
    form = await request.form(max_files=2, max_fields=MOST_FIELDS, max_part_size=2 * 1024 * 1024)
    uploads = {name: await value.read() for name, value in form.multi_items() if isinstance(value, UploadFile)}
    await form.close()  # the uploads' temporary files
    return Fields(form, uploads)


def _pairs_of(body: bytes) -> FormData:
    """A form without files. Starlette reads it piece by piece, which takes ten times as long."""
    text = body.decode("latin-1")
    try:
        pairs: list[tuple[str, str | UploadFile]] = [
            *parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        ]
    except ValueError as error:
        raise HTTPException(400) from error
    return FormData(pairs)


@dataclass
class Context:
    """One request: its transaction, its moment, who asks, and how to answer."""

    request: Request
    house: House
    session: Session
    now: datetime
    fields: Fields
    visitor: Person | None = None
    desk_session: DeskSession | None = None
    # Versions that this page depends on beside those of web/routes.py: the discussion it shows.
    depends: set[str] = field(default_factory=set)
    # What the page's `prepare` made of the form before this transaction began.
    prepared: Any = None

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @cached_property
    def _paths(self) -> dict[str, str]:
        # Starlette's own search goes through all routes; a long discussion asks several hundred times.
        paths: dict[str, str] = self.request.app.state.paths
        return paths

    @cached_property
    def site(self) -> Choices:
        return site_store.choices(self.session)

    @cached_property
    def policy(self) -> Version | None:
        """The version of the policy in force; None where nobody has changed what the settings say."""
        return policies.current_version(self.session)

    @property
    def language(self) -> str:
        """The desk speaks the language of who works there, the public pages that of the site."""
        return self.visitor.language if self.visitor else self.settings.language

    @property
    def person(self) -> Person:
        """Who is signed in, on a page that only signed-in people reach."""
        assert self.visitor is not None  # noqa: S101 - the boundary has seen to it
        return self.visitor

    @cached_property
    def source(self) -> str:
        """A keyed hash of the network that the request comes from: a whole /64 with IPv6."""
        return self.house.tokens.keyed_hash("source", network_of(self.request))

    @property
    def whence(self) -> str:
        """A keyed hash of network and browser together: what an address was confirmed from."""
        browser = self.request.headers.get("user-agent", "")
        return self.house.tokens.keyed_hash("whence", f"{network_of(self.request)} {browser}")

    @property
    def csrf(self) -> str:
        """The token that this session's forms carry."""
        return csrf.desk_token(self.house.tokens, self.desk_session.token_hash) if self.desk_session else ""

    @cached_property
    def desk_nav(self) -> Navigation:
        """The ways through the desk that are for this person."""
        return navigation(self.request.url.path, self.url, self.may)

    def path(self, name: str) -> str:
        value = str(self.request.path_params.get(name, ""))
        if "\x00" in value:  # no database would look that up
            raise NotFound()
        return value

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def page_number(self) -> int:
        return max(1, min(whole_number(self.query("page")) or 1, 1_000_000))

    def may(self, deed: Deed) -> bool:
        role = self.visitor.role if self.visitor else None
        if role is not None and deed is Deed.MODERATE_OWN:
            return may_moderate(role, own_post=True, authors_moderate=self.site.authors_moderate)
        return may(role, deed)

    def spend(self, deed: str, source: str | None = None) -> None:
        """Count against a rate limit. Raises Refused (429) beyond it."""
        if self.settings.rate_limits:
            limits.spend(self.session, deed, source or self.source, now=self.now)

    def refuse_beyond(self, deed: str, source: str | None = None) -> None:
        """What `spend` will say, without counting: looked at before something slow is prepared."""
        if self.settings.rate_limits:
            limits.check(self.session, deed, source or self.source, now=self.now)

    def url(self, name: str, **parameters: Any) -> str:
        """The path of a page of web/routes.py."""
        path = self._paths[name]
        return path.format_map(parameters) if parameters else path

    def path_of(self, name: str) -> str:
        """The same with its placeholders, as routes.py has it."""
        return self._paths[name]

    def address(self, name: str, **parameters: Any) -> str:
        """The same as a whole address, for letters, feeds and other sites."""
        return self.settings.base_url + self.url(name, **parameters)

    def render(self, template: str, *, language: str | None = None, **presented: Any) -> str:
        return self.house.renderer.render(template, language or self.language, **self._common, **presented)

    def encoded(self, template: str, *, language: str | None = None, **presented: Any) -> bytes:
        """The same in UTF-8, for an answer."""
        return self.house.renderer.encoded(template, language or self.language, **self._common, **presented)

    @property
    def _common(self) -> dict[str, Any]:
        """What every template may use."""
        return {"ctx": self, "site": self.site, "url": self.url, "address": self.address}

    def page(self, template: str, *, status: int = 200, language: str | None = None, **presented: Any) -> Response:
        html = self.encoded(template, language=language, **presented)
        return Response(html, status_code=status, media_type="text/html")

    def redirect(self, path: str, *, status: int = 303) -> Response:
        return RedirectResponse(path, status_code=status)
