"""Why the spam filter thinks so: what it saw in a comment, as sentences for a moderator."""

from collections.abc import Iterable
from dataclasses import dataclass

from agora.rules.errors import N_, Message
from agora.rules.spam import Score

# What each matter of rules/spam.py is called.
SENTENCES = {
    "word": N_("the word “%(value)s”"),
    "words": N_("the words “%(value)s”"),
    "trades": N_("how many of the usual subjects of spam it touches"),
    "links": N_("links, and where they lead"),
    "mail": N_("an e-mail address"),
    "phone": N_("a phone number"),
    "money": N_("a sum of money"),
    "figures": N_("figures"),
    "length": N_("how long it is"),
    "capitals": N_("capital letters"),
    "marks": N_("punctuation and emoji"),
    "script": N_("in which letters it is written"),
    "lines": N_("several lines"),
    "html": N_("hidden characters or markup"),
    "name": N_("“%(value)s” in the name"),
    "website": N_("the website of the commenter"),
}
TOPIC_SENTENCES = {
    "contact": N_("words that invite to get in touch"),
    "crypto": N_("words about cryptocurrencies and trading"),
    "dating": N_("words about dating and sex"),
    "gambling": N_("words about gambling"),
    "health": N_("words about pills and cures"),
    "job": N_("words about jobs at home"),
    "lending": N_("words about lending"),
    "money": N_("words about money"),
    "own": N_("words that lead to something of one’s own"),
    "papers": N_("words about forged papers and hacking"),
    "praise": N_("words of praise and thanks"),
    "promise": N_("words of promise"),
    "search": N_("words about search engines and followers"),
    "shopping": N_("words about shopping"),
    "spells": N_("words about spells and fortune-telling"),
    "trades": N_("words about tradesmen and services"),
    "urgency": N_("words of urgency"),
}


@dataclass(frozen=True)
class Weighed:
    """Something that the filter saw; `points` above 0 speak for spam, below 0 against it."""

    message: Message
    points: int

    @property
    def signed(self) -> str:
        """+4, −12"""
        return f"{'+' if self.points > 0 else '−'}{abs(self.points)}"


@dataclass(frozen=True)
class WhySpam:
    percent: int
    is_held: bool
    weighed: list[Weighed]


def why_spam(score: Score) -> WhySpam:
    """The score of a comment and what weighed most, the heaviest first."""
    return WhySpam(int(100 * score.probability), score.is_held, list(_weighed(score.why)))


def _weighed(why: Iterable[tuple[str, dict[str, str], int]]) -> Iterable[Weighed]:
    for code, values, points in why:
        if code == "topic":
            yield Weighed(Message(TOPIC_SENTENCES[values["value"]]), points)
        elif code in SENTENCES:
            yield Weighed(Message(SENTENCES[code], values), points)
