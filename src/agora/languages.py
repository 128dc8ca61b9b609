"""What French and English call months, spans and countries, as the Unicode CLDR has it: a test compares them.

Babel knows this of all languages of the world, and takes 4 MB to know it of two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NO_BREAK, NARROW_NO_BREAK = "\u00a0", "\u202f"
DAY = 24 * 3600
# Seconds of what the words of spans mean, in their order.
UNITS = (365 * DAY, 30 * DAY, 7 * DAY, DAY, 3600, 60, 1)


@dataclass(frozen=True)
class Language:
    months: Sequence[str]
    spans: Sequence[tuple[str, str]]  # what follows one, and what follows more, for each of UNITS
    nothing_is_one: bool  # whether the singular follows 0
    thousands: str
    decimals: str
    countries: Mapping[str, str]  # by ISO 3166-1: the European Economic Area


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _named(countries: str) -> dict[str, str]:
    return dict(each.split(" ", 1) for each in countries.split(", "))


FRENCH = Language(
    months=_listed("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    spans=(
        (f"{NO_BREAK}an", " ans"),
        (f"{NO_BREAK}mois", f"{NO_BREAK}mois"),
        (f"{NO_BREAK}semaine", f"{NO_BREAK}semaines"),
        (f"{NO_BREAK}jour", f"{NO_BREAK}jours"),
        (f"{NO_BREAK}heure", f"{NO_BREAK}heures"),
        (" minute", " minutes"),
        (f"{NO_BREAK}seconde", f"{NO_BREAK}secondes"),
    ),
    nothing_is_one=True,
    thousands=NARROW_NO_BREAK,
    decimals=",",
    countries=_named(
        "AT Autriche, BE Belgique, BG Bulgarie, CY Chypre, CZ Tchéquie, DE Allemagne, DK Danemark, EE Estonie, "
        "ES Espagne, FI Finlande, FR France, GR Grèce, HR Croatie, HU Hongrie, IE Irlande, IS Islande, IT Italie, "
        "LI Liechtenstein, LT Lituanie, LU Luxembourg, LV Lettonie, MT Malte, NL Pays-Bas, NO Norvège, PL Pologne, "
        "PT Portugal, RO Roumanie, SE Suède, SI Slovénie, SK Slovaquie"
    ),
)
ENGLISH = Language(
    months=_listed("January February March April May June July August September October November December"),
    spans=(
        (" year", " years"),
        (" month", " months"),
        (" week", " weeks"),
        (" day", " days"),
        (" hour", " hours"),
        (" minute", " minutes"),
        (" second", " seconds"),
    ),
    nothing_is_one=False,
    thousands=",",
    decimals=".",
    countries=_named(
        "AT Austria, BE Belgium, BG Bulgaria, CY Cyprus, CZ Czechia, DE Germany, DK Denmark, EE Estonia, ES Spain, "
        "FI Finland, FR France, GR Greece, HR Croatia, HU Hungary, IE Ireland, IS Iceland, IT Italy, "
        "LI Liechtenstein, LT Lithuania, LU Luxembourg, LV Latvia, MT Malta, NL Netherlands, NO Norway, PL Poland, "
        "PT Portugal, RO Romania, SE Sweden, SI Slovenia, SK Slovakia"
    ),
)
OF = {"fr": FRENCH, "en": ENGLISH}
