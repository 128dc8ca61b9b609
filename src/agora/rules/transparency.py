"""The yearly transparency report (arts 15 and 24): its eleven parts, from what the records of a year count up to.

The parts are those of Implementing Regulation (EU) 2024/2835. What the records do not tell is said, never guessed.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from agora.rules.commission import effect_of
from agora.rules.commission_words import CATEGORIES
from agora.rules.counted import Answered, Appealed, Measured, Median, Noticed, Ordered, Restricted, Year
from agora.rules.errors import N_
from agora.rules.statements import Automation, Category, Ground, Prompt

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Identity:
    """Who reports: the first part."""

    service: str
    address: str
    contact: str
    operator: str
    charter: str


Cell = str | int | None


@dataclass(frozen=True)
class Part:
    """One part of the report. Columns and words in it are for programs, and the same in every language."""

    number: int
    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]

    def as_csv(self) -> str:
        """RFC 4180."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows([_safe(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula is shown as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


PART_NAMES = {
    1: N_("Identification of the report"),
    2: N_("Categories"),
    3: N_("Orders of authorities"),
    4: N_("Notices"),
    5: N_("Own initiative: illegal content"),
    6: N_("Own initiative: against the charter"),
    7: N_("Appeals and repeated misuse"),
    8: N_("Automated means"),
    9: N_("Human resources"),
    10: N_("Active recipients"),
    11: N_("Description in words"),
}


def parts(year: Year, identity: Identity) -> list[Part]:
    """All eleven, in their order: the same records give the same report."""
    return [
        _identification(year, identity),
        _categories(),
        _orders(year),
        _notices(year),
        _own_initiative(5, year, Ground.LAW),
        _own_initiative(6, year, Ground.CHARTER),
        _appeals(year),
        _automated(year),
        _only_of_very_large(9),
        _only_of_very_large(10),
        _in_words(identity),
    ]


