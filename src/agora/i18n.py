"""Languages: sentences from the catalogues, dates and numbers as people write them.

The catalogues' ids are the English sentences; `translations/fr.po` has the French ones. They are read as they are, so
there is nothing to compile and nothing to forget to compile.
"""

import gettext
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from agora.resources import packaged

LANGUAGES = ("fr", "en")
LANGUAGE_NAMES = {"fr": "français", "en": "English"}


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> gettext.NullTranslations:
    """The sentences in one language."""
    path = packaged("translations", f"{language}.po")
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(language: str, text: str, values: Mapping[str, object] | None = None) -> str:
    """A marked sentence in this language, its placeholders filled."""
    sentence = catalogue(language).gettext(text) if text else ""
    return sentence % values if values else sentence.replace("%%", "%")


# Babel takes longer to write one date than a page takes for a whole comment; a page has few different days.
@lru_cache(maxsize=1024)
def _written_date(day: date, language: str) -> str:
    if language == "fr" and day.day == 1:
        return "1er " + format_date(day, "MMMM y", locale="fr")
    return format_date(day, "d MMMM y", locale=language)


@lru_cache(maxsize=len(LANGUAGES) * 12)
def _written_month(month: int, language: str) -> str:
    return format_date(date(2000, month, 1), "LLLL", locale=language)


@lru_cache(maxsize=1024)
def _written_number(number: int, language: str) -> str:
    return format_decimal(number, locale=language)


def country(language: str, code: str) -> str:
    """Espagne · Spain: the name of a country by its ISO 3166-1 code."""
    return str(Locale(language).territories.get(code, code))


class Calendar:
    """Dates and hours in one language and time zone."""

    def __init__(self, language: str, time_zone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(time_zone)

    def date(self, moment: datetime) -> str:
        """12 mars 2026 · 12 March 2026"""
        return _written_date(moment.astimezone(self.zone).date(), self.language)

    def time(self, moment: datetime) -> str:
        """18 h 04 · 18:04"""
        local = moment.astimezone(self.zone)
        return f"{local.hour}\u00a0h\u00a0{local.minute:02}" if self.language == "fr" else f"{local:%H:%M}"

    def moment(self, moment: datetime) -> str:
        """12 mars 2026, 18 h 04"""
        return f"{self.date(moment)}, {self.time(moment)}"

    def month(self, moment: datetime) -> str:
        """mars"""
        return _written_month(moment.astimezone(self.zone).month, self.language)

    def day(self, moment: datetime) -> str:
        """12 · 1er"""
        day = moment.astimezone(self.zone).day
        return "1er" if day == 1 and self.language == "fr" else str(day)

    def year(self, moment: datetime) -> str:
        return str(moment.astimezone(self.zone).year)

    def span(self, span: timedelta) -> str:
        """3 heures · 3 hours"""
        return format_timedelta(span, locale=self.language, threshold=1.2)

    def number(self, number: int) -> str:
        return _written_number(number, self.language)
