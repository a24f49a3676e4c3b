"""Judge a checkpoint during training by a few short clips of it.

Letters: B clips, S samples.
"""

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from reverie.audio.channels import mixed
from reverie.corpus.corpus import Corpus, Recording
from reverie.corpus.excerpts import cut_evenly
from reverie.evaluation.copying.evidence import Evidence, find_evidence
from reverie.evaluation.copying.judgement import NULL_EXCERPTS
from reverie.evaluation.copying.null import NullDistribution
from reverie.evaluation.distances.mmd import discrepancy
from reverie.evaluation.distances.musicnn import Musicnn
from reverie.evaluation.distances.points import Points
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.interval import binomial_tail
from reverie.evaluation.measurer import at_rate
from reverie.evaluation.measures.health import HealthReference, health
from reverie.generation.preview import continuations
from reverie.models.trained import TrainedModel
from reverie.runs.judgement import Judgement
from reverie.runs.run import Run

CLIPS = 24
SECONDS = 5.0
MUSIC_EXCERPTS = 60
"""Of held-out music, from which distances are measured, at most."""
LEAST_EXCERPTS = 8
"""Of held-out music; fewer say too little of what music is."""
SEARCHED_SECONDS = 3600.0
"""Of training recordings, which are searched for copies: all would take too long in a large
corpus."""
BY_CHANCE = 0.05
"""So seldom may music itself have as many copies as clips that copy more than music."""


class CheckpointJudge:
    """Judge clips that continue held-out prompts, always the same ones, with the same draws.

    What does not depend on the model is computed at the first judgement and kept. A judgement draws
    from generators of its own and changes nothing of the model.

    Args:
        corpus: that the model is trained on.
        clips: how many are made, as one batch.
        seconds: length of each.
        seed: decides prompts and draws.
    """

    def __init__(
        self, corpus: Corpus, *, clips: int = CLIPS, seconds: float = SECONDS, seed: int = 0
    ) -> None:
        self._corpus, self._clips, self._seconds, self._seed = corpus, clips, seconds, seed
        self._null: tuple[NullDistribution, float] | None = None

    @property
    def excerpts(self) -> int:
        """How many clips' lengths of music the corpus holds out."""
        size = round(self._seconds * self._corpus.rate_hz)
        return int((self._corpus.of_split("held-out").column("samples") // size).sum())

    def __call__(self, trained: TrainedModel, run: Run) -> Judgement:
        """Make clips and judge them.

        Raises:
            ReverieError: no held-out recording is as long as a prompt.
        """
        return self.judge_waves(self._generate(trained, run))

    def warm_up(self) -> None:
        """Compute what does not depend on the model, which the first judgement does otherwise."""
        self._searched_for([])
        _ = self._music, self._health

    def with_seed(self, seed: int) -> Self:
        """Return a judge of other prompts and other draws, which keeps what was computed."""
        other = copy.copy(self)
        other._seed = seed
        return other

    def judge_waves(self, waves: Sequence[NDArray[np.float32]]) -> Judgement:
        """Judge clips, samples [S] each, at the corpus's rate."""
        rate_hz = self._corpus.rate_hz
        not_ok = [health(wave, rate_hz, self._health).verdict != "ok" for wave in waves]
        null, of_music, evidence = self._searched_for(waves)
        copied = [null.flags(one) for one in evidence]
        return Judgement(
            distance=discrepancy(self._embedded(waves), self._music),
            copied_share=float(np.mean(copied)),
            copied_share_of_music=of_music,
            copies_more=binomial_tail(sum(copied), len(copied), of_music) < BY_CHANCE,
            not_ok_share=float(np.mean(not_ok)),
        )

    def _generate(self, trained: TrainedModel, run: Run) -> list[NDArray[np.float32]]:
        """Continue the prompts by what the run's recipe says of generation: samples [S] each."""
        prompts = np.random.default_rng([self._seed, 0])
        rng = torch.Generator().manual_seed(self._seed)
        waves = continuations(trained, run, self._clips, self._seconds, prompts, rng)
        # What is no number is silence, and so not ok.
        return [mixed(wave) for wave in waves.nan_to_num(0, 0, 0).cpu().numpy()]

    def _searched_for(
        self, waves: Sequence[NDArray[np.float32]]
    ) -> tuple[NullDistribution, float, list[Evidence]]:
        """What music gives that is no copy, its share that is flagged, and what clips give.

        Music is searched for once, together with the first clips: reading the recordings takes most
        of the time.
        """
        music = self._cut(NULL_EXCERPTS) if self._null is None else []
        _, of_clips, of_music = find_evidence(
            self._corpus, [(), waves, music], self._searched, quiet=True
        )
        if self._null is None:
            null = NullDistribution(of_music)
            self._null = null, float(np.mean([null.flags(one) for one in of_music]))
        return *self._null, of_clips

    def _cut(self, most: int) -> list[NDArray[np.float32]]:
        """Cut held-out music into at most so many excerpts, samples [S] each."""
        held_out, count = self._corpus.of_split("held-out"), min(self.excerpts, most)
        return [one.wave for one in cut_evenly(self._corpus, held_out, self._seconds, count)]

    @cached_property
    def _music(self) -> Points:
        return self._embedded(self._cut(MUSIC_EXCERPTS))

    @cached_property
    def _searched(self) -> list[Recording]:
        """The training recordings that are searched, in an order that the seed decides."""
        training = self._corpus.of_split("train")
        chosen: list[Recording] = []
        remaining = SEARCHED_SECONDS * self._corpus.rate_hz
        order = np.random.default_rng([self._seed, 1]).permutation(len(training))
        for recording in (training[int(at)] for at in order):
            if remaining <= 0:
                break
            chosen.append(recording)
            remaining -= recording.samples
        return chosen

    @cached_property
    def _health(self) -> HealthReference:
        return health_reference(self._corpus)

    @cached_property
    def _embedder(self) -> Musicnn:
        return Musicnn()

    def _embedded(self, waves: Sequence[NDArray[np.float32]]) -> Points:
        rate = self._corpus.rate_hz
        return Points.of([self._embedder.embed(at_rate(one, rate))["musicnn"] for one in waves])


def checkpoint_judge(corpus: Corpus) -> CheckpointJudge | None:
    """A judge of clips of a model of `corpus`; None if that holds out too little music."""
    judge = CheckpointJudge(corpus)
    return judge if judge.excerpts >= LEAST_EXCERPTS else None
