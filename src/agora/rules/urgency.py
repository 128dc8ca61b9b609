"""How urgent a case is: each hour of waiting counts one, and what weighs more counts as hours waited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agora.rules.errors import N_, Message
from agora.rules.statements import GRAVE, Category

# Hours, by which a case comes before others of the same age; negative ones let it wait.
REPORT, MOST_OF_REPORTS = 12, 72
GRAVE_CATEGORY = 240
APPEAL = 24
SEEN_BY_ALL = 12  # what was reported and still stands on the page
BY_REASON = {"words": 2, "slow-rule": 2, "disowned": 2, "spam": -12, "akismet": -12, "trap": -12, "repeat": -6}
BY_REASON |= dict.fromkeys(("phone", "email", "postal", "nir"), 6)


@dataclass(frozen=True)
class Factor:
    """A part of the score: a code that stays the same in the store, the hours, and the figures that go with it."""

    code: str
    hours: int
    values: Mapping[str, Any]

    def as_data(self) -> dict[str, Any]:
        return {"code": self.code, "hours": self.hours, **self.values}

    @classmethod
    def from_data(cls, stored: Mapping[str, Any]) -> "Factor":
        values = {name: value for name, value in stored.items() if name not in {"code", "hours"}}
        return cls(stored["code"], stored["hours"], values)

    @property
    def message(self) -> Message:
        return Message(SENTENCES[self.code], {"hours": f"{self.hours:+}".replace("-", "−"), **self.values})


SENTENCES = {
    "reports": N_("%(count)s reports, weighted by the record of those who sent them: %(hours)s h"),
    "grave": N_("reported as a danger to people: %(hours)s h"),
    "appeal": N_("an appeal: %(hours)s h"),
    "public": N_("everyone can read it meanwhile: %(hours)s h"),
    "policy": N_("what the policy found: %(hours)s h"),
}


def factors(
    *, reasons: Iterable[str], reports: list[tuple[float, Category]], appeals: int, is_public: bool
) -> list[Factor]:
    """What makes a case more or less urgent; `reports` are weights and categories, `reasons` codes of the policy."""
    found = []
    if reports:
        hours = min(round(sum(weight for weight, _ in reports) * REPORT), MOST_OF_REPORTS)
        found.append(Factor("reports", hours, {"count": len(reports)}))
        if any(category in GRAVE for _, category in reports):
            found.append(Factor("grave", GRAVE_CATEGORY, {}))
        if is_public:
            found.append(Factor("public", SEEN_BY_ALL, {}))
    if appeals:
        found.append(Factor("appeal", APPEAL, {}))
    if hours := sum(BY_REASON.get(code, 0) for code in set(reasons)):
        found.append(Factor("policy", hours, {}))
    return found


def rank(opened_at: float, found: Iterable[Factor]) -> int:
    """Seconds since 1970 at which the case would have been opened if its age alone made it as urgent."""
    return int(opened_at) - 3600 * sum(factor.hours for factor in found)
