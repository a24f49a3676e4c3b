"""The paper's block model: several frames -> convolution, ReLU, pool -> LSTM -> linear."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def blocks(parts: Parts) -> FrameModel:
    """The last frames as one image, real and imaginary part its channels, moving on by one."""
    frames = parts.frames
    front = parts.conv_front(planes=frames.planes, step_frames=parts.settings.step_frames)
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
