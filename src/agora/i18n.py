"""Languages: sentences from the catalogues, dates and numbers as people write them.

The catalogues' ids are the English sentences; `translations/fr.po` has the French ones. They are read as they are, so
there is nothing to compile and nothing to forget to compile.
"""

import gettext
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agora.catalogues import Catalogue
from agora.languages import DAY, OF, UNITS
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
        return Catalogue(file)


def translate(language: str, text: str, values: Mapping[str, object] | None = None) -> str:
    """A marked sentence in this language, its placeholders filled."""
    sentence = catalogue(language).gettext(text) if text else ""
    return sentence % values if values else sentence.replace("%%", "%")


def country(language: str, code: str) -> str:
    """Espagne · Spain: the name of a country by its ISO 3166-1 code; others than the Economic Area's have none."""
    return OF[language].countries.get(code, code)


# A span is told in the largest unit of which it is nearly one and a quarter.
_ENOUGH = 1.2


class Calendar:
    """Dates and hours in one language and time zone."""

    def __init__(self, language: str, time_zone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(time_zone)
        self._words = OF[language]

    def date(self, moment: datetime) -> str:
        """12 mars 2026 · 12 March 2026"""
        local = moment.astimezone(self.zone)
        return f"{self._day(local.day)} {self._words.months[local.month - 1]} {local.year}"

    def time(self, moment: datetime) -> str:
        """18 h 04 · 18:04"""
        local = moment.astimezone(self.zone)
        return f"{local.hour}\u00a0h\u00a0{local.minute:02}" if self.language == "fr" else f"{local:%H:%M}"

    def moment(self, moment: datetime) -> str:
        """12 mars 2026, 18 h 04"""
        return f"{self.date(moment)}, {self.time(moment)}"

    def month(self, moment: datetime) -> str:
        """mars"""
        return self._words.months[moment.astimezone(self.zone).month - 1]

    def day(self, moment: datetime) -> str:
        """12 · 1er"""
        return self._day(moment.astimezone(self.zone).day)

    def _day(self, day: int) -> str:
        return "1er" if day == 1 and self.language == "fr" else str(day)

    def year(self, moment: datetime) -> str:
        return str(moment.astimezone(self.zone).year)

    def span(self, span: timedelta) -> str:
        """3 heures · 3 hours"""
        seconds = abs(span.days * DAY + span.seconds)
        words, unit = next(
            (words, unit)
            for words, unit in zip(self._words.spans, UNITS, strict=True)
            if seconds >= _ENOUGH * unit or unit == 1
        )
        number = round(seconds / unit)
        is_one = number == 1 or (number == 0 and self._words.nothing_is_one)
        return f"{number}{words[0 if is_one else 1]}"

    def number(self, number: float) -> str:
        """1 234,5 · 1,234.5: with three decimals at most."""
        whole, _, decimals = f"{number:,.3f}".partition(".")
        decimals = decimals.rstrip("0")
        grouped = whole.replace(",", self._words.thousands)
        return f"{grouped}{self._words.decimals}{decimals}" if decimals else grouped
