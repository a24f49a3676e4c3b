"""Pages: what they escape, what they refuse, and how a real browser takes them."""

import base64
import io
import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile
from jinja2 import UndefinedError
from markupsafe import escape

from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.pages.chart import Line, Span, interval_chart, line_chart
from reverie.pages.media import audio_uri, png_uri
from reverie.pages.page import clock, code, minus, render, signed, write_page
from reverie.terminal import printable
from tests.audio.making import music
from tests.browser import Visit, visit

TEMPLATE = """
{% extends "shell.html" %}
{% import "parts.html" as parts %}
{% block title %}{{ name }}{% endblock %}
{% block head %}<h1>{{ name }}</h1>{% endblock %}
{% block body %}
<section><h2>Sound</h2>
{% call parts.notice("warn", "Mind") %}<p>This is a test.</p>{% endcall %}
{{ parts.badge("good", "sound") }}
{{ parts.player(sound, "A melody") }}
{{ parts.picture(picture, "Its spectrogram", size[0], size[1]) }}
{{ parts.facts([("Level", "1 dB")]) }}
{{ parts.table("Rows", [("Name", "text"), ("Value", "number")], rows) }}
{{ chart }}
</section>
{% endblock %}
"""

MUSIC = music(2.0, rate_hz=16000)[:, 0]


def write(folder: Path) -> Path:
    template = folder / "mine.html"
    template.write_text(TEMPLATE)
    page = folder / "page.html"
    write_page(
        page,
        template,
        name="<script>alert(1)</script> & friends",
        sound=audio_uri(to_int16(MUSIC), 16000),
        picture=png_uri(draw_png(MUSIC, 16000)),
        size=(WIDTH, HEIGHT),
        rows=[("a" * 60, "−3.0"), ("b", "2")],
        chart=line_chart(
            [Line("train", [1, 2, 3], [3, 2, 1]), Line("held-out", [1, 2, 3], [3, None, 2])],
            "epoch",
            'loss & "cost"',
            'Loss, "falling" <fast>',
        ),
    )
    return page


def test_values_are_escaped_and_missing_ones_refused(tmp_path: Path) -> None:
    text = write(tmp_path).read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; friends" in text
    assert "&#34;falling&#34; &lt;fast&gt;" in text
    with pytest.raises(UndefinedError):
        render(tmp_path / "mine.html", name="x")


def test_code_is_set_as_such_and_escaped() -> None:
    assert code("the recipe `desk` & <b>`a<b`") == (
        "the recipe <code>desk</code> &amp; &lt;b&gt;<code>a&lt;b</code>"
    )
    assert code("plain") == "plain"


def test_nothing_points_outside(tmp_path: Path) -> None:
    text = write(tmp_path).read_text()
    shown = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert not re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!data:|#)\w+', shown)
    assert "default-src 'none'" in text


def test_audio_is_kept_to_the_bit_and_never_wraps() -> None:
    loud = np.array([0.0, 0.5, 1.0, 1.7, -1.0, -3.0], np.float32)
    content = base64.b64decode(audio_uri(to_int16(loud), 16000).partition(",")[2])
    samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate_hz == 16000
    assert samples.tolist() == [0, 16384, 32767, 32767, -32768, -32768]


def test_numbers_read_as_a_person_writes_them() -> None:
    assert clock(125.4) == "2:05"
    assert signed(-12.44) == "−12.4"
    assert signed(3.0) == "+3.0"
    assert minus("held-out -3") == "held-out −3"


@pytest.mark.parametrize(
    "name", [r"$\frac$", "$x^2$", "a $ b $", "_hidden", "caf\udce9", "\x1b[31m", "<b>&", r"\$"]
)
def test_a_name_in_a_chart_is_text_and_no_formula(name: str) -> None:
    lines = [Line(name, [1.0, 2.0], [0.0, 1.0]), Line("other", [1.0, 2.0], [1.0, 0.0])]
    for chart in (
        line_chart(lines, "x", "y", "nothing"),
        interval_chart([Span(name, 1.0, 0.5, 2.0)], "x", "nothing"),
    ):
        assert f">{escape(printable(name))}<" in chart


@pytest.mark.parametrize("count", [0, 9])
def test_a_chart_has_one_to_eight_lines(count: int) -> None:
    lines = [Line(f"line {at}", [1.0, 2.0], [0.0, float(at)]) for at in range(count)]
    with pytest.raises(ValueError, match="one to 8 lines"):
        line_chart(lines, "x", "y", "nothing")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_a_browser_shows_it(tmp_path: Path, scheme: Literal["light", "dark"], width: int) -> None:
    with visit(write(tmp_path), scheme, width) as seen:
        heard = decoded(seen)
        measured = seen.page.evaluate(
            """() => ({
                wide: document.documentElement.scrollWidth,
                paper: getComputedStyle(document.body).backgroundColor,
                picture: document.querySelector("img").naturalWidth,
                line: document.querySelector("svg.chart").getBoundingClientRect().width,
            })"""
        )
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("file:")] == []
        assert len(seen.requests) == 1
    assert heard == [pytest.approx((2.0, float(np.sqrt(np.mean(MUSIC**2)))), rel=0.01)]
    assert measured["wide"] <= width
    assert measured["picture"] == WIDTH
    assert measured["line"] > 250
    lightness = sum(int(part) for part in re.findall(r"\d+", measured["paper"])[:3])
    assert (lightness > 384) == (scheme == "light")


def decoded(seen: Visit) -> list[tuple[float, float]]:
    """Duration in seconds and RMS of every player, decoded by the browser itself."""
    return [
        (one["seconds"], one["rms"])
        for one in seen.page.evaluate(
            """async () => {
                const found = [];
                for (const player of document.querySelectorAll("audio")) {
                    const bytes = Uint8Array.from(
                        atob(player.src.split(",")[1]), (one) => one.charCodeAt(0));
                    const context = new OfflineAudioContext(1, 1, 16000);
                    const samples = (await context.decodeAudioData(bytes.buffer)).getChannelData(0);
                    while (!(player.duration > 0)) {
                        if (player.error) throw new Error(player.error.message);
                        await new Promise((done) => setTimeout(done, 20));
                    }
                    const power = samples.reduce((sum, one) => sum + one * one, 0);
                    const rms = Math.sqrt(power / samples.length);
                    found.push({ seconds: player.duration, rms });
                }
                return found;
            }"""
        )
    ]
