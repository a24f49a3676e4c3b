"""Begin a run with another's weights and frames, and go on from there on other music.

The weights and the tables of the frames are copied into the new run, so that it needs the other one
no more. Frames are not fitted anew: the weights belong to them.
"""

import dataclasses
import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import safetensors.torch

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.contract import Representation
from reverie.models.architectures import ModelBuilder
from reverie.models.contract import FrameModel
from reverie.runs.checkpoint import load_weights
from reverie.runs.files import FRAMES, INITIAL, Parent
from reverie.runs.run import Run
from reverie.runs.settings import Recipe
from reverie.runs.states import checkpoint_name
from reverie.settings import flat
from reverie.storage import replacing
from reverie.training.step import initial_model

MAY_DIFFER = {
    "model.input_dropout",
    "model.hidden_dropout",
    "model.dense_dropout",
    "model.label_smoothing",
    "model.adversary_weight",
    "model.feature_matching",
    "model.dense_l2",
    "model.precision",
}
"""Settings of a model that its weights do not depend on."""


@dataclass(frozen=True)
class Pretrained:
    """A trained model that other runs are begun from."""

    run: Run
    checkpoint: Path
    """One of its checkpoints."""

    @cached_property
    def weights(self) -> bytes:
        """Its weights as safetensors.

        Raises:
            ReverieError: they are damaged, or take more memory than there is.
        """
        model = self.run.load_model(self.checkpoint)
        values = model.state_dict().items()
        return safetensors.torch.save({name: value.contiguous() for name, value in values})

    @cached_property
    def parent(self) -> Parent:
        """What a run that is begun from it says of it.

        Raises:
            ReverieError: its weights are damaged.
        """
        return Parent(
            self.run.name,
            checkpoint_name(self.checkpoint),
            hashlib.sha256(self.weights).hexdigest(),
            self.run.corpus_hash,
            self.run.licence,
            self.run.parent,
        )

    def copy_into(self, folder: Path) -> None:
        """Copy its weights and the tables of its frames into the folder of a new run.

        Raises:
            ReverieError: they are damaged, or the disk refuses.
        """
        self.run.representation()  # so that they are known to be whole
        with replacing(folder / INITIAL) as temporary:
            temporary.write_bytes(self.weights)
        with replacing(folder / FRAMES) as temporary:
            shutil.copyfile(self.run.statistics, temporary)

    def require_fitting(self, recipe: Recipe, corpus: Corpus) -> None:
        """Refuse a recipe or a corpus that the weights do not fit.

        Args:
            recipe: of the new run.
            corpus: what it is to learn from.

        Raises:
            ReverieError: the rate, the channels, or a setting of frames or model differs.
        """
        name, rate_hz = self.run.name, self.run.rate_hz
        if corpus.rate_hz != rate_hz:
            raise ReverieError(
                f"{name} makes music at {rate_hz} Hz, and {corpus.folder} has {corpus.rate_hz} Hz.",
                f"Prepare the recordings with `reverie prepare --rate {rate_hz}`.",
            )
        if self.run.recipe.frames.n_channels > corpus.channels:
            raise ReverieError(
                f"{name} makes stereo music, and {corpus.folder} is mono.",
                "Prepare the recordings with `reverie prepare --stereo`.",
            )
        recipe = recipe.with_codebooks(self.run.recipe.frames.n_codebooks)
        before, now = (flat(dataclasses.asdict(one)) for one in (self.run.recipe, recipe))
        for setting, value in before.items():
            fixed = setting.startswith(("frames.", "model.")) and setting not in MAY_DIFFER
            if fixed and now[setting] != value:
                raise ReverieError(
                    f"{name} was trained with {setting} = {value}, which its weights depend on, "
                    f"and not {now[setting]}.",
                    f"Leave {setting} out, or train without `init_from`.",
                )


def with_sizes_of(recipe: Recipe, trained: Recipe) -> Recipe:
    """Return a recipe whose frames and model are those of a model that was trained."""
    return dataclasses.replace(recipe, frames=trained.frames, model=trained.model)


def first_model(run: Run, representation: Representation, builder: ModelBuilder) -> FrameModel:
    """Build the model of a run with the weights that it begins with: drawn, or those of its parent.

    Raises:
        ReverieError: those of its parent are lost or damaged.
    """
    model = initial_model(run.recipe, representation, builder)
    if run.parent is not None:
        load_weights(run.initial_weights, model, run.parent.model_sha256)
    return model
