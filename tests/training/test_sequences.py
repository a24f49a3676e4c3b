"""Sequences lie where DESIGN says: end to end, a target frame shared, never across recordings."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from reverie.audio.pcm import FULL_SCALE
from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import findings
from reverie.corpus.prepare import prepare
from reverie.corpus.recordings import Recordings
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.sounding import sounding
from reverie.corpus.summary import SEQUENCE_SECONDS, lines
from reverie.errors import ReverieError
from reverie.frames.fourier import FourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.frames.transforms import frame_spec
from reverie.runs.metrics import read_metrics
from reverie.runs.settings import Recipe
from reverie.training import trainer
from reverie.training.excerpts import excerpts
from reverie.training.recipe import load_recipe
from reverie.training.sequences import Sequences
from reverie.training.splits import shortness, split_sequences
from reverie.training.train import train
from tests.conftest import RATE_HZ, SMALL
from tests.music import write_recordings


def samples_of(
    sequences: Sequences, size: int, rng: np.random.Generator | None = None, skip: int = 0
) -> list[torch.Tensor]:
    """Of a mono corpus: each [B, S]."""
    return [batch.samples[:, 0] for batch in sequences.batches(size, rng, skip)]


def played(sequences: Sequences, speed: float = 1.0) -> np.ndarray:
    """The first sequence, at a speed that transposing would have to draw."""
    still = np.zeros(len(sequences.recordings), np.int64)
    return sequences._played(sequences._stretch(0, still, speed))[0]


def of_samples(corpus: Corpus, samples: int) -> Recordings:
    """The recordings of one length."""
    return corpus.recordings.take(corpus.recordings.column("samples") == samples)


def test_they_tile_each_recording(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    found = Sequences(corpus, recordings, FourierFrames(250).spec, 8)
    assert len(found) == sum((r.samples - 250) // 2000 for r in recordings)
    whole = corpus.pcm(recordings[0])[0].astype(np.float32) / FULL_SCALE
    (every,) = samples_of(found, len(found))
    for index in range(int(found.counts[0])):
        start = index * 2000
        assert np.array_equal(every[index], whole[start : start + 2250])
    second = corpus.pcm(recordings[1])[0][:2250].astype(np.float32) / FULL_SCALE
    assert np.array_equal(every[int(found.counts[0])], second)


def test_steps_that_see_several_frames_read_further(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8, step_frames=3)
    whole = corpus.pcm(found.recordings[0])[0].astype(np.float32) / FULL_SCALE
    for index, sequence in enumerate(samples_of(found, 2)[0]):
        assert np.array_equal(sequence, whole[index * 2000 : index * 2000 + 11 * 250])


def test_overlapping_frames_get_their_overlap(corpus: Corpus) -> None:
    frames = MdctFrames(250)
    found = Sequences(corpus, corpus.recordings, frames.spec, 8)
    assert frames.analyse(samples_of(found, 1)[0]).shape == (1, 9, 250)


def test_an_epoch_has_each_once_and_is_decided_by_its_seed(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8)
    plain = torch.cat(samples_of(found, 7, None))
    mixed = torch.cat(samples_of(found, 7, np.random.default_rng(1)))
    again = torch.cat(samples_of(found, 7, np.random.default_rng(1)))
    assert torch.equal(mixed, again)
    assert not torch.equal(mixed, plain)
    assert sorted(map(bytes, mixed.numpy())) == sorted(map(bytes, plain.numpy()))


@pytest.mark.parametrize("starts", ["grid", "random"])
def test_going_on_inside_an_epoch(corpus: Corpus, starts: str) -> None:
    kind = "random" if starts == "random" else "grid"
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8, kind)
    whole = samples_of(found, 5, np.random.default_rng(4))
    rest = samples_of(found, 5, np.random.default_rng(4), skip=3)
    assert len(rest) == len(whole) - 3
    assert all(torch.equal(a, b) for a, b in zip(whole[3:], rest, strict=True))


def test_random_starts_move_and_stay_inside(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8, "random")
    one = torch.cat(samples_of(found, 50, np.random.default_rng(1)))
    other = torch.cat(samples_of(found, 50, np.random.default_rng(2)))
    assert one.shape == other.shape == (len(found), 2250)
    assert not set(map(bytes, one.numpy())) & set(map(bytes, other.numpy()))


def test_excerpts_are_all_samples(corpus: Corpus) -> None:
    total = sum(piece.shape[-1] for piece in excerpts(corpus, corpus.recordings, 1))
    assert total == sum(r.samples for r in corpus.recordings)


def test_too_long_a_sequence_is_refused(corpus: Corpus) -> None:
    recipe: Recipe = load_recipe("paper")
    with pytest.raises(ReverieError, match=r"as long as one sequence \(10.2 s\)"):
        split_sequences(corpus, recipe)


def test_a_part_is_spread_over_all_recordings(corpus: Corpus) -> None:
    every = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8)
    part = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8, most=8)
    assert len(part) == 8
    whole, chosen = (
        [bytes(batch.numpy()) for batch in samples_of(one, 1)] for one in (every, part)
    )
    places = [whole.index(one) for one in chosen]
    assert places == sorted(places)
    ends = np.cumsum(every.counts)
    assert len(set(np.searchsorted(ends, places, side="right"))) == len(every.recordings)
    assert len(Sequences(corpus, corpus.recordings, FourierFrames(250).spec, 8, most=10_000)) > 8


def test_gain_and_speed_are_drawn_anew_and_change_what_they_say(corpus: Corpus) -> None:
    plain = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8)
    louder = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).spec, 8, gain_db=6.0)
    before, after = (
        torch.cat(samples_of(one, 7, np.random.default_rng(0))) for one in (plain, louder)
    )
    gains = 20 * torch.log10(after.norm(dim=1) / before.norm(dim=1))
    assert gains.abs().max() <= 6.001
    assert gains.std() > 1
    # In order, as held-out music is measured, nothing is changed.
    assert torch.equal(samples_of(plain, 7)[0], samples_of(louder, 7)[0])


def test_a_faster_sequence_is_the_same_music_in_less_time(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    found = Sequences(corpus, recordings, FourierFrames(250).spec, 8)
    fast = played(found, 2.0)
    assert fast.shape == samples_of(found, 1)[0][0].shape
    whole = corpus.pcm(recordings[0])[0][: 2 * len(fast)].astype(np.float32) / FULL_SCALE
    # What every second sample cannot hold is filtered out: the rest is the same.
    wanted = (whole[0::2] + whole[1::2]) / 2
    assert np.corrcoef(fast[20:-20], wanted[20:-20])[0, 1] > 0.95


def test_a_recording_too_short_to_be_played_faster_is_played_as_it_is(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    frames = min(one.samples for one in recordings) // 250 - 1
    found = Sequences(corpus, recordings, FourierFrames(250).spec, frames)
    assert np.array_equal(played(found, 1.5), samples_of(found, 1)[0][0])


def test_transposing_is_by_whole_semitones(tmp_path: Path) -> None:
    time = np.arange(30 * RATE_HZ) / RATE_HZ
    for number in range(2):
        tone = 0.3 * np.sin(2 * np.pi * 220 * time + number)
        soundfile.write(tmp_path / f"{number}.wav", tone, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    made = prepare(tmp_path, tmp_path / "corpus", settings, processes=1, quiet=True)
    frames = FourierFrames(RATE_HZ // 10).spec
    found = Sequences(made, made.of_split("train"), frames, 9, transpose_semitones=2)
    steps: set[int] = set()
    for mask in samples_of(found, 1, np.random.default_rng(0)):
        spectrum = np.abs(np.fft.rfft(mask[0].numpy() * np.hanning(mask.shape[1]), 1 << 18))
        hertz = spectrum.argmax() * RATE_HZ / (1 << 18)
        semitones = 12 * math.log2(hertz / 220)
        assert semitones == pytest.approx(round(semitones), abs=0.05)
        steps.add(round(semitones))
    assert steps == {-2, -1, 0, 1, 2}


def test_silent_ends_are_left_out_and_rests_are_not(with_rests: Corpus) -> None:
    for place, recording in enumerate(with_rests.recordings):
        assert sounding(with_rests, recording, 0) == (0, 6 * RATE_HZ)
        first, last = sounding(with_rests, recording, 35)
        assert first == pytest.approx(RATE_HZ, abs=RATE_HZ / 10)
        assert last == pytest.approx(4 * RATE_HZ, abs=RATE_HZ / 10)
        assert sounding(with_rests, recording, 100)[1] == 6 * RATE_HZ
        (piece,) = excerpts(with_rests, with_rests.recordings[place : place + 1], 1, 35)
        assert piece.shape == (1, 1, last - first)
    found = Sequences(
        with_rests,
        with_rests.recordings,
        FourierFrames(RATE_HZ // 10).spec,
        4,
        "random",
        transpose_semitones=1,
        trim_silence_db=35,
    )
    mask = torch.cat(samples_of(found, 1, np.random.default_rng(0)))
    silent = (mask.abs() < 1e-3).float().mean(-1)
    assert len(mask) == 2 * 7
    assert (silent == 1).sum() <= 2 * 2
    whole = with_rests.pcm(with_rests.recordings[0])[0].astype(np.float32) / FULL_SCALE
    first = sounding(with_rests, with_rests.recordings[0], 35)[0]
    assert np.array_equal(samples_of(found, 1)[0][0], whole[first : first + RATE_HZ // 2])


@pytest.fixture(scope="module")
def short_and_long(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Recordings of a half to six seconds, two of each length."""
    folder = tmp_path_factory.mktemp("short")
    for seconds in (0.5, 1.2, 6.0):
        write_recordings(folder / "music" / f"{seconds}", 2, seconds, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ, min_seconds=0.1, train_fraction=0.5)
    return prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)


