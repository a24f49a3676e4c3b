"""The best few trials, judged again by other clips before one of them is named the best."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from reverie.errors import ReverieError
from reverie.execution.task import Done, Executor, Task, do_all
from reverie.progress import ProgressBar
from reverie.runs.judgement import Judgement
from reverie.runs.progress import EQUALLY_NEAR
from reverie.tuning.trial import Search, TrialResult, judge_again, score


@dataclass(frozen=True)
class Final:
    """A trial that was judged again."""

    trial: TrialResult
    judgements: tuple[Judgement, ...]
    """Each of other prompts and other draws, which are the same for every finalist."""

    @property
    def scores(self) -> tuple[float, ...]:
        """Of each judgement."""
        return tuple(score(one) for one in self.judgements)

    @property
    def mean(self) -> float:
        """Of the scores, by which finalists are told apart."""
        return statistics.fmean(self.scores)


def judge_finals(
    search: Search, executor: Executor, trials: Sequence[TrialResult], *, quiet: bool
) -> list[Final]:
    """Judge the best trials again, and the one with the recipe's own settings.

    The lowest of many scores is low by luck too; judgements that did not choose it have no such
    luck.

    Args:
        search: whose trials they are.
        executor: does the judging.
        trials: all of them, in order.
        quiet: show no progress.

    Returns:
        the finalists, the best first; of equal ones the earlier trial.

    Raises:
        ReverieError: no trial was judged, or one cannot be judged again.
    """
    settings = search.settings
    judged = [one for one in trials if one.score is not None]
    if not judged:
        why = next((one.failed for one in trials if one.failed), "there is none")
        raise ReverieError(
            f"no trial could be judged: {why}", "Change the recipe, and choose another `out`."
        )
    ranked = sorted((one for one in judged if not one.pruned), key=_rank) or judged[:1]
    chosen = ranked[: settings.finalists]
    chosen += [one for one in judged if one.number == 0 and one not in chosen]
    seeds = range(settings.seed + 1, settings.seed + 1 + settings.final_judgements)
    found: dict[tuple[int, int], Judgement] = {}
    total = len(chosen) * len(seeds)
    with ProgressBar("judging the best", total, "judgements", quiet=quiet) as bar:

        def then(done: Done) -> list[Task]:
            _, number, seed = done.task.arguments
            if done.failed:
                raise ReverieError(f"trial {number} cannot be judged again: {done.failed}", "")
            found[number, seed] = done.value
            bar.advance(note=f"trial {number}: {score(done.value):.1f} from music")
            return []

        tasks = (
            Task(f"final {one.number}", judge_again, (search, one.number, seed), search.threads)
            for seed in seeds
            for one in chosen
        )
        do_all(executor, tasks, then)
    finals = [Final(one, tuple(found[one.number, seed] for seed in seeds)) for one in chosen]
    return sorted(finals, key=lambda one: (one.mean, one.trial.number))


def are_equally_near(finals: Sequence[Final]) -> bool:
    """Whether the best finalist is no nearer to music than the recipe's own settings, as far as can
    be told."""
    own = next((one for one in finals if one.trial.number == 0), None)
    return own is not None and own.mean - finals[0].mean <= EQUALLY_NEAR


def _rank(one: TrialResult) -> tuple[float, int]:
    assert one.score is not None
    return one.score, one.number
