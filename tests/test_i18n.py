"""Dates, hours, spans and sentences are written as people write them, in French and in English."""

from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from agora.i18n import LANGUAGE_NAMES, LANGUAGES, Calendar, catalogue, country, translate
from agora.languages import OF
from agora.resources import packaged
from agora.rules.commission_words import TERRITORIES

# In these tests, ~ is a narrow no-break space and _ a no-break space.
FRENCH, ENGLISH = Calendar("fr", "Europe/Paris"), Calendar("en", "Europe/Paris")


def utc(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def spaced(text: str) -> str:
    return text.replace("~", "\u202f").replace("_", "\u00a0")


@pytest.mark.parametrize(
    ("moment", "french", "english"),
    [
        (utc(2026, 3, 1), "1er mars 2026", "1 March 2026"),
        (utc(2026, 3, 12), "12 mars 2026", "12 March 2026"),
        (utc(2026, 8, 21), "21 août 2026", "21 August 2026"),
        (utc(2025, 12, 31), "31 décembre 2025", "31 December 2025"),
        (utc(2024, 2, 29), "29 février 2024", "29 February 2024"),
    ],
)
def test_dates_are_written_out(moment: datetime, french: str, english: str) -> None:
    assert FRENCH.date(moment) == french
    assert ENGLISH.date(moment) == english


@pytest.mark.parametrize(
    ("moment", "french", "english"),
    [
        (utc(2026, 3, 12, 17, 4), "18_h_04", "18:04"),
        (utc(2026, 3, 12, 8, 0), "9_h_00", "09:00"),
        (utc(2026, 3, 11, 23, 0), "0_h_00", "00:00"),
        (utc(2026, 3, 12, 22, 59), "23_h_59", "23:59"),
    ],
)
def test_hours_do_not_break(moment: datetime, french: str, english: str) -> None:
    assert FRENCH.time(moment) == spaced(french)
    assert ENGLISH.time(moment) == english


def test_moment_is_date_and_hour() -> None:
    assert FRENCH.moment(utc(2026, 3, 1, 17, 4)) == spaced("1er mars 2026, 18_h_04")
    assert ENGLISH.moment(utc(2026, 3, 1, 17, 4)) == "1 March 2026, 18:04"


def test_parts_of_a_date_agree() -> None:
    first, second = utc(2026, 3, 1), utc(2026, 3, 2)

    assert [FRENCH.day(first), FRENCH.day(second), ENGLISH.day(first)] == ["1er", "2", "1"]
    assert [FRENCH.month(first), ENGLISH.month(first)] == ["mars", "March"]
    assert FRENCH.year(first) == "2026"


@pytest.mark.parametrize(
    ("zone", "moment", "written"),
    [
        ("Europe/Paris", utc(2025, 12, 31, 22, 59), "31 décembre 2025, 23_h_59"),
        ("Europe/Paris", utc(2025, 12, 31, 23, 0), "1er janvier 2026, 0_h_00"),
        ("Pacific/Noumea", utc(2025, 12, 31, 13, 0), "1er janvier 2026, 0_h_00"),
        ("America/Martinique", utc(2026, 1, 1, 3, 59), "31 décembre 2025, 23_h_59"),
        ("UTC", utc(2026, 1, 1, 0, 0), "1er janvier 2026, 0_h_00"),
        # The hour that is skipped in spring, and the one that comes twice in autumn.
        ("Europe/Paris", utc(2026, 3, 29, 0, 59), "29 mars 2026, 1_h_59"),
        ("Europe/Paris", utc(2026, 3, 29, 1, 0), "29 mars 2026, 3_h_00"),
        ("Europe/Paris", utc(2026, 10, 25, 0, 30), "25 octobre 2026, 2_h_30"),
        ("Europe/Paris", utc(2026, 10, 25, 1, 30), "25 octobre 2026, 2_h_30"),
        ("Europe/Paris", utc(2026, 6, 30, 22, 0), "1er juillet 2026, 0_h_00"),
    ],
)
def test_moments_are_local(zone: str, moment: datetime, written: str) -> None:
    calendar = Calendar("fr", zone)

    assert calendar.moment(moment) == spaced(written)
    assert f"{calendar.day(moment)} {calendar.month(moment)} {calendar.year(moment)}" == calendar.date(moment)


def test_unknown_zone_is_an_error() -> None:
    with pytest.raises(KeyError):
        Calendar("fr", "Europe/Pariis")


@pytest.mark.parametrize(
    ("span", "french", "english"),
    [
        (timedelta(minutes=30), "30 minutes", "30 minutes"),
        (timedelta(hours=2), "2 heures", "2 hours"),
        (timedelta(days=7), "7 jours", "7 days"),
    ],
)
def test_spans_are_in_words(span: timedelta, french: str, english: str) -> None:
    assert FRENCH.span(span).replace("\u00a0", " ") == french
    assert ENGLISH.span(span) == english


def test_numbers_are_grouped() -> None:
    assert FRENCH.number(1_234_567) == spaced("1~234~567")
    assert ENGLISH.number(1_234_567) == "1,234,567"


# Babel knows the Unicode CLDR, and takes much more memory for it than these tables.


@pytest.mark.parametrize("calendar", [FRENCH, ENGLISH], ids=lambda calendar: calendar.language)
def test_words_are_those_of_the_cldr(calendar: Calendar) -> None:
    language = calendar.language
    spans = [timedelta(seconds=seconds) for seconds in (*range(200), *(int(1.17**n) for n in range(120)))]
    numbers = (0, 1, -1, 999, 1000, -1234, 1_234_567, 0.1, 1.5, 2.0, 1234.5678, 99.9996)

    assert [calendar.month(utc(2026, n, 9)) for n in range(1, 13)] == [
        format_date(utc(2026, n, 9), "LLLL", locale=language) for n in range(1, 13)
    ]
    assert list(map(calendar.span, spans)) == [format_timedelta(s, locale=language, threshold=1.2) for s in spans]
    assert list(map(calendar.number, numbers)) == [format_decimal(n, locale=language) for n in numbers]
    names = Locale(language).territories
    assert {code: country(language, code) for code in OF[language].countries} == {
        code: names[code] for code in TERRITORIES
    }


# Sentences


def test_catalogue_is_read_as_babel_reads_it() -> None:
    with packaged("translations", "fr.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]

    ours = catalogue("fr")
    for message in messages:
        if isinstance(message.id, str):
            assert ours.gettext(message.id) == message.string
        else:
            assert tuple(ours.ngettext(*message.id, n) for n in (1, 2)) == message.string
            assert ours.ngettext(*message.id, 0) == message.string[0]


def test_every_language_has_a_name() -> None:
    assert set(LANGUAGE_NAMES) == set(LANGUAGES)


def test_sentence_is_translated() -> None:
    assert translate("fr", "At most %(limit)s characters, please.", {"limit": 80}) == "80 caractères au plus."
    assert translate("en", "At most %(limit)s characters, please.", {"limit": 80}) == "At most 80 characters, please."


def test_unknown_sentence_stays_english() -> None:
    assert translate("fr", "Nobody has said this yet: %(word)s.", {"word": "été"}) == "Nobody has said this yet: été."


def test_percent_signs_are_plain() -> None:
    assert translate("fr", "Nobody gave 100%% yet.") == "Nobody gave 100% yet."
    assert translate("fr", "%(share)s%% of nobody.", {"share": 5}) == "5% of nobody."


def test_values_are_not_placeholders() -> None:
    assert translate("en", "Nobody: %(name)s.", {"name": "100 %(limit)s %%"}) == "Nobody: 100 %(limit)s %%."


def test_empty_sentence_stays_empty() -> None:
    """In a catalogue, the empty id is its header."""
    assert catalogue("fr").gettext("") != ""
    assert translate("fr", "") == ""
