"""GRUV (Nayebi & Vitelli 2015): frame -> linear -> LSTM -> linear -> next frame."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def gruv(parts: Parts) -> FrameModel:
    """Feed the frame through a linear layer without activation to one LSTM."""
    front = parts.dense_front(relu=False)
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
