"""The architectures of the paper, one a file, each a composition of front, core and head."""

from typing import Protocol

import torch

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.models.architectures.baseline import baseline
from reverie.models.architectures.bilinear import bilinear
from reverie.models.architectures.blocks import blocks
from reverie.models.architectures.conv import conv
from reverie.models.architectures.dense import dense
from reverie.models.architectures.ensemble import ensemble
from reverie.models.architectures.gruv import gruv
from reverie.models.architectures.parts import Parts
from reverie.models.architectures.stacked import stacked
from reverie.models.beat import BeatConditioner
from reverie.models.contract import FrameModel
from reverie.models.settings import ModelSettings


class ModelBuilder(Protocol):
    """Builds a model; `build_model`, or one of a person's own."""

    def __call__(
        self,
        settings: ModelSettings,
        spec: FrameSpec,
        rng: torch.Generator | None,
        codebook_info: CodebookInfo | None = None,
    ) -> FrameModel:
        """Build the model that `settings` name; without `rng`, its values do not matter."""
        ...


def build_model(
    settings: ModelSettings,
    spec: FrameSpec,
    rng: torch.Generator | None,
    codebook_info: CodebookInfo | None = None,
) -> FrameModel:
    """The model that `settings` names.

    Args:
        settings: which one, and how wide.
        spec: of the frames that it predicts.
        rng: for the initial weights; None only on the meta device, which has no values.
        codebook_info: of their codes: where embeddings begin.
    """
    parts = Parts(settings, spec, rng, codebook_info)
    match settings.architecture:
        case "baseline":
            compose = baseline
        case "gruv":
            compose = gruv
        case "dense":
            compose = dense
        case "conv":
            compose = conv
        case "stacked":
            compose = stacked
        case "bilinear":
            compose = bilinear
        case "ensemble":
            compose = ensemble
        case "blocks":
            compose = blocks
    model = compose(parts)
    if not settings.beat:
        return model
    conditioner = BeatConditioner(model.front.features, rng)
    return FrameModel(model.front, model.core, model.head, conditioner)


def meta_model(
    settings: ModelSettings, spec: FrameSpec, builder: ModelBuilder = build_model
) -> FrameModel:
    """The model that `settings` names with shapes and no values, which take no memory."""
    with torch.device("meta"):
        return builder(settings, spec, None)
