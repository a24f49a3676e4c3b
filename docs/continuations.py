"""What models make of the same prompts, side by side, as docs/continuations.png.

    python docs/continuations.py CORPUS RUN [RUN ...] [--recordings NAME ...] [--at SECONDS]

Of each recording ten seconds, what the first run's codec keeps of them, and five seconds followed
by the five that each run makes of all that came before.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reverie.audio.channels import mixed, with_channels
from reverie.audio.pcm import to_float32
from reverie.audio.spectrogram import band_edges_hz, spectrogram_db
from reverie.corpus.corpus import Corpus
from reverie.frames.transforms import frame_spec
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.generation.stream import stream_of
from reverie.runs.run import Run

HERE = Path(__file__).parent
HEARD_SECONDS, NEW_SECONDS = 5, 5
TICKS_HZ = (100, 500, 2000, 8000)
RANGE_DB = (-85.0, -15.0)


def prompt_of(run: Run, heard: np.ndarray, folder: Path) -> PromptMusic:
    """The last of `heard` [S, C] that the run can hear at once."""
    path = folder / "prompt.wav"
    soundfile.write(path, heard, run.rate_hz, subtype="FLOAT")
    length = frame_spec(run.recipe.frames, run.rate_hz).samples_for(
        run.recipe.prompt_frames(run.rate_hz)
    )
    at_seconds = max(0, len(heard) - length) / run.rate_hz
    return choose_prompts(run, str(path), 1, np.random.default_rng(0), at_seconds=at_seconds)[1]


def continued(run: Run, heard: np.ndarray, folder: Path) -> np.ndarray:
    """The last seconds of `heard` [S, C], and those that the run goes on with: mono, [S]."""
    prompt = prompt_of(run, heard, folder)
    rng = torch.Generator().manual_seed(0)
    trained = run.load(run.find_checkpoint())
    stream = stream_of(run, trained, prompt, run.recipe.generation, rng)
    new = torch.cat(list(stream.take(NEW_SECONDS * run.rate_hz)), dim=-1)[0].numpy()
    return np.concatenate([mixed(heard[-HEARD_SECONDS * run.rate_hz :].T), mixed(new)])


def draw(rows: dict[str, list[np.ndarray]], names: list[str], rate_hz: int, out: Path) -> None:
    """A grid of spectrograms: what was done down, which recording across."""
    figure = Figure(figsize=(4.2 * len(names), 2.1 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), len(names), sharex=True, sharey=True, squeeze=False)
    corners = band_edges_hz(rate_hz)
    for across, (title, waves) in zip(axes, rows.items(), strict=True):
        for one, wave in zip(across, waves, strict=True):
            power = spectrogram_db(wave, rate_hz, 400)
            one.imshow(
                power, aspect="auto", origin="lower", cmap="magma", vmin=RANGE_DB[0],
                vmax=RANGE_DB[1], extent=(-HEARD_SECONDS, NEW_SECONDS, 0, power.shape[0]),
            )  # fmt: skip
            one.set_yticks(np.interp(TICKS_HZ, corners[1:-1], np.arange(power.shape[0])))
            one.set_yticklabels(["100 Hz", "500", "2 k", "8 k"])
            if title not in ("recording", "codec"):
                one.axvline(0, color="white", linewidth=0.8, linestyle=":")
        across[0].set_ylabel(title)
    for one, name in zip(axes[0], names, strict=True):
        one.set_title(name, fontsize="medium")
    for one in axes[-1]:
        one.set_xlabel("seconds")
    figure.savefig(out, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("runs", type=Path, nargs="+", help="the first one over codes")
    parser.add_argument("--titles", nargs="+", required=True, help="of the runs")
    parser.add_argument("--recordings", nargs="+", help="held out; by default the first three")
    parser.add_argument("--at", type=float, default=40.0, help="where each prompt ends, in seconds")
    parser.add_argument("--out", type=Path, default=HERE / "continuations.png")
    chosen = parser.parse_args()
    corpus, runs = Corpus.open(chosen.corpus), [Run.open(path) for path in chosen.runs]
    recordings = [
        one
        for one in corpus.of_split("held-out")
        if not chosen.recordings or one.path in chosen.recordings
    ][:3]
    rate, end = corpus.rate_hz, round(chosen.at * corpus.rate_hz)
    codec = runs[0].representation()
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("recording", "codec")}
    rows |= {title: [] for title in chosen.titles}
    for recording in recordings:
        pcm = to_float32(corpus.pcm(recording)[:, : end + NEW_SECONDS * rate])
        whole = with_channels(pcm[:, end - HEARD_SECONDS * rate :], codec.spec.channels)
        rows["recording"].append(mixed(whole))
        kept = codec.decode(codec.encode(torch.from_numpy(whole)[None]))[0].numpy()
        rows["codec"].append(mixed(kept)[: whole.shape[1]])
        for title, run in zip(chosen.titles, runs, strict=True):
            with TemporaryDirectory() as folder:
                rows[title].append(continued(run, pcm[:, :end].T, Path(folder)))
    draw(rows, [one.path for one in recordings], rate, chosen.out)


if __name__ == "__main__":
    main()
