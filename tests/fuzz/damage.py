"""Ways to damage a file of ours, drawn from a generator: its bytes, its JSON, or what it is."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**31,
    10**15,
    2**63,
    10**400,
    0.5,
    -1e300,
    1e300,
    "",
    "x",
    "x" * 100_000,
    "../../etc/passwd",
    "/dev/zero",
    "\x1b[31m[/red]$\\frac$",
    "caf\udce9",
    "nan",
    [],
    [None],
    {},
    {"a": 1},
)
"""What stands where something else should."""

RAW = ("NaN", "Infinity", "1e999", "[" * 20_000, '{"a":' * 20_000, "9" * 5000, '"\\ud800"')
"""What JSON may hold and Python's own values cannot."""

_PLACEHOLDER = "0f3c-here"


def damage(path: Path, rng: random.Random) -> str:
    """Damage the file `path` in one way; gives the way, in a word or two."""
    ways: list[Callable[[Path, random.Random], str]] = [_bytes, _bytes, _kind]
    if path.suffix in {".json", ".jsonl"}:
        ways = [_json] * 8 + ways
    return rng.choice(ways)(path, rng)


def _bytes(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    size = len(content)
    way = rng.choice(["empty", "cut", "flip", "zeros", "noise", "more", "swapped"])
    at = rng.randrange(max(size, 1))
    match way:
        case "empty":
            content.clear()
        case "cut":
            del content[at:]
        case "flip" if size:
            content[at] ^= 1 << rng.randrange(8)
        case "zeros":
            content[at:] = bytes(size - at)
        case "noise":
            content[at : at + 64] = rng.randbytes(min(64, size - at))
        case "more":
            content += rng.randbytes(rng.choice([1, 1000, 100_000]))
        case _:
            content = content[at:] + content[:at]
    path.write_bytes(content)
    return way


def _kind(path: Path, rng: random.Random) -> str:
    path.unlink()
    way = rng.choice(["missing", "folder", "link", "dangling link", "pipe", "device"])
    match way:
        case "folder":
            path.mkdir()
        case "link":
            target = path.with_name(path.name + ".target")
            target.write_text("theirs")
            path.symlink_to(target)
        case "dangling link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            pass
    return way


def _json(path: Path, rng: random.Random) -> str:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines() if path.suffix == ".jsonl" else [text]
    which = rng.randrange(max(len(lines), 1))
    try:
        values: Any = json.loads(lines[which])
    except (ValueError, IndexError):
        return _bytes(path, rng)
    way = rng.choice(["removed", "changed", "changed", "changed", "raw", "added"])
    holder, key = _place(values, rng)
    if holder is None:
        values = rng.choice(VALUES)
    elif way == "removed":
        del holder[key]
    elif way == "added" and isinstance(holder, dict):
        holder["unheard of"] = rng.choice(VALUES)
    elif way == "raw":
        holder[key] = _PLACEHOLDER
    else:
        holder[key] = rng.choice(VALUES)
    changed = json.dumps(values).replace(f'"{_PLACEHOLDER}"', rng.choice(RAW))
    lines[which] = changed
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"{way} {key}" if holder is not None else "changed"


def _place(values: Any, rng: random.Random) -> tuple[Any, Any]:
    """A place anywhere within `values`: what holds it, and its key there."""
    holder: Any = None
    key: Any = None
    here = values
    while isinstance(here, dict | list) and here and (holder is None or rng.random() < 0.7):
        some = cast(dict[str, Any] | list[Any], here)
        holder, key = some, rng.choice(list(some) if isinstance(some, dict) else range(len(some)))
        here = some[key]
    return holder, key


def fresh(template: Path, folder: Path) -> Path:
    """A copy of `template` at `folder`, whatever was there."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(template, folder, symlinks=True)
    return folder
