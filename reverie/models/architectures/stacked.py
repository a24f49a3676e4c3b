"""The paper's stacked model: frame -> LSTM -> LSTM -> linear -> next frame."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def stacked(parts: Parts) -> FrameModel:
    """Stack LSTM layers, after an optional dense layer."""
    front = parts.dense_front(relu=True) if parts.settings.dense_front else parts.no_front()
    core = parts.lstms(front.features, depth=parts.settings.depth)
    return FrameModel(front, core, parts.linear_head())
