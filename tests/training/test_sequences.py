"""Sequences lie where DESIGN says: end to end, a target frame shared, never across recordings."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from reverie.audio.write import FULL_SCALE
from reverie.corpus.corpus import Corpus
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.frames.fourier import FourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.training.recipe import load_recipe
from reverie.training.sequences import Sequences, excerpts, sounding, split_sequences
from reverie.training.settings import Recipe
from tests.conftest import RATE_HZ


def test_they_tile_each_recording(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    found = Sequences(corpus, recordings, FourierFrames(250).measures, 8)
    assert len(found) == sum((r.samples - 250) // 2000 for r in recordings)
    whole = corpus.pcm(recordings[0]).astype(np.float32) / FULL_SCALE
    for index in range(int(found.counts[0])):
        start = index * 2000
        assert np.array_equal(found.read(index), whole[start : start + 2250])
    second = corpus.pcm(recordings[1])[:2250].astype(np.float32) / FULL_SCALE
    assert np.array_equal(found.read(int(found.counts[0])), second)


def test_steps_that_see_several_frames_read_further(corpus: Corpus) -> None:
    found = Sequences(
        corpus, corpus.of_split("train"), FourierFrames(250).measures, 8, step_frames=3
    )
    whole = corpus.pcm(found.recordings[0]).astype(np.float32) / FULL_SCALE
    for index in range(2):
        assert np.array_equal(found.read(index), whole[index * 2000 : index * 2000 + 11 * 250])


def test_overlapping_frames_get_their_overlap(corpus: Corpus) -> None:
    frames = MdctFrames(250)
    found = Sequences(corpus, corpus.recordings, frames.measures, 8)
    assert frames.analyse(torch.from_numpy(found.read(0))[None]).shape == (1, 9, 250)


def test_an_epoch_has_each_once_and_is_decided_by_its_seed(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8)
    plain = torch.cat(list(found.batches(7, None)))
    mixed = torch.cat(list(found.batches(7, np.random.default_rng(1))))
    again = torch.cat(list(found.batches(7, np.random.default_rng(1))))
    assert torch.equal(mixed, again)
    assert not torch.equal(mixed, plain)
    assert sorted(map(bytes, mixed.numpy())) == sorted(map(bytes, plain.numpy()))


@pytest.mark.parametrize("starts", ["grid", "random"])
def test_going_on_inside_an_epoch(corpus: Corpus, starts: str) -> None:
    kind = "random" if starts == "random" else "grid"
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8, kind)
    whole = list(found.batches(5, np.random.default_rng(4)))
    rest = list(found.batches(5, np.random.default_rng(4), skip=3))
    assert len(rest) == len(whole) - 3
    assert all(torch.equal(a, b) for a, b in zip(whole[3:], rest, strict=True))


def test_random_starts_move_and_stay_inside(corpus: Corpus) -> None:
    found = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8, "random")
    one = torch.cat(list(found.batches(50, np.random.default_rng(1))))
    other = torch.cat(list(found.batches(50, np.random.default_rng(2))))
    assert one.shape == other.shape == (len(found), 2250)
    assert not set(map(bytes, one.numpy())) & set(map(bytes, other.numpy()))


def test_excerpts_are_all_samples(corpus: Corpus) -> None:
    total = sum(piece.shape[1] for piece in excerpts(corpus, corpus.recordings))
    assert total == sum(r.samples for r in corpus.recordings)


def test_too_long_a_sequence_is_refused(corpus: Corpus) -> None:
    recipe: Recipe = load_recipe("paper")
    with pytest.raises(ReverieError, match=r"as long as one sequence \(20.5 s\)"):
        split_sequences(corpus, recipe)


def test_a_part_is_spread_over_all_recordings(corpus: Corpus) -> None:
    every = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8)
    part = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8, most=8)
    assert len(part) == 8
    whole = [every.read(index).tobytes() for index in range(len(every))]
    places = [whole.index(part.read(index).tobytes()) for index in range(8)]
    assert places == sorted(places)
    ends = np.cumsum(every.counts)
    assert len(set(np.searchsorted(ends, places, side="right"))) == len(every.recordings)
    assert (
        len(Sequences(corpus, corpus.recordings, FourierFrames(250).measures, 8, most=10_000)) > 8
    )


def test_gain_and_speed_are_drawn_anew_and_change_what_they_say(corpus: Corpus) -> None:
    plain = Sequences(corpus, corpus.of_split("train"), FourierFrames(250).measures, 8)
    louder = Sequences(
        corpus, corpus.of_split("train"), FourierFrames(250).measures, 8, gain_db=6.0
    )
    before, after = (
        torch.cat(list(one.batches(7, np.random.default_rng(0)))) for one in (plain, louder)
    )
    gains = 20 * torch.log10(after.norm(dim=1) / before.norm(dim=1))
    assert gains.abs().max() <= 6.001
    assert gains.std() > 1
    # In order, as held-out music is measured, nothing is changed.
    assert torch.equal(next(plain.batches(7, None)), next(louder.batches(7, None)))


def test_a_faster_sequence_is_the_same_music_in_less_time(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    found = Sequences(corpus, recordings, FourierFrames(250).measures, 8)
    fast = found.read(0, speed=2.0)
    assert fast.shape == found.read(0).shape
    whole = corpus.pcm(recordings[0])[: 2 * len(fast)].astype(np.float32) / FULL_SCALE
    # What every second sample cannot hold is filtered out: the rest is the same.
    wanted = (whole[0::2] + whole[1::2]) / 2
    assert np.corrcoef(fast[20:-20], wanted[20:-20])[0, 1] > 0.95


def test_a_recording_too_short_to_be_played_faster_is_played_as_it_is(corpus: Corpus) -> None:
    recordings = corpus.of_split("train")
    frames = min(one.samples for one in recordings) // 250 - 1
    found = Sequences(corpus, recordings, FourierFrames(250).measures, frames)
    assert np.array_equal(found.read(0, speed=1.5), found.read(0))


def test_transposing_is_by_whole_semitones(tmp_path: Path) -> None:
    time = np.arange(30 * RATE_HZ) / RATE_HZ
    for number in range(2):
        tone = 0.3 * np.sin(2 * np.pi * 220 * time + number)
        soundfile.write(tmp_path / f"{number}.wav", tone, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    made = prepare(tmp_path, tmp_path / "corpus", settings, processes=1, quiet=True)
    frames = FourierFrames(RATE_HZ // 10).measures
    found = Sequences(made, made.of_split("train"), frames, 9, transpose_semitones=2)
    steps: set[int] = set()
    for heard in found.batches(1, np.random.default_rng(0)):
        spectrum = np.abs(np.fft.rfft(heard[0].numpy() * np.hanning(heard.shape[1]), 1 << 18))
        hertz = spectrum.argmax() * RATE_HZ / (1 << 18)
        semitones = 12 * math.log2(hertz / 220)
        assert semitones == pytest.approx(round(semitones), abs=0.05)
        steps.add(round(semitones))
    assert steps == {-2, -1, 0, 1, 2}


def test_silent_ends_are_left_out_and_rests_are_not(with_rests: Corpus) -> None:
    for recording in with_rests.recordings:
        assert sounding(with_rests, recording, 0) == (0, 6 * RATE_HZ)
        first, last = sounding(with_rests, recording, 35)
        assert first == pytest.approx(RATE_HZ, abs=RATE_HZ / 10)
        assert last == pytest.approx(4 * RATE_HZ, abs=RATE_HZ / 10)
        assert sounding(with_rests, recording, 100)[1] == 6 * RATE_HZ
        (piece,) = excerpts(with_rests, [recording], 35)
        assert piece.shape == (1, last - first)
    found = Sequences(
        with_rests,
        with_rests.recordings,
        FourierFrames(RATE_HZ // 10).measures,
        4,
        "random",
        transpose_semitones=1,
        ends_below_db=35,
    )
    heard = torch.cat(list(found.batches(1, np.random.default_rng(0))))
    silent = (heard.abs() < 1e-3).float().mean(-1)
    assert len(heard) == 2 * 7
    assert (silent == 1).sum() <= 2 * 2
    whole = with_rests.pcm(with_rests.recordings[0]).astype(np.float32) / FULL_SCALE
    first = sounding(with_rests, with_rests.recordings[0], 35)[0]
    assert np.array_equal(found.read(0), whole[first : first + RATE_HZ // 2])
