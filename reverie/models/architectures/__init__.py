"""The architectures, each a composition of front, core and head at a glance."""

import torch

from reverie.models.contract import FrameModel
from reverie.models.cores import LstmCore
from reverie.models.fronts import LinearFront, NoFront
from reverie.models.heads import LinearHead
from reverie.models.lstm import Lstm
from reverie.models.settings import ModelSettings


def build_model(settings: ModelSettings, width: int, rng: torch.Generator | None) -> FrameModel:
    """The model that `settings` names.

    Args:
        settings: which one, and how wide.
        width: D of its frames.
        rng: for the initial weights; None only on the meta device, which has no values.
    """
    match settings.architecture:
        case "baseline":  # Kalingeri & Grandhe 2016, section 3.2: frame -> LSTM -> linear
            front = NoFront(width)
        case "gruv":  # Nayebi & Vitelli 2015: frame -> linear -> LSTM -> linear
            front = LinearFront(
                width,
                settings.hidden,
                dropout=settings.dense_dropout,
                precision=settings.precision,
                rng=rng,
            )
    lstm = Lstm(
        front.features,
        settings.hidden,
        input_dropout=settings.input_dropout,
        hidden_dropout=settings.hidden_dropout,
        precision=settings.precision,
        rng=rng,
    )
    head = LinearHead(settings.hidden, width, precision=settings.precision, rng=rng)
    return FrameModel(front, LstmCore(lstm), head)
