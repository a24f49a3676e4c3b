"""The paper's dense model: frame -> dense, ReLU -> LSTM -> linear -> next frame."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def dense(parts: Parts) -> FrameModel:
    """Feed the frame through a dense layer to one LSTM."""
    front = parts.dense_front(relu=True)
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
