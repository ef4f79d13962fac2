"""What the documentation names exists: links, settings, commands, routes, metrics, problems, tests, files."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path

import click
import pytest

from augury.bootstrap.cli.root import main
from augury.bootstrap.known_variables import unknown_variables
from augury.inbound.http.app import openapi

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
}
ALSO_SERVED = r"/|/api/(docs|openapi\.json|asyncapi)|/app(/.*)?|/mcp|/metrics|/telegram/webhook"
"""Paths that are not in the description of the API."""
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

every_page = pytest.mark.parametrize("page", PAGES)


@every_page
def test_links_lead_somewhere(page: str) -> None:
    text = FENCED.sub("", PAGES[page])
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r' src="([^"]+)"', text)
    assert [each for each in targets if not re.match("https?:", each) and not leads(page, each)] == []


def leads(page: str, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    if not path.exists():
        return False
    return not anchor or (path.suffix == ".md" and anchor in anchors(path.resolve()))


@cache
def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page, and those that the page sets itself."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    shown = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each) for each in headings]
    made = {re.sub(r"[^\w\- ]", "", each.strip().lower()).replace(" ", "-") for each in shown}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


@every_page
def test_settings_exist(page: str) -> None:
    named = re.findall(r"\bAUGURY_[A-Z0-9_]*[A-Z0-9]\b(?!_?…)", PAGES[page])
    assert list(unknown_variables(dict.fromkeys(named, "set"))) == []


@every_page
def test_commands_and_their_options_exist(page: str) -> None:
    assert [wrong for line in commands_of(PAGES[page]) for wrong in wrong_words(line.split())] == []


def commands_of(text: str) -> Iterator[str]:
    """The words after `augury` in code, where a command follows."""
    text = re.sub(r"\\\n\s*", " ", text)
    for block in FENCED.findall(text):
        yield from re.findall(
            r"(?:^|\$ |/|\b(?:app|migrate|telegram-bot|run) )augury ([a-z][^\n#|]*)", block, re.MULTILINE
        )
    for code in re.findall(r"`([^`]+)`", FENCED.sub("", text)):
        yield from re.findall(r"^(?:\S*bin/|uv run )?augury ([a-z][^`]*)", code)


def wrong_words(words: list[str]) -> Iterator[str]:
    """What is wrong with the words of a command: its name, or options that it does not have."""
    command: click.Command = main
    context = click.Context(main, info_name="augury")
    for word in takewhile(lambda word: re.fullmatch("[a-z-]+", word), words):
        if not isinstance(command, click.Group):
            break
        inner = command.get_command(context, word)
        if inner is None:
            yield " ".join(words)
            return
        command, context = inner, click.Context(inner, info_name=word, parent=context)
    known = {"--help", *(option for each in command.params for option in each.opts)}
    yield from (f"{' '.join(words)}: {word}" for word in words if word.startswith("--") and word not in known)


@every_page
def test_routes_exist(page: str) -> None:
    text = PAGES[page]
    with_verbs = re.findall(
        r"\b((?:GET|POST|PUT|PATCH|DELETE)(?:`?, `(?:GET|POST|PATCH|DELETE))*)\s(/[^\s`?)…\"]*)", text
    )
    called = re.findall(r"\blocalhost(?::8000)?(/[^\s`?)…\"]+)", text)
    asked = [(verb, path) for verbs, path in with_verbs for verb in re.findall("[A-Z]+", verbs)]
    asked += [("", path) for path in called]
    if page == "docs/webhooks.md":
        asked = [each for each in asked if each != ("POST", "/hooks/augury")]  # the receiver's own
    assert [each for each in asked if not is_served(*each)] == []


def is_served(verb: str, path: str) -> bool:
    """Whether the API serves the path, whose parts may stand for others: `{id}`, `0199`, `churn@2`, `$ID`."""
    path = path.rstrip(".,:;")
    if re.fullmatch(ALSO_SERVED, path):
        return True
    return any(
        re.fullmatch(template, path) and (not verb or verb in methods) for template, methods in routes()
    )


@cache
def routes() -> tuple[tuple[str, frozenset[str]], ...]:
    described = json.loads(openapi(""))["paths"]
    return tuple(
        (re.sub(r"\\\{.*?\\\}", "[^/]*", re.escape(path)), frozenset(method.upper() for method in methods))
        for path, methods in described.items()
    )


@cache
def source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))


@every_page
def test_metrics_exist(page: str) -> None:
    named = {name.removesuffix("_total") for name in re.findall(r"`(augury_[a-z_]+)", PAGES[page])}
    assert [name for name in sorted(named) if f'"{name}"' not in source()] == []


@every_page
def test_problems_exist(page: str) -> None:
    named = set(re.findall(r"urn:augury:([a-z-]+)", PAGES[page]))
    assert [name for name in sorted(named) if f'"{name}"' not in source()] == []


@cache
def tests() -> set[str]:
    """The names of all tests and of their files: what `pytest -k` takes."""
    paths = [*ROOT.glob("tests/**/*.py")]
    found = (re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")) for path in paths)
    return {path.stem for path in paths}.union(*found)


@every_page
def test_tests_exist(page: str) -> None:
    assert set(re.findall(r"`(test_\w+)`", PAGES[page])) - tests() == set()


@every_page
def test_files_exist(page: str) -> None:
    folders = r"tests|findings|docs|docker|nginx|src|inbound|outbound|bootstrap|domain|\.build|\.ci"
    named = set(re.findall(rf"`((?:{folders})/[\w./-]+\w)`", PAGES[page]))
    to_be_made = {f"docker/{image}/.env" for image in ("app", "bot", "worker")}
    places = (ROOT, ROOT / "src" / "augury")
    assert {name for name in named if not any((place / name).exists() for place in places)} <= to_be_made


@pytest.mark.parametrize("index", ["docs/README.md", "docs/adr/README.md"])
def test_an_index_names_every_page_of_its_folder(index: str) -> None:
    folder = (ROOT / index).parent
    others = {path.name for path in folder.glob("*.md")} - {"README.md", "telegram.ru.md"}
    assert others - set(re.findall(r"\]\(([\w.-]+\.md)\)", PAGES[index])) == set()
