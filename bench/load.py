"""Readers: wrk, with thirty-two connections on the load's processor."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
# wrk measures what it is asked to and says so in its own units.
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}

MIXED = """\
-- Asks for the paths in turn; each is a path and headers, made once.
local requests, turn = {}, 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, name, value = line:match("([^\\t]*)\\t([^\\t]*)\\t(.*)")
    local headers = {}
    if name ~= "" then headers[name] = value end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
"""


@dataclass(frozen=True)
class Reading:
    """What the readers got."""

    requests: int
    rate: float
    p99: float  # milliseconds
    wrong: int  # answers that are no 2xx or 3xx, and connections that broke


@contextmanager
def readers(
    address: str, path: str, seconds: float, *, processors: Iterable[int], headers: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """wrk, reading while the block runs; `finish` waits for it."""
    command = _command(seconds, [f"--header={name}: {value}" for name, value in (headers or {}).items()])
    with _start([*command, address + path], processors) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def finish(process: subprocess.Popen[str]) -> Reading:
    assert process.stdout
    return reading_of(process.stdout.read())


def read(
    address: str, path: str, seconds: float, *, processors: Iterable[int], headers: Mapping[str, str] | None = None
) -> Reading:
    """How often a page is read in so many seconds."""
    with readers(address, path, seconds, processors=processors, headers=headers) as process:
        return finish(process)


def read_mixed(
    address: str,
    requests: Sequence[tuple[str, str, str]],
    seconds: float,
    *,
    processors: Iterable[int],
    folder: Path,
) -> Reading:
    """Requests in turn: each a path and one header (or none)."""
    (folder / "mixed.lua").write_text(MIXED)
    (folder / "mixed.txt").write_text("".join("\t".join(request) + "\n" for request in requests))
    command = _command(seconds, ["--script", str(folder / "mixed.lua"), address, "--", str(folder / "mixed.txt")])
    with _start(command, processors) as process:
        return finish(process)


def _command(seconds: float, more: list[str]) -> list[str]:
    return ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={_whole(seconds)}s", "--latency", *more]


def _whole(seconds: float) -> int:
    return max(1, round(seconds))  # wrk knows no others


def _start(command: list[str], processors: Iterable[int]) -> subprocess.Popen[str]:
    allowed = set(processors)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )


def reading_of(told: str) -> Reading:
    """What wrk printed."""
    total = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", told)
    if not (total and rate and slow):
        raise RuntimeError(f"wrk said nothing that we know: {told[-500:]}")
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    return Reading(
        int(total[1]),
        float(rate[1]),
        float(slow[1]) * UNITS[slow[2]],
        (int(wrong[1]) if wrong else 0) + (sum(map(int, broken.groups())) if broken else 0),
    )
