"""Who goes first on a busy processor: the event loop, which answers from memory in a hundredth of a thread's time."""

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

# Steps of nice(2). Of a processor on which both want to run all the time, a thread that gives way gets a fifteenth, and
# never stands still; what the loop does not need is all the threads'.
STEPS = 12
LAST = 19

T = TypeVar("T")

_given = threading.local()


def give_way() -> None:
    """Let the thread that calls this come after the loop, from now on; to call it again changes nothing.

    On Linux each thread has a niceness of its own (setpriority(2), "C library/kernel differences"); elsewhere the whole
    process would get it.
    """
    if sys.platform != "linux" or getattr(_given, "way", False):
        return
    _given.way = True
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, min(LAST, os.getpriority(os.PRIO_PROCESS, thread) + STEPS))


def after_the_loop(work: Callable[..., T], *given: object) -> T:
    """What a thread is handed to do, in a thread that gives way."""
    give_way()
    return work(*given)
