"""Pictures of a journey, for the documents: taken where a folder is given, and otherwise not at all."""

import html
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Page

LETTER = """<meta charset="utf-8"><title>{subject}</title>
<body style="margin: 2rem auto; max-width: 46rem; font: 16px/1.5 sans-serif">
<pre style="white-space: pre-wrap; overflow-wrap: anywhere; font: inherit">{text}</pre>"""


class Album:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._count = 0

    def take(self, page: Page, name: str) -> None:
        """The whole page as a numbered picture."""
        if self._folder:
            self._count += 1
            page.screenshot(path=self._folder / f"{self._count:02}-{name}.png", full_page=True)

    def take_letter(self, page: Page, letter: EmailMessage, name: str) -> None:
        """A letter as a mail program would show its text."""
        head = f"De : {letter['From']}\nÀ : {letter['To']}\nObjet : {letter['Subject']}"
        text = html.escape(f"{head}\n\n{letter.get_content()}")
        page.set_content(LETTER.format(subject=html.escape(letter["Subject"]), text=text))
        self.take(page, name)

    def write(self, name: str, text: str) -> None:
        if self._folder:
            (self._folder / name).write_text(text, encoding="utf-8")
