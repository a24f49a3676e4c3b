"""The same models as others would build them: torch's own LSTM, and Keras.

Neither has the paper's dropout on the hidden state at full speed, so torch's goes without dropout,
which is to its advantage; Keras has it.
Letters: B batch, T steps, D width of a frame, H hidden width.
"""

import os
from collections.abc import Callable

import before_torch  # noqa: F401
import torch
from torch import Tensor, nn
from torch.nn import functional


class TorchModel(nn.Module):
    """`baseline` or `bilinear` of `torch.nn.LSTM`.

    Args:
        architecture: which.
        width: D.
        hidden: H.
    """

    def __init__(self, architecture: str, width: int, hidden: int) -> None:
        super().__init__()
        dense = architecture == "bilinear"
        self.front = nn.Sequential(nn.Linear(width, hidden), nn.ReLU()) if dense else nn.Identity()
        self.lstms = nn.ModuleList(
            nn.LSTM(hidden if dense else width, hidden, batch_first=True)
            for _ in range(2 if dense else 1)
        )
        after = [nn.Linear(hidden, hidden), nn.ReLU()] if dense else []
        self.head = nn.Sequential(*after, nn.Linear(hidden, width))

    def forward(self, frames: Tensor, last: int = 0) -> Tensor:
        """[B, T, D] -> [B, T, D], or only the `last` frames of it."""
        features = self.front(frames)
        hidden, *others = [lstm(features)[0] for lstm in self.lstms]
        for other in others:
            hidden = hidden + other
        return self.head(hidden[:, -last:])


def torch_step(model: TorchModel, frames: Tensor, *, autocast: bool) -> Callable[[], object]:
    """One training step on frames [B, T + 1, D] with torch's RMSprop."""
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-4, alpha=0.9)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            output = model(frames[:, :-1])
        loss = functional.mse_loss(output.float(), frames[:, 1:])
        torch.autograd.backward([loss])
        optimiser.step()

    return step


def keras_step(width: int, hidden: int, frames: Tensor) -> Callable[[], object]:
    """One training step of the baseline by Keras 3, with the paper's dropout.

    Needs `pip install '.[keras]'`.
    """
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras  # noqa: PLC0415  # pyright: ignore

    batch, steps, _ = frames.shape
    model = keras.Sequential(  # pyright: ignore
        [
            keras.Input((steps - 1, width), batch_size=batch),  # pyright: ignore
            keras.layers.LSTM(  # pyright: ignore
                hidden, return_sequences=True, dropout=0.5, recurrent_dropout=0.5
            ),
            keras.layers.Dense(width),  # pyright: ignore
        ]
    )
    model.compile(optimizer=keras.optimizers.RMSprop(1e-4), loss="mse")  # pyright: ignore
    x, y = frames[:, :-1].numpy(), frames[:, 1:].numpy()
    return lambda: model.train_on_batch(x, y)  # pyright: ignore
