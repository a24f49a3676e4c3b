"""What is printed cannot act on a terminal, whatever name is in it."""

import io
import os
import pty
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.progress import ProgressBar
from reverie.terminal import echo, echo_json, printable

NASTY = "a\x1b]0;title\x07\nb\r\u202etxt\x9b31m\udce9[/bold][red]"


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    shown = printable(text)
    kinds = {unicodedata.category(char) for char in shown}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


@pytest.mark.parametrize("name", ["Ça va?", "日本 語", "a\u3000b", "x\xa0y", "✓ — ♫", "[bold]", ""])
def test_what_a_terminal_can_show_stays(name: str) -> None:
    assert printable(name) == name


def test_echo_prints_one_line_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    echo(NASTY, "second")
    echo("third", err=True)
    out, err = capsys.readouterr()
    assert out.splitlines() == [printable(NASTY), "second"]
    assert "\\x1b" in out
    assert err == "third\n"


def test_a_stream_that_lacks_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding="latin-1"))
    echo("é ♫ \udce9")
    echo_json({"name": "♫ \udce9 \x1b"})
    shown = content.getvalue().decode("latin-1")
    assert shown.splitlines()[0] == "é \\u266b \\udce9"
    assert shown.isascii() == (not "é") or "\x1b" not in shown


@contextmanager
def stderr_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A real terminal as stderr; what came out of it is in the list afterwards."""
    shown = [b""]
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream, monkeypatch.context() as patched:  # noqa: PTH123
        patched.setattr(sys, "stderr", stream)
        patched.setenv("TERM", "xterm")
        yield shown
        stream.flush()
        os.set_blocking(ours, False)
        with suppress(BlockingIOError):
            while piece := os.read(ours, 1 << 16):
                shown[0] += piece
    os.close(ours)


def test_progress_on_a_terminal_takes_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        stderr_on_a_terminal(monkeypatch) as shown,
        ProgressBar("[/nothing]", 2, "[steps]") as work,
    ):
        work.advance(note=NASTY)
        work.say(NASTY)
        work.advance(note="[/]")
    assert b"[/nothing]" in shown[0]
    assert b"\\x1b]0;title" in shown[0]
    assert b"\x1b]0;" not in shown[0]
