"""How well the spam filter judges, how soon it learns a site, and what it costs: python -m bench.spam YOUTUBE.csv

With --write, the learning curve becomes docs/images/spam-learning.svg. Nothing is judged with a prior made from it:
a video is left out of the prior, and our own comments are judged with a prior from YouTube's alone.
"""

import argparse
import resource
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import NamedTuple
from xml.sax.saxutils import escape

from agora.rules.spam import ANY, HELD_FROM, NOTHING, Learned, Memory, Prior, lesson_of, score_of
from agora.rules.spam_signs import signs
from agora.store.spam import prior
from bench.chart import STYLE
from bench.spam_prior import fitted
from bench.spam_texts import Text, fifths, groups, own, shuffled, youtube

CHART = Path(__file__).parents[1] / "docs" / "images" / "spam-learning.svg"
DECISIONS = (0, 10, 50, 100, 200)
SHUFFLES = 10


class Figures(NamedTuple):
    """How many of the held were spam, how much of the spam was held, and what precision a recall of 0.9 leaves."""

    precision: float
    recall: float
    at_ninety: float


class Filter:
    """The filter over signs that were found before."""

    def __init__(self, prior_: Prior) -> None:
        self.prior = prior_
        self.learned: dict[str, Learned] = {}

    def score(self, text: Text) -> float:
        return score_of(text.signs, self.prior, self.learned).probability

    def learn(self, text: Text) -> None:
        lesson = lesson_of(text.signs, text.spam, self.prior, self.learned)
        for sign in (ANY, *text.signs):
            self.learned[sign] = self.learned.get(sign, NOTHING) + lesson


def figures(judged: Iterable[tuple[float, bool]]) -> Figures:
    row = sorted(judged, key=lambda one: -one[0])
    every = sum(is_spam for _, is_spam in row)
    held = [is_spam for score, is_spam in row if score >= HELD_FROM]
    found = 0
    place = 0
    for place, (_, is_spam) in enumerate(row, start=1):  # noqa: B007 - its last value is what is asked for
        found += is_spam
        if found >= 0.9 * every:
            break
    return Figures(sum(held) / max(1, len(held)), sum(held) / max(1, every), found / max(1, place))


def mean(row: Sequence[Figures]) -> Figures:
    return Figures(*map(fmean, zip(*row, strict=True)))


def stream(prior_: Prior, texts: Sequence[Text], *, after: int) -> Figures:
    """What `agora moderation replay` says of what came after so many decisions: each is judged, then learned."""
    filter_, judged = Filter(prior_), []
    for text in texts:
        judged.append((filter_.score(text), text.spam))
        filter_.learn(text)
    return figures(judged[after:])


def curve(prior_: Prior, texts: Sequence[Text], *, last: int) -> list[tuple[int, Figures]]:
    """How the last comments of a stream are judged after so many of the first were decided."""
    steps = [count for count in DECISIONS if count + last <= len(texts)]
    found = {count: [] for count in steps}
    for seed in range(SHUFFLES):
        row = shuffled(texts, seed)
        filter_, decided = Filter(prior_), 0
        for count in steps:
            for text in row[decided:count]:
                filter_.learn(text)
            decided = count
            found[count].append(figures((filter_.score(text), text.spam) for text in row[-last:]))
    return [(count, mean(found[count])) for count in steps]


def merged(curves: Sequence[list[tuple[int, Figures]]]) -> list[tuple[int, Figures]]:
    """Their mean, step by step."""
    return [(steps[0][0], mean([found for _, found in steps])) for steps in zip(*curves, strict=True)]


def line(label: str, found: Figures) -> str:
    return f"{label:48} {found.precision:.3f} {found.recall:.3f} {found.at_ninety:.3f}"


def by_video(theirs: Sequence[Text], ours: Sequence[Text]) -> list[tuple[Prior, list[Text]]]:
    """Each video, with a prior in which it is not."""
    return [
        (
            fitted([*(text for text in theirs if text.group != video), *ours]),
            [text for text in theirs if text.group == video],
        )
        for video in groups(theirs)
    ]


def report(theirs: Sequence[Text], ours: Sequence[Text]) -> list[tuple[str, list[tuple[int, Figures]]]]:
    """Print every figure of docs/spam.md; gives the curves."""
    print(f"{'':48} prec. recall at .9")
    videos = by_video(theirs, ours)
    for prior_, texts in videos:
        row = [stream(prior_, shuffled(texts, seed), after=200) for seed in range(SHUFFLES)]
        print(line(f"{texts[0].group}: after 200 decisions", mean(row)))
        enough = sum(found.precision >= 0.98 and found.recall >= 0.9 for found in row)
        print(f"    0.98 and 0.90 are both reached in {enough} of {SHUFFLES} orders")
    _day_one(theirs, ours)
    from_theirs = fitted(theirs)
    row = [stream(from_theirs, shuffled(ours, seed), after=200) for seed in range(SHUFFLES)]
    print(line("ours, prior without them: after 200 decisions", mean(row)))
    curves = [
        ("YouTube, a video the prior never saw", merged([curve(prior_, texts, last=150) for prior_, texts in videos])),
        ("French and English, comments it never saw", merged(list(_halves(theirs, ours)))),
    ]
    for label, steps in curves:
        for count, found in steps:
            print(line(f"{label[:34]}: {count} decisions", found))
    _cost(theirs, ours)
    return curves


