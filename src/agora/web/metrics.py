"""What this process did since it started, counted as it goes, and written in Prometheus' text format (0.0.4).

Only names and numbers: no address, no path, no person.
"""

import os
import resource
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import Scope

from agora import __version__
from agora.rules.markup import RENDERER_VERSION
from agora.store.figures import Figures
from agora.web.memory import Memory

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Seconds. An answer is counted in each that is not shorter.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST"})
STARTED = time.time()

Labels = Mapping[str, object]
Sample = tuple[str, Labels, float]  # what follows the family's name, labels, value


@dataclass
class Durations:
    """A histogram: how many answers fell between two bounds, and how long all of them took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Requests:
    """What was answered. Only the event loop calls `add`, so no thread ever waits for another."""

    def __init__(self, names: Mapping[object, str]) -> None:
        """`names` are those of the addresses in web/routes.py, by their endpoints."""
        self._names = names
        self.answered: Counter[tuple[str, str, int]] = Counter()
        self.durations: dict[tuple[str, str], Durations] = {}
        self.bytes = 0

    def add(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        # Names that visitors choose are no labels: there would be no end of them.
        method = scope["method"] if scope["method"] in METHODS else "other"
        where = (self._names.get(scope.get("endpoint"), "nowhere"), method)
        self.answered[(*where, status)] += 1
        durations = self.durations.get(where)
        if durations is None:
            durations = self.durations[where] = Durations()
        durations.add(seconds)
        self.bytes += size


class Sheet:
    """Collects families; `text` is what is handed out."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def add(self, name: str, kind: str, sentence: str, *samples: Sample) -> None:
        self._lines += [f"# HELP {name} {sentence}", f"# TYPE {name} {kind}"]
        self._lines += [f"{name}{suffix}{_braced(labels)} {value}" for suffix, labels, value in samples]

    def number(
        self, name: str, sentence: str, value: float, labels: Labels | None = None, *, grows: bool = False
    ) -> None:
        self.add(name, "counter" if grows else "gauge", sentence, ("", labels or {}, value))


def _braced(labels: Labels) -> str:
    # Our labels are names of routes, words and numbers: nothing in them has to be escaped.
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


def add_requests(sheet: Sheet, requests: Requests, own: Labels) -> None:
    answered = [
        ("", {**own, "route": route, "method": method, "status": status}, count)
        for (route, method, status), count in sorted(requests.answered.items())
    ]
    sheet.add("agora_requests_total", "counter", "Answers that the application gave, by address and status.", *answered)
    sheet.add(
        "agora_request_seconds",
        "histogram",
        "How long an answer took, from the first byte asked to the last byte given.",
        *(sample for where in sorted(requests.durations) for sample in _histogram(requests, where, own)),
    )
    sheet.number("agora_response_bytes_total", "Bytes of those answers.", requests.bytes, own, grows=True)


def _histogram(requests: Requests, where: tuple[str, str], own: Labels) -> Iterable[Sample]:
    durations, labels, so_far = requests.durations[where], {**own, "route": where[0], "method": where[1]}, 0
    for bound, count in zip((*BOUNDS, "+Inf"), durations.counts, strict=True):
        so_far += count
        yield "_bucket", {**labels, "le": bound}, so_far
    yield "_sum", labels, durations.seconds
    yield "_count", labels, so_far


def add_memory(sheet: Sheet, memory: Memory, own: Labels) -> None:
    figures = memory.figures
    results = {
        "hit": figures.hits,
        "miss": figures.misses,
        "passed": figures.passed,
    }
    samples = [("", {**own, "result": result}, count) for result, count in results.items()]
    sheet.add("agora_memory_requests_total", "counter", "Requests by what the page memory made of them.", *samples)
    for name, sentence, count in (
        ("not_modified", "Answers from memory to readers who had the page already.", figures.not_modified),
        ("evicted", "Pages that had to make room for others.", figures.evicted),
    ):
        sheet.number(f"agora_memory_{name}_total", sentence, count, own, grows=True)
    sheet.number("agora_memory_bytes", "Bytes that the page memory takes.", memory.size, own)
    sheet.number("agora_memory_pages", "Pages in memory.", memory.entries, own)


def add_site(sheet: Sheet, figures: Figures) -> None:
    """What is the same whichever process is asked."""
    for name, sentence, value in (
        ("comments_pending", "Comments that wait for a moderator.", figures.comments_pending),
        ("comments_oldest_pending_seconds", "Since when the first of them waits.", figures.oldest_pending),
        ("letters_due", "Letters that should have left by now.", figures.letters_due),
        ("letters_oldest_due_seconds", "How late the latest of them is.", figures.oldest_due),
        ("letters_failed", "Letters that could not be delivered.", figures.letters_failed),
        ("database_bytes", "Size of the database.", figures.database_size),
    ):
        sheet.number(f"agora_{name}", sentence, value)
    if figures.wal_size is not None:
        sheet.number("agora_database_wal_bytes", "Size of SQLite's -wal file.", figures.wal_size)


def add_process(sheet: Sheet, own: Labels) -> None:
    """By the names that Prometheus' own libraries give these."""
    sheet.number("agora_info", "Which Agora this is.", 1, {**own, "version": __version__, "renderer": RENDERER_VERSION})
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    sheet.number("process_cpu_seconds_total", "Processor time.", cpu, own, grows=True)
    sheet.number("process_start_time_seconds", "When the process started.", STARTED, own)
    sheet.number("process_threads", "Threads of Python.", threading.active_count(), own)
    proc = Path("/proc/self")
    if proc.exists():
        resident = int((proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        sheet.number("process_resident_memory_bytes", "Memory.", resident, own)
        sheet.number("process_open_fds", "Open files and connections.", len(os.listdir(proc / "fd")), own)
