"""Whatever people type, looking at it ends, and says nothing that is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules.folding import fold, readings
from agora.rules.looking import look_at
from agora.rules.policy import Effect, Mode, SiteRules

STRICT = SiteRules(
    Mode.POST,
    held_words=("casino", "/cas[i1]no/"),
    language=Effect.HOLD,
    shouting=Effect.HOLD,
)
SILENT = SiteRules(Mode.POST, phone=Effect.OFF, email=Effect.OFF, postal=Effect.OFF, nir=Effect.OFF)
# Digits, gaps and signs of which personal data and disguises are made, among all other characters.
typed = st.text(st.one_of(st.sampled_from("0123456789 .-+()@/\u00a0\u200b!?$€aAсϲ"), st.characters()), max_size=200)


@given(typed)
def test_any_text_can_be_looked_at(text: str) -> None:
    found = look_at(text, STRICT)

    assert 0 <= found.capitals <= 100
    assert all(" ".join(particular.passage.split()) == particular.passage for particular in found.particulars)
    assert bool(found.warning) == bool(found.particulars)
    assert look_at(text, SILENT) == look_at("", SILENT)


@given(typed)
def test_plain_reading_of_plain_words_is_theirs(text: str) -> None:
    plain = fold(text)
    if plain.isascii():  # fancy capitals are still capitals
        assert readings(plain)[0].replace(" ", "") == plain.replace(" ", "").casefold()


@pytest.mark.parametrize("passage", ["06 12 34 56 78", "bob@example.org", "12 rue de la Paix"])
def test_warning_names_the_passage(passage: str) -> None:
    warning = look_at(f"Voici : {passage}.", STRICT).warning

    assert warning
    assert passage in str(warning.values["passages"])
