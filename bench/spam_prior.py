"""What the spam filter knows before a site has decided anything: python -m bench.spam_prior YOUTUBE.csv

Writes src/agora/spam/prior.json. The same texts give the same bytes.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from agora.rules.spam import _UNIT, Prior
from agora.rules.spam_signs import VERSION
from bench.spam_texts import Text, own, youtube

PRIOR = Path(__file__).parents[1] / "src" / "agora" / "spam" / "prior.json"

# A sign of one or two texts says little of others. Weights stay small (ridge penalty); our own texts, which are fewer
# and of more kinds, count six times; a comment that is held without need counts twice.
_SEEN, _PENALTY, _OWN, _FAIRNESS = 3, 2.0, 6.0, 2.0
_SWEEPS = 40
_FAINT = 20  # thousandths: lighter signs are left out

MADE_FROM = (
    "YouTube Spam Collection (T. C. Alberto, J. V. Lochter; UCI Machine Learning Repository 380; CC BY 4.0; changed: "
    "words became weights) and Agora's own tests/data/comments.jsonl, by bench/spam_prior.py."
)


def fitted(texts: Sequence[Text]) -> Prior:
    """Logistic regression over the signs, by Newton's method for one weight after another."""
    once = list({(text.signs, text.spam): text for text in texts}.values())
    seen = Counter(sign for text in once for sign in text.signs)
    holders: dict[str, list[int]] = {"": list(range(len(once)))}
    for number, text in enumerate(once):
        for sign in text.signs:
            if seen[sign] >= _SEEN:
                holders.setdefault(sign, []).append(number)
    counts = [_importance(text) for text in once]
    wanted = [float(text.spam) for text in once]
    weights = dict.fromkeys(holders, 0.0)
    logits = [0.0] * len(once)
    for _ in range(_SWEEPS):
        for sign, numbers in holders.items():
            penalty = _PENALTY if sign else 0.0
            slope, bend = penalty * weights[sign], penalty + 1e-9
            for number in numbers:
                likely = 1 / (1 + math.exp(-logits[number]))
                slope += counts[number] * (likely - wanted[number])
                bend += counts[number] * likely * (1 - likely)
            step = max(-1.0, min(1.0, -slope / bend))
            weights[sign] += step
            for number in numbers:
                logits[number] += step
    bias = weights.pop("")
    return Prior(weights, bias)


def _importance(text: Text) -> float:
    return (1.0 if text.group.startswith("video") else _OWN) * (1.0 if text.spam else _FAIRNESS)


def as_text(prior: Prior) -> str:
    rounded = {sign: round(_UNIT * weight) for sign, weight in sorted(prior.weights.items())}
    kept = {sign: weight for sign, weight in rounded.items() if abs(weight) >= _FAINT}
    stored = {"made_from": MADE_FROM, "signs_version": VERSION, "bias": round(_UNIT * prior.bias), "weights": kept}
    return json.dumps(stored, ensure_ascii=False, indent=0) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("youtube", type=Path, help="the YouTube Spam Collection as CSV: video, text, spam")
    texts = [*youtube(parser.parse_args().youtube), *own()]
    PRIOR.parent.mkdir(exist_ok=True)
    PRIOR.write_text(as_text(fitted(texts)), encoding="utf-8")
    print(f"{PRIOR.name}: {PRIOR.stat().st_size / 1024:.0f} KiB, from {len(texts)} comments")


if __name__ == "__main__":
    main()
