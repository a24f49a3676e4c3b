"""Parts of the engine in a browser, each alone: the sound of codes, packed tables, and files."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from reverie.export.html import player
from reverie.export.html.bundle import bundle
from reverie.export.html.model_tables import sound_tables
from reverie.export.html.packing import as_text
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.settings import FrameSettings
from tests.browser import visit
from tests.frames.test_full_band import SETTINGS

ENGINE = Path(player.__file__).parent / "static" / "js" / "engine"

SOUND = """
import { Codec } from "ENGINE/codec.js";
import { Kernel } from "ENGINE/kernel.js";
import { Wide, WideSynthesis } from "ENGINE/wide.js";
export function call({ about, tables, pieces }) {
  for (const table of Object.values(tables)) table.values = Float32Array.from(table.values);
  const sizes = Object.entries(tables).filter(([name]) => name.endsWith(".weight"))
    .map(([, { shape: [rows, columns] }]) => ({ rows, columns }));
  const kernel = new Kernel(sizes);
  const wide = new Wide(about.wide, new Codec(about.codec, tables, kernel), tables, kernel);
  const synthesis = new WideSynthesis(wide, { codes: [], samples: null });
  return pieces.map((frames) => synthesis.next(frames).map((samples) => [...samples]));
}
"""
TEXT = """
import { fromText } from "ENGINE/tables.js";
export function call({ text, size }) { return [...fromText(text, size)]; }
"""
FILE = """
import { Recent, wavOf } from "ENGINE/recent.js";
export function call({ pieces, seconds, told }) {
  const recent = new Recent(pieces[0].length, 8000, 1);
  for (const channels of pieces) recent.append(channels.map((one) => Float32Array.from(one)));
  return [...new Uint8Array(wavOf(recent.before(recent.total, seconds), 8000, told))];
}
"""


def called(module: str, asked: dict[str, Any], folder: Path) -> Any:
    """What `call` of a module that uses the engine's gives in a browser."""
    entry = folder / "entry.js"
    entry.write_text(module.replace("ENGINE", os.path.relpath(ENGINE, folder)))
    blank = folder / "blank.html"
    blank.write_text("<title>Blank</title>")
    script = bundle(entry)
    name = re.findall(r"^const (module\d+) = ", script, re.MULTILINE)[-1]
    with visit(blank, "light", 500) as seen:
        found = seen.page.evaluate(f"(asked) => {{{script}\nreturn {name}.call(asked);}}", asked)
        assert seen.complaints == []
    return found


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(44_100, "each"), (44_100, "mono"), (16_000, "each")]
)
def test_the_full_band_of_codes_sounds_as_in_python(
    rate_hz: int, channels: str, tmp_path: Path
) -> None:
    codec = FullBandCodec.stand_in(
        FrameSettings(**{**vars(SETTINGS), "channels": channels}), rate_hz
    )
    rng = torch.Generator().manual_seed(1)
    codec.teller.leave.weight.data.normal_(0, 0.5, generator=rng)
    codes = torch.randint(32, (1, 20, 3), generator=rng)
    state = codec.initial_state(1, torch.zeros(1))
    wanted: list[torch.Tensor] = []
    for piece in codes.split(8, dim=1):
        made, state = codec.synthesise(piece, state)
        wanted.append(made[0])
    tables, about = sound_tables(codec)
    asked = {
        "about": about,
        "tables": {
            name: {"shape": list(table.shape), "values": table.flatten().tolist()}
            for name, table in tables.items()
        },
        "pieces": [piece[0].tolist() for piece in codes.split(8, dim=1)],
    }
    found = called(SOUND, asked, tmp_path)
    assert sum(one.shape[1] for one in wanted) == (20 - 4) * codec.spec.hop_samples
    for samples, expected in zip(found, wanted, strict=True):
        made = torch.tensor(samples)
        assert made.shape == expected.shape
        # Steps that find phases make differences of rounding larger.
        assert float((made - expected).std() / expected.std()) < 2e-3


@pytest.mark.parametrize("size", [0, 1, 13, 1000])
def test_bytes_come_back_from_text(size: int, tmp_path: Path) -> None:
    content = np.random.default_rng(0).integers(0, 256, size, np.uint8).tobytes()
    text = as_text(content)
    assert len(text) <= 2 * (8 * size / 13 + 8)
    assert "<" not in text
    assert bytes(called(TEXT, {"text": text, "size": size}, tmp_path)) == content


@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_holds_the_end_of_every_channel(channels: int, tmp_path: Path) -> None:
    music = np.random.default_rng(0).uniform(-1, 1, (channels, 12_000)).astype(np.float32)
    asked = {"pieces": [music[:, :5000].tolist(), music[:, 5000:].tolist()], "seconds": 0.5}
    kept = tmp_path / "kept.wav"
    kept.write_bytes(bytes(called(FILE, {**asked, "told": {"ICMT": "prélude"}}, tmp_path)))
    with soundfile.SoundFile(kept) as file:
        assert file.copy_metadata()["comment"] == "prélude"
        samples = file.read(dtype="float32", always_2d=True)
    assert np.abs(samples.T - music[:, -4000:]).max() <= 0.5 / 32768 + 1e-7
