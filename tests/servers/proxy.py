"""A network between two programs on loopback, which a test can cut or hold its breath."""

import asyncio
import threading
from contextlib import suppress
from typing import Self

from . import HOST, free_port

CHUNK = 65_536


class Network:
    """`with Network(port) as network:` leads from `network.port` to `port`.

    `cut()` ends every connection and lets no new one through; `freeze()` lets everything be sent and nothing arrive, as
    a machine does that vanished behind a firewall; `mend()` ends both: what was held back arrives late.
    """

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._leads_to = port
        self._is_cut = False
        self._flows = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        started = threading.Event()
        self._loop.call_soon(started.set)
        self._thread.start()
        started.wait()
        self._do(self._listen())
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        self._do(self._set(is_cut=True, flows=True))

    def freeze(self) -> None:
        self._do(self._set(is_cut=False, flows=False))

    def mend(self) -> None:
        self._do(self._set(is_cut=False, flows=True))

    def drop(self) -> None:
        """End every connection, and let new ones through."""
        self.cut()
        self.mend()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, deed: "asyncio.coroutines.Coroutine[None, None, None]") -> None:
        asyncio.run_coroutine_threadsafe(deed, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _set(self, *, is_cut: bool, flows: bool) -> None:
        self._is_cut = is_cut
        if flows:
            self._flows.set()
        else:
            self._flows.clear()
        if is_cut:
            self._hang_up()

    def _hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._tasks.add(asyncio.current_task())
        try:
            await self._flows.wait()
            if not self._is_cut:
                await self._join(reader, writer)
        except OSError:
            pass  # nobody listens there: whoever came to us finds the same
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(asyncio.current_task())

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self._leads_to)
        self._writers.add(far_writer)
        pumps = [asyncio.create_task(self._pump(*pair)) for pair in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.transport.abort()
            self._writers.discard(far_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()

    async def _close(self) -> None:
        self._server.close()
        self._hang_up()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
