"""`agora moderation replay` and `agora moderation spam …`: measure the spam filter, and carry over what it learned."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from agora.actions import spam as actions
from agora.console import Commands, Failed, add_command, current_settings, migrated_database
from agora.i18n import translate
from agora.rules.errors import FieldErrors
from agora.rules.spam import FAIRNESS, HELD_FROM, Memory, Score
from agora.store import spam

# Decisions after which the filter is expected to know a site.
LEARNED_AFTER = 200
_HELD = f"{HELD_FROM:.2f}"


def add(group: "Commands[argparse.ArgumentParser]") -> None:
    replayed = add_command(
        group,
        "replay",
        _replay,
        "see how the spam filter would have learned from a list of comments; it touches no database",
        "agora moderation replay decided.jsonl",
    )
    replayed.description = (
        'Reads one JSON object a line, {"text": …, "spam": true|false}, and "name" and "website" where they are known. '
        "Prints one for each: the score that the comment got before the filter learned what it is, whether it would "
        f"have been held (a score from {_HELD} on), and what it is. The filter begins as it does on a new site. "
        f"A comment that is held without need counts as much as {FAIRNESS:.0f} spam let through. "
        "A summary follows on standard error."
    )
    replayed.add_argument("file", type=Path, help="the decided comments, oldest first (-: standard input)")
    replayed.add_argument(
        "--after",
        type=int,
        default=LEARNED_AFTER,
        metavar="NUMBER",
        help=f"tell apart what came after so many decisions ({LEARNED_AFTER})",
    )
    _add_filter_commands(group)


def _add_filter_commands(group: "Commands[argparse.ArgumentParser]") -> None:
    kept = group.add_parser(
        "spam",
        help="what the spam filter learned here",
        description="What the spam filter learned here.",
        epilog="Example: agora moderation spam export filter.json",
    )
    commands = kept.add_subparsers(required=True, metavar="COMMAND")
    exported = add_command(
        commands,
        "export",
        _export,
        "write what the filter learned here into a file; it holds numbers and no words",
        "agora moderation spam export filter.json",
    )
    exported.add_argument("file", type=Path, help="the file to write")
    exported.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    imported = add_command(
        commands,
        "import",
        _import,
        "add what another site's filter learned",
        "agora moderation spam import filter.json",
    )
    imported.add_argument("file", type=Path, help="what `agora moderation spam export` wrote")
    imported.add_argument("--replace", action="store_true", help="first forget what was learned here")
    explained = add_command(
        commands,
        "explain",
        _explain,
        "say what the filter thinks of a text, and why",
        "agora moderation spam explain comment.txt",
    )
    explained.add_argument("file", nargs="?", type=Path, help="the text (standard input)")


class Decided(NamedTuple):
    text: str
    spam: bool
    name: str
    website: str


def _replay(options: argparse.Namespace) -> int:
    memory = Memory(spam.prior())
    scores: list[tuple[bool, bool]] = []  # whether it would have been held, and whether it is spam
    spent = 0.0
    for comment in _decided(_lines(options.file)):
        began = time.perf_counter()
        score = memory.score(comment.text, name=comment.name, website=comment.website)
        memory.learn(comment.text, comment.spam, name=comment.name, website=comment.website)
        spent += time.perf_counter() - began
        line = {"score": round(score.probability, 6), "held": score.is_held, "spam": comment.spam}
        print(json.dumps(line), flush=True)
        scores.append((score.is_held, comment.spam))
    _summarise(scores, options.after, spent)
    return 0


def _lines(path: Path) -> Iterator[str]:
    if str(path) == "-":
        yield from sys.stdin
        return
    with path.open(encoding="utf-8") as lines:
        yield from lines


def _decided(lines: Iterable[str]) -> Iterator[Decided]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            comment = json.loads(line)
            text, label = comment["text"], comment["spam"]
        except (ValueError, KeyError, TypeError) as wrong:
            raise Failed(f"line {number} is not a JSON object with text and spam.") from wrong
        if not isinstance(text, str) or label not in (True, False):
            raise Failed(f"line {number}: text must be a text, and spam true or false.")
        yield Decided(text, bool(label), str(comment.get("name") or ""), str(comment.get("website") or ""))


def _summarise(scores: list[tuple[bool, bool]], after: int, spent: float) -> None:
    if not scores:
        raise Failed("there are no comments to replay.")
    _say(f"All {len(scores)} comments", scores)
    if after < len(scores):
        _say(f"The {len(scores) - after} after {after} decisions", scores[after:])
    print(f"Held from a score of {_HELD} on; {1000 * spent / len(scores):.2f} ms a comment.", file=sys.stderr)


def _say(label: str, scores: list[tuple[bool, bool]]) -> None:
    held = [is_spam for is_held, is_spam in scores if is_held]
    every = sum(is_spam for _, is_spam in scores)
    precision = f"{sum(held) / len(held):.4f}" if held else "none was held"
    recall = f"{sum(held) / every:.4f}" if every else "none was spam"
    print(
        f"{label}: {every} spam, {len(held)} held, of which {len(held) - sum(held)} without need;"
        f" precision {precision}, recall {recall}",
        file=sys.stderr,
    )


def _export(options: argparse.Namespace) -> int:
    if options.file.exists() and not options.overwrite:
        raise Failed(f"{options.file} is there already; use --overwrite to replace it.")
    with migrated_database(current_settings()).read() as session:
        exported = actions.exported(session)
    options.file.write_text(actions.as_text(exported), encoding="utf-8")
    print(f"Exported to {options.file}: {len(exported['learned'])} signs.")
    return 0


def _import(options: argparse.Namespace) -> int:
    typed = options.file.read_text(encoding="utf-8")
    try:
        with migrated_database(current_settings()).write() as session:
            actions.import_learned(session, typed, replace=options.replace)
            taught = spam.taught(session)
    except FieldErrors as wrong:
        message = wrong.errors["file"]
        raise Failed(translate("en", message.text, message.values)) from wrong
    print(f"The filter has now learned from {taught.spam} spam and {taught.ham} other comments.")
    return 0


def _explain(options: argparse.Namespace) -> int:
    text = options.file.read_text(encoding="utf-8") if options.file else sys.stdin.read()
    with migrated_database(current_settings()).read() as session:
        score = actions.scored(session, text)
    for line in _explained(score):
        print(line)
    return 0


def _explained(score: Score) -> Iterator[str]:
    yield f"{100 * score.probability:.0f} % ({'held' if score.is_held else 'not held'})"
    for code, values, points in score.why:
        yield f"{points:+5d}  {' '.join([code, *map(_plain, values.values())])}"


def _plain(value: Any) -> str:
    return str(value)
