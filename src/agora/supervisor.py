"""The supervisor: keeps serving processes alive on one socket, and replaces them without refusing a connection."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress

from agora.console import Failed
from agora.serving import DRAIN, serve

log = logging.getLogger("agora.supervisor")

# Seconds in which a new process must be ready; the old one goes on otherwise.
READY_WITHIN = 60
# Seconds after which a process that does not end is killed: longer than a process gives its last requests.
ENDED_WITHIN = 25
# Seconds before another start, when a new process has ended before it was ready.
PAUSE = 1


class CannotListen(Failed):
    """The address is taken, or not ours; the text is one sentence for who typed it."""


def listener(host: str, port: int) -> socket.socket:
    """The socket on which all processes take connections. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {error}. Is another server running there?") from error
    return bound


class Process:
    """A serving process, held on a leash: it says when it is ready, is told to go, and its end is felt."""

    def __init__(self, pid: int, leash: socket.socket, wait: Callable[[], int]) -> None:
        self.pid = pid
        self.is_ready = False
        self.is_settled = asyncio.Event()  # it is ready, or will never be
        self.is_kept = False  # another takes its place when it ends
        self._leash = leash
        self._leash.setblocking(False)
        self._wait = wait

    async def life(self) -> int:
        """Returns with the exit status when the process has ended."""
        with suppress(ConnectionResetError):
            while await asyncio.get_running_loop().sock_recv(self._leash, 1):
                self.is_ready = True
                self.is_settled.set()
        self.is_settled.set()
        self.forget()
        return self._wait()

    def drain(self) -> None:
        """Let it finish, at leisure."""
        self.is_kept = False
        with suppress(OSError):
            self._leash.send(DRAIN)

    def end(self) -> None:
        """Let it finish, quickly; it is what each process feels when the supervisor is no more."""
        self.is_kept = False
        with suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def forget(self) -> None:
        self._leash.close()


class Supervisor:
    """SIGHUP: new processes take over from the old ones. SIGTERM, SIGINT: the end; a second time: at once."""

    def __init__(self, listener: socket.socket, address: str, count: int) -> None:
        self._listener = listener
        self._address = address
        self._count = count
        self._processes: list[Process] = []  # in the order of their starts
        self._errands: list[asyncio.Task[None]] = []
        self._is_ending = False
        self._status = 0
        self._hangup = asyncio.Event()
        self._has_terminal = sys.stderr.isatty()

    def run(self) -> int:
        """The exit status, when all has ended."""
        for _ in range(self._count):
            process = self._copy_of_this()
            if process is None:
                return 0
            self._processes.append(process)
        asyncio.run(self._supervise())
        return self._status

    def _copy_of_this(self) -> Process | None:
        """The first processes are copies of this one, which has loaded all already. None: this is the copy, at its end.

        Nothing here may have started a thread or an event loop yet.
        """
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            return Process(pid, ours, lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        _ignore_the_terminal()
        # With a copy of their leashes in hand, this process would keep its siblings from feeling the supervisor's end.
        ours.close()
        for sibling in self._processes:
            sibling.forget()
        serve(self._address, self._listener, theirs)
        return None

    def _new_process(self) -> Process:
        """A process that loads the program and the settings as they are now."""
        ours, theirs = socket.socketpair()
        files = (self._listener.fileno(), theirs.fileno())
        command = [sys.executable, "-P", "-m", "agora.serving", self._address, *map(str, files)]
        with theirs:
            started = subprocess.Popen(command, pass_fds=files, preexec_fn=_ignore_the_terminal)  # noqa: S603
        return Process(started.pid, ours, started.wait)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, number)
        # The group is left when no process is left.
        async with asyncio.TaskGroup() as self._tasks:
            for process in self._processes:
                self._tasks.create_task(self._follow(process))
            self._send(self._start())

    def _send(self, errand: Coroutine[None, None, None]) -> None:
        self._errands.append(self._tasks.create_task(errand))

    async def _follow(self, process: Process) -> None:
        status = await process.life()
        self._processes.remove(process)
        if process.is_kept:
            log.error("serving process %s ended by itself (status %s); another takes its place", process.pid, status)
            self._send(self._replace())

    async def _start(self) -> None:
        for process in tuple(self._processes):
            if not await self._proves_itself(process):
                self._end(status=1)
                return
        print(f"Agora is ready on {self._address}", flush=True)  # noqa: T201 (scripts wait for this line)
        tell_service_manager("READY=1")
        while await self._hangup.wait():
            self._hangup.clear()
            tell_service_manager(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
            await self._renew()
            tell_service_manager("READY=1")

    async def _renew(self) -> None:
        """One new process after the other, each before an old one goes."""
        for _ in range(self._count):
            if not await self._proves_itself(self._added()):
                log.error("the new process did not become ready; the old ones go on")
                return
        log.info("new processes have taken over")

    async def _replace(self) -> None:
        while not await self._proves_itself(self._added()):
            await asyncio.sleep(PAUSE)

    def _added(self) -> Process:
        process = self._new_process()
        self._processes.append(process)
        self._tasks.create_task(self._follow(process))
        return process

    async def _proves_itself(self, process: Process) -> bool:
        """Keep a process that is ready, and let the oldest go that is one too many; kill one that is not."""
        with suppress(TimeoutError):
            await asyncio.wait_for(process.is_settled.wait(), READY_WITHIN)
        if not process.is_ready:
            process.kill()
            return False
        process.is_kept = True
        kept = [process for process in self._processes if process.is_kept]
        for oldest in kept[: -self._count]:
            oldest.drain()
        return True

    def _hang_up(self) -> None:
        # Who closes the window of a terminal wants the server in it to end.
        if self._has_terminal and not sys.stderr.isatty():
            self._end()
        else:
            self._hangup.set()

    def _end(self, by: signal.Signals = signal.SIGTERM, *, status: int = 0) -> None:
        if self._is_ending:
            self._kill_all()
            return
        self._is_ending = True
        self._status = 130 if by == signal.SIGINT else status
        tell_service_manager("STOPPING=1")
        self._listener.close()
        for errand in self._errands:
            errand.cancel()
        for process in self._processes:
            process.end()
        asyncio.get_running_loop().call_later(ENDED_WITHIN, self._kill_all)

    def _kill_all(self) -> None:
        for process in self._processes:
            process.kill()


def _ignore_the_terminal() -> None:
    """Ctrl-C and a hangup reach every process of a terminal; it is the supervisor who says what follows."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def tell_service_manager(state: str) -> None:
    """Tell systemd, if it asked to be told (sd_notify(3))."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
            channel.sendto(state.encode(), f"\0{name[1:]}" if name.startswith("@") else name)
