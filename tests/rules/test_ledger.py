"""The log's chain, and its file: one byte that is not what it was is found, and its place told."""

from functools import cache

import pytest
from friends import first_break
from hypothesis import given
from hypothesis import strategies as st

from agora.rules.ledger import BEGINNING, Sealed, Signed, canonical, checkpoint_text, commitment, seal
from agora.rules.log_file import Damage, Sound, checkpoint_line, entry_line, header_line, private_line, verify
from agora.signing import LogKey, is_signed

KEY = LogKey("a secret of the tests")
SITE, AT = "example.org,2026-11-23", "2026-11-23T12:00:00+00:00"
EXPLANATION = ("00" * 16, "Une insulte, « bête » et méchante.")
SIZE = 12


@cache
def chain() -> list[Sealed]:
    entries, previous = [], BEGINNING
    for number in range(1, SIZE + 1):
        facts = canonical(facts_of(number))
        entries.append(Sealed(number, facts, previous, seal(number, facts, previous)))
        previous = entries[-1].seal
    return entries


def facts_of(number: int) -> dict[str, object]:
    if number == 1:
        return {"kind": "log.key", "at": AT, "key": KEY.public}
    return {
        "kind": "comment.decided",
        "at": AT,
        "comment": number,
        "private": {"explanation": commitment(*EXPLANATION)},
    }


def signed(number: int) -> Signed:
    entry = chain()[number - 1]
    return Signed(number, AT, entry.seal, KEY.public, KEY.sign(checkpoint_text(SITE, number, AT, entry.seal)))


@cache
def exported() -> tuple[bytes, ...]:
    """A log of twelve entries with their private values, and a checkpoint in the middle."""
    lines = [header_line(SITE, signed(SIZE))]
    for entry in chain():
        lines.append(entry_line(entry))
        if entry.number > 1:
            lines.append(private_line(entry.number, {"explanation": EXPLANATION}))
        if entry.number == 6:
            lines.append(checkpoint_line(signed(6)))
    return tuple(f"{line}\n".encode() for line in lines)


def entries() -> list[bytes]:
    """The lines of the export without private values."""
    return [line for line in exported() if b'"private":{"explanation":[' not in line]


def damage(lines: list[bytes]) -> Damage:
    found = verify(b"".join(lines).splitlines(keepends=True), is_signed)
    assert isinstance(found, Damage)
    return found


def test_whole_log_is_sound() -> None:
    found = verify(exported(), is_signed)
    assert isinstance(found, Sound)
    assert (found.number, found.checkpoints, found.bound, found.opened) == (SIZE, 1, SIZE - 1, SIZE - 1)
    assert first_break(chain()) is None


@given(st.integers(0, len(b"".join(exported())) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    whole = bytearray(b"".join(exported()))
    line = whole[:place].count(b"\n") + 1
    whole[place] ^= change
    # As a file is read: lines end with a line feed and nothing else.
    lines = [part + b"\n" for part in bytes(whole).split(b"\n")]
    lines[-1] = lines[-1].removesuffix(b"\n")
    found = verify([part for part in lines if part], is_signed)
    assert isinstance(found, Damage)
    assert found.line == line


@given(st.integers(0, 1), st.data())
def test_any_changed_fact_is_named(kind: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, SIZE))
    changed = list(chain())
    entry = changed[number - 1]
    facts, previous = (
        (entry.facts.replace(AT, AT.replace("12:", "13:")), entry.previous) if kind else (entry.facts, "f" * 64)
    )
    changed[number - 1] = Sealed(number, facts, previous, entry.seal)
    broken = first_break(changed)
    assert broken is not None
    assert broken.number == number


@pytest.mark.parametrize("number", range(1, SIZE + 1))
def test_missing_entry_is_named(number: int) -> None:
    lines = [line for line in entries() if not line.startswith(f'{{"entry":{number},'.encode())]
    assert damage(lines).number == number


@pytest.mark.parametrize("number", range(2, SIZE))
def test_exchanged_entries_are_named(number: int) -> None:
    lines = entries()
    first = next(place for place, line in enumerate(lines) if line.startswith(f'{{"entry":{number},'.encode()))
    second = first + (2 if number == 6 else 1)
    lines[first], lines[second] = lines[second], lines[first]
    assert damage(lines).number == number


@pytest.mark.parametrize("number", range(1, SIZE + 1))
def test_repeated_entry_is_named(number: int) -> None:
    lines = entries()
    place = next(place for place, line in enumerate(lines) if line.startswith(f'{{"entry":{number},'.encode()))
    lines.insert(place + 1, lines[place])
    assert damage(lines).number == number + 1


@given(st.integers(1, len(b"".join(exported()))))
def test_file_cut_short_is_found(left: int) -> None:
    whole = b"".join(exported())[:-left]
    number = whole.count(b'{"entry"') - whole.count(b'"private":{"explanation":[')
    found = damage([whole])
    assert found.number <= number + 1
    assert found.line <= whole.count(b"\n") + 1


def test_rewritten_log_is_found() -> None:
    """Who has no key can seal everything anew, but not sign it."""
    forged, previous = [], BEGINNING
    for entry in chain():
        facts = entry.facts.replace('"comment":9', '"comment":99')
        forged.append(Sealed(entry.number, facts, previous, seal(entry.number, facts, previous)))
        previous = forged[-1].seal
    lines = [exported()[0], *(f"{entry_line(entry)}\n".encode() for entry in forged)]
    assert damage(lines).message.text == "The checkpoint at entry %(number)s speaks of another log."


def test_other_key_is_found() -> None:
    other = LogKey("somebody else's secret")
    head = Signed(
        SIZE, AT, chain()[-1].seal, other.public, other.sign(checkpoint_text(SITE, SIZE, AT, chain()[-1].seal))
    )
    lines = [f"{header_line(SITE, head)}\n".encode(), *entries()[1:]]
    assert damage(lines).message.text == "The checkpoint at entry %(number)s bears a key that was not announced."


@pytest.mark.parametrize("number", [5, SIZE, SIZE + 3])
def test_published_head_must_be_met(number: int) -> None:
    found = verify(exported(), is_signed, heads={number: "ab" * 32})
    assert isinstance(found, Damage)
    assert found.number == min(number, SIZE + 1)


def test_erased_values_break_nothing() -> None:
    found = verify(entries(), is_signed)
    assert isinstance(found, Sound)
    assert (found.bound, found.opened) == (SIZE - 1, 0)
