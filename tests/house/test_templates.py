"""What templates may not say: unsafe text, inline style or script, strangers' addresses, forms without a secret."""

import ast
import re

import pytest

from . import sources, templates

# Adapt these four when the templates learn a new way.
SECRET = re.compile(r"csrf|name=[\"']token[\"']")  # an include, a macro or a hidden field that carries one
# Templates whose forms are reached only through a signed address, which is the secret; and signing in, which has no
# session yet: the boundary looks at where the form comes from.
FORMS_WITHOUT_SECRET = {
    "comments/_own_data.html",
    "comments/confirm.html",
    "comments/own.html",
    "comments/unsubscribe.html",
    "moderation/letter.html",
    "notices/_appeals.html",
    "notices/confirm.html",
    "notices/own.html",
    "people/link.html",
    "people/measure.html",
    "people/my_data.html",
    "people/sign_in.html",
}
NAMES_OF_NAMESPACES = (
    "http://www.w3.org/",
    "http://www.sitemaps.org/schemas/",
    "http://purl.org/",
    "https://schema.org",
)
EXAMPLES = re.compile(r"https?://(([\w-]+\.)*example\.(org|com|net)\b|…)")  # RFC 2606, or none at all

COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
INCLUDE = re.compile(r"{%-?\s*include\s+[\"']([^\"']+)[\"'].*?%}", re.DOTALL)
FORM = re.compile(r"<form\b((?:{{.*?}}|{%.*?%}|[^>])*)>(.*?)</form>", re.DOTALL | re.IGNORECASE)
POST = re.compile(r"\bmethod\s*=\s*[\"']?post\b", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
SCRIPT_MAY = re.compile(r"\bsrc\s*=|\btype\s*=\s*[\"']?application/ld\+json\b", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s\"'<>{}|)]+|(?<=[\"'])//[\w-]+\.[^\s\"'<>{}]+")
TEMPLATE_NAME = re.compile(r"[\"']([^\"'\s]+\.[a-z]+)[\"']")

UNSAFE = re.compile(r"\|\s*safe\b|\bMarkup\s*\(|{%-?\s*autoescape\s+false")
INLINE_STYLE = re.compile(r"\sstyle\s*=\s*[\"']|<style\b", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"[\s\"']on[a-z]+\s*=\s*[\"']|[\"']\s*javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: COMMENT.sub(" ", text) for name, text in templates().items()}


@pytest.fixture(scope="module")
def markup(texts: dict[str, str]) -> dict[str, str]:
    """The templates without Jinja, of which HTML alone remains."""
    return {name: JINJA.sub(" ", text) for name, text in texts.items()}


def found(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    return [f"{name}: {match.group().strip()}" for name, text in texts.items() for match in pattern.finditer(text)]


def test_nothing_is_declared_safe(texts: dict[str, str]) -> None:
    assert found(UNSAFE, texts) == []


def test_style_stays_in_stylesheets(markup: dict[str, str]) -> None:
    assert found(INLINE_STYLE, markup) == []


def test_no_handler_stands_inline(markup: dict[str, str]) -> None:
    assert found(INLINE_HANDLER, markup) == []


def test_scripts_have_a_source(texts: dict[str, str]) -> None:
    scripts = [(name, match) for name, text in texts.items() for match in SCRIPT.finditer(text)]
    assert [f"{name}: {match.group()}" for name, match in scripts if not SCRIPT_MAY.search(match.group(1))] == []


def test_no_stranger_is_named(texts: dict[str, str]) -> None:
    addresses = [(name, match.group()) for name, text in texts.items() for match in ADDRESS.finditer(text)]
    assert [f"{name}: {address}" for name, address in addresses if is_of_a_stranger(address)] == []


def is_of_a_stranger(address: str) -> bool:
    return not address.startswith(NAMES_OF_NAMESPACES) and not EXAMPLES.match(address)


def test_forms_carry_a_secret(texts: dict[str, str]) -> None:
    forms = {name: post_forms(expanded(name, texts)) for name in texts}
    assert any(forms.values()), "no template has a form that posts"
    assert [name for name, inner in forms.items() if not all(map(SECRET.search, inner))] == sorted(FORMS_WITHOUT_SECRET)


def post_forms(text: str) -> list[str]:
    """What stands inside each form of a template that posts."""
    return [inner for attributes, inner in FORM.findall(text) if POST.search(attributes)]


def expanded(name: str, texts: dict[str, str], above: tuple[str, ...] = ()) -> str:
    """A template's text with its includes in their places."""

    def included(match: re.Match[str]) -> str:
        other = match.group(1)
        if other not in texts or other in above:
            return match.group()
        # The name stays beside the text: it may be what tells that a secret is in it.
        return match.group() + expanded(other, texts, (*above, name))

    return INCLUDE.sub(included, texts[name])


def test_no_template_is_forgotten(texts: dict[str, str]) -> None:
    strings, patterns = strings_of_python()
    assert [name for name in texts if not is_named(name, strings, patterns, texts)] == []


def is_named(name: str, strings: set[str], patterns: list[re.Pattern[str]], texts: dict[str, str]) -> bool:
    others = (text for other, text in texts.items() if other != name)
    return (
        name in strings
        or any(pattern.fullmatch(name) for pattern in patterns)
        or any(name in TEMPLATE_NAME.findall(text) for text in others)
    )


def strings_of_python() -> tuple[set[str], list[re.Pattern[str]]]:
    """All literal strings of src/agora; and for f-strings such as f"mail/{name}.txt" what names they can make."""
    nodes = [node for text in sources().values() for node in ast.walk(ast.parse(text))]
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    patterns = [pattern_of(node) for node in nodes if isinstance(node, ast.JoinedStr) and says_something(node)]
    return strings, patterns


def says_something(node: ast.JoinedStr) -> bool:
    """Whether it names a folder or a part of a name, and not merely f"{folder}/{name}.html", which names everything."""
    return any(re.search(r"^\w+|/\w+", part.value) for part in node.values if isinstance(part, ast.Constant))


def pattern_of(node: ast.JoinedStr) -> re.Pattern[str]:
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else "[^/]+" for part in node.values]
    return re.compile("".join(parts))
