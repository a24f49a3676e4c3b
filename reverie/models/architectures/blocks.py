"""The paper's block model: several frames -> convolution, ReLU, pool -> LSTM -> linear."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def blocks(parts: Parts) -> FrameModel:
    """Convolve a sliding window of frames as an image with real and imaginary parts as channels."""
    frames = parts.frames
    front = parts.conv_front(planes=frames.planes, step_frames=parts.settings.step_frames)
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
