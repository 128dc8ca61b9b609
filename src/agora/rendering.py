"""Templates to text: one environment for each language, with the few filters that a template may use."""

import hashlib
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import count
from threading import Lock
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.ext import InternationalizationExtension
from jinja2.parser import Parser
from markupsafe import Markup

from agora.i18n import Calendar, catalogue, translate
from agora.resources import folder

# How many characters of text a view may have: what is longer is made each time.
LONGEST_FRAGMENT = 16_000
# What is remembered in each language: the first pages of five long discussions. With their views and their markup they
# take some 4 MiB, in scripts beyond Latin-1 up to four times that.
CHARACTERS = 1_000_000
# Of a view whose text is short: its markup, names, addresses and moments take about as much as that many characters.
LEAST = 500


class Renderer:
    """Renders templates in a language; dates in one time zone, with the house's own filters besides."""

    def __init__(self, time_zone: str, filters: Mapping[str, Callable[..., Any]]) -> None:
        self._time_zone = time_zone
        self._filters = filters
        self.environment = lru_cache(maxsize=8)(self._new_environment)

    def render(self, template: str, language: str, **presented: Any) -> str:
        return "".join(self._pieces(template, language, presented))

    def encoded(self, template: str, language: str, **presented: Any) -> bytes:
        """In UTF-8. Piece by piece, since a long page with a quotation mark in it takes twice its size as text."""
        return b"".join(map(str.encode, self._pieces(template, language, presented)))

    def _pieces(self, template: str, language: str, presented: dict[str, Any]) -> Iterator[str]:
        return self.environment(language).get_template(template).generate(language=language, **presented)

    def calendar(self, language: str) -> Calendar:
        return Calendar(language, self._time_zone)

    def _new_environment(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folder("templates")),
            autoescape=_is_markup,  # noqa: S701 - all but the plain texts of letters
            undefined=StrictUndefined,
            extensions=[Sentences],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.extend(catalogue=catalogue(language))
        environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
        environment.policies["ext.i18n.trimmed"] = True
        calendar = self.calendar(language)
        environment.filters.update(
            date=calendar.date,
            time=calendar.time,
            moment=calendar.moment,
            month=calendar.month,
            day=calendar.day,
            span=calendar.span,
            number=calendar.number,
            said=_said(language),
            iso=_iso,
            **self._filters,
        )
        environment.filters["fragment"] = Fragments(environment).markup_of
        environment.globals["static"] = static_address
        return environment


_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Sentences(InternationalizationExtension):
    """Translates sentences without a plural when a template is compiled: an environment speaks one language."""

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        match parsed := super().parse(parser):
            case nodes.Output(
                nodes=[nodes.Call(node=nodes.Name(name="gettext"), args=[nodes.Const(value=sentence)], kwargs=values)]
            ):
                return nodes.Output(self._pieces(sentence, {pair.key: pair.value for pair in values}))
        return parsed

    def _pieces(self, sentence: str, values: Mapping[str, nodes.Expr]) -> list[nodes.Expr]:
        """The sentence in the language, with the values in their places; a template escapes them like any other."""
        translated = self.environment.catalogue.gettext(sentence)  # type: ignore[attr-defined]
        pieces: list[nodes.Expr] = [nodes.TemplateData(text % ()) for text in _PLACEHOLDER.split(translated)]
        pieces[1::2] = [values[name] for name in _PLACEHOLDER.findall(translated)]
        return pieces


class View(Hashable, Protocol):
    """A value that holds all that its template shows; `length` is that of its texts, in characters."""

    @property
    def length(self) -> int: ...


@dataclass(slots=True)
class Made:
    """A fragment that is remembered, and when it was asked for last."""

    markup: Markup
    weight: int
    used: int


class Fragments:
    """The markup of views, remembered. A changed view is another value, and a fragment's macro sees nothing else.

    What was not asked for the longest is forgotten first, a quarter at once. All threads of the process share it.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._remembered: dict[tuple[str, View], Made] = {}
        self._weight = 0
        self._clock = count()
        self._turn = Lock()  # of who changes it; to look something up needs none

    def markup_of(self, view: View, template: str) -> Markup:
        if view.length > LONGEST_FRAGMENT:
            return self._made(template, view)
        found = self._remembered.get((template, view))
        if found is None:
            found = self._remember(template, view)
        found.used = next(self._clock)
        return found.markup

    def _remember(self, template: str, view: View) -> Made:
        made = Made(self._made(template, view), LEAST + view.length, next(self._clock))
        with self._turn:
            # Two threads may have made it at once: the first one's stays.
            kept = self._remembered.setdefault((template, view), made)
            if kept is made:
                self._weight += made.weight
            if self._weight > CHARACTERS:
                self._make_room()
        return kept

    def _make_room(self) -> None:
        for key, made in sorted(self._remembered.items(), key=lambda entry: entry[1].used):
            if self._weight <= CHARACTERS * 3 // 4:
                break
            del self._remembered[key]
            self._weight -= made.weight

    def _made(self, template: str, view: View) -> Markup:
        # A macro of the template's own module: to begin with the page's variables takes twice as long for each comment.
        made: Markup = self._environment.get_template(template).module.fragment(view)  # type: ignore[attr-defined]
        return made


def _iso(moment: datetime) -> str:
    """A moment for programs. HTML takes three digits of a second at most; whole seconds are enough."""
    return moment.isoformat(timespec="seconds")


def _is_markup(template: str | None) -> bool:
    return template is None or not template.endswith(".txt")


class Sentence(Protocol):
    """A marked sentence with the values of its placeholders."""

    @property
    def text(self) -> str: ...

    @property
    def values(self) -> Mapping[str, object]: ...


def _said(language: str) -> Callable[[Sentence | str], str]:
    def said(message: Sentence | str) -> str:
        """A sentence from the house's code, in the language of the page."""
        if isinstance(message, str):
            return translate(language, message)
        return translate(language, message.text, message.values)

    return said


def static_address(name: str) -> str:
    """The address of a static file. It carries a hash of all of them, so that it can be kept for ever."""
    return f"/static/{static_version()}/{name}"


@lru_cache(maxsize=1)
def static_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(folder("static").rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
