"""Every page and state of the site, each with the way to reach it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, Response

from browser.concerned import SUSPENDED, WARNED
from browser.town import ADMINISTRATOR, BROKEN, DISCUSSED, EMPTY, FILLED, MAUD, OWN_STATES, READER, WITHOUT_TABLES, Town
from browser.visits import Watch, send, send_plainly, window


@dataclass(frozen=True)
class Screen:
    """`path` is an address, or the name of one in the town; `step` leads on from there."""

    name: str
    path: str
    step: Callable[[Page], Response] | None = None
    status: int = 200
    who: str = READER
    at: str = FILLED


class Tour(ExitStack):
    """Goes from screen to screen, with one window for each person of the town."""

    def __init__(self, chromium: Browser, town: Town, **device: Any) -> None:
        super().__init__()
        self._chromium = chromium
        self._town = town
        self._device = device
        self._windows: dict[tuple[str, str], tuple[Page, Watch]] = {}

    def open(self, screen: Screen) -> tuple[Page, Response]:
        """The window that shows the screen, and the answer that it is made of."""
        page, watch = self._window(screen.at, screen.who)
        watch.complaints.clear()
        answer = page.goto(self._town.paths.get(screen.path, screen.path))
        if screen.step:
            answer = screen.step(page)
        assert answer is not None
        assert answer.status == screen.status
        return page, answer

    def source(self, screen: Screen) -> str:
        """The HTML that the screen is made of; nothing is drawn where no step leads to it."""
        if screen.step:
            return self.open(screen)[1].text()
        page, _ = self._window(screen.at, screen.who)
        answer = page.request.get(self._town.paths.get(screen.path, screen.path))
        assert answer.status == screen.status
        return answer.text()

    def complaints(self, screen: Screen) -> list[str]:
        """What the browser has complained of since the screen was opened."""
        return self._window(screen.at, screen.who)[1].complaints

    def _window(self, at: str, who: str) -> tuple[Page, Watch]:
        if (at, who) not in self._windows:
            person = self._town.people.get((at, who))
            opened = window(self._chromium, self._town.sites[at], person, **self._device)
            self._windows[at, who] = self.enter_context(opened)
        return self._windows[at, who]


def sent(form: str, button: str = "", **fields: str) -> Callable[[Page], Response]:
    return lambda page: send(page, form, button, **fields)


LONG = "Deux phrases assez longues pour valoir d’être gardées. Elles tiennent en un paragraphe.\n\nEt un autre."
POST = f"/posts/{DISCUSSED}"

READING = (
    Screen("home", "/"),
    Screen("second page of home", "/?page=2"),
    Screen("empty home", "/", at=EMPTY),
    Screen("post with discussion", POST),
    Screen("second page of a discussion", f"{POST}?page=2"),
    Screen("post with table and code", "/posts/exporter-son-catalogue-sans-perdre-ses-accents"),
    Screen("closed post in English", "/posts/who-owns-a-towns-memory"),
    Screen("authors", "/authors"),
    Screen("no authors", "/authors", at=EMPTY),
    Screen("byline", "/authors/ines-caradec"),
    Screen("tag", "/tags/lecture-publique"),
    Screen("archive", "/archive"),
    Screen("empty archive", "/archive", at=EMPTY),
    Screen("search", "/search"),
    Screen("search with results", "/search?q=lectures"),
    Screen("search without results", "/search?q=licorne"),
    Screen("charter", "/charter"),
    Screen("log", "/moderation/log"),
    Screen("empty log", "/moderation/log", at=EMPTY),
    Screen("log of reports", "/moderation/log?kind=reports"),
    Screen("report of a year", "/moderation/report"),
    Screen("empty report", "/moderation/report", at=EMPTY),
)
COMMENTING = (
    Screen("reply form", "reply"),
    Screen(
        "comment with errors",
        POST,
        sent("#comment-form", name="", email="bob", website="not an address", body=" "),
        status=422,
    ),
    Screen(
        "preview of a comment",
        "reply",
        sent("#comment-form", "preview", name="Bob", email="bob@example.org", body="*Oui*.\n\n> Non\n\n- a\n- b"),
    ),
    Screen(
        "comment with personal data",
        "reply",
        sent("#comment-form", name="Bob", email="bob@example.org", body="Mon numéro : 06 12 34 56 78."),
        status=422,
    ),
    Screen("own page, waiting", "own waiting"),
    Screen(
        "own page, with personal data", "own waiting", sent("form[data-once]:has(textarea)", body="a@b.fr"), status=422
    ),
    Screen("own page, with an error", "own waiting", sent("form[data-once]:has(textarea)", body=" "), status=422),
    *(Screen(f"own page, {state}", f"own {state}") for state in OWN_STATES),
    Screen(
        "comment of somebody suspended",
        "reply",
        sent("#comment-form", name="Gaston", email=SUSPENDED, body=LONG),
        status=403,
    ),
    Screen(
        "comment of somebody warned", "reply", sent("#comment-form", name="Denise", email=WARNED, body=LONG), status=403
    ),
    Screen("own suspension", "own suspension"),
    Screen("own warning", "own warning"),
    Screen("own warning, contested without words", "own warning", sent("#contest", appeal=" "), status=422),
    Screen("my data", "my data"),
    Screen("my data, not sure", "my data", sent("#erase-form"), status=422),
    Screen("confirm an address", "confirm"),
    Screen("unsubscribe", "unsubscribe"),
)
REPORTING = (
    Screen("report form", "report form"),
    Screen("report with errors", "report form", sent("#report-form", explanation="", email="x"), status=422),
    Screen("report that waits", "report that waits"),
    Screen("report that was decided", "report that was decided"),
    Screen("report contested without words", "report that was decided", sent("#contest", appeal=" "), status=422),
    Screen("confirm a reporter", "confirm a reporter"),
    Screen("own page, contested", "own contested"),
    Screen("own page, contested without words", "own contestable", sent("#contest", appeal=" "), status=422),
)
ERRORS = (
    Screen("not found", "/posts/rien", status=404),
    Screen("refused", "/sign-in/not-a-token", status=403),
    Screen("too late", "old letter", status=409),
    Screen("our mistake", "/charter", status=500, at=BROKEN),
    Screen("out of breath", "/", status=503, at=WITHOUT_TABLES),
)
SIGNING_IN = (
    Screen("sign in", "/sign-in"),
    Screen("wrong password", "/sign-in", sent("#sign-in-form", email="ada@example.org", password="x"), status=422),
    Screen("link asked for", "/sign-in", sent("#sign-in-form", email="ada@example.org")),
    Screen("link opened", "sign in by link"),
)
WRITING = (
    Screen("desk", "/admin", who=ADMINISTRATOR),
    Screen("empty desk", "/admin", who=ADMINISTRATOR, at=EMPTY),
    Screen("posts", "/admin/posts", who=ADMINISTRATOR),
    Screen("no posts", "/admin/posts", who=ADMINISTRATOR, at=EMPTY),
    Screen("new post", "/admin/posts/new", who=ADMINISTRATOR),
    Screen("post in the editor", "editor", who=ADMINISTRATOR),
    Screen("history of a post", "history", who=ADMINISTRATOR),
    Screen(
        "editor with errors",
        "/admin/posts/new",
        sent("#post-form", "save", title="", body="", slug="Pas Bon", source_url="x"),
        status=422,
        who=ADMINISTRATOR,
    ),
    Screen(
        "editor with a conflict",
        "editor",
        sent("#post-form", "save", edition="0", body=LONG),
        status=409,
        who=ADMINISTRATOR,
    ),
    Screen("preview of a post", "editor", sent("#post-form", "preview"), who=ADMINISTRATOR),
    Screen("bylines", "/admin/bylines", who=ADMINISTRATOR),
    Screen("new byline", "/admin/bylines/new", who=ADMINISTRATOR),
    Screen("byline with a portrait", "byline", who=ADMINISTRATOR),
    Screen(
        "byline with errors",
        "/admin/bylines/new",
        sent("#byline-form", name="", bio="x" * 5001, link_url="javascript:x"),
        status=422,
        who=ADMINISTRATOR,
    ),
    Screen("session ended", "/admin/bylines/new", sent("#byline-form", csrf="", bio=LONG), 403, ADMINISTRATOR),
)
MODERATING = (
    Screen("queue", "/admin/moderation", who=MAUD),
    *(Screen(f"queue, {state}", f"/admin/moderation?state={state}", who=MAUD) for state in OWN_STATES),
    Screen("empty queue", "/admin/moderation", who=MAUD, at=EMPTY),
    Screen(
        "decision without its reason",
        "/admin/moderation?kind=held",
        lambda page: send_plainly(page, "form.decide", "reject"),
        status=422,
        who=MAUD,
    ),
    Screen("decision for nobody", "/admin/moderation", sent("#bulk", "approve"), status=422, who=MAUD),
    Screen("queue, narrowed", "/admin/moderation?kind=held&language=fr&mine=yes", who=MAUD),
    Screen("queue, after a decision", "decided just now", who=ADMINISTRATOR),
    Screen("one case", "case", who=MAUD),
    Screen("one case, with an error", "case", sent("form.decide", "reject"), status=422, who=MAUD),
    Screen("everything by one source", "source", who=MAUD),
    Screen("source with an error", "source", sent("#source-form", days="7"), status=422, who=MAUD),
    Screen("comments of one address", "commenter", who=MAUD),
    Screen("address under a measure", "address under a measure", who=MAUD),
    Screen("measures", "/admin/measures", who=MAUD),
    Screen("no measures", "/admin/measures", who=MAUD, at=EMPTY),
    Screen("measure with an appeal", "measure", who=MAUD),
    Screen("new measure", "new measure", who=MAUD),
    Screen("new measure with errors", "new measure", sent("#measure-form"), status=422, who=MAUD),
    Screen("new measure for a network", "new measure for a network", who=MAUD),
    Screen("letter to approve", "letter to approve"),
    Screen("letter to reject, with an error", "letter to reject", sent("form.stack"), status=422),
)
LOOKING_AFTER = (
    Screen("people", "/admin/people", who=ADMINISTRATOR),
    Screen("person with errors", "/admin/people", sent("form.stack", "add", email="x"), 422, ADMINISTRATOR),
    Screen("settings", "/admin/settings", who=ADMINISTRATOR),
    Screen("settings with errors", "/admin/settings", sent("form.stack", title="", contact="x"), 422, ADMINISTRATOR),
    Screen("ready-made reasons", "/admin/reasons", who=MAUD),
    Screen("ready-made reason", "/admin/reasons/1", who=MAUD),
    Screen("reason with errors", "/admin/reasons/new", sent("#reason-form", title=""), status=422, who=MAUD),
    Screen("charter at the desk", "/admin/charter", who=ADMINISTRATOR),
    Screen("charter with an error", "/admin/charter", sent("form.stack", body=""), 422, ADMINISTRATOR),
    Screen("policy", "/admin/policy", who=ADMINISTRATOR),
    Screen(
        "policy with errors",
        "/admin/policy",
        sent("#policy-form", "save", held_words="/(/", max_links="x", languages="xx"),
        422,
        ADMINISTRATOR,
    ),
    Screen(
        "policy tried out",
        "/admin/policy",
        sent("#policy-form", "try", held_words="bibliothèque\nune\n/[aeiou]{3}/", max_links="0", blocked_words="livre"),
        who=ADMINISTRATOR,
    ),
    Screen("data of an address", "data of an address", who=ADMINISTRATOR),
    Screen("data without a reason", "data of an address", sent("#sources-form", "look"), 422, ADMINISTRATOR),
    Screen(
        "sources of an address",
        "data of an address",
        sent("#sources-form", "look", reason="Demande du tribunal"),
        who=ADMINISTRATOR,
    ),
    Screen("orders", "/admin/orders", who=ADMINISTRATOR),
    Screen("no orders", "/admin/orders", who=ADMINISTRATOR, at=EMPTY),
    Screen("order with errors", "/admin/orders", sent("#order-form", authority="", subject=" "), 422, ADMINISTRATOR),
    Screen("order without its answer", "/admin/orders", sent("form.answer", "answer"), 422, ADMINISTRATOR),
    Screen("account", "/account", who=ADMINISTRATOR),
    Screen("account with an error", "/account", sent("form:has(#password)", "password", password="x"), 422, MAUD),
)
SCREENS = READING + COMMENTING + REPORTING + ERRORS + SIGNING_IN + WRITING + MODERATING + LOOKING_AFTER
