"""Lines of the log: one for each thing that happened, as words with key=value behind them or as JSON.

Facts are given as `log.info("sent", extra=facts(delivery=7))`. A line that is written while a request is answered
carries the request's id. E-mail addresses never get through, whoever's message they stand in.
"""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

FORMATS = ("text", "json")

request_id: ContextVar[str] = ContextVar("request_id", default="")

_MAIL_ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_PLAIN = re.compile(r"[^\s\"=]+")


def facts(**stated: Any) -> dict[str, Any]:
    """What a line tells beside its words, for the logger's `extra`."""
    return {"facts": stated}


def write_to_stderr(form: str) -> None:
    """Let everything of this process be written there in this form, one of FORMATS."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for talkative in ("uvicorn", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """What all forms have in common."""

    def told(self, record: logging.LogRecord) -> dict[str, Any]:
        """The line as a table, in the order in which it is read."""
        own = {"request": request_id.get()} if request_id.get() else {}
        return {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": _without_addresses(" ".join(record.getMessage().split())),
            **own,
            **{name: _said(value) for name, value in getattr(record, "facts", {}).items()},
        }

    def traceback(self, record: logging.LogRecord) -> str:
        return _without_addresses(self.formatException(record.exc_info)) if record.exc_info else ""


class TextLines(Lines):
    """`2026-11-23T08:00:00.000Z INFO agora.requests answered request=… method=GET …`; a traceback follows below."""

    def format(self, record: logging.LogRecord) -> str:
        told = self.told(record)
        words = [told.pop(name) for name in ("time", "level", "logger", "message")]
        line = " ".join([*words, *(f"{name}={_quoted(value)}" for name, value in told.items())])
        traceback = self.traceback(record)
        return f"{line}\n{traceback}" if traceback else line


class JsonLines(Lines):
    """One JSON object a line, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        told = self.told(record)
        if traceback := self.traceback(record):
            told["traceback"] = traceback
        return json.dumps(told, ensure_ascii=False, default=str)


def _said(value: Any) -> Any:
    return _without_addresses(value) if isinstance(value, str) else value


def _quoted(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _without_addresses(text: str) -> str:
    return _MAIL_ADDRESS.sub("…@…", text) if "@" in text else text
