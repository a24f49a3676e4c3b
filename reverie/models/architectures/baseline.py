"""The baseline (Kalingeri & Grandhe 2016): frame -> LSTM -> linear -> next frame."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def baseline(parts: Parts) -> FrameModel:
    """Feed the frame directly to one LSTM."""
    front = parts.no_front()
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
