"""What identifies people in a text: telephone numbers, e-mail and postal addresses, French social security numbers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from agora.rules.errors import N_
from agora.rules.links import without_links

# A text that holds more is a list, and the first of it says enough.
MOST_OF_A_KIND = 5


class Kind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    POSTAL = "postal"
    NIR = "nir"


KIND_NAMES = {
    Kind.PHONE: N_("Telephone numbers"),
    Kind.EMAIL: N_("E-mail addresses"),
    Kind.POSTAL: N_("Postal addresses"),
    Kind.NIR: N_("French social security numbers (NIR)"),
}


@dataclass(frozen=True)
class Particular:
    """A passage that may say who somebody is, or where to find them."""

    kind: Kind
    passage: str


def particulars(text: str) -> tuple[Particular, ...]:
    """What a text says of somebody, once each, in the order of the kinds. Web addresses are not looked into."""
    spoken, found = without_links(text, " "), list[Particular]()
    digits = len(_DIGIT.findall(spoken))
    for kind, fewest, look in _LOOKS:
        passages = list(islice(look(spoken), MOST_OF_A_KIND)) if digits >= fewest else []
        for passage in passages:
            found.append(Particular(kind, " ".join(passage.split())))
            spoken = spoken.replace(passage, " ; ")  # what was understood is not read a second time as something else
    return tuple(dict.fromkeys(found))


_DIGIT = re.compile(r"[0-9]")

# Between the groups of a number: spaces of every width, dots, hyphens.
_GAP = r"[ \t.\-\u00a0\u2009\u202f\u2010\u2011]{0,2}"

_EMAIL = re.compile(r"(?<![\w@.+-])[a-z0-9][\w.+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w@])", re.IGNORECASE)


def _emails(text: str) -> Iterator[str]:
    if "@" in text:
        yield from (found[0] for found in _EMAIL.finditer(text))


# 06 12 34 56 78 · +33 (0)6 12 34 56 78 · 0033 6…, and other countries' numbers in their international form (E.164).
_FRENCH_PHONE = re.compile(
    rf"(?<![\w+/.,-])(?:(?:\+|00){_GAP}33{_GAP}(?:\(0\))?{_GAP}|0)[1-9](?:{_GAP}\d\d){{4}}(?![\d/-])"
)
_FOREIGN_PHONE = re.compile(
    rf"(?<![\w+/.,-])(?:\+{_GAP}|00(?=[1-9]\d{{8}}))[1-9]\d{{0,2}}(?:{_GAP}\(?\d{{1,4}}\)?){{2,6}}(?![\d/-])"
)
_BOOK_NUMBER = re.compile(r"\b(?:ISBN|ISSN|EAN|DOI|SIRET|SIREN)\b[^\w\n]*(?:1[03])?[^\w\n]*$", re.IGNORECASE)


def _phones(text: str) -> Iterator[str]:
    for pattern, fewest in ((_FRENCH_PHONE, 10), (_FOREIGN_PHONE, 8)):
        for found in pattern.finditer(text):
            if fewest <= sum(map(str.isdigit, found[0])) <= 15 and not _follows_book_number(text, found.start()):
                yield found[0]


def _follows_book_number(text: str, at: int) -> bool:
    return _BOOK_NUMBER.search(text[max(0, at - 16) : at]) is not None


# Sex, year, month (above 12: not known), department (Corsica has 2A and 2B), commune, order, key.
_NIR = re.compile(
    rf"(?<![\w.,-])([1-478]{_GAP}\d\d{_GAP}\d\d{_GAP}(?:\d\d|2[AB]){_GAP}\d{{3}}{_GAP}\d{{3}}){_GAP}(\d\d)(?!\w)",
    re.IGNORECASE,
)


def _nirs(text: str) -> Iterator[str]:
    yield from (found[0] for found in _NIR.finditer(text) if _key_fits(found[1], int(found[2])))


def _key_fits(number: str, key: int) -> bool:
    """The key is 97 less the number's rest by 97; Corsica's departments count as 19 and 18."""
    signs = re.sub(r"[^0-9AB]", "", number.upper()).replace("2A", "19").replace("2B", "18")
    return 97 - int(signs) % 97 == key


# They begin with a figure, and look back from there: the rest of a text is passed over quickly.
_NUMBER = r"\d(?<![\w/.,-]\d)\d{0,3}(?:\s?(?:bis|ter|quater))?,?\s{1,2}"
_ARTICLES = r"(?:(?:de|du|des|la|le|les|aux?|d[’']|l[’'])\s?){0,3}"
_TOWN = r"(?:,?\s{1,2}\d{5}\s{1,2}[A-ZÀ-Þ][\w’'-]{0,30})?"
_PROPER = r"[A-ZÀ-Þ0-9][\w’'-]{0,30}(?:[ -][A-ZÀ-Þ][\w’'-]{0,30}){0,3}"
# A number before these is an address, however its name is written; before the others, if its name has a capital.
_WAYS = r"(?i:rue|avenue|av\.|boulevard|bd|bld|blvd|impasse|allées?|ruelle|faubourg|fbg|lotissement)"
_OTHER_WAYS = (
    r"(?i:place|pl\.|chemin|quai|route|square|passage|sentier|cours|cité|résidence|hameau|lieu-dit|rond-point|villa"
    r"|esplanade|promenade|montée|voie)"
)
_ENGLISH_WAYS = "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Close|Crescent|Terrace|Court|Way"
_POSTAL = (
    re.compile(rf"{_NUMBER}{_WAYS}\s{{1,2}}{_ARTICLES}(?:{_PROPER}|[a-zà-ÿ][\w’'-]{{2,30}}){_TOWN}"),
    re.compile(rf"{_NUMBER}{_OTHER_WAYS}\s{{1,2}}{_ARTICLES}{_PROPER}{_TOWN}"),
    re.compile(rf"\d(?<![\w/.,-]\d)\d{{0,4}}\s(?:[A-Z][\w’'-]{{1,30}}\s){{1,3}}(?:{_ENGLISH_WAYS})\b"),
)


def _postal(text: str) -> Iterator[str]:
    yield from (found[0] for pattern in _POSTAL for found in pattern.finditer(text))


# With the fewest digits that each of them has.
_LOOKS: tuple[tuple[Kind, int, Callable[[str], Iterator[str]]], ...] = (
    (Kind.NIR, 13, _nirs),
    (Kind.EMAIL, 0, _emails),
    (Kind.PHONE, 8, _phones),
    (Kind.POSTAL, 1, _postal),
)
