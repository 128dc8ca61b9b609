"""A question that is put to the database at most so often, however many want to know."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter

Answer = TypeVar("Answer")

# Seconds after which whoever asked is told `otherwise`: load balancers and Prometheus don't wait long themselves.
PATIENCE = 5


class Seldom(Generic[Answer]):
    """`ask` runs in a thread; its answer holds for `holds`. `otherwise` is the answer if none comes in time."""

    def __init__(
        self, ask: Callable[[], Answer], *, otherwise: Answer, holds: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._ask = ask
        self._otherwise = otherwise
        self._holds = holds
        self._clock = clock
        self._answer = otherwise
        self._until: datetime | None = None
        self._one_at_a_time = anyio.Lock()
        # A thread that never comes back keeps its place: three of those, and nobody is sent after them any more.
        self._threads = CapacityLimiter(3)

    async def answer(self) -> Answer:
        async with self._one_at_a_time:
            if self._until is None or not self._until - self._holds <= self._clock() < self._until:
                self._answer = self._otherwise
                with anyio.move_on_after(PATIENCE):
                    self._answer = await anyio.to_thread.run_sync(
                        self._ask, abandon_on_cancel=True, limiter=self._threads
                    )
                self._until = self._clock() + self._holds
            return self._answer
