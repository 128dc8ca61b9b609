"""The discussion charter as text: an introduction, then one numbered clause for each second-level heading."""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Clause:
    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Charter:
    introduction: str
    clauses: tuple[Clause, ...]


@lru_cache(maxsize=8)
def parse(source: str) -> Charter:
    """Read a charter; the first `## Heading` is clause 1."""
    introduction, *parts = re.split(r"^##[ \t]+", source.replace("\r\n", "\n"), flags=re.M)
    clauses = []
    for number, part in enumerate(parts, start=1):
        title, _, text = part.partition("\n")
        clauses.append(Clause(number, title.strip().rstrip("#").strip(), text.strip()))
    return Charter(introduction.strip(), tuple(clauses))
