"""The settings of a model."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.models.linear import Precision
from reverie.settings import STRICT

Architecture = Literal["baseline", "gruv"]
Share = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class ModelSettings:
    """Which model, and how wide."""

    architecture: Architecture = "baseline"
    """`baseline`: frames straight into an LSTM. `gruv`: through a linear layer first."""

    hidden: Annotated[int, Field(ge=1, le=1 << 16)] = 2048
    """Width of the LSTM, and of the dense layer before it where there is one."""

    input_dropout: Share = 0.5
    """Share of the LSTM's inputs dropped in training, one mask a sequence."""

    hidden_dropout: Share = 0.5
    """Share of the LSTM's hidden state dropped in training, one mask a sequence."""

    dense_dropout: Share = 0.2
    """Share of a dense front's outputs dropped in training."""

    dense_l2: Annotated[float, Field(ge=0)] = 1e-4
    """Keras' L2 penalty: this times the sum of squares of the dense layers' weights."""

    precision: Precision = "float32"
    """Of matrix products: `bfloat16` is several times faster on processors that have it."""