def test_a_recording_shorter_than_a_sequence_is_one(short_and_long: Corpus) -> None:
    found = Sequences(short_and_long, short_and_long.recordings, FourierFrames(250).spec, 8)
    lengths = [one.samples for one in found.recordings]
    assert sorted(lengths) == [4000] * 2 + [9600] * 2 + [48000] * 2
    least = Sequences(short_and_long, found.recordings, FourierFrames(250).spec, 40)
    assert [int(n) for n in least.counts] == [4 if n == 48000 else 1 for n in lengths]
    assert {one.samples for one in least.short} == {4000, 9600}
    assert least.whole == 8
    for samples, mask, *_ in least.batches(1, None):
        assert samples.shape == (1, 1, 41 * 250)
        if mask is None:
            continue
        # 4000 samples are 16 frames, of which 15 come after another; 9600 are 38.
        count = int(mask.sum())
        assert count in {15, 37}
        assert mask.shape == (1, 40)
        assert bool(mask[0, :count].all())
        assert float(samples[0, 0, (count + 2) * 250 :].abs().max()) == 0
        assert float(samples[0, 0, : (count + 1) * 250].abs().max()) > 0
    both = list(least.batches(12, None))
    assert [batch.samples.shape[0] for batch in both] == [12]
    assert torch.equal(both[0][0][:, 0], torch.cat(samples_of(least, 1, None)))


