"""The page's files: words in both languages, no markup made of data, nothing from elsewhere."""

import re
import tomllib
from pathlib import Path

import pytest

import reverie.studio

STATIC = Path(reverie.studio.__file__).with_name("static")
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
MOST_LINES = 300

NAMED = re.compile(r'\bt\(\s*"(\w+)"')
BUILT = re.compile(r"\bt\(\s*`([^`$]*)\$\{")
FORBIDDEN = {
    "markup made of text": re.compile(
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|"
        r"srcdoc|setHTMLUnsafe)\b"
    ),
    "text made code": re.compile(r"\beval\(|new Function\(|javascript:|setTimeout\(\s*[\"'`]"),
    "another server": re.compile(r"https?://(?!www\.w3\.org/2000/svg)"),
}


def words(language: str) -> dict[str, str]:
    return tomllib.loads((STATIC / "texts" / f"{language}.toml").read_text(encoding="utf-8"))


def used_in_scripts() -> tuple[set[str], set[str]]:
    """Names of texts that scripts ask for, and beginnings of those they put together."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    literals = set(re.findall(r'"([a-z0-9_]+)"', text))
    return set(NAMED.findall(text)) | (literals & set(words("en"))), set(BUILT.findall(text))


def test_every_text_that_is_asked_for_is_there() -> None:
    named, built = used_in_scripts()
    english = set(words("en"))
    assert not {name for name in named if name not in english and f"{name}_one" not in english}
    assert not {stem for stem in built if not any(name.startswith(stem) for name in english)}


def test_no_text_is_left_over() -> None:
    named, built = used_in_scripts()
    assert not {
        name
        for name in words("en")
        if name != "name"  # the language's own
        and name.removesuffix("_one") not in named
        and not any(map(name.startswith, built))
    }


def test_languages_have_the_same_texts_with_the_same_values() -> None:
    english, chinese = words("en"), words("zh")
    # Chinese has no singular of its own.
    plurals = {name for name in english if name.endswith("_one")}
    assert set(english) - plurals == set(chinese)
    for name, text in chinese.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_scripts_are_short_and_make_no_markup_of_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for what, pattern in FORBIDDEN.items():
        assert not pattern.search(text), what


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_what_scripts_import_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r'(?:from|import)\s+"([^"]+)"', text):
        assert (path.parent / target).resolve().is_file(), target


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_what_scripts_import_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for names, whole in (
        (match[1], match[0]) for match in re.finditer(r"import \{([^}]*)\} from .*;", text)
    ):
        for name in re.findall(r"(?:\w+ as )?(\w+)\s*(?:,|$)", names.strip()):
            rest = text.replace(whole, "")
            assert re.search(rf"\b{name}\b", rest), name


def test_the_page_has_no_script_and_no_style_of_its_own() -> None:
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|\sstyle=", html)
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
        assert (STATIC / name.removeprefix("/static/")).is_file(), name


def test_what_comes_from_others_has_its_licence() -> None:
    folder = STATIC / "vendor" / "wavesurfer"
    assert "Redistribution and use" in (folder / "wavesurfer.LICENSE").read_text(encoding="utf-8")
