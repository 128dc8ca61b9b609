"""A line of those who want the same done: whoever serves takes along all who stand there."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter

from agora.priority import after_the_loop

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(eq=False)
class _Place(Generic[Asked, Given]):
    """Somebody in the line, and what will be given to them."""

    asked: Asked
    given: "asyncio.Future[Given]"

    def take(self, answer: Given | Exception) -> None:
        if self.given.done():  # nobody waits for it any more
            return
        if isinstance(answer, Exception):
            self.given.set_exception(answer)
        else:
            self.given.set_result(answer)


class Line(Generic[Asked, Given]):
    """`serve` is called in a thread, with at most so many (`most`) at once, and answers each in their order."""

    def __init__(
        self, serve: Callable[[Sequence[Asked]], Sequence[Given | Exception]], limiter: CapacityLimiter, *, most: int
    ) -> None:
        self._serve = serve
        self._limiter = limiter
        self._most = most
        self._places: deque[_Place[Asked, Given]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def wait(self, asked: Asked, *, patience: float) -> Given:
        """Raises TimeoutError if the turn does not come within so many seconds: a line must not grow without end."""
        place: _Place[Asked, Given] = _Place(asked, asyncio.get_running_loop().create_future())
        self._places.append(place)
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve_all())
        await asyncio.wait([place.given], timeout=patience)
        if place in self._places:
            self._places.remove(place)
            raise TimeoutError
        return await place.given

    async def _serve_all(self) -> None:
        try:
            while self._places:
                await self._serve_some()
        finally:
            self._serving = None

    async def _serve_some(self) -> None:
        turn = object()
        await self._limiter.acquire_on_behalf_of(turn)
        try:
            places = [self._places.popleft() for _ in range(min(self._most, len(self._places)))]
            asked = [place.asked for place in places]
            answers = await anyio.to_thread.run_sync(after_the_loop, self._serve, asked, limiter=CapacityLimiter(1))
        finally:
            self._limiter.release_on_behalf_of(turn)
        for place, answer in zip(places, answers, strict=True):
            place.take(answer)
