"""What a restriction rests on, in the words of the Digital Services Act (Regulation (EU) 2022/2065, art. 17)."""

from dataclasses import dataclass
from enum import StrEnum

from agora.rules.errors import N_
from agora.rules.moderation import Decision


class Ground(StrEnum):
    """Art. 17(3)(d) and (e): against the law, or against the charter."""

    CHARTER = "charter"
    LAW = "law"


class Automation(StrEnum):
    """Art. 17(3)(c): how far a program decided."""

    NOT = "not"
    PARTIALLY = "partially"
    FULLY = "fully"


class Exemption(StrEnum):
    """Why a statement of reasons need not be sent: art. 17(2), and orders of authorities (art. 9)."""

    NO_CONTACT = "no_contact"
    SPAM = "spam_17_2"
    ORDER = "order_9"


class Prompt(StrEnum):
    """What led to a decision: a notice of art. 16, one of a trusted flagger, another sign, or our own look."""

    NOTICE = "notice"
    TRUSTED_FLAGGER = "trusted-flagger"
    OTHER = "other"
    OWN_INITIATIVE = "own-initiative"


class Category(StrEnum):
    """The sixteen categories of the Commission's Transparency Database, under short names."""

    ANIMAL_WELFARE = "animal_welfare"
    CONSUMER_INFORMATION = "consumer_information"
    CYBER_VIOLENCE = "cyber_violence"
    CYBER_VIOLENCE_AGAINST_WOMEN = "women"
    DATA_PROTECTION = "privacy"
    SPEECH = "speech"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    CIVIC_DISCOURSE = "civic_discourse"
    NOT_SPECIFIED = "not_specified"
    OTHER_VIOLATION = "charter"
    MINORS = "minors"
    PUBLIC_SECURITY = "public_security"
    SCAMS = "scams"
    SELF_HARM = "self_harm"
    UNSAFE_PRODUCTS = "unsafe_products"
    VIOLENCE = "violence"


CATEGORY_NAMES = {
    Category.ANIMAL_WELFARE: N_("Animal welfare"),
    Category.CONSUMER_INFORMATION: N_("Information of consumers"),
    Category.CYBER_VIOLENCE: N_("Harassment and violence online"),
    Category.CYBER_VIOLENCE_AGAINST_WOMEN: N_("Harassment and violence online against women"),
    Category.DATA_PROTECTION: N_("Private life and personal data"),
    Category.SPEECH: N_("Hate, defamation, discrimination"),
    Category.INTELLECTUAL_PROPERTY: N_("Copyright and other intellectual property"),
    Category.CIVIC_DISCOURSE: N_("Disinformation, elections"),
    Category.NOT_SPECIFIED: N_("Nothing specified"),
    Category.OTHER_VIOLATION: N_("Another breach of the charter"),
    Category.MINORS: N_("Protection of minors"),
    Category.PUBLIC_SECURITY: N_("Public security, terrorism"),
    Category.SCAMS: N_("Scams and fraud"),
    Category.SELF_HARM: N_("Suicide and self-harm"),
    Category.UNSAFE_PRODUCTS: N_("Unsafe or prohibited products"),
    Category.VIOLENCE: N_("Violence"),
}

# What cannot wait: a life, a child, an attack (art. 18).
GRAVE = frozenset({Category.MINORS, Category.PUBLIC_SECURITY, Category.SELF_HARM, Category.VIOLENCE})


@dataclass(frozen=True)
class Legal:
    """That a text breaks the law: which, of what kind; and keywords of the Commission's list, without their prefix."""

    law: str = ""
    category: Category | None = None
    keywords: tuple[str, ...] = ()


# What each decision does to the comment, for the record; those that are missing take nothing away.
MEASURES = {
    Decision.REJECT: "not-published",
    Decision.SPAM: "not-published",
    Decision.HIDE: "hidden",
    Decision.HOLD: "hidden-until-read",
}

# Months within which a decision can be contested, from the day on which somebody was informed of it (art. 20(1)).
APPEAL_MONTHS = 6
