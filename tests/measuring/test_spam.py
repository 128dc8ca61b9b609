"""What the spam filter is made from and measured with."""

import json
from xml.etree import ElementTree

from bench.spam import Figures, curve, drawn, figures
from bench.spam_prior import as_text, fitted
from bench.spam_texts import own, shuffled

from agora.resources import packaged
from agora.rules.spam_signs import VERSION


def test_the_prior_has_the_present_signs() -> None:
    stored = json.loads(packaged("spam", "prior.json").read_text(encoding="utf-8"))
    assert stored["signs_version"] == VERSION
    assert "CC BY 4.0" in stored["made_from"]


def test_the_same_texts_make_the_same_prior() -> None:
    texts = shuffled(own(), 1)[:80]
    assert as_text(fitted(texts)) == as_text(fitted(list(texts)))


def test_reserved_addresses_are_no_sign() -> None:
    texts = own()
    assert len({text.group for text in texts}) > 20
    assert not [text.text for text in texts if ".example" in text.text or "@example." in text.text]


def test_figures_count_what_is_held() -> None:
    judged = [(0.9, True), (0.8, False), (0.7, True), (0.2, True), (0.1, False)]
    assert figures(judged) == Figures(2 / 3, 2 / 3, 3 / 4)


def test_the_curve_can_be_drawn() -> None:
    texts = shuffled(own(), 2)
    steps = curve(fitted(texts[:60]), texts[60:120], last=40)
    assert [count for count, _ in steps] == [0, 10]
    assert ElementTree.fromstring(drawn([("One, some", steps)])).tag.endswith("svg")
