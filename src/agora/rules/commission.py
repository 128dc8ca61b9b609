"""Statements of reasons in the schema of the Commission's Transparency Database (art. 24(5)), without personal data.

Nothing that somebody typed about a person goes in: explanations stay here, and the facts are told from the record.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from agora.rules.commission_words import (
    AUTOMATIONS,
    CATEGORIES,
    EFFECTS,
    GROUNDS,
    KEYWORDS,
    SOURCES,
    TERRITORIES,
    Effect,
)
from agora.rules.errors import N_, Message
from agora.rules.statements import Automation, Category, Ground, Prompt

Say = Callable[[Message], str]

SHORT, EXPLANATION, FACTS = 500, 2000, 5000


@dataclass(frozen=True)
class Stated:
    """A statement as it was recorded. `clause_title` is that of the version in force; `against` is for measures."""

    puid: str
    measure: str
    against: str
    ground: Ground
    clause: int | None
    clause_title: str
    charter_version: int | None
    charter_url: str
    law: str
    category: Category
    keywords: tuple[str, ...]
    prompt: Prompt
    detected_by_program: bool
    automation: Automation
    language: str
    content_date: date
    applied_on: date
    ends_on: date | None


def effect_of(measure: str, against: str) -> Effect:
    return EFFECTS["suspended-account" if (measure, against) == ("suspended", "account") else measure]


def in_schema(stated: Stated, say: Say) -> dict[str, Any]:
    """The statement as the Commission's interface takes it. `say` writes a sentence in the language of the site."""
    effect = effect_of(stated.measure, stated.against)
    is_list = effect.field == "decision_visibility"
    said: dict[str, Any] = {
        effect.field: [effect.value] if is_list else effect.value,
        "decision_ground": GROUNDS[stated.ground],
        **_ground(stated, say),
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": f"STATEMENT_CATEGORY_{CATEGORIES[stated.category]}",
        "territorial_scope": list(TERRITORIES),
        "content_language": stated.language[:2].upper(),
        "content_date": stated.content_date.isoformat(),
        "application_date": stated.applied_on.isoformat(),
        "decision_facts": _facts(stated, effect, say)[:FACTS],
        "source_type": SOURCES[stated.prompt],
        "automated_detection": "Yes" if stated.detected_by_program else "No",
        "automated_decision": AUTOMATIONS[stated.automation],
        "puid": stated.puid,
    }
    if effect.value.endswith("_OTHER"):
        said["decision_visibility_other"] = say(Message(effect.sentence))[:SHORT]
    if stated.ends_on:
        said[effect.end_field] = stated.ends_on.isoformat()
    if keywords := [f"KEYWORD_{word}" for word in stated.keywords if word in KEYWORDS]:
        said["category_specification"] = keywords
    return said


def _ground(stated: Stated, say: Say) -> dict[str, str]:
    if stated.ground is Ground.LAW:
        because = Message(N_("What was written is against the law named above."))
        return {
            "illegal_content_legal_ground": stated.law[:SHORT] or say(Message(N_("The law"))),
            "illegal_content_explanation": say(because)[:EXPLANATION],
        }
    said = {
        "incompatible_content_ground": say(_rule(stated))[:SHORT],
        "incompatible_content_explanation": say(_why(stated))[:EXPLANATION],
    }
    if stated.clause and len(stated.charter_url) <= SHORT:
        said["decision_ground_reference_url"] = stated.charter_url
    return said


def _rule(stated: Stated) -> Message:
    if stated.clause is None:
        return Message(N_("The discussion charter of this site"))
    values = {"number": stated.clause, "title": stated.clause_title, "version": stated.charter_version}
    return Message(N_("Discussion charter, version %(version)s, clause %(number)s: %(title)s"), values)


def _why(stated: Stated) -> Message:
    if stated.automation is Automation.FULLY:
        return Message(N_("The rules by which this site holds comments back apply to it; a person has yet to read it."))
    if stated.clause is None:
        return Message(N_("A moderator found that it does not agree with the charter."))
    return Message(N_("A moderator found that it breaks this clause of the charter."))


PROMPTS = {
    Prompt.NOTICE: N_("A notice under article 16 led to it."),
    Prompt.TRUSTED_FLAGGER: N_("A notice of a trusted flagger led to it."),
    Prompt.OTHER: N_("Somebody told the site of it."),
    Prompt.OWN_INITIATIVE: N_("The site acted of its own accord."),
}


def _facts(stated: Stated, effect: Effect, say: Say) -> str:
    sentences = [effect.sentence, PROMPTS[stated.prompt]]
    if stated.detected_by_program:
        sentences.append(N_("Rules that a program applies had pointed it out."))
    sentences.append(
        N_("No person took part in the decision.")
        if stated.automation is Automation.FULLY
        else N_("A person took the decision.")
    )
    return " ".join(say(Message(sentence)) for sentence in sentences)
