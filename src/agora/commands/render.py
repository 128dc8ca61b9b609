"""`agora render`: the safe HTML that a text becomes."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from agora.console import Failed, runs
from agora.rules import markup


def add(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--comment", action="store_true", help="by the rules for comments (default)")
    kind.add_argument("--post", action="store_true", help="by the rules for posts")
    parser.add_argument("--jsonl", action="store_true", help="read one JSON string a line, write one a line")
    parser.add_argument("--language", choices=("fr", "en"), default="fr", help="whose typography (fr)")
    parser.add_argument("file", nargs="?", type=Path, help="the text (standard input)")
    runs(parser, _render)


def _render(options: argparse.Namespace) -> int:
    make = markup.post_html if options.post else markup.comment_html
    source = options.file.open(encoding="utf-8") if options.file else sys.stdin
    try:
        with source:
            if options.jsonl:
                _render_lines(source, lambda text: make(text, options.language))
            else:
                print(make(source.read(), options.language))
    except UnicodeDecodeError as error:
        raise Failed("the text cannot be read: it is not UTF-8.") from error
    return 0


def _render_lines(source: TextIO, make: Callable[[str], str]) -> None:
    for line in source:
        try:
            text = json.loads(line)
        except ValueError:
            text = None
        if not isinstance(text, str):
            raise Failed("every line must be one JSON string.")
        print(json.dumps(str(make(text)), ensure_ascii=False), flush=True)
