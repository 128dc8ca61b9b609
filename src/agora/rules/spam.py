"""How likely a comment is spam: what its signs weigh from the beginning, and what the decisions of this site taught.

Two learners read the same signs. One moves weights after each decision, the more the less it expected it (logistic
regression; dual averaging with a step of its own for each sign: Duchi, Hazan & Singer 2011, section 1). The other
counts how often a sign was seen in each kind (naive Bayes). Both keep sums only, so that what a decision taught can be
taken away again to the last digit, in any order. docs/spam.md measures them beside others.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from agora.rules.spam_signs import VERSION, signs

# Comments from here on are held, of 1. A comment that is held without need counts as much as FAIRNESS spam let through.
HELD_FROM = 0.5
FAIRNESS = 5.0
# What speaks for every comment, as a logarithm of odds: the benefit of the doubt.
_DOUBT = 0.2
# How far a decision moves the weights, and how soon a sign that was often decided about moves less.
_STEP, _CALM = 0.3, 1.0
# How much the counts say: little while there are few decisions of either kind, none of them more than _LOUDEST.
_SHARE, _FEW, _LOUDEST = 0.5, 15, 2.0
# Every comment has it: it stands for how much of what comes here is spam, and counts the decisions.
ANY = "any"
# Slopes are kept in thousandths, as whole numbers: sums of those are exact in every order.
_UNIT = 1000


@dataclass(frozen=True)
class Prior:
    """What is known of spam before a site decides anything: a weight for each sign, as the logarithm of odds."""

    weights: Mapping[str, float]
    bias: float

    @classmethod
    def from_data(cls, stored: Mapping[str, Any]) -> "Prior":
        weights = {sign: weight / _UNIT for sign, weight in stored["weights"].items()}
        return cls(weights, stored["bias"] / _UNIT)


class Learned(NamedTuple):
    """What decisions taught about one sign: how many of each kind had it, and the sums of their steps."""

    spam: int = 0
    ham: int = 0
    slope: int = 0  # thousandths
    energy: int = 0  # squares of those

    def __add__(self, other: tuple[Any, ...]) -> "Learned":
        return Learned(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def __neg__(self) -> "Learned":
        return Learned(*(-number for number in self))

    @property
    def weight(self) -> float:
        return _STEP * (self.slope / _UNIT) / math.sqrt(_CALM + self.energy / _UNIT**2)


NOTHING = Learned()


@dataclass(frozen=True)
class Score:
    """How likely a comment is spam, and what each of its signs says for it (above 0) or against it."""

    probability: float
    points: tuple[tuple[str, float], ...]

    @property
    def is_held(self) -> bool:
        return self.probability >= HELD_FROM

    @property
    def why(self) -> list[tuple[str, dict[str, str], int]]:
        """What said most: its kind, what fills its sentence, and tenths of points for (or against) spam."""
        said: dict[tuple[str, str], float] = {}
        for matter, points in self._matters():
            said[matter] = said.get(matter, 0.0) + points
        strongest = sorted(said.items(), key=lambda matter: (-abs(matter[1]), matter[0]))[:8]
        told = [(code, {"value": value} if value else {}, round(10 * points)) for (code, value), points in strongest]
        return [(code, values, points) for code, values, points in told if points]

    def _matters(self) -> Iterator[tuple[tuple[str, str], float]]:
        """What each sign is about; the beginning of a word is told with the word."""
        words = [sign.removeprefix("word ") for sign, _ in self.points if sign.startswith("word ")]
        for sign, points in self.points:
            code, value = _matter_of(sign)
            if code == "stem":
                code, value = "word", next((word for word in words if word.startswith(value)), value)
            yield (code, value), points


# Signs that say something about the same matter are told as one, under its name.
_MATTERS = {
    **dict.fromkeys(("host", "ending", "address", "path", "file", "hyphens", "host-figures", "link-length"), "links"),
    **dict.fromkeys(("repeated-sign", "exclaims", "emoji", "spaced"), "marks"),
    **dict.fromkeys(("mixed-script", "other-script", "no-letters"), "script"),
    **dict.fromkeys(("website", "site"), "website"),
    "invisible": "html",
    "topics": "trades",
    "topic-again": "topic",
}
_TOLD_WITH_VALUE = {"topic", "topic-again", "name", "stem"}
_STAND_INS = {"<link>": "links", "<mail>": "mail", "<phone>": "phone", "<money>": "money"}


def _matter_of(sign: str) -> tuple[str, str]:
    """What a sign is about, and the words that show it."""
    kind, _, value = sign.partition(" ")
    if kind in {"word", "pair"}:
        return _words_of(value.split(" "))
    return _MATTERS.get(kind, kind), value if kind in _TOLD_WITH_VALUE else ""


def _words_of(pieces: Sequence[str]) -> tuple[str, str]:
    for piece in pieces:
        if piece in _STAND_INS:
            return _STAND_INS[piece], ""
    words = [piece for piece in pieces if piece.isalpha()]
    if not words:
        return ("figures" if any("<" in piece for piece in pieces) else "marks"), ""
    return ("words" if len(words) > 1 else "word"), " ".join(words)


def score_of(found: Sequence[str], prior: Prior, learned: Mapping[str, Learned]) -> Score:
    """Weigh the signs of a comment. `learned` holds what is known of them, and of ANY."""
    known, said = prior.weights.get, _counted(found, learned).get
    if learned:
        weights = [known(sign, 0.0) + _weight(sign, learned) + said(sign, 0.0) for sign in found]
    else:
        weights = [known(sign, 0.0) for sign in found]
    bias = prior.bias + _weight(ANY, learned) - _DOUBT
    return Score(_odds(bias + sum(weights)), tuple(zip(found, weights, strict=True)))


def lesson_of(found: Sequence[str], is_spam: bool, prior: Prior, learned: Mapping[str, Learned]) -> Learned:
    """What a decision adds to each sign of the comment, and to ANY."""
    weights = (prior.weights.get(sign, 0.0) + _weight(sign, learned) for sign in found)
    expected = _odds(prior.bias + _weight(ANY, learned) + sum(weights))
    slope = round(_UNIT * ((1 - expected) if is_spam else -FAIRNESS * expected))
    return Learned(int(is_spam), int(not is_spam), slope, slope * slope)


def _weight(sign: str, learned: Mapping[str, Learned]) -> float:
    return learned[sign].weight if sign in learned else 0.0


def _counted(found: Iterable[str], learned: Mapping[str, Learned]) -> dict[str, float]:
    """What the counts say of each sign: how much more often, of so many, spam had it than other comments."""
    all_spam, all_ham, _, _ = learned.get(ANY, NOTHING)
    rarer = min(all_spam, all_ham)
    if not rarer:
        return {}
    every = 1 / (all_spam + all_ham)
    said = {}
    for sign in found:
        spam, ham, _, _ = learned.get(sign, NOTHING)
        if spam or ham:
            ratio = math.log((spam / all_spam + every) / (ham / all_ham + every))
            said[sign] = max(-_LOUDEST, min(_LOUDEST, ratio))
    loudness = _SHARE * rarer / (rarer + _FEW) / math.sqrt(max(1, len(said)))
    return {sign: loudness * ratio for sign, ratio in said.items()}


def _odds(logit: float) -> float:
    """The probability of these odds; never quite 0 or 1, so that a decision against it still teaches."""
    return 1 / (1 + math.exp(-max(-20.0, min(20.0, logit))))


# Every number begins so; a copy of what is begun takes half as long as a new beginning.
_BEGUN = blake2b(f"{VERSION} ".encode(), digest_size=8)


def number_of(sign: str) -> int:
    """The number under which a sign is kept: of 63 bits, the same on every site; no way leads back to the words."""
    hashed = _BEGUN.copy()
    hashed.update(sign.encode(errors="replace"))
    return int.from_bytes(hashed.digest(), "big") >> 1


class Memory:
    """A filter by itself, which remembers only while it is there: for measuring."""

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.learned: dict[str, Learned] = {}

    def score(self, text: str, *, name: str = "", website: str = "") -> Score:
        return score_of(signs(text, name=name, website=website), self.prior, self.learned)

    def learn(self, text: str, is_spam: bool, *, name: str = "", website: str = "") -> None:
        found = signs(text, name=name, website=website)
        lesson = lesson_of(found, is_spam, self.prior, self.learned)
        for sign in (ANY, *found):
            self.learned[sign] = self.learned.get(sign, NOTHING) + lesson
