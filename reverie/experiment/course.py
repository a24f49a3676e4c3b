"""The course of an experiment: which piece follows which, and what is said on the way."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from reverie.execution.task import Done, Executor, Task, do_all
from reverie.experiment.estimate import Spent
from reverie.experiment.measures import ModelResult
from reverie.experiment.pieces import Setup, Trained, conclude, make_clips, train_model
from reverie.experiment.plan import recipe_of
from reverie.progress import ProgressBar
from reverie.terminal import echo


class Course:
    """Do what is missing of an experiment's models, by whatever does its pieces.

    Each model is trained, its clips are made at each of its checkpoints, and its result is
    concluded; models, and clips of different checkpoints, do not wait for each other.

    Args:
        setup: the experiment.
        executor: does the pieces.
        rate_hz: of the corpus.
        quiet: say nothing.

    Attributes:
        results: of each model that is done.
        failed: models that could not be finished, and why.
    """

    def __init__(self, setup: Setup, executor: Executor, rate_hz: int, *, quiet: bool) -> None:
        self._setup, self._executor, self._quiet = setup, executor, quiet
        self._rate_hz, self._spent = rate_hz, Spent(rate_hz)
        self.results: dict[str, ModelResult] = {}
        self.failed: dict[str, str] = {}
        self._trained: dict[str, Trained] = {}
        self._missing: dict[str, set[int]] = {}
        """Of each model that is trained: the epochs whose clips are not made yet."""
        self._speed: dict[str, float | None] = {}
        """Of each model, that of the clips of its chosen checkpoint."""
        self._models: Sequence[str] = ()
        self._bar: ProgressBar | None = None

    def run(self) -> None:
        """Do it, to the end. A model that fails ends no other.

        Raises:
            ReverieError: a result is damaged, or the pieces can be done nowhere.
        """
        models = self._setup.settings.models
        for model in models:
            if (path := self._setup.result_path(model)).is_file():
                self.results[model] = ModelResult.read(path, model)
        self._models = [model for model in models if model not in self.results]
        with ExitStack() as stack:
            if self._executor.is_remote:
                bar = ProgressBar("experiment", len(models), "models", done=len(self.results),
                                  quiet=self._quiet)  # fmt: skip
                self._bar = stack.enter_context(bar)
            do_all(self._executor, self._trainings(), self._then)

    def _trainings(self) -> Iterator[Task]:
        settings, setup = self._setup.settings, self._setup
        for model in self._models:
            if self._bar is None:
                number = settings.models.index(model) + 1
                left = self._spent.remaining(settings, self._left())
                self._say(f"model {number} of {len(settings.models)}: {model}{left}")
            recipe = recipe_of(settings, model, self._rate_hz)
            yield Task(
                f"train {model}",
                train_model,
                (setup, model),
                setup.threads,
                gpu=recipe.training.device != "cpu",
                holds=setup.run_folder(model),
            )

    def _then(self, done: Done) -> list[Task]:
        """What follows from a piece that is done."""
        model = done.task.arguments[1]
        if isinstance(model, Trained):
            model = model.model
        if done.failed:
            if model not in self.failed:
                self.failed[model] = done.failed
                self._say(f"{model} failed: {done.failed}")
            return []
        if self._bar is not None:
            left = self._spent.left_seconds(self._setup.settings, self._left())
            self._bar.advance(0, done.task.name, left)
        match done.value:
            case Trained():
                return self._clips(done.value)
            case ModelResult():
                self.results[model] = done.value
                self._spent.note(self._setup.settings, model)
                if self._bar is not None:
                    left = self._spent.left_seconds(self._setup.settings, self._left())
                    self._bar.advance(1, f"{model} is done", left)
                return []
            case _:
                return self._after_clips(model, done.task.arguments[2], done.value)

    def _clips(self, trained: Trained) -> list[Task]:
        model, setup = trained.model, self._setup
        epochs = trained.clip_epochs(setup.settings)
        self._trained[model], self._missing[model] = trained, set(epochs)
        return [
            Task(
                f"clips of {model} at epoch {epoch}",
                make_clips,
                (setup, model, epoch),
                setup.threads,
                holds=setup.clips_at(model, epoch),
            )
            for epoch in epochs
        ]

    def _after_clips(self, model: str, epoch: int, speed: float | None) -> list[Task]:
        trained, missing = self._trained[model], self._missing[model]
        missing.discard(epoch)
        if epoch == trained.chosen_epoch:
            self._speed[model] = speed
        if missing or model in self.failed:
            return []
        arguments = (self._setup, trained, self._speed[model])
        return [Task(f"result of {model}", conclude, arguments, self._setup.threads)]

    def _left(self) -> tuple[str, ...]:
        return tuple(
            model
            for model in self._models
            if model not in self.results and model not in self.failed
        )

    def _say(self, text: str) -> None:
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.say(text)
        else:
            echo(text, err=True)
