"""The settings of a model."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.settings import STRICT

Architecture = Literal[
    "baseline", "gruv", "dense", "conv", "stacked", "bilinear", "ensemble", "blocks"
]
Adversary = Literal["none", "hinge", "least-squares"]
"""The loss that trains the discriminator."""
Precision = Literal["float32", "bfloat16"]
"""Type of the matrix products' inputs; weights, gradients and all other values stay float32."""
Share = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class ModelSettings:
    """Which model, and how wide."""

    architecture: Architecture = "baseline"
    """One of the paper's: `reverie models` says what each is."""

    hidden: Annotated[int, Field(ge=1, le=1 << 16)] = 2048
    """Width of each LSTM, and of the dense layers; of an ensemble, of its members together."""

    depth: Annotated[int, Field(ge=1, le=16)] = 2
    """LSTMs one upon the other, in `stacked` and in each member of `ensemble`."""

    dense_front: bool = False
    """Whether `stacked` has a dense layer before its LSTMs."""

    branches: Annotated[int, Field(ge=2, le=16)] = 2
    """LSTMs side by side in `bilinear`."""

    dense_after_sum: bool = True
    """Whether `bilinear` has a dense layer after the sum of its branches."""

    members: Annotated[int, Field(ge=2, le=64)] = 4
    """Stacks in `ensemble`."""

    members_trained: Literal["together", "apart"] = "together"
    """Whether members learn from the error of their average, or each from its own."""

    conv_reading: Literal["2-d", "1-d"] = "2-d"
    """`conv` reads a frame as an image, imaginary part below real part, or as one line."""

    filters: Annotated[int, Field(ge=1, le=1024)] = 12
    """Filters of the convolution in `conv` and `blocks`."""

    block_frames: Annotated[int, Field(ge=2, le=64)] = 3
    """K: frames that a step of `blocks` sees at once."""

    input_dropout: Share = 0.5
    """Share of an LSTM's inputs dropped in training, one mask a sequence."""

    hidden_dropout: Share = 0.5
    """Share of an LSTM's hidden state dropped in training, one mask a sequence."""

    dense_dropout: Share = 0.2
    """Share of a dense layer's outputs dropped in training."""

    head_width: Annotated[int, Field(ge=1, le=1 << 14)] = 256
    """Codes: width inside the head, of each code. With an adversary: width of what noise joins, and
    of the adversary."""

    label_smoothing: Share = 0.0
    """Codes: share of the target spread over all values in training."""

    adversary: Adversary = "none"
    """Frames of numbers: by which loss a second network learns to tell the model's frames from real
    ones, which the model learns to deceive: `hinge` or `least-squares`. The paper's future work."""

    adversary_weight: Annotated[float, Field(ge=0, le=1e30)] = 1.0
    """Weight of deceiving it, beside the squared error."""

    feature_matching: Annotated[float, Field(ge=0, le=1e30)] = 0.0
    """Weight of meeting the mean of what it sees in real frames."""

    noise_width: Annotated[int, Field(ge=1, le=1 << 14)] = 64
    """Random numbers from which a frame is made, with an adversary."""

    beat: bool = False
    """Whether the model is told where among the beats each frame lies: it then keeps a beat, and
    its tempo can be chosen."""

    dense_l2: Annotated[float, Field(ge=0, le=1e30)] = 1e-4
    """Keras' L2 penalty: this times the sum of squares of the dense layers' weights."""

    precision: Precision = "float32"
    """Of matrix products: `bfloat16` is several times faster on processors that have it."""

    @model_validator(mode="after")
    def _one_frame_to_judge(self) -> Self:
        if self.adversary != "none" and self.members_trained == "apart":
            raise ValueError("members_trained must be together where there is an adversary")
        return self

    @property
    def step_frames(self) -> int:
        """K: frames that one step of this model sees."""
        return self.block_frames if self.architecture == "blocks" else 1
