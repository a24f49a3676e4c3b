"""The paper's bilinear model: frame -> dense -> LSTMs side by side, summed -> dense -> linear."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def bilinear(parts: Parts) -> FrameModel:
    """Feed one dense layer to parallel LSTMs with separate weights, and sum their outputs."""
    settings = parts.settings
    front = parts.dense_front(relu=True)
    core = parts.lstms(front.features, members=settings.branches, join="sum")
    dense = parts.dense(settings.hidden, relu=True) if settings.dense_after_sum else None
    return FrameModel(front, core, parts.linear_head(dense))
