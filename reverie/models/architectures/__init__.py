"""The architectures of the paper, one in each file, composed of a front, a core and a head."""

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
    """Build a model: `build_model`, or a function of your own."""

    def __call__(
        self,
        settings: ModelSettings,
        spec: FrameSpec,
        rng: torch.Generator | None,
        codebook_info: CodebookInfo | None = None,
    ) -> FrameModel:
        """Build the model that `settings` name; without `rng` its weights need no values."""
        ...


def build_model(
    settings: ModelSettings,
    spec: FrameSpec,
    rng: torch.Generator | None,
    codebook_info: CodebookInfo | None = None,
) -> FrameModel:
    """Build the model that `settings` name.

    Args:
        settings: name the architecture and its sizes.
        spec: of the frames to predict.
        rng: for the initial weights; None only on the meta device, which has no values.
        codebook_info: the codec's vectors, which initialise embeddings of codes.
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
    """Build the model that `settings` name on the meta device: shapes without values or memory."""
    with torch.device("meta"):
        return builder(settings, spec, None)
