"""Reads catalogues of sentences in gettext's text form (`.po`), as they are: nothing is compiled before."""

import gettext
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

_LINE = re.compile(r'(msgid|msgid_plural|msgstr|msgstr\[\d\])?\s*"(.*)"\s*$')
_PLURAL = re.compile(r"plural=(.*?);")
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t"}


class Catalogue(gettext.GNUTranslations):
    """The sentences of one file. Its header tells how to count; contexts are not used here."""

    def _parse(self, file: BinaryIO) -> None:  # type: ignore[override]
        """As gettext lets other forms of catalogues be read."""
        self._catalog: dict[str | tuple[str, int], str] = {}
        for entry in _entries(file.read().decode().split("\n")):
            self._add(entry)
        told = _PLURAL.search(self._catalog[""])
        self.plural = gettext.c2py(told[1] if told else "n != 1")

    def _add(self, entry: dict[str, str]) -> None:
        sentence = entry["msgid"]
        if "msgid_plural" not in entry:
            self._catalog[sentence] = entry["msgstr"]
            return
        forms = [text for key, text in entry.items() if key.startswith("msgstr[")]
        self._catalog.update(((sentence, number), form) for number, form in enumerate(forms))


def _entries(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """What stands between empty lines: texts by their keywords."""
    entry, keyword = dict[str, str](), ""
    for line in lines:
        found = _LINE.match(line)
        if found:
            keyword = found[1] or keyword
            entry[keyword] = entry.get(keyword, "") + _ESCAPED.sub(_meant, found[2])
        elif entry:
            yield entry
            entry = {}
    if entry:
        yield entry


def _meant(escaped: re.Match[str]) -> str:
    return _MEANT.get(escaped[1], escaped[1])
