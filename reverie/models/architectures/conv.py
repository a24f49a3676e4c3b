"""The paper's convolutional model: frame -> convolution, ReLU, pool -> LSTM -> linear."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def conv(parts: Parts) -> FrameModel:
    """Convolve the frame as an image, the real part above the imaginary part, or as one line."""
    planes = parts.frames.planes if parts.settings.conv_reading == "2-d" else 1
    front = parts.conv_front(planes=planes, step_frames=1)
    return FrameModel(front, parts.lstms(front.features), parts.linear_head())
