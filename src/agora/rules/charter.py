"""The discussion charter as text: an introduction, then one numbered clause for each second-level heading.

Clauses after a line of `---` are no rules for those who comment: they say how the site proceeds.
"""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Clause:
    number: int
    title: str
    text: str
    is_rule: bool = True


@dataclass(frozen=True)
class Charter:
    introduction: str
    clauses: tuple[Clause, ...]


@lru_cache(maxsize=8)
def parse(source: str) -> Charter:
    """Read a charter; the first `## Heading` is clause 1."""
    introduction, *parts = re.split(r"^##[ \t]+", source.replace("\r\n", "\n"), flags=re.M)
    clauses: list[Clause] = []
    is_rule = not _ENDS_RULES.search(introduction)
    for number, part in enumerate(parts, start=1):
        title, _, text = part.partition("\n")
        kept = _ENDS_RULES.sub("", text)
        clauses.append(Clause(number, title.strip().rstrip("#").strip(), kept.strip(), is_rule))
        is_rule = is_rule and kept == text
    return Charter(_ENDS_RULES.sub("", introduction).strip(), tuple(clauses))


_ENDS_RULES = re.compile(r"^-{3,}\s*\Z", re.M)
