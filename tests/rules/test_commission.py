"""Statements of reasons as the Commission takes them: whatever was recorded, the schema lets it through."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agora.rules.commission import Stated, in_schema
from agora.rules.commission_words import CATEGORIES, EFFECTS, KEYWORDS
from agora.rules.errors import Message
from agora.rules.measures import STATED_AS
from agora.rules.statements import MEASURES, Automation, Category, Ground, Prompt

SCHEMA = json.loads((Path(__file__).parent / "commission-schema.json").read_text(encoding="utf-8"))
CHECK = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
PLAIN = Stated(
    puid="agora-0123456789abcdef01234567",
    measure="hidden",
    against="",
    ground=Ground.CHARTER,
    clause=2,
    clause_title="No insults",
    charter_version=3,
    charter_url="https://example.org/charter?version=3#clause-2",
    law="",
    category=Category.OTHER_VIOLATION,
    keywords=(),
    prompt=Prompt.OWN_INITIATIVE,
    detected_by_program=False,
    automation=Automation.NOT,
    language="fr",
    content_date=date(2026, 3, 11),
    applied_on=date(2026, 3, 12),
    ends_on=None,
)
days = st.dates(date(2020, 1, 1), date(2037, 12, 31))
stated = st.builds(
    Stated,
    puid=st.just(PLAIN.puid),
    measure=st.sampled_from(sorted({*MEASURES.values(), *STATED_AS.values()})),
    against=st.sampled_from(["", "address", "account", "network"]),
    ground=st.sampled_from(Ground),
    clause=st.none() | st.integers(1, 99),
    clause_title=st.text(max_size=1000),
    charter_version=st.none() | st.integers(1, 9),
    charter_url=st.just(PLAIN.charter_url) | st.just("https://example.org/" + "x" * 600),
    law=st.text(min_size=1, max_size=1000),
    category=st.sampled_from(Category),
    keywords=st.lists(st.sampled_from([*sorted(KEYWORDS), "NONE_OF_THEIRS"]), max_size=3, unique=True).map(tuple),
    prompt=st.sampled_from(Prompt),
    detected_by_program=st.booleans(),
    automation=st.sampled_from(Automation),
    language=st.sampled_from(["fr", "en"]),
    content_date=st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    applied_on=days,
    ends_on=st.none() | days,
)


def say(message: Message) -> str:
    return message.text % message.values


def told(**changed: Any) -> dict[str, Any]:
    said = in_schema(replace(PLAIN, **changed), say)
    CHECK.validate(said)
    return said


@given(stated)
def test_every_statement_fits_the_schema(statement: Stated) -> None:
    CHECK.validate(in_schema(statement, say))


def test_words_are_those_of_the_schema() -> None:
    assert {f"STATEMENT_CATEGORY_{word}" for word in CATEGORIES.values()} == set(SCHEMA["$defs"]["category"]["enum"])
    assert {f"KEYWORD_{word}" for word in KEYWORDS} == set(SCHEMA["$defs"]["keyword"]["enum"])
    assert set(CATEGORIES) == set(Category)
    assert {*MEASURES.values(), *STATED_AS.values()} <= set(EFFECTS)


def test_charter_is_named_by_its_version() -> None:
    said = told()
    assert said["incompatible_content_ground"] == "Discussion charter, version 3, clause 2: No insults"
    assert said["decision_ground_reference_url"] == PLAIN.charter_url
    assert "end_date_visibility_restriction" not in said  # left out, it means: without an end


def test_law_is_named() -> None:
    said = told(
        ground=Ground.LAW, law="Loi du 29 juillet 1881, art. 29", category=Category.SPEECH, keywords=("DEFAMATION",)
    )
    assert said["illegal_content_legal_ground"] == "Loi du 29 juillet 1881, art. 29"
    assert said["category_specification"] == ["KEYWORD_DEFAMATION"]


def test_suspension_has_its_end() -> None:
    said = told(measure="suspended", against="account", ends_on=date(2026, 4, 12))
    assert said["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    assert said["end_date_account_restriction"] == "2026-04-12"
    assert told(measure="suspended", against="address")["decision_provision"].endswith("TOTAL_SUSPENSION")


# What the table of MODERATION-LAW.md forbids, so that the schema is no rubber stamp.
WRONG: dict[str, dict[str, Any]] = {
    "no decision": {"decision_visibility": None},
    "unknown decision": {"decision_visibility": ["DECISION_VISIBILITY_SHADOWED"]},
    "empty decision": {"decision_visibility": []},
    "other without words": {"decision_visibility": ["DECISION_VISIBILITY_OTHER"]},
    "words without other": {"decision_visibility_other": "x"},
    "no ground": {"decision_ground": None},
    "charter without its clause": {"incompatible_content_ground": None},
    "charter with a law": {"illegal_content_legal_ground": "x"},
    "law without a law": {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"},
    "long ground": {"incompatible_content_ground": "x" * 501},
    "long explanation": {"incompatible_content_explanation": "x" * 2001},
    "no content type": {"content_type": []},
    "other content unnamed": {"content_type": ["CONTENT_TYPE_OTHER"]},
    "two categories": {"category": ["STATEMENT_CATEGORY_VIOLENCE"]},
    "our own category": {"category": "charter"},
    "unknown keyword": {"category_specification": ["KEYWORD_DANGEROUS_TOYS"]},
    "other content id": {"content_id": {"ISBN": "9780000000000"}},
    "outside of Europe": {"territorial_scope": ["US"]},
    "small language": {"content_language": "fr"},
    "other date": {"content_date": "12/03/2026"},
    "no day": {"content_date": "2026-02-30"},
    "early application": {"application_date": "2019-12-31"},
    "long facts": {"decision_facts": "x" * 5001},
    "voluntary with a source": {"source_identity": "Bob"},
    "half automated": {"automated_detection": "Perhaps"},
    "automated yes": {"automated_decision": "Yes"},
    "spaces in the id": {"puid": "a b"},
    "a field of our own": {"explanation": "x"},
}


@pytest.mark.parametrize("name", WRONG)
def test_schema_refuses_what_is_wrong(name: str) -> None:
    said = in_schema(PLAIN, say) | WRONG[name]
    assert list(CHECK.iter_errors({field: value for field, value in said.items() if value is not None}))
