"""A trained model with all that generating from it needs."""

from dataclasses import dataclass

from reverie.frames.contract import Representation
from reverie.models.calibration import Calibration
from reverie.models.contract import FrameModel


@dataclass(frozen=True)
class TrainedModel:
    """A model, its frames, and what held-out music told about sampling from it."""

    model: FrameModel
    representation: Representation
    calibration: Calibration
