"""Export a run to a folder of ONNX graphs, with an example that needs no Reverie."""

import importlib.util
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from reverie import __version__
from reverie.errors import ReverieError
from reverie.export.nn.export import make_generator
from reverie.export.nn.generator import Generator
from reverie.export.onnx.graphs import CodesGraph, DecodeGraph, StepGraph, StepGraphWithoutBeat
from reverie.export.onnx.readme import readme
from reverie.export.plain.build import plain_decoder
from reverie.generation.prompt_music import PromptMusic
from reverie.models.trained import TrainedModel
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults
from reverie.storage import replacing

OPSET = 17
FORMAT, VERSION = "reverie-onnx", 1
STEP, CODES, DECODE = "step.onnx", "codes.onnx", "decode.onnx"
START, ABOUT, README, EXAMPLE = "start.npz", "about.json", "README.md", "example.py"
NEXT = "next_"
"""Begins the names of a state after a step."""


@dataclass(frozen=True)
class Graph:
    """A module, and how its inputs and outputs are called."""

    module: nn.Module
    inputs: dict[str, Tensor]
    """Examples, by name."""
    outputs: tuple[str, ...]
    batches: dict[str, int]
    """Inputs and outputs of any number of rows, and which axis that is."""


def export_onnx(
    run: Run,
    out: Path,
    *,
    checkpoint: str = "best",
    prompt: PromptMusic | None = None,
    settings: GenerationDefaults | None = None,
) -> Path:
    """Write a run as ONNX graphs.

    Args:
        run: whose model.
        out: the folder, which is not there yet.
        checkpoint: which one.
        prompt: of one clip, which the music continues; None begins from nothing.
        settings: how frames are drawn, which the folder says and the example does; the recipe's
            if not given.

    Returns:
        the folder.

    Raises:
        ReverieError: the run has no such checkpoint, its model cannot be exported, or a library is
            missing; or the disk refuses.
    """
    if importlib.util.find_spec("onnx") is None:
        raise ReverieError(
            "ONNX graphs need a library that is not installed.",
            "`pip install 'reverie-music[onnx]'`.",
        )
    trained = run.load(run.find_checkpoint(checkpoint))
    settings = settings or run.recipe.generation
    window_frames = run.recipe.sequence_frames(run.rate_hz)
    generator = make_generator(trained, run.rate_hz, window_frames, prompt, settings, seed=0)
    graphs = graphs_of(generator, trained)
    about = _about(run, trained, generator, settings)
    texts = {
        ABOUT: json.dumps(about, indent=2) + "\n",
        README: readme(about, {name: _described(graph) for name, graph in graphs.items()}),
        EXAMPLE: Path(__file__).with_name(EXAMPLE).read_text(encoding="utf-8"),
    }
    with replacing(out) as folder:
        folder.mkdir(parents=True)
        for name, graph in graphs.items():
            _write(graph, folder / name)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        with (folder / START).open("wb") as handle:
            arrays: dict[str, Any] = {name: one.numpy() for name, one in _start(generator).items()}
            np.savez(handle, **arrays)
    return out


def graphs_of(generator: Generator, trained: TrainedModel) -> dict[str, Graph]:
    """Return the graphs of a run's music, by the names of their files.

    Args:
        generator: of the run.
        trained: the same, as it was trained.

    Raises:
        ReverieError: the frames are of an unknown kind.
    """
    model, spec = generator.model, trained.representation.spec
    layers, members, hidden = model.state_shape
    kind = torch.int64 if model.is_codes else torch.float32
    # Two rows, so that no size of 1 is taken for granted.
    state = torch.zeros(layers, members, 2, hidden)
    inputs = {
        "seen": torch.zeros(2, model.step_frames, spec.width, dtype=kind),
        "hidden": state,
        "cell": state,
    }
    batches = {"seen": 0, "hidden": 2, "cell": 2, "output": 0, f"{NEXT}hidden": 2}
    batches[f"{NEXT}cell"] = 2
    step: nn.Module = StepGraphWithoutBeat(model)
    if model.hears_beat:
        step, inputs["beat"], batches["beat"] = StepGraph(model), torch.zeros(2, 2), 0
    graphs = {STEP: Graph(step, inputs, ("output", f"{NEXT}hidden", f"{NEXT}cell"), batches)}
    if model.is_codes:
        rows = model.output(torch.zeros(members, 2, hidden))
        graphs[CODES] = Graph(
            CodesGraph(model, spec.width),
            {"output": rows, "codes": torch.zeros(1, spec.width, dtype=kind)},
            ("logits",),
            {"output": 0, "logits": 1},
        )
    decoder: Any = plain_decoder(trained.representation, by_matrix=True)
    names: tuple[str, ...] = decoder.names
    sound = dict(zip(names, generator.sound_parts(), strict=True))
    graphs[DECODE] = Graph(
        DecodeGraph(decoder),
        {"frame": torch.zeros(1, spec.width, dtype=kind), **sound},
        ("samples", *(f"{NEXT}{name}" for name in names)),
        {},
    )
    return graphs


def _write(graph: Graph, path: Path) -> None:
    with warnings.catch_warnings():
        # This way of tracing needs no compiler of torch's, and is to be removed some day.
        warnings.simplefilter("ignore")
        cast(Any, torch.onnx).export(
            graph.module.eval(),
            tuple(graph.inputs.values()),
            str(path),
            input_names=[*graph.inputs],
            output_names=[*graph.outputs],
            dynamic_axes={name: {axis: "rows"} for name, axis in graph.batches.items()},
            opset_version=OPSET,
            dynamo=False,
        )


def _start(generator: Generator) -> dict[str, Tensor]:
    """Return what the music begins with, by name."""
    decoder: Any = generator.decoder
    names: tuple[str, ...] = decoder.names
    sound = dict(zip(names, generator.sound_parts(), strict=True))
    return {
        "seen": generator.prefix,
        "hidden": generator.hidden,
        "cell": generator.cell,
        "output": generator.model.output(generator.top),
        "metronome": generator.metronome[:2] * float(generator.hears_beat),
        **sound,
    }


def _about(
    run: Run, trained: TrainedModel, generator: Generator, settings: GenerationDefaults
) -> dict[str, Any]:
    spec = trained.representation.spec
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"reverie {__version__}",
        "architecture": run.recipe.model.architecture,
        "frames": run.recipe.frames.transform,
        "rate_hz": run.rate_hz,
        "channels": spec.channels,
        "hop_samples": spec.hop_samples,
        "frame_width": spec.width,
        "code_values": spec.codebook_size,
        "step_frames": generator.model.step_frames,
        "lookahead_frames": trained.representation.lookahead_frames,
        "hears_beat": generator.model.hears_beat,
        "long_rows": generator.n_long,
        "renews_long_rows": generator.is_rolling,
        "short_rows": generator.n_short,
        "short_period": generator.short_period,
        "long_steps": generator.long_steps,
        "short_steps": generator.short_steps,
        "temperature": settings.temperature,
        "detail_temperature": generator.detail_temperature,
        "guidance": settings.guidance,
    }


def _described(graph: Graph) -> tuple[Sequence[str], Sequence[str]]:
    """Return the inputs with their shapes, and the names of the outputs."""

    def shaped(name: str, one: Tensor) -> str:
        sizes = [str(size) for size in one.shape]
        if name in graph.batches:
            sizes[graph.batches[name]] = "rows"
        kind = "int64" if one.dtype == torch.int64 else "float32"
        return f"`{name}` {kind} [{', '.join(sizes)}]"

    return [shaped(name, one) for name, one in graph.inputs.items()], [
        f"`{name}`" for name in graph.outputs
    ]
