"""The spam filter from the command line: measured with anybody's comments, carried from one site to another."""

import json
from pathlib import Path

from agora.rules.spam import ANY, HELD_FROM, number_of

from . import Command

OWN = Path(__file__).parents[1] / "data" / "comments.jsonl"
ANY_NUMBER = number_of(ANY)
MASTER = {"text": "Le grand maître vous attend ce soir", "spam": True}


def lines(*comments: object) -> str:
    return "".join(f"{json.dumps(comment)}\n" for comment in comments)


def test_replay_scores_before_it_learns(within: Command) -> None:
    replayed = within("moderation", "replay", "-", typed=lines(*[MASTER] * 6))
    scores = [json.loads(line) for line in replayed.stdout.splitlines()]
    assert replayed.returncode == 0
    assert [list(score) for score in scores] == [["score", "held", "spam"]] * 6
    assert [score["score"] for score in scores] == sorted({score["score"] for score in scores})
    assert all(score["held"] == (score["score"] >= HELD_FROM) for score in scores)
    assert scores[0]["score"] == json.loads(within("moderation", "replay", "-", typed=lines(MASTER)).stdout)["score"]


def test_replay_sums_up(within: Command) -> None:
    replayed = within("moderation", "replay", str(OWN))
    first, later, _cost = replayed.stderr.splitlines()
    assert first.startswith("All 894 comments: 401 spam, ")
    assert later.startswith("The 694 after 200 decisions: ")
    assert f"score of {HELD_FROM:.2f} on" in replayed.stderr


def test_replay_names_the_wrong_line(within: Command) -> None:
    for wrong in ("nothing", '{"text": 1, "spam": true}', '{"text": "a"}', '{"text": "a", "spam": "no"}', "[]"):
        replayed = within("moderation", "replay", "-", typed=f"{lines(MASTER)}\n{wrong}\n")
        assert replayed.returncode == 1
        assert replayed.stderr.startswith("agora: line 3")
    assert within("moderation", "replay", "-").stderr == "agora: there are no comments to replay.\n"


def test_learning_is_carried_over(within: Command, tmp_path: Path) -> None:
    assert within("init").returncode == 0
    exported = within("moderation", "spam", "export", "filter.json")
    assert exported.stdout == "Exported to filter.json: 0 signs.\n"
    assert "already" in within("moderation", "spam", "export", "filter.json").stderr
    stored = json.loads((tmp_path / "filter.json").read_text())
    (tmp_path / "filter.json").write_text(json.dumps(stored | {"learned": [[ANY_NUMBER, 7, 9, 10, 100]]}))
    for expected in ("7 spam and 9 other", "14 spam and 18 other"):
        assert expected in within("moderation", "spam", "import", "filter.json").stdout
    assert "7 spam and 9 other" in within("moderation", "spam", "import", "filter.json", "--replace").stdout
    (tmp_path / "filter.json").write_text("nothing")
    assert "not what a spam filter" in within("moderation", "spam", "import", "filter.json").stderr


def test_explain_names_what_weighs(within: Command) -> None:
    assert within("init").returncode == 0
    explained = within("moderation", "spam", "explain", typed="Jouez au casino en ligne, bonus gratuit !").stdout
    assert explained.splitlines()[0].endswith("% (held)")
    assert "topic gambling" in explained