def test_overlapping_frames_count_only_where_they_lie_whole(short_and_long: Corpus) -> None:
    recordings = of_samples(short_and_long, 4000)
    frames = MdctFrames(250)
    found = Sequences(short_and_long, recordings, frames.spec, 40)
    for samples, mask, *_ in found.batches(1, None):
        assert mask is not None
        assert int(mask.sum()) == (4000 - frames.spec.overlap_samples) // 250 - 1
        assert frames.analyse(samples[:, 0]).shape == (1, 41, 250)


def test_what_is_too_short_for_a_pair_of_frames_is_named(short_and_long: Corpus) -> None:
    found = Sequences(short_and_long, short_and_long.recordings, FourierFrames(4000).spec, 4)
    assert [one.samples for one in found.unused] == [4000, 4000]
    assert not any(one.samples == 4000 for one in found.short)
    said = shortness(found, "training")
    assert "2 of 6 training recordings are shorter than a sequence (2.5 s)" in said
    assert "2 of 6 training recordings are too short to be used: 0.5/tune 0.wav, 0.5" in said
    three = Sequences(short_and_long, found.recordings, FourierFrames(2000).spec, 4, step_frames=3)
    assert {one.samples for one in three.unused} == {4000}
    plain = Sequences(short_and_long, found.recordings[-2:], FourierFrames(250).spec, 8)
    assert shortness(plain, "held-out") == ""


