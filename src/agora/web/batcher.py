"""Who waits for the same work at the same moment is served together, by one thread."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter

from agora.priority import after_the_loop

log = logging.getLogger("agora")

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class NotServed(Exception):
    """The whole batch failed, which is a mistake of ours; the log says why."""


@dataclass(eq=False)
class _Waiting(Generic[Asked, Given]):
    """What somebody asks for, and what will be given to them."""

    asked: Asked
    given: "asyncio.Future[Given]"

    def take(self, answer: Given | Exception) -> None:
        if self.given.done():  # nobody waits for it any more
            return
        if not isinstance(answer, Exception):
            self.given.set_result(answer)
        else:  # a future knows no StopIteration
            self.given.set_exception(NotServed(repr(answer)) if isinstance(answer, StopIteration) else answer)


class Batcher(Generic[Asked, Given]):
    """`serve` is called in a thread, with at most so many (`most`) at once, and answers each in their order."""

    def __init__(
        self, serve: Callable[[Sequence[Asked]], Sequence[Given | Exception]], limiter: CapacityLimiter, *, most: int
    ) -> None:
        self._serve = serve
        self._limiter = limiter
        self._most = most
        self._waiting: deque[_Waiting[Asked, Given]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked, *, patience: float) -> Given:
        """Raises TimeoutError if the turn does not come within so many seconds: those who wait must not grow without
        end. What has begun is waited for.
        """
        own: _Waiting[Asked, Given] = _Waiting(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(own)
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve_all())
        try:
            await asyncio.wait([own.given], timeout=patience)
        finally:  # also for who has gone away
            has_begun = own not in self._waiting
            if not has_begun:
                self._waiting.remove(own)
        if not has_begun:
            raise TimeoutError
        return await own.given

    async def _serve_all(self) -> None:
        try:
            while self._waiting:
                await self._serve_some()
        finally:
            self._serving = None

    async def _serve_some(self) -> None:
        turn = object()
        await self._limiter.acquire_on_behalf_of(turn)
        batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            asked = [each.asked for each in batch]
            answers = await anyio.to_thread.run_sync(after_the_loop, self._serve, asked, limiter=CapacityLimiter(1))
            for each, answer in zip(batch, answers, strict=True):
                each.take(answer)
        except Exception:
            log.exception("%d requests were not served", len(batch))
        finally:
            self._limiter.release_on_behalf_of(turn)
            for each in batch:
                each.take(NotServed())