def _halves(theirs: Sequence[Text], ours: Sequence[Text]) -> Iterator[list[tuple[int, Figures]]]:
    """Half of our own comments as a stream, with a prior from the other half and YouTube's."""
    for seed in range(4):
        row = shuffled(ours, seed)
        half = len(row) // 2
        for made_from, left_out in ((row[:half], row[half:]), (row[half:], row[:half])):
            yield curve(fitted([*theirs, *made_from]), left_out, last=150)


def _day_one(theirs: Sequence[Text], ours: Sequence[Text]) -> None:
    """Our own comments before anything was decided, a fifth of which, or of their kinds, is left out of the prior."""
    for label, texts in (("kinds", ours), ("comments", [text._replace(group=text.text) for text in ours])):
        judged = []
        for made_from, left_out in fifths(texts):
            filter_ = Filter(fitted([*theirs, *made_from]))
            judged += [(filter_.score(text), text.spam) for text in left_out]
        print(line(f"ours on day one, {label} left out of the prior", figures(judged)))


def _cost(theirs: Sequence[Text], ours: Sequence[Text]) -> None:
    texts = [text.text for text in (*theirs, *ours)]
    memory = Memory(prior())
    print(f"signs a comment: {fmean(len(signs(text)) for text in texts):.0f}")
    for label, deed in (("find signs", signs), ("score", memory.score), ("learn", partial(memory.learn, is_spam=True))):
        began = time.perf_counter()
        for text in texts:
            deed(text)
        print(f"{label}: {1000 * (time.perf_counter() - began) / len(texts):.3f} ms a comment")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    priors = [prior.__wrapped__() for _ in range(20)]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory of the prior: {(after - before) / len(priors):.0f} KiB")


# The chart

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 860, 420, 64, 64, 300, 52
_LOWEST = 0.7


def drawn(curves: Sequence[tuple[str, list[tuple[int, Figures]]]]) -> str:
    """Precision and recall over the number of decisions; the table in docs/spam.md has the same figures."""
    shapes = [_text(24, 32, "What the filter has learned after so many decisions", "title")]
    for share in (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0):
        y = _y(share)
        shapes.append(f'<path class="grid" d="M{_LEFT} {y:.0f}H{_WIDTH - _RIGHT}"/>')
        shapes.append(_text(24, y + 4, f"{share:.2f}", "faint"))
    shapes += [_text(_x(place) - 8, _HEIGHT - 26, str(count), "faint") for place, count in enumerate(DECISIONS)]
    shapes.append(_text(_LEFT, _HEIGHT - 6, "decisions by the site’s moderators", "faint"))
    for number, (label, steps) in enumerate(curves):
        shapes += _curve(f"{label}: precision", [found.precision for _, found in steps], f"line-{number}", 0)
        shapes += _curve(f"{label}: recall", [found.recall for _, found in steps], f"line-{number} dashed", 1)
    style = (
        f"{STYLE}\n.grid {{ stroke: #d8dfda; }}\npath {{ fill: none; stroke-width: 2.5; }}\n"
        ".grid { stroke-width: 1; }\n.dashed { stroke-dasharray: 6 4; }\n"
        ".line-0 { stroke: #2c7a55; }\n.line-1 { stroke: #8a4fa3; }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  .grid { stroke: #333d36; }\n  .line-0 { stroke: #6fc79b; }\n  .line-1 { stroke: #cf9be6; }\n}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            'aria-label="Precision and recall of the spam filter after 0 to 200 decisions; the table has the figures">',
            f"<style>\n{style}\n</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
            *shapes,
            *_legend([label for label, _ in curves]),
            "</svg>\n",
        ]
    )


def _curve(label: str, shares: Sequence[float], kind: str, _: int) -> list[str]:
    path = "L".join(f"{_x(place):.1f} {_y(share):.1f}" for place, share in enumerate(shares))
    return [f'<path class="{kind}" d="M{path}"><title>{escape(label)}</title></path>']


def _legend(labels: Sequence[str]) -> list[str]:
    shapes, left = [], _WIDTH - _RIGHT + 20
    for number, label in enumerate(labels):
        top = _TOP + 70 * number
        first, _, second = label.partition(", ")
        shapes.append(_text(left, top + 4, first))
        shapes.append(_text(left, top + 20, second, "faint"))
        for place, (name, kind) in enumerate((("precision", ""), ("recall", " dashed"))):
            x = left + 120 * place
            shapes.append(f'<path class="line-{number}{kind}" d="M{x} {top + 36}h28"/>')
            shapes.append(_text(x + 34, top + 40, name, "faint"))
    return shapes


def _x(place: int) -> float:
    return _LEFT + 16 + (_WIDTH - _LEFT - _RIGHT - 32) * place / (len(DECISIONS) - 1)


def _y(share: float) -> float:
    share = max(_LOWEST, share)
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (share - _LOWEST) / (1 - _LOWEST))


def _text(left: float, top: float, words: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{left:.1f}" y="{top:.1f}"{style}>{escape(words)}</text>'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("youtube", type=Path, help="the YouTube Spam Collection as CSV: video, text, spam")
    parser.add_argument("--write", action="store_true", help="draw the learning curve into docs/images")
    options = parser.parse_args()
    curves = report(youtube(options.youtube), own())
    if options.write:
        CHART.write_text(drawn(curves), encoding="utf-8")


if __name__ == "__main__":
    main()
