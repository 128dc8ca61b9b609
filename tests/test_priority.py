"""Threads let the event loop go first."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from friends import Site

from agora.priority import LAST, STEPS, give_way

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the niceness of a thread")


def nicenesses() -> dict[int, int]:
    """Of each thread of this process, as the system sees it (proc(5), field 19)."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found[int(task.name)] = int(fields[16])
    return found


@linux
def test_thread_gives_way_once() -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        before = pool.submit(nicenesses).result()
        pool.submit(give_way).result()
        pool.submit(give_way).result()
        after = pool.submit(nicenesses).result()
    mine = os.getpid()
    changed = {after[thread] for thread in after if after[thread] != before[thread]}
    assert changed == {min(LAST, before[mine] + STEPS)}
    assert after[mine] == before[mine]


@linux
def test_pages_are_made_after_the_loop(site: Site) -> None:
    """The client's loop is the server's here, in a thread of its own."""
    client = site.client()
    known = set(nicenesses())
    assert client.get("/charter").status_code == 200
    found = nicenesses()
    assert any(found[thread] == min(LAST, found[os.getpid()] + STEPS) for thread in found.keys() - known)