def test_a_short_recording_is_played_faster_while_two_frames_are_left(
    short_and_long: Corpus,
) -> None:
    recordings = of_samples(short_and_long, 9600)[:1]
    found = Sequences(short_and_long, recordings, FourierFrames(250).spec, 60)
    lengths = [len(played(found, speed)) for speed in (1, 1.5, 0.5, 30)]
    assert lengths == [9600, 6400, 61 * 250, 9600]


def test_training_learns_from_short_recordings_and_says_so(
    short_and_long: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [
        *SMALL,
        "training.sequence_seconds=1.25",
        "training.epochs=2",
        "training.keep_epochs=[1]",
    ]
    recipe = load_recipe("paper", told)
    train_set, held_out_set = split_sequences(short_and_long, recipe)
    assert all(train_set.counts > 0)
    assert all(held_out_set.counts > 0)
    run = train(short_and_long.folder, recipe, tmp_path / "run")
    said = capsys.readouterr().err
    assert f"{len(train_set.short)} of 3 training recordings are shorter than a sequence" in said
    assert f"{len(held_out_set.short)} of 3 held-out recordings are shorter" in said
    # Measured by itself, frame by frame, the held-out loss is the same.
    model, frames = run.load_model(run.find_checkpoint()), run.representation()
    total, count = 0.0, 0
    for one in short_and_long.of_split("held-out"):
        pcm = torch.as_tensor(short_and_long.pcm(one)[0].astype(np.float32) / FULL_SCALE)
        for first in range(0, max(1, one.samples - 40 * 250), 40 * 250):
            part = pcm[first : first + 41 * 250]
            mask = frames.analyse(part[: len(part) // 250 * 250][None, None])
            error = (model(mask[:, :-1]) - mask[:, 1:]).square()
            total, count = total + float(error.sum()), count + error.numel()
    last = read_metrics(run.metrics)[-1]["held_out_loss"]
    assert last == pytest.approx(total / count, rel=1e-4)


def test_prepare_knows_the_length_of_the_default_recipes_sequence(
    short_and_long: Corpus, corpus: Corpus
) -> None:
    recipe = load_recipe("codes")
    for rate_hz in (16000, 22050, 44100, 48000):
        frames = recipe.prompt_frames(rate_hz) + 1
        samples = frame_spec(recipe.frames, rate_hz).samples_for(frames)
        assert samples / rate_hz == pytest.approx(SEQUENCE_SECONDS, rel=0.01)
    wanted = "4 recordings shorter than 3.2 s, a training sequence of the default recipe"
    assert any(wanted in line for line in lines(short_and_long))
    assert any(wanted in one.text for one in findings(short_and_long))
    longer = replace(corpus.recordings[0], seconds=7.0)
    corpus_of_long = Corpus.open(corpus.folder)
    corpus_of_long.recordings = Recordings.of([longer])
    assert not any("shorter than" in line for line in lines(corpus_of_long))


def test_what_a_short_recording_is_filled_up_with_is_not_learnt_from(
    short_and_long: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        *SMALL,
        "training.sequence_seconds=1.25",
        "training.epochs=1",
        "training.keep_epochs=[]",
    ]
    recipe, step = load_recipe("paper", told), trainer.train_step
    learnt = 0

    def counting(*arguments: Any) -> float:
        nonlocal learnt
        frames, mask = arguments[2], arguments[5]
        learnt += len(frames) * 40 if mask is None else int(mask.sum())
        return step(*arguments)

    monkeypatch.setattr(trainer, "train_step", counting)
    train(short_and_long.folder, recipe, tmp_path / "run", quiet=True)
    found, _ = split_sequences(short_and_long, recipe)
    lengths = [one.samples // 250 - 1 for one in found.short]
    assert learnt == 40 * found.whole + sum(lengths)
