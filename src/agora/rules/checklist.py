"""The policy as an administrator edits it: its checks in their order, with what can be chosen for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agora.rules import languages, words
from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.site_rules import CHOICES, Effect, SiteRules


@dataclass(frozen=True)
class Figure:
    """A whole number; `name` is that of a field of SiteRules."""

    name: str
    label: str
    least: int
    most: int


@dataclass(frozen=True)
class Listing:
    """Words, or codes of languages; `name` is that of a field of SiteRules."""

    name: str
    label: str
    hint: str
    rows: int = 1


@dataclass(frozen=True)
class Check:
    """One check. `name` is the field of SiteRules that holds its effect, where one can be chosen."""

    name: str
    title: str
    about: str
    effects: tuple[Effect, ...] = ()
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()


TAKEN = (Effect.OFF, Effect.HOLD, Effect.BLOCK)
DAY = 86_400
_ENTRIES = N_("One entry a line: a word, words in a row, or a regular expression between slashes.")

CHECKLIST = (
    Check(
        "repeats", N_("The same text again"), N_("The same words were sent within a day, anywhere on the site."), TAKEN
    ),
    Check(
        "haste",
        N_("Many comments in a short time"),
        N_("One source sends more comments than this."),
        TAKEN,
        (
            Figure("haste_count", N_("Comments"), 1, 1000),
            Figure("haste_minutes", N_("Minutes"), 1, 1440),
        ),
    ),
    Check(
        "slow",
        N_("Slow mode"),
        N_("Time between two comments of one source under the same post. Each post can have its own; 0 is none."),
        figures=(Figure("slow_seconds", N_("Seconds"), 0, DAY),),
    ),
    Check(
        "closing",
        N_("Closing after some time"),
        N_("A discussion closes by itself so long after the post appeared. Each post can have its own; 0 is never."),
        figures=(Figure("close_after_days", N_("Days"), 0, 36_500),),
    ),
    Check(
        "links",
        N_("Links"),
        N_("A comment has more links than this."),
        TAKEN,
        (Figure("max_links", N_("Links at most"), 0, 1000),),
    ),
    Check(
        "links_of_new",
        N_("Links of new commenters"),
        N_("The same, for an address of which no comment was approved yet."),
        TAKEN,
        (Figure("max_links_of_new", N_("Links at most"), 0, 1000),),
    ),
    Check(
        "words",
        N_("Watched words"),
        N_(
            "Whole words are looked for. Case and accents do not count, and letters that look like others are seen"
            " through. An expression sees accents, and is given up when it takes too long: then the comment waits."
        ),
        listings=(
            Listing("held_words", N_("These hold a comment for a moderator"), _ENTRIES, 8),
            Listing("blocked_words", N_("With these it is not taken; its writer is told the word"), _ENTRIES, 4),
        ),
    ),
    Check(
        "language",
        N_("Another language"),
        N_("A text of eight words or more is clearly in none of these languages."),
        (Effect.OFF, Effect.HOLD),
        listings=(
            Listing("languages", N_("Expected languages"), N_("Their codes, separated by commas, such as fr, en.")),
        ),
    ),
    Check(
        "shouting",
        N_("Shouting"),
        N_("So much of it is in capitals, or the same sign stands so often in a row."),
        TAKEN,
        (
            Figure("capitals_percent", N_("Per cent of capitals"), 10, 100),
            Figure("signs_in_row", N_("Signs in a row"), 3, 1000),
        ),
    ),
    Check("phone", N_("Telephone numbers"), N_("The writer is asked first, and may send it all the same."), TAKEN),
    Check(
        "email",
        N_("E-mail addresses"),
        N_("In the text; what is typed into the form’s own field is not looked at."),
        TAKEN,
    ),
    Check("postal", N_("Postal addresses"), N_("A house number with a street or place."), TAKEN),
    Check("nir", N_("French social security numbers (NIR)"), N_("Only those whose key is right."), TAKEN),
    Check(
        "spam",
        N_("What looks like spam"),
        N_("The filter learns from what is decided here. It rejects nothing by itself unless you say so."),
        (Effect.OFF, Effect.HOLD, Effect.REJECT),
        (Figure("spam_percent", N_("Likelihood, in per cent"), 1, 100),),
    ),
)


def as_texts(rules: SiteRules) -> dict[str, str]:
    """Every choice as the form shows it."""
    return {name: _as_text(name, getattr(rules, name)) for name in CHOICES}


def _as_text(name: str, value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return ", ".join(value) if name == "languages" else "\n".join(value)


def read(sent: Mapping[str, str]) -> dict[str, Any]:
    """Choices from the form's texts, as fields of SiteRules. Raises FieldErrors."""
    choices: dict[str, Any] = {}
    errors: dict[str, Message] = {}
    for check in CHECKLIST:
        if check.effects:
            chosen = sent.get(check.name, "")
            choices[check.name] = Effect(chosen) if chosen in check.effects else check.effects[0]
        for figure in check.figures:
            _read_figure(figure, sent.get(figure.name, "").strip(), choices, errors)
        for listing in check.listings:
            _read_listing(listing, sent.get(listing.name, ""), choices, errors)
    if errors:
        raise FieldErrors(errors)
    return choices


def _read_figure(figure: Figure, text: str, choices: dict[str, Any], errors: dict[str, Message]) -> None:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if figure.least <= value <= figure.most:
        choices[figure.name] = value
        return
    bounds = {"least": figure.least, "most": figure.most}
    errors[figure.name] = Message(N_("A whole number from %(least)s to %(most)s is expected."), bounds)


def _read_listing(listing: Listing, text: str, choices: dict[str, Any], errors: dict[str, Message]) -> None:
    if listing.name == "languages":
        entries = tuple(dict.fromkeys(code for part in text.lower().split(",") if (code := part.strip())))
        fault = _fault_of_languages(entries)
    else:
        entries = words.entries_of(text)
        fault = words.fault_of(entries)
    choices[listing.name] = entries
    if fault:
        errors[listing.name] = fault


def _fault_of_languages(codes: tuple[str, ...]) -> Message | None:
    strange = next((code for code in codes if code not in languages.KNOWN), None)
    if strange is None:
        return None if codes else Message(N_("Name at least one language."))
    known = {"code": strange[:20], "known": ", ".join(languages.KNOWN)}
    return Message(N_("“%(code)s” is none of the languages that are told apart: %(known)s."), known)
