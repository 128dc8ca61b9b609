"""What is written in the measurements: comments of the length and with the Markdown that people use."""

import re
from functools import lru_cache
from random import Random

SENTENCE = "I have *tried* this at home, and it [grows](https://example.org/moss) where nothing else did. "

WORDS = re.findall(
    r"\w+",
    """
the the the the and and and a a of of to to in in it it is is was that that for on with not but as at we we they you
from after before again only never always also then where which when because while until under over between along
moss stone slope wall garden roof bark lichen fern brook rain frost winter summer morning shade sun water soil granite
brick path bench gate school village library meadow orchard river bridge neighbour grandmother caretaker children
teacher gardener author reader article picture leaflet question answer photograph notebook bucket ruler storm colour
green yellow dark bright dry wet cold warm old young steep quiet patient careful honest strange familiar common rare
grows holds takes comes goes says writes reads keeps measures sweeps waters finds loses remembers understands believes
tried watched planted moved counted learned noticed compared asked answered wondered agreed doubted returned waited
""",
)
SHORTEST, LONGEST = 20, 140  # words: 600 characters in the mean
DIFFERENT = 300  # texts, before their numbers


def comment_text(number: int) -> str:
    """A comment that is like no other, always the same for its number."""
    return f"**Number {number}.** {_thought(number % DIFFERENT)}"


def number_of(text: str) -> int:
    """That of a comment; -1 if it is none of ours."""
    found = re.match(r"\*\*Number (\d+)\.\*\* ", text)
    return int(found[1]) if found else -1


@lru_cache(DIFFERENT)
def _thought(number: int) -> str:
    """One in three has a link, one a list, one a quotation."""
    chance = Random(number)
    sentences = _sentences(chance, chance.randint(SHORTEST, LONGEST))
    if number % 3 == 0:
        sentences.insert(1, f"See [the leaflet](https://example.org/{number}). ")
    elif number % 3 == 1:
        sentences.append("\n\n" + "".join(f"- {_sentence(chance, 4)}\n" for _ in range(3)))
    else:
        sentences.insert(1, f"\n\n> {_sentence(chance, 12)}\n\n")
    return "".join(sentences).strip()


def _sentences(chance: Random, words: int) -> list[str]:
    """Of so many words together, in paragraphs."""
    found: list[str] = []
    while words > 0:
        length = chance.randint(5, 18)
        found.append(_sentence(chance, length) + ("\n\n" if chance.random() < 0.15 else " "))
        words -= length
    return found


def _sentence(chance: Random, length: int) -> str:
    words = chance.choices(WORDS, k=length)
    words[0] = words[0].capitalize()
    if chance.random() < 0.3:
        words[-1] = f"*{words[-1]}*"
    return " ".join(words) + "."
