"""ONNX graphs: equal to ours, frame by frame, and enough for a program without Reverie."""

import dataclasses
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

from reverie.errors import ReverieError
from reverie.export.nn.export import make_generator
from reverie.export.onnx.export import export_onnx
from reverie.export.plain.build import sound_state
from reverie.frames.contract import Representation
from reverie.models.contract import ModelState
from reverie.runs.run import Run
from tests.export.graphs.conftest import prompt_of

FRAMES, ROWS = 14, 3
CLOSE = 1e-4


def session(folder: Path, name: str) -> Any:
    return onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def folder_of(
    run_of: Callable[[str], Run], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            run = run_of(kind)
            out = tmp_path_factory.mktemp("onnx") / kind
            made[kind] = export_onnx(run, out, prompt=prompt_of(run))
        return made[kind]

    return folder


@pytest.mark.parametrize("kind", ["codes", "numbers", "blocks", "ensemble"])
def test_steps_are_equal(
    run_of: Callable[[str], Run], folder_of: Callable[[str], Path], kind: str
) -> None:
    run = run_of(kind)
    model = run.load(run.find_checkpoint()).model
    step, is_codes = session(folder_of(kind), "step"), kind in {"codes", "ensemble"}
    wanted = {one.name: one.shape for one in step.get_inputs()}
    hears = "beat" in wanted
    assert hears == (model.conditioner is not None)
    rng = torch.Generator().manual_seed(0)
    _, seen, width = wanted["seen"]
    shape = [size if isinstance(size, int) else ROWS for size in wanted["hidden"]]
    state = {"hidden": np.zeros(shape, np.float32), "cell": np.zeros(shape, np.float32)}
    frames = torch.randn(ROWS, seen - 1 + FRAMES, width, generator=rng)
    if is_codes:
        frames = torch.randint(run.recipe.frames.codebook_size, frames.shape, generator=rng)
    ours: ModelState = model.initial_state(frames[:, : seen - 1])
    for number in range(FRAMES):
        beat = torch.rand(ROWS, 2, generator=rng) * torch.tensor([[2.0, 1.0], [2, 1], [2, 0]])
        told = {"seen": frames[:, number : number + seen].numpy(), **state}
        if hears:
            told["beat"] = beat.numpy()
        output, state["hidden"], state["cell"] = step.run(None, told)
        with torch.inference_mode():
            expected, ours = model.step(frames[:, number + seen - 1], ours, beat if hears else None)
        np.testing.assert_allclose(output, expected.numpy(), atol=CLOSE)


@pytest.mark.parametrize("kind", ["codes", "ensemble"])
def test_codes_are_as_likely(
    run_of: Callable[[str], Run], folder_of: Callable[[str], Path], kind: str
) -> None:
    run = run_of(kind)
    head: Any = run.load(run.find_checkpoint()).model.head
    codes = session(folder_of(kind), "codes")
    rng = torch.Generator().manual_seed(0)
    output = torch.randn(2, codes.get_inputs()[0].shape[1], generator=rng)
    drawn = torch.randint(run.recipe.frames.codebook_size, (1, head.n_codebooks), generator=rng)
    (logits,) = codes.run(None, {"output": output.numpy(), "codes": drawn.numpy()})
    prefix = head.prefix(output)
    for place in range(head.n_codebooks):
        with torch.inference_mode():
            wanted = prefix.logits().numpy()
        np.testing.assert_allclose(logits[place], wanted, atol=CLOSE)
        prefix.append(drawn[0, place].expand(2))


@pytest.mark.parametrize("kind", ["codes", "numbers", "mdct", "spectrum", "wide", "ensemble"])
def test_sound_is_equal_frame_by_frame(
    run_of: Callable[[str], Run], folder_of: Callable[[str], Path], kind: str
) -> None:
    run = run_of(kind)
    representation, prompt = run.representation(), prompt_of(run)
    decode = session(folder_of(kind), "decode")
    names = [one.name for one in decode.get_inputs()][1:]
    with torch.inference_mode():
        state = representation.state_after(prompt.samples)
        frames = representation.analyse(prompt.samples)[:, -FRAMES:]
    sound = state_of(representation, state, names)
    waiting, loudest = representation.lookahead_frames, 0.0
    for frame in frames.unbind(1):
        samples, *after = decode.run(None, {"frame": frame.numpy(), **sound})
        sound = dict(zip(names, after, strict=True))
        with torch.inference_mode():
            expected, state = representation.synthesise(frame.unsqueeze(1), state)
        if waiting:
            assert not samples.any()
            waiting -= 1
            continue
        np.testing.assert_allclose(samples, expected[0].numpy(), atol=CLOSE)
        loudest = max(loudest, float(expected.abs().max()))
        # Of each frame alone: what differs a little does not add up.
        sound = state_of(representation, state, names)
    assert loudest > 10 * CLOSE


def state_of(representation: Representation, state: Any, names: list[str]) -> dict[str, Any]:
    """Our state as the graph takes it."""
    parts = (one.numpy() for one in sound_state(representation, state))
    return dict(zip(names, parts, strict=True))


@pytest.mark.parametrize("kind", ["codes", "wide", "numbers"])
def test_the_example_needs_no_reverie(folder_of: Callable[[str], Path], kind: str) -> None:
    folder = folder_of(kind)
    about = json.loads((folder / "about.json").read_text())
    readme = (folder / "README.md").read_text()
    assert all(f"## {path.name}" in readme for path in folder.glob("*.onnx"))
    code = "import sys, runpy; sys.modules['reverie'] = sys.modules['torch'] = None; "
    code += "sys.argv = ['example.py', 'music.wav', '1']; "
    code += "runpy.run_path('example.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    samples, rate_hz = soundfile.read(folder / "music.wav", always_2d=True)
    assert (rate_hz, samples.shape[1]) == (about["rate_hz"], about["channels"])
    assert rate_hz <= len(samples) < rate_hz + about["hop_samples"]
    assert samples.any()


@pytest.mark.parametrize("kind", ["codes", "numbers"])
def test_the_example_draws_what_we_draw(
    run_of: Callable[[str], Run], folder_of: Callable[[str], Path], kind: str
) -> None:
    run, folder = run_of(kind), folder_of(kind)
    settings = dataclasses.replace(
        run.recipe.generation, temperature=0.0, detail_temperature=None, guard=False
    )
    trained = run.load(run.find_checkpoint())
    window = run.recipe.sequence_frames(run.rate_hz)
    generator = make_generator(trained, run.rate_hz, window, prompt_of(run), settings, 0)
    music = runpy.run_path(str(folder / "example.py"))["Music"](folder)
    music.temperature = music.about["detail_temperature"] = 0.0
    for _ in range(FRAMES):
        frame = music.draw()
        music.append(frame)
        with torch.inference_mode():
            wanted = generator.next_frame()
            generator.append(wanted, generator.next_beat())
        np.testing.assert_allclose(frame, wanted.numpy(), atol=CLOSE)


def test_without_the_library_it_says_what_to_do(
    run_of: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ReverieError, match=r"reverie-music\[onnx\]"):
        export_onnx(run_of("codes"), tmp_path / "out")