def _part(number: int, columns: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> Part:
    return Part(number, PART_NAMES[number], tuple(columns), list(rows))


def _identification(year: Year, identity: Identity) -> Part:
    rows = [
        ("service", identity.service),
        ("address", identity.address),
        ("contact", identity.contact or NOT_RECORDED),
        ("operator", identity.operator),
        ("period_start", f"{year.year}-01-01"),
        ("period_end", f"{year.year}-12-31"),
        ("time_zone", "UTC"),
    ]
    return _part(1, ("field", "value"), rows)


def _categories() -> Part:
    return _part(2, ("category",), [(_name(category),) for category in Category])


def _name(category: Category) -> str:
    return f"STATEMENT_CATEGORY_{CATEGORIES[category]}"


def _orders(year: Year) -> Part:
    columns = ("kind", "member_state", "category", "orders", "receipt_confirmed", "carried_out", "median_seconds")
    rows: list[tuple[Cell, ...]] = [
        (each.kind, each.country, NOT_RECORDED, each.number, each.confirmed, each.carried_out, NOT_RECORDED)
        for each in year.ordered
    ]
    for kind in ("act", "inform"):
        for step in ("confirmed", "carried_out"):
            median = year.medians.get(f"order-{kind}-{step}", Median(0, None))
            rows.append((f"{kind}: received to {step}", "all", "all", median.number, None, None, median.seconds))
    return _part(3, columns, rows)


def _notices(year: Year) -> Part:
    columns = (
        *("category", "ground", "trusted_flagger", "notices", "comments_named", "upheld", "dismissed", "moot", "open"),
        *("restrictions_by_law", "restrictions_by_charter", "decided_by_program_alone", "median_seconds_to_decision"),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in year.noticed:
        kind = (each.ground, each.category, each.trusted)
        became = Counter({answer.outcome: answer.number for answer in year.answered if answer[:3] == kind})
        outcomes = [became[outcome] for outcome in ("upheld", "dismissed", "moot", "open")]
        unknown = (None,) * 4
        rows.append(
            (_name(each.category), each.ground, _yes(each.trusted), each.number, became.total(), *outcomes, *unknown)
        )
    by_notice = [each for each in year.restricted if each.prompt in {Prompt.NOTICE, Prompt.TRUSTED_FLAGGER}]
    total = (
        *("all", "all", "all", _sum(year.noticed), _sum(year.answered)),
        *(_sum(a for a in year.answered if a.outcome == word) for word in ("upheld", "dismissed", "moot", "open")),
        _sum(each for each in by_notice if each.ground is Ground.LAW),
        _sum(each for each in by_notice if each.ground is Ground.CHARTER),
        _sum(each for each in by_notice if each.automation is Automation.FULLY),
        year.medians.get("notice", Median(0, None)).seconds,
    )
    return _part(4, columns, [*rows, total])


def _sum(counted: Iterable[Restricted | Noticed | Answered | Appealed | Measured]) -> int:
    return sum(each.number for each in counted)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _own_initiative(number: int, year: Year, ground: Ground) -> Part:
    columns = ("category", "restriction", "measures", "detected_by_program", "decided_by_program_alone", "reversed")
    own = [e for e in year.restricted if e.ground is ground and e.prompt in {Prompt.OWN_INITIATIVE, Prompt.OTHER}]
    kinds = sorted({(_name(each.category), effect_of(each.measure, each.against).value) for each in own})
    rows = []
    for kind in kinds:
        of_kind = [e for e in own if (_name(e.category), effect_of(e.measure, e.against).value) == kind]
        rows.append((*kind, *_figures(of_kind)))
    return _part(number, columns, [*rows, ("all", "all", *_figures(own))])


def _figures(restricted: list[Restricted]) -> tuple[int, int, int, int]:
    return (
        _sum(restricted),
        _sum(each for each in restricted if each.detected),
        _sum(each for each in restricted if each.automation is Automation.FULLY),
        _sum(each for each in restricted if each.outcome == "reversed"),
    )


RULINGS = ("granted", "refused", "moot", "open")


def _appeals(year: Year) -> Part:
    columns = ("indicator", "group", "category", "count")
    rows: list[tuple[Cell, ...]] = []
    for appellant in ("commenter", "notifier"):
        own = [each for each in year.appealed if each.appellant == appellant]
        rows += [(f"appeals {ruling}", appellant, "all", _sum(_ruled(own, ruling))) for ruling in RULINGS]
        categories = sorted({_name(each.category) for each in _ruled(own, "granted")})
        rows += [
            ("appeals granted", appellant, name, _sum(e for e in _ruled(own, "granted") if _name(e.category) == name))
            for name in categories
        ]
    median = year.medians.get("appeal", Median(0, None))
    rows.append(("median_seconds_to_answer", "all", "all", median.seconds))
    rows.append(("answered by the first decider", "all", "all", _sum(e for e in year.appealed if e.same_person)))
    rows.append(("out-of-court disputes", "all", "all", NOT_RECORDED))
    rows += [("measures against people", each.kind, "all", each.number) for each in year.measured]
    return _part(7, columns, rows)


def _ruled(appealed: Iterable[Appealed], ruling: str) -> list[Appealed]:
    return [each for each in appealed if each.ruling == ruling]


def _automated(year: Year) -> Part:
    rows: list[tuple[Cell, ...]] = []
    for automation in Automation:
        own = [each for each in year.restricted if each.automation is automation]
        count, reversed_ = _sum(own), _sum(each for each in own if each.outcome == "reversed")
        rows.append((f"restrictions, automation: {automation}", count, reversed_, share(reversed_, count)))
    detected = [each for each in year.restricted if each.detected]
    reversed_ = _sum(each for each in detected if each.outcome == "reversed")
    rows.append(("restrictions, detected by a program", _sum(detected), reversed_, share(reversed_, _sum(detected))))
    rows.append(("notices decided by a program alone", _sum(_alone_on_notice(year)), None, None))
    rows.append(("accuracy measured otherwise", NOT_RECORDED, None, None))
    return _part(8, ("indicator", "count", "reversed", "share_reversed"), rows)


def _alone_on_notice(year: Year) -> list[Restricted]:
    noticed = {Prompt.NOTICE, Prompt.TRUSTED_FLAGGER}
    return [e for e in year.restricted if e.automation is Automation.FULLY and e.prompt in noticed]


def share(part: int, whole: int) -> str | None:
    """Four decimals; None where there is nothing to share."""
    return f"{part / whole:.4f}" if whole else None


def _only_of_very_large(number: int) -> Part:
    return _part(number, ("note",), [("not applicable: asked of very large online platforms and search engines only",)])


def _in_words(identity: Identity) -> Part:
    rows = [
        ("rules", identity.charter),
        ("summary of moderation in one's own words", "to be written by the operator"),
        ("use of automated means", "rules listed in docs/moderation.md of Agora hold comments back for a person"),
        ("safeguards", "each decision has its reasons, can be contested for six months, and stands in a sealed log"),
        ("suspicions of offences told to authorities (article 18)", NOT_RECORDED),
    ]
    return _part(11, ("field", "text"), rows)


# What the page shows


def count_by(
    counted: Iterable[Restricted | Answered | Appealed | Measured | Ordered], name: str
) -> list[tuple[str, int]]:
    """How many there are of each word of this name, the most frequent first; of as many, by the word."""
    found: Counter[str] = Counter()
    for each in counted:
        found[str(getattr(each, name))] += each.number
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
