"""Which commands and options the page may ask for; everything else is refused."""

from dataclasses import dataclass, field
from typing import Literal

Takes = Literal["nothing", "text", "there", "new", "prompt", "recipe"]
"""What an option or an argument takes: a text, the path of something that is `there` or is to be
made, what a clip continues, or a recipe."""
Weight = Literal["heavy", "light", "service"]
"""One heavy job runs at a time, and a few light ones beside it; services run until stopped."""


@dataclass(frozen=True)
class Grammar:
    """What one command may be given."""

    weight: Weight
    arguments: tuple[Takes | tuple[str, ...], ...]
    """In order; a tuple is a choice of words."""
    options: dict[str, Takes]
    more: bool = False
    """Whether the last argument may be repeated."""
    out: str = field(default="--out")
    """The option that names what is written."""


def _options(takes: Takes, *names: str) -> dict[str, Takes]:
    return {f"--{name}": takes for name in names}


_TEST = Grammar(
    "service",
    ("there",),
    {
        "--out": "new",
        "--corpus": "there",
        **_options("text", "participants", "clips", "mode", "set", "port"),
        **_options("nothing", "rehearsal", "peek"),
    },
    more=True,
)

COMMANDS: dict[tuple[str, ...], Grammar] = {
    ("prepare",): Grammar(
        "heavy",
        ("there",),
        {
            "--out": "new",
            **_options("text", "rate", "train-fraction", "split-seed", "min-seconds", "normalise"),
            **_options("text", "leave-out", "hold-out", "train-on", "processes"),
            **_options("nothing", "stereo", "mono", "balanced", "no-balanced", "keep-damaged"),
            **_options("nothing", "replace"),
        },
    ),
    ("inspect",): Grammar("light", ("there",), _options("nothing", "leaks", "no-leaks")),
    ("train",): Grammar(
        "heavy",
        ("there",),
        {
            "--out": "new",
            "--recipe": "recipe",
            "--from": "there",
            **_options("text", "epochs", "minutes", "hidden", "seed", "set"),
            **_options("nothing", "dry-run"),
        },
    ),
    ("generate",): Grammar(
        "light",
        ("there",),
        {
            "--out": "new",
            "--corpus": "there",
            "--prompt": "prompt",
            **_options("text", "seconds", "count", "seed", "checkpoint", "prompt-at", "method"),
            **_options("text", "temperature", "detail-temperature", "top-k", "top-p", "min-p"),
            **_options("text", "guidance", "bpm", "reprise-seconds", "format"),
            **_options("nothing", "beat", "no-beat", "guard", "no-guard"),
        },
    ),
    ("trim",): Grammar(
        "light",
        ("there",),
        {
            "--out": "new",
            **_options("text", "start", "end"),
            **_options("nothing", "copies", "no-copies"),
        },
    ),
    ("save",): Grammar(
        "light",
        ("there",),
        {
            "--to": "new",
            "--format": "text",
            **_options("nothing", "trim", "loop", "bars", "copies", "no-copies", "picture"),
        },
        more=True,
        out="--to",
    ),
    ("export",): Grammar(
        "light",
        ("there",),
        {
            "--out": "new",
            **_options("text", "to", "checkpoint", "licence", "credits", "weights", "prompts"),
            "--evaluation": "there",
        },
    ),
    ("evaluate",): Grammar(
        "heavy",
        ("there",),
        {"--out": "new", "--corpus": "there", "--seed": "text"},
        more=True,
    ),
    ("experiment",): Grammar(
        "heavy",
        (("paper", "variants"), "there"),
        {
            "--out": "new",
            **_options("text", "scale", "models", "budget", "minutes", "clips", "seconds"),
            **_options("text", "seed", "set"),
        },
    ),
    ("listen", "serve"): _TEST,
    ("listen", "results"): Grammar("light", ("there",), {"--out": "new", "--peek": "nothing"}),
}
