"""Commands within the process of the tests: to start one of their own for each would take a minute."""

import gc
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from agora.cli import main

from . import Command, environment


@pytest.fixture
def within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in an empty folder by the function that `python -m agora` calls, and tells how it ended."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("AGORA_")]:
                patched.delenv(name)
            for name, value in environment(tmp_path, **settings).items():
                patched.setenv(name, value)
            patched.setattr(sys, "stdin", io.StringIO(typed))
            code = main(list(arguments))
        with warnings.catch_warnings():  # connections that would end with the process of the command
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(["agora", *arguments], code, said.out, said.err)

    return run
