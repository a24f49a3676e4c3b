"""What a codec of spectra loses of held-out music: by rate, and by how many of its codes are kept.

    python benchmarks/codec.py FOLDER [--rates 16000 44100] [--codebooks 1 2 4 8] [--seconds 10]

Prepares the recordings in FOLDER at each rate, fits a codec to the training part, and measures
excerpts from the middle of each held-out recording. Frames last 32 ms at every rate.
"""

import statistics
import tempfile
import time
from pathlib import Path

import before_torch  # noqa: F401
import numpy as np
import soxr
import torch
from timing import keep, machine, show, start
from torch import Tensor

from reverie.audio.channels import with_channels
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.evaluation.measures.mel import RATE_HZ as MEL_RATE_HZ
from reverie.evaluation.measures.mel import mel_power
from reverie.frames.codec import Codec
from reverie.frames.codec_fit import fit_codec
from reverie.frames.settings import FrameSettings
from reverie.training.excerpts import excerpts

HOP_SECONDS = 0.032
BANDS, RANGE_DB = 64, 60.0
ENDS_BELOW_DB = 35.0


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, 1e-9)))


def convergence(found: Tensor, wanted: Tensor) -> float:
    """Spectral convergence of magnitudes, in dB."""
    return decibels(float((found - wanted).norm() / wanted.norm()))


def mel_error(found: Tensor, wanted: Tensor, rate_hz: int) -> float:
    """Root mean square difference of mel bands up to 8 kHz, in dB, within a range of 60 dB."""
    shown: list[np.ndarray] = []
    for one in (found, wanted):
        wave = soxr.resample(one[0].numpy(), rate_hz, MEL_RATE_HZ)
        shown.append(10 * np.log10(mel_power(wave.astype(np.float32), BANDS) + 1e-12))
    least = shown[1].max() - RANGE_DB
    first, second = (np.maximum(one, least) for one in shown)
    return float(np.sqrt(np.square(first - second).mean()))


def held_out(corpus: Corpus, codec: Codec, seconds: float) -> list[Tensor]:
    """An excerpt of whole frames from the middle of each held-out recording, [1, 1, S]."""
    found: list[Tensor] = []
    for recording in corpus.of_split("held-out"):
        pcm = corpus.pcm(recording)
        most = min(recording.samples, round(seconds * corpus.rate_hz)) - codec.spec.overlap_samples
        length = codec.spec.samples_for(most // codec.spec.hop_samples)
        first = (recording.samples - length) // 2
        wave = with_channels(pcm[:, first : first + length], 1)
        found.append(torch.as_tensor(wave).unsqueeze(0))
    return found


def measure(
    folder: Path, rate_hz: int, n_codebooks: list[int], seconds: float
) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as made:
        settings = PrepareSettings(rate_hz=rate_hz)
        corpus = prepare(folder, Path(made) / "corpus", settings, quiet=True)
        frames = FrameSettings(
            transform="codes", hop_seconds=HOP_SECONDS, n_codebooks=max(n_codebooks)
        )
        began = time.perf_counter()
        codec = fit_codec(
            frames, rate_hz, excerpts(corpus, corpus.of_split("train"), 1, ENDS_BELOW_DB)
        )
        fit_seconds = time.perf_counter() - began
        waves = held_out(corpus, codec, seconds)
        every = [codec.analyse(wave) for wave in waves]
        return [
            {"rate_hz": rate_hz, "fit_seconds": fit_seconds}
            | told(codec, waves, [codes[..., :some] for codes in every])
            for some in n_codebooks
        ]


@torch.inference_mode()
def told(codec: Codec, waves: list[Tensor], kept: list[Tensor]) -> dict[str, float]:
    """Medians over the excerpts, of what the codes that are kept of them tell."""
    rate_hz = codec.rate_hz
    rows: list[tuple[float, float, float, float, float]] = []
    for wave, codes in zip(waves, kept, strict=True):
        wanted = codec.spectrum.magnitudes(wave[:, 0])
        found = codec.spectra(codes).exp()
        soft = codec.soft.exp()
        logs, said = (wanted + soft).log(), (found + soft).log()
        left = float((logs - said).square().sum() / (logs - codec.mean).square().sum())
        began = time.perf_counter()
        decoded = codec.decode(codes)[:, 0]
        speed = decoded.shape[1] / rate_hz / (time.perf_counter() - began)
        # Decoding leaves out the overlap before the first frame.
        original = wave[0, :, codec.spec.overlap_samples :][:, : decoded.shape[1]]
        level = decibels(float(decoded.norm() / original.norm().clamp_min(1e-9)))
        rows.append(
            (left, convergence(found, wanted), mel_error(decoded, original, rate_hz), level, speed)
        )
    names = "left", "convergence_db", "mel_db", "level_db", "speed"
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    return dict(zip(names, medians, strict=True), n_codebooks=float(kept[0].shape[-1]))


def main() -> None:
    parser = start(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rates", type=int, nargs="+", default=[16000, 22050, 32000, 44100])
    parser.add_argument("--codebooks", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    print(machine(), flush=True)
    figures: list[dict[str, float]] = []
    for rate_hz in chosen.rates:
        figures += measure(chosen.folder, rate_hz, chosen.codebooks, chosen.seconds)
    show(
        [
            [
                f"{one['rate_hz'] / 1000:g} kHz",
                f"{one['n_codebooks']:.0f}",
                f"{one['left']:.0%}",
                f"{one['convergence_db']:.1f}",
                f"{one['mel_db']:.1f}",
                f"{one['level_db']:+.1f}",
                f"{one['speed']:.0f}",
                f"{one['fit_seconds']:.0f}",
            ]
            for one in figures
        ],
        [
            "rate",
            "codes",
            "left",
            "convergence, dB",
            "mel, dB",
            "level, dB",
            "decoded, s/s",
            "fitted, s",
        ],
    )
    keep(chosen.json, {"machine": machine(), "figures": figures})


if __name__ == "__main__":
    main()
