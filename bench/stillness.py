"""Whether the machine was still while something was measured: who else used the processors, and how even these were."""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# The share of the two processors that other programs may take during a run, and the machine below. What is left over
# when all that we know of is taken away comes from short programs, and from the kernel's counting in ticks. What the
# machine below takes, it takes from whoever runs just then: many rounds even it out, unless it takes very much.
OTHERS, LEFT_OVER, STOLEN = 0.03, 0.08, 0.25
TICKS = os.sysconf("SC_CLK_TCK")
TURNS, TRIES = 4_000, 60  # of a loop that takes a third of a millisecond: it fits between two interruptions
LOOP = 10_000_000  # turns: what the pace is told for
KERNEL = 2  # the process that starts the kernel's own threads

Paces = Mapping[int, float]  # seconds for the loop, by processor


@dataclass(frozen=True)
class Processors:
    """One for the server with its database, one for the load."""

    server: int
    load: int

    @property
    def both(self) -> set[int]:
        return {self.server, self.load}


@dataclass(frozen=True)
class Round:
    """What one run of each contestant gave, one after the other, and what disturbed any of them (it is the last then).

    `pace` is how many seconds the server's processor took for the loop meanwhile.
    """

    runs: Mapping[str, Mapping[str, float]]
    pace: float
    disturbance: str = ""


@dataclass(frozen=True)
class Look:
    """Seconds of processor time since the machine started."""

    at: float
    busy: float
    stolen: float
    ours: float  # with the kernel's threads, which write our pages to the disk
    others: Mapping[int, float]  # by process

    def others_until(self, later: "Look") -> float:
        return sum(seconds - self.others.get(process, 0.0) for process, seconds in later.others.items())


def take_processors() -> Processors:
    """Two of the processors that this process may use; from here on it and its children use no others."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("bench: two processors are needed, one for the server and one for the load.")
    processors = Processors(allowed[0], allowed[1])
    os.sched_setaffinity(0, {processors.load})
    return processors


class Watch:
    """Measures, and says of each round what disturbed it, and at which pace it was. `rough` goes on all the same."""

    def __init__(self, processors: Processors, *, rough: bool = False) -> None:
        self.processors, self.rough = processors, rough

    def round(self, works: Iterable[tuple[str, Callable[[], Mapping[str, float]]]]) -> Round:
        """Each once, in this order, with a look at the processors before, between and after.

        A disturbed round ends there: what is left of it could not be compared.
        """
        runs, paces, disturbance = dict[str, Mapping[str, float]](), [self._paces()], ""
        for name, work in works:
            if disturbance and not self.rough:
                break
            before = self._look()
            runs[name] = work()
            taken = self._taken(before, self._look())
            paces.append(self._paces())
            disturbance = disturbance or taken
        return Round(runs, statistics.mean(each[self.processors.server] for each in paces), disturbance)

    def _taken(self, before: Look, after: Look) -> str:
        """Who else took more of the processors between two looks than a run bears."""
        offered = (after.at - before.at) * len(self.processors.both)
        others = before.others_until(after) / offered
        left_over = (after.busy - before.busy - (after.ours - before.ours)) / offered
        stolen = (after.stolen - before.stolen) / offered
        if others > OTHERS or left_over > LEFT_OVER:
            return f"other programs took {min(1.0, max(others, left_over)):.0%} of the processors"
        if stolen > STOLEN:
            return f"the machine below took {stolen:.0%} of the processors"
        return ""

    def _look(self) -> Look:
        lines = Path("/proc/stat").read_text().splitlines()
        busy = stolen = 0
        for number in self.processors.both:
            line = next(line for line in lines if line.startswith(f"cpu{number} "))
            # What interrupts take is left aside: most of it is the loopback traffic of our own load.
            user, nice, system, _idle, _wait, _interrupts, _soft, steal, *_ = map(int, line.split()[1:])
            busy, stolen = busy + user + nice + system, stolen + steal
        ours, others = shares()
        return Look(time.monotonic(), busy / TICKS, stolen / TICKS, ours, others)

    def _paces(self) -> Paces:
        return {number: self._pace(number) for number in self.processors.both}

    def _pace(self, processor: int) -> float:
        """The best of many short pieces of the loop: those who interrupt it are counted by what they took."""
        os.sched_setaffinity(0, {processor})
        try:
            return min(_piece() for _ in range(TRIES)) * LOOP / TURNS
        finally:
            os.sched_setaffinity(0, {self.processors.load})


def _piece() -> float:
    begun, value = time.thread_time(), 1
    for number in range(TURNS):
        value = (value * 31 + number) & 0xFFFFFFFF
    return time.thread_time() - begun


def shares() -> tuple[float, dict[int, float]]:
    """Seconds that we have used, with what we started and the kernel's threads; and those of each other process."""
    ours, others = processor_seconds(psutil.Process()), dict[int, float]()
    family = {process.pid for process in (psutil.Process(), *psutil.Process().children(recursive=True))}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            times, parent = process.cpu_times(), process.ppid()
            if KERNEL in (process.pid, parent):
                ours += times.user + times.system
            elif process.pid not in family:
                others[process.pid] = times.user + times.system
    return ours, others


def processor_seconds(process: psutil.Process) -> float:
    """What a process and all that it started have used so far, those that have ended included."""
    used = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return used
