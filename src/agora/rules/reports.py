"""Readers' notices (art. 16 of the Digital Services Act): what they may be about, and what a reporter's word weighs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from agora.rules.errors import N_
from agora.rules.statements import Category


@dataclass(frozen=True)
class Offence:
    """Something against the law that a comment can do; `keyword` is the Commission's, without its prefix."""

    code: str
    name: str
    category: Category
    keyword: str

    @property
    def needs_name(self) -> bool:
        """Art. 16(2)(c): who reports an offence of Directive 2011/93/EU, arts 3 to 7, need not say who they are."""
        return self.category is not Category.MINORS


_OFFENCES = (
    Offence("hatred", N_("Incitement to hatred or violence"), Category.SPEECH, "HATE_SPEECH"),
    Offence("discrimination", N_("Discriminatory insult"), Category.SPEECH, "DISCRIMINATION"),
    Offence("defamation", N_("Defamation or insult"), Category.SPEECH, "DEFAMATION"),
    Offence("harassment", N_("Harassment"), Category.CYBER_VIOLENCE, "CYBER_HARASSMENT"),
    Offence(
        "harassment-women",
        N_("Harassment of a woman because she is one"),
        Category.CYBER_VIOLENCE_AGAINST_WOMEN,
        "CYBER_HARASSMENT_AGAINST_WOMEN",
    ),
    Offence("threat", N_("Threats, a call to violence"), Category.VIOLENCE, "INCITEMENT_VIOLENCE_HATRED"),
    Offence("terrorism", N_("Terrorism, or praise of it"), Category.PUBLIC_SECURITY, "TERRORIST_CONTENT"),
    Offence("minors", N_("Sexual abuse of a child"), Category.MINORS, "CHILD_SEXUAL_ABUSE_MATERIAL"),
    Offence("suicide", N_("Encouragement to suicide or self-harm"), Category.SELF_HARM, "SUICIDE"),
    Offence("private", N_("Personal data, private life"), Category.DATA_PROTECTION, "MISSING_PROCESSING_GROUND"),
    Offence("forgotten", N_("Right to be forgotten"), Category.DATA_PROTECTION, "RIGHT_TO_BE_FORGOTTEN"),
    Offence("copyright", N_("Copyright"), Category.INTELLECTUAL_PROPERTY, "COPYRIGHT_INFRINGEMENT"),
    Offence(
        "impersonation", N_("Somebody passes for somebody else"), Category.SCAMS, "IMPERSONATION_ACCOUNT_HIJACKING"
    ),
    Offence("phishing", N_("Scam, phishing"), Category.SCAMS, "PHISHING"),
    Offence(
        "false", N_("False news, manipulated elections"), Category.CIVIC_DISCOURSE, "MISINFORMATION_DISINFORMATION"
    ),
    Offence("other", N_("Another breach of the law"), Category.NOT_SPECIFIED, "OTHER"),
)
OFFENCES = {offence.code: offence for offence in _OFFENCES}


class Standing(Enum):
    """What we know of who reports; the value is the factor by which their word counts."""

    UNKNOWN = 0.5  # nameless, or with an address that anyone may have typed
    CONFIRMED = 1.0  # the address is theirs
    SIGNED_IN = 1.5
    TRUSTED = 2.0  # a trusted flagger (art. 22)


LEAST, MOST = 0.2, 2.0


def weight(standing: Standing, *, upheld: int, dismissed: int) -> float:
    """What a notice counts: 1 for a confirmed address without a record, more or less as earlier ones fared.

    The share of upheld ones is Laplace-smoothed, so that a single mistake weighs little.
    """
    share = (upheld + 1) / (upheld + dismissed + 2)
    return round(min(MOST, max(LEAST, 2 * share * standing.value)), 3)


# So many notices dismissed in a row, and the moderators are shown that a warning or a suspension may be due (art. 23).
UNFOUNDED_IN_A_ROW = 5

_COMMENT = re.compile(r"/comments/(\d{1,15})(?:/\w+)?/?")
_ANCHOR = re.compile(r"comment-(\d{1,15})")


def further_comments(lines: Iterable[str], *, host: str) -> list[int]:
    """The ids of this site's comments that these addresses lead to, each once; others are left out."""
    found = (_comment_at(line.strip(), host) for line in lines)
    return list(dict.fromkeys(id_ for id_ in found if id_))


def _comment_at(address: str, host: str) -> int | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc not in {"", host}:
        return None
    match = _ANCHOR.fullmatch(parts.fragment) or _COMMENT.fullmatch(parts.path)
    return int(match[1]) if match else None
