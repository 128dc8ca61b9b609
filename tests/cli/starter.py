"""Begins processes of `agora` that have loaded the program already: four fifths of a start are spent on that.

Run by `Starter` as a process of its own, which has loaded what `agora serve` needs and does nothing but copy itself.
Each copy is a process like any other: its own session, folder, environment and open files, and `agora.cli.main`.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from agora.cli import main

PARTS = ("agora.app", "agora.serving", "agora.commands.serve", "uvloop")
ROOM = 100_000  # bytes of a request


class Starter:
    """A process that begins others, until it is closed."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def begin(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], log: IO[str]) -> "Begun":
        """`agora` with these arguments; its output is at hand, and its errors go to the log."""
        ours, life = socket.socketpair()
        output, told = os.pipe()
        request = json.dumps([list(arguments), str(folder), dict(environment)]).encode()
        assert len(request) < ROOM
        socket.send_fds(self._door, [request], [life.fileno(), told, log.fileno()])
        life.close()
        os.close(told)
        return Begun(ours, os.fdopen(output))

    def close(self) -> None:
        self._door.close()
        self._process.wait()


class Begun:
    """A process that was begun so, as far as tests need what subprocess.Popen can."""

    def __init__(self, life: socket.socket, stdout: IO[str]) -> None:
        self._life = life.makefile()
        self._socket = life
        self.stdout = stdout
        self.pid = int(self._life.readline())
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, or minus the signal that ended it. Raises TimeoutError."""
        if self.returncode is None:
            self._socket.settimeout(timeout)
            self.returncode = int(self._life.readline())
            self._life.close()
            self._socket.close()
        return self.returncode


# Within the process that begins others


def listen(door: socket.socket) -> list[str] | None:
    """Returns in each copy, with the arguments of its command; and here at the end, with none."""
    for part in PARTS:
        __import__(part)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who attend
    while True:
        request, files, _, _ = socket.recv_fds(door, ROOM, 3)
        if not request:
            return None
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return attend(*json.loads(request), files)
        for number in files:
            os.close(number)


def attend(arguments: list[str], folder: str, environment: dict[str, str], files: list[int]) -> list[str]:
    """Returns in the copy that becomes the command; who attends to it tells its process id and how it ended."""
    life, told, log = files
    if pid := os.fork():
        os.close(told)
        os.close(log)
        os.write(life, f"{pid}\n".encode())
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(life, f"{status}\n".encode())
        os._exit(0)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(told, 1)
    os.dup2(log, 2)
    for number in files:
        os.close(number)
    return arguments


if __name__ == "__main__":
    given = listen(socket.socket(fileno=int(sys.argv[1])))
    if given is not None:
        sys.argv = ["agora", *given]
        sys.exit(main())
