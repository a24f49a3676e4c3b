"""What is kept of a training: when to write a checkpoint is the loop's, how is this."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel
from reverie.models.trained import TrainedModel
from reverie.runs.checkpoint import load_checkpoint, prune_checkpoints, save_checkpoint
from reverie.runs.files import TRAIN_AGAIN
from reverie.runs.metrics import settle_metrics
from reverie.runs.progress import Progress
from reverie.runs.run import Run
from reverie.runs.states import list_checkpoints
from reverie.runs.weights import check_hash
from reverie.training.interrupt import Interruptible
from reverie.training.optimiser import RmsProp
from reverie.training.ranks import ALONE, Ranks


class Checkpointer:
    """Write a run's checkpoints, and resume from the newest.

    Args:
        run: whose.
        model: whose weights are kept.
        optimiser: whose state is kept.
        interrupt: learns which checkpoint is kept, and waits while it is written.
        measure: measures held-out music: its loss, and the calibration of sampling.
        ranks: which train; the first alone writes.

    Attributes:
        calibration: of the newest measurement.
    """

    def __init__(
        self,
        run: Run,
        model: FrameModel,
        optimiser: RmsProp,
        interrupt: Interruptible,
        measure: Callable[[], tuple[float, Calibration]],
        ranks: Ranks = ALONE,
    ) -> None:
        self._run, self._model, self._optimiser = run, model, optimiser
        self._interrupt, self._measure, self._ranks = interrupt, measure, ranks
        self.calibration: Calibration | None = None

    def resume(self) -> Progress | None:
        """Load the newest checkpoint, if there is one; a damaged one is left to a person.

        Raises:
            ReverieError: it is damaged.
        """
        found = list_checkpoints(self._run.folder)
        if not found:
            return None
        try:
            state = load_checkpoint(found[-1], self._model, self._optimiser)
            calibration = self._run.calibration(found[-1])
        except ReverieError as error:
            before = f"resumes from {found[-2].name}" if found[1:] else "begins anew"
            raise ReverieError(
                error.problem,
                f"Restore it from a copy, or move {found[-1]} out of the run: the same command "
                f"then {before}.",
            ) from error
        check_hash(self._run.statistics, state.frames_sha256, TRAIN_AGAIN)
        self.calibration = None if calibration.is_empty else calibration
        return state.progress

    def measure(self) -> float:
        """The mean loss over held-out music, of the weights that are kept."""
        with self._optimiser.averaged():
            loss, self.calibration = self._measure()
        return loss

    @contextmanager
    def trained(self, representation: Representation) -> Generator[TrainedModel]:
        """Inside, the model as a checkpoint would keep it now, with its frames."""
        with self._optimiser.averaged():
            yield TrainedModel(self._model, representation, self.calibration or Calibration())

    def save(self, progress: Progress) -> Path:
        """Write a checkpoint of `progress`, and remove those that are not to be kept.

        Before the first measurement held-out music is measured, or clips of this checkpoint could
        neither be guarded nor drawn at a temperature.

        Raises:
            ReverieError: a weight is no number, or the disk refuses.
        """
        if self.calibration is None:
            self.measure()
        path = self._run.checkpoints / progress.name
        if self._ranks.is_first:
            path = self._write(progress)
        self._ranks.wait()
        return path

    def _write(self, progress: Progress) -> Path:
        training = self._run.recipe.training
        keep = {*training.kept_epochs, progress.best_saved_epoch, progress.best_judged_epoch}
        with self._optimiser.averaged(), self._interrupt.held():
            settle_metrics(self._run.metrics)
            path = save_checkpoint(
                self._run.checkpoints,
                self._model,
                self._optimiser,
                progress,
                self.calibration or Calibration(),
                self._run.frames_sha256,
            )
            prune_checkpoints(self._run.folder, keep)
            self._interrupt.kept = kept_so_far(self._run)
        return path


def kept_so_far(run: Run) -> str:
    """What is kept of `run` if it ends now, in words."""
    found: list[Path] = list_checkpoints(run.folder)
    if not found:
        return "no checkpoint was written yet, so the same command begins anew"
    newest = found[-1]
    return f"what came after {newest.name} is not kept, and the same command resumes from {newest}"
