"""A folder that a stranger exported: what is strange in it is refused by name, at no cost."""

import json
import pickle
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import reverie
from reverie.corpus.corpus import corpus_hash
from reverie.runs.checkpoint import MODEL
from reverie.runs.exported import leads_out
from reverie.runs.files import CONFIG, CORPUS, FRAMES, METRICS
from reverie.runs.listing import list_runs
from reverie.runs.states import STATE
from reverie.storage import file_sha256
from tests.api.conftest import over_codes  # noqa: F401
from tests.export.conftest import exported, model  # noqa: F401

MOST_MEMORY_BYTES = 64 << 20
Change = Callable[[Path], object]


def edited(file: str, *keys: str | int, to: Any) -> Change:
    """Change one value of a JSON file."""

    def change(folder: Path) -> None:
        values: Any = json.loads((folder / file).read_text())
        inner = values
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to
        (folder / file).write_text(json.dumps(values))

    return change


def pickled(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(pickle.dumps({"weights": [1.0]}))

    return change


def linked(name: str, target: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return change


def flipped(name: str) -> Change:
    """Change one bit of the last number of a file."""

    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[-1] ^= 1
        (folder / name).write_bytes(content)

    return change


def begins(name: str, more: str) -> Change:
    """Put more before the first key of a JSON file."""

    def change(folder: Path) -> None:
        (folder / name).write_text(f"{{{more}, {(folder / name).read_text().strip()[1:]}")

    return change


def saved(name: str, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> Change:
    """Change the tensors of a file, whose hash is that of the change."""

    def apply(folder: Path) -> None:
        with safe_open(folder / name, "pt") as file:
            about = file.metadata()
        save_file(change(load_file(folder / name)), folder / name, about)
        digest = file_sha256(folder / name)
        key = {MODEL: "model_sha256", FRAMES: "frames_sha256"}.get(name, "calibration_sha256")
        edited(STATE, key, to=digest)(folder)
        if name == FRAMES:
            edited(CONFIG, key, to=digest)(folder)

    return apply


def twice(folder: Path) -> None:
    """Name a tensor of the weights twice."""
    content = (folder / MODEL).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = content[8 : 8 + length].strip()
    entry = json.dumps(next(iter(json.loads(header).items())))[1:-1].replace(",", ":", 1)
    longer = header[:-1] + b"," + entry.encode() + b"}"
    (folder / MODEL).write_bytes(struct.pack("<Q", len(longer)) + longer + content[8 + length :])
    edited(STATE, "model_sha256", to=file_sha256(folder / MODEL))(folder)


def written(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content)


def removed(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def of_parents(count: int) -> dict[str, Any] | None:
    told = {"name": "a", "checkpoint": "b", "model_sha256": "0" * 64, "corpus_hash": ""}
    return None if not count else {**told, "parent": of_parents(count - 1)}


AT_ONCE: dict[str, tuple[Change, str]] = {
    "a pickle": (pickled("pytorch_model.bin"), "pytorch_model.bin may be a pickle"),
    "a pickle by any case": (pickled("optimizer.PT"), "optimizer.PT may be a pickle"),
    "a pickle below": (pickled("more/codec.pkl"), "codec.pkl may be a pickle"),
    "a link out of it": (linked("README.md", "/etc/hostname"), "README.md is a link"),
    "a link to a folder": (linked("clips", "/tmp"), "clips is a link"),
    "a link to a part": (linked(CONFIG, "/etc/hostname"), "config.json is a link"),
    "an absolute path": (
        edited(CORPUS, "folder", to="/home/somebody/music"), "corpus.json is damaged: folder"
    ),
    "a climbing path": (edited(CORPUS, "relative", to="../../x"), "corpus.json is damaged: rel"),
    "a name that is a path": (edited(CONFIG, "name", to="../x"), "config.json is damaged: name"),
    "a long name": (edited(CONFIG, "name", to="x" * 256), "config.json is damaged: name: it is"),
    "no name": (edited(CONFIG, "name", to=None), "config.json is damaged: name is missing"),
    "no state": (removed(STATE), "state.json is missing"),
    "a newer version": (edited(CONFIG, "format_version", to=99), "config.json was made by reverie"),
    "an unknown key": (edited(CONFIG, "plugins", to=["x"]), "config.json is damaged: plugins"),
    "another program's": (edited(CONFIG, "format", to="gpt2"), "is not a run"),
    "a key twice": (begins(CONFIG, '"name": "x"'), "config.json cannot be read as a run: it has"),
    "a crowd of recordings": (
        written(CORPUS, b'{"recordings": [' + b"[]," * (1 << 20) + b"[]]}"), "corpus.json cannot be"
    ),
    "deep parents": (
        edited(CONFIG, "parent", to=of_parents(200)), "config.json is damaged: it is nested too"
    ),
    "a large configuration": (
        written(CONFIG, b'{"format": "' + b" " * (1 << 20) + b'"}'), "config.json cannot be a run"
    ),
}  # fmt: skip
"""What is refused when the folder is opened: how it is made, and what is said."""

NOT_OURS = {"a key twice", "another program's", "a link to a part", "a large configuration"}
"""What is no run at all to a list."""

LATER: dict[str, tuple[Change, str]] = {
    "65536 hidden units": (edited(CONFIG, "recipe", "model", "hidden", to=65536), MODEL),
    "other weights": (flipped(MODEL), f"{MODEL} cannot be loaded: it is not what was saved"),
    "another codec": (flipped(FRAMES), f"{FRAMES} cannot be loaded: it is not what was saved"),
    "another calibration": (flipped("calibration.safetensors"), "it is not what was saved"),
    "no weights": (removed(MODEL), f"{MODEL} cannot be loaded: no such file or directory."),
    "a tensor twice": (twice, f"{MODEL} cannot be read as the weights of a model: it has"),
    "weights of halves": (
        saved(MODEL, lambda tensors: {name: one.half() for name, one in tensors.items()}),
        "holds float16",
    ),
    "frames of doubles": (
        saved(FRAMES, lambda tensors: {name: one.double() for name, one in tensors.items()}),
        f"{FRAMES} is damaged: ",
    ),
    "a calibration of whole numbers": (
        saved("calibration.safetensors", lambda all_: {k: one.int() for k, one in all_.items()}),
        "holds I32, and not F32",
    ),
    "weights that are no numbers": (
        saved(MODEL, lambda tensors: {name: one * float("nan") for name, one in tensors.items()}),
        "values that are no numbers",
    ),
    "a pickle by content": (written(MODEL, pickle.dumps([1] * 99)), f"{MODEL} cannot be"),
    "a large header": (written(MODEL, struct.pack("<Q", 1 << 40)), "a header of 1099511627776"),
    "a newer checkpoint": (edited(STATE, "format_version", to=99), "state.json was made by"),
    "a wide decoder": (
        edited(CONFIG, "recipe", "frames", "decoder_channels", to=4096), f"{FRAMES} cannot be"
    ),
    "large codebooks": (
        edited(CONFIG, "recipe", "frames", "codebook_size", to=4096), "cannot be loaded"
    ),
    "a long frame": (
        edited(CONFIG, "recipe", "frames", "hop_seconds", to=60.0), "cannot be loaded"
    ),
}  # fmt: skip
"""What is refused when clips are to be made."""


def peak_bytes() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.fixture(scope="module", autouse=True)
def warm(exported: Path) -> None:  # noqa: F811
    """The libraries are loaded, and the memory that whole models take is taken."""
    reverie.load(exported).generate(seconds=0.1, count=1)


@pytest.mark.parametrize("case", AT_ONCE)
def test_what_is_strange_is_refused_at_once(model: Path, case: str) -> None:  # noqa: F811
    change, said = AT_ONCE[case]
    change(model)
    with pytest.raises(reverie.ReverieError) as refused:
        reverie.load(model)
    assert said in refused.value.problem
    assert refused.value.remedy
    if case not in NOT_OURS:
        (listed,) = list_runs(model.parent)
        assert (listed.state, listed.problem) == ("damaged", refused.value.problem)


@pytest.mark.parametrize("case", LATER)
def test_what_is_strange_is_refused_before_memory_is_taken(
    model: Path,  # noqa: F811
    case: str,
) -> None:
    change, said = LATER[case]
    change(model)
    before = peak_bytes()
    with pytest.raises(reverie.ReverieError) as refused:
        reverie.load(model).generate(seconds=0.1, count=1)
    assert said in refused.value.problem
    assert str(model) in refused.value.problem
    assert "Errno" not in str(refused.value)
    assert refused.value.remedy
    assert peak_bytes() - before < MOST_MEMORY_BYTES


def test_recordings_that_lead_out_are_refused(model: Path) -> None:  # noqa: F811
    edited(CORPUS, "recordings", 0, "path", to="../x.wav")(model)
    about = json.loads((model / CORPUS).read_text())
    entries = ((one["content_hash"], one["path"], one["split"]) for one in about["recordings"])
    edited(CORPUS, "content_hash", to=corpus_hash(about["rate_hz"], entries))(model)
    with pytest.raises(reverie.ReverieError, match=r"corpus\.json is damaged: .*\.\./x\.wav leads"):
        reverie.load(model)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "C:\\x", "a\\..\\x", "\\\\s\\x"]
)
def test_paths_that_lead_out(path: str) -> None:
    assert leads_out(path)


def test_plain_paths_do_not_lead_out() -> None:
    assert not [path for path in ("a.wav", "a/b.wav", "..a/b..c", "a b/ü.mp3") if leads_out(path)]


def test_figures_of_impossible_size_are_not_read(model: Path) -> None:  # noqa: F811
    with (model / METRICS).open("r+b") as file:
        file.truncate(1 << 33)  # a hole, which takes no room
    with pytest.raises(reverie.ReverieError, match=rf"{METRICS} cannot be .*8589934592 bytes"):
        _ = reverie.load(model).metrics


def test_figures_that_are_none_are_not_read_to_their_end(model: Path) -> None:  # noqa: F811
    (model / METRICS).write_bytes(b"[]\n" * (4 << 20))
    before = peak_bytes()
    with pytest.raises(reverie.ReverieError, match=rf"{METRICS} is damaged in line 1\."):
        _ = reverie.load(model).metrics
    assert peak_bytes() - before < MOST_MEMORY_BYTES


def test_clips_lie_in_it_and_do_not_count_as_strange(model: Path) -> None:  # noqa: F811
    run = reverie.load(model)
    run.generate(seconds=0.1, count=1, out=run.clips_folder())
    (model / ".gitattributes").write_text("* text\n")
    again = reverie.load(model)
    assert again.clips_folder() == model / "clips" / "epoch-00002"
    assert [path.name for path in again.clips_folder().glob("*.wav")] == ["001.wav"]
