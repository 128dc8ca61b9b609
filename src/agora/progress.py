"""How commands report progress: a bar on a terminal, a plain line every tenth elsewhere."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm


def through(label: str, items: list[Path]) -> Iterator[Path]:
    """The items in turn."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, unit="")
        return
    step = max(1, len(items) // 10)
    for number, item in enumerate(items, start=1):
        yield item
        if number % step == 0 or number == len(items):
            print(f"{label}: {number} of {len(items)}", file=sys.stderr)


class Work:
    """Several pieces of work, one after the other."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None
        self._label, self._tenth = "", 0

    def __call__(self, label: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self._draw(label, done, total)
        else:
            self._say(label, done * 10 // max(1, total))

    def _draw(self, label: str, done: int, total: int) -> None:
        if self._bar is None or label != self._label:
            self.close()
            self._label = label
            self._bar = tqdm(
                total=total, desc=label, unit="", bar_format="{desc}: {percentage:3.0f} %|{bar}| {remaining}"
            )
        self._bar.update(done - self._bar.n)

    def _say(self, label: str, tenth: int) -> None:
        if (label, tenth) != (self._label, self._tenth):
            self._label, self._tenth = label, tenth
            print(f"{label}: {tenth * 10} %", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
