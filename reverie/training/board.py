"""The TensorBoard log of a run: losses, and previews as audio and spectrogram."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from torch.utils.tensorboard.writer import SummaryWriter

from reverie.audio.spectrogram import spectrogram_image


class Board:
    """Writes one run's log.

    Args:
        folder: where to.
        epoch: epochs done; what a stopped run logged after it is hidden.
        rate_hz: of previews.
    """

    def __init__(self, folder: Path, epoch: int, rate_hz: int) -> None:
        self._writer = cast(Any, SummaryWriter(str(folder), purge_step=epoch + 1))
        self.rate_hz = rate_hz

    def losses(self, epoch: int, train_loss: float, held_out_loss: float | None) -> None:
        """Log the losses after `epoch`."""
        self._writer.add_scalar("loss/train", train_loss, epoch)
        if held_out_loss is not None:
            self._writer.add_scalar("loss/held-out", held_out_loss, epoch)

    def preview(self, epoch: int, samples: NDArray[np.float32]) -> None:
        """Log a preview, samples [S]."""
        clipped = np.clip(samples, -1, 1)
        self._writer.add_audio("preview", clipped[None], epoch, self.rate_hz)
        image = spectrogram_image(clipped, self.rate_hz)
        self._writer.add_image("preview/spectrogram", image, epoch, dataformats="HWC")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
