"""One serving process: takes requests from a shared socket until its supervisor lets it go or is gone itself."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from agora import connections, heap, logs, settings
from agora.app import create_app
from agora.connections import Connection
from agora.settings import BadSetting, Settings
from agora.store.database import Database
from agora.store.migrations import is_behind

# What passes over the leash, the pair of sockets between a process and its supervisor. Its end means: finish.
READY = b"R"
DRAIN = b"D"

# Seconds that an idle connection stays open. Longer than proxies keep theirs (nginx: 60), so that it is the proxy who
# closes: otherwise it may send a form into a connection that we are closing, and must not send it twice.
KEEP_ALIVE = 75
# Seconds in which a process that goes answers on the connections that are open, and asks to close each of them. One
# that makes room for another has time; one that ends with the whole server has not.
DRAINED_WITHIN, ENDED_WITHIN = 10.0, 0.25
# Seconds that requests in flight may take after that.
PATIENCE = 10
TICK = 0.05
# Seconds that a thread keeps the interpreter while another waits for it. With Python's own 5 ms, readers of pages from
# memory, whom the event loop serves in half a millisecond, stand behind whoever makes a comment's HTML.
TURN = 0.0005


def serve(address: str, listener: socket.socket, leash: socket.socket) -> None:
    """Answer requests until the supervisor, at the other end of the leash, says that it is enough."""
    current = settings.load(os.environ, listens_on=address)
    logs.write_to_stderr(current.log_format)
    connections.allow_many_files()
    sys.setswitchinterval(TURN)
    heap.keep_small()
    config = uvicorn.Config(
        create_app(current),
        http=connections.protocol(current.request_timeout),  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=PATIENCE,
    )
    Server(config, leash).run(sockets=[listener])


class Server(uvicorn.Server):
    """Uvicorn on a leash. It goes without cutting off a client that is about to send its next request."""

    def __init__(self, config: uvicorn.Config, leash: socket.socket) -> None:
        super().__init__(config)
        self._leash = leash
        self._goes_within = ENDED_WITHIN

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._leash.send(READY)
            asyncio.get_running_loop().add_reader(self._leash, self._heed)

    def _heed(self) -> None:
        asyncio.get_running_loop().remove_reader(self._leash)
        if self._leash.recv(1) == DRAIN:
            self._goes_within = DRAINED_WITHIN
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._drain()
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        """Answer what still comes, each time with the request to close the connection."""
        for connection in self.server_state.connections:
            if isinstance(connection, Connection) and connection.cycle is not None:
                connection.cycle.keep_alive = False
        self.server_state.default_headers.append((b"connection", b"close"))
        loop = asyncio.get_running_loop()
        until = loop.time() + self._goes_within
        while self.server_state.connections and loop.time() < until:
            await asyncio.sleep(TICK)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        signal.signal(signal.SIGTERM, self.handle_exit)
        yield


def _serve_as_told(address: str, listener: int, leash: int) -> int:
    log = logging.getLogger("agora")
    try:
        if _is_too_new(settings.load(os.environ, listens_on=address)):
            log.error("agora: the database is not at the version of this Agora; run `agora migrate` first.")
            return 1
        serve(address, socket.socket(fileno=listener), socket.socket(fileno=leash))
    except BadSetting as error:
        log.error("agora: %s", error)
        return 1
    return 0


def _is_too_new(current: Settings) -> bool:
    """Whether this program was installed over an older one whose database it cannot use yet."""
    database = Database(current.database_url, connections=1)
    try:
        return is_behind(database)
    except SQLAlchemyError:
        return False  # the database is away: the pages say so until it is back
    finally:
        database.close()


if __name__ == "__main__":
    # How a supervisor starts a process that runs the program as it is now: address and two file numbers.
    sys.exit(_serve_as_told(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
