"""A line of the log can be read by people and by programs, and tells no address."""

import json
import logging
import re
import sys
from collections.abc import Callable

import pytest

from agora.logs import JsonLines, TextLines, facts, request_id

Line = Callable[..., logging.LogRecord]


def record(message: str, *arguments: object, **stated: object) -> logging.LogRecord:
    made = logging.LogRecord("agora.worker", logging.INFO, __file__, 1, message, arguments, None)
    made.__dict__.update(facts(**stated) if stated else {})
    return made


def failed(message: str) -> logging.LogRecord:
    """A line with the traceback of an error that tells of somebody."""
    try:
        raise ValueError("nobody@example.org was not found")
    except ValueError:
        return logging.LogRecord("agora", logging.ERROR, __file__, 1, message, (), sys.exc_info())


def test_text_line_is_words_and_facts() -> None:
    line = TextLines().format(record("sent in %s s", 2, delivery=7, path="/a b", empty="", quote='"'))

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO agora\.worker sent in 2 s "
        r'delivery=7 path="/a b" empty="" quote="\\""',
        line,
    )


def test_json_line_is_one_object() -> None:
    line = JsonLines().format(record("gesendet\nund fertig é", delivery=7))

    assert "\n" not in line
    told = json.loads(line)
    assert (told["message"], told["delivery"], told["level"]) == ("gesendet und fertig é", 7, "INFO")


@pytest.mark.parametrize("form", [TextLines(), JsonLines()])
def test_lines_carry_the_request(form: logging.Formatter) -> None:
    token = request_id.set("abc123")
    try:
        assert "abc123" in form.format(record("the database did not answer"))
    finally:
        request_id.reset(token)
    assert "abc123" not in form.format(record("the database did not answer"))


@pytest.mark.parametrize("form", [TextLines(), JsonLines()])
def test_lines_tell_no_address(form: logging.Formatter) -> None:
    lines = [
        form.format(record("450 <bob+x@mail.example.org>: try later")),
        form.format(failed("for bob@example.org")),
        form.format(record("answered", path="/bob@example.org")),
    ]

    assert not [line for line in lines if "bob" in line or "nobody" in line]
    assert "try later" in lines[0]
    assert "test_logs.py" in lines[1]


def test_traceback_is_kept() -> None:
    assert "ValueError" in json.loads(JsonLines().format(failed("broken")))["traceback"]
    assert TextLines().format(failed("broken")).count("\n") >= 3
