"""Clips of a checkpoint are judged as their sound deserves."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation import checkpoint_judge
from reverie.evaluation.checkpoint_judge import CheckpointJudge
from reverie.evaluation.interval import binomial_tail
from reverie.runs.judgement import Judgement

SECONDS = 3.0


def judged(corpus: Corpus, waves: Sequence[NDArray[np.float32]]) -> Judgement:
    return CheckpointJudge(corpus, seconds=SECONDS).judge_waves(waves)


def test_noise_is_farther_from_music_than_music_and_not_ok(music: Corpus) -> None:
    rng = np.random.default_rng(0)
    size = round(SECONDS * music.rate_hz)
    noise = [0.1 * rng.standard_normal(size).astype(np.float32) for _ in range(6)]
    held_out = cut_evenly(music, music.of_split("held-out"), SECONDS, 6)
    of_noise, of_music = judged(music, noise), judged(music, [one.wave for one in held_out])
    assert of_noise.distance > of_music.distance + 20
    assert (of_noise.not_ok_share, of_music.not_ok_share) == (1, 0)
    assert not of_noise.copies_more
    assert not of_music.copies_more


def test_copies_are_told_from_music(music: Corpus) -> None:
    copies = [one.wave for one in cut_evenly(music, music.of_split("train"), SECONDS, 6)]
    found = judged(music, copies)
    assert found.copied_share == 1
    assert found.copies_more
    assert found.copied_share_of_music < 0.2


def test_a_large_corpus_is_searched_in_part(music: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_judge, "SEARCHED_SECONDS", 1.0)
    size = round(SECONDS * music.rate_hz)
    beginnings = [to_float32(music.pcm(one)[0][:size]) for one in music.of_split("train")]
    assert 0 < judged(music, beginnings).copied_share < 1


def test_the_tail_of_a_binomial_distribution() -> None:
    """Against all outcomes of four trials, one by one."""
    chance = 0.3
    for least in range(6):
        outcomes = itertools.product([0, 1], repeat=4)
        summed = sum(
            chance ** sum(one) * (1 - chance) ** (4 - sum(one))
            for one in outcomes
            if sum(one) >= least
        )
        assert binomial_tail(least, 4, chance) == pytest.approx(summed)


def test_a_corpus_that_holds_out_too_little_has_no_judge(music: Corpus, corpus: Corpus) -> None:
    assert CheckpointJudge(music, seconds=SECONDS).excerpts == 8
    assert checkpoint_judge.checkpoint_judge(corpus) is None
