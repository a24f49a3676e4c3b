"""The health of previews while a model trains: one warning, with what may help."""

from torch import Tensor

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.health import Verdict, corpus_level_dbfs, health
from reverie.frames.contract import Representation
from reverie.models.contract import FrameModel
from reverie.terminal import echo
from reverie.training.loop import Preview
from reverie.training.run import Run

PATIENCE = 2
"""So many previews in a row; the first of a training are rarely sound."""

REMEDIES: dict[Verdict, str] = {
    "silent": "Mean squared error asks for the average of all that could follow, and that is near "
    "silence. Draw around it with generation.temperature=1, shorten frames.frame_samples, or "
    "train longer.",
    "noise": "Train longer, widen model.hidden, or lower generation.temperature.",
    "frozen": "Raise generation.temperature, or take an earlier checkpoint.",
    "looping": "Raise generation.temperature, or take an earlier checkpoint.",
    "clipped": "Lower training.learning_rate, or set training.gradient_clip=1.",
}


class Watch:
    """A preview that is judged as well.

    Args:
        preview: makes it.
        corpus: whose level is right.
    """

    def __init__(self, preview: Preview, corpus: Corpus) -> None:
        self._preview, self._level = preview, corpus_level_dbfs(corpus)
        self._unsound = 0
        self._told = False

    def __call__(self, model: FrameModel, representation: Representation, run: Run) -> Tensor:
        """The preview, samples [S]."""
        samples = self._preview(model, representation, run)
        try:
            found = health(samples.cpu().numpy(), run.rate_hz, self._level)
        except ReverieError:
            # Samples that are not numbers: training itself stops over a loss like that.
            return samples
        self._unsound = 0 if found.verdict == "sound" else self._unsound + 1
        if self._unsound >= PATIENCE and not self._told:
            self._told = True
            echo(f"The preview is not sound. {found.sentence} {REMEDIES[found.verdict]}", err=True)
        return samples
