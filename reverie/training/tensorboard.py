"""The TensorBoard log of a run: losses, and previews as audio and spectrogram."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import from_public, mixed
from reverie.audio.pictures.clip import draw_rgb
from reverie.errors import ReverieError, os_reason
from reverie.runs.judgement import Judgement
from reverie.training.observers import Epoch, Observer, Start


class TensorBoardLogger(Observer):
    """Writes one run's log, in `tensorboard/` of its folder."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self._writer: Any = None

    def on_start(self, start: Start) -> None:
        """Begin, or go on; what a stopped run logged after its checkpoint is hidden."""
        from torch.utils.tensorboard.writer import (  # noqa: PLC0415 - takes half a second
            SummaryWriter,
        )

        self._rate_hz = start.rate_hz
        folder = start.folder / "tensorboard"
        try:
            writer = SummaryWriter(str(folder), purge_step=start.epoch + 1)
        except OSError as error:
            raise ReverieError(
                f"{folder} cannot be written: {os_reason(error)}.",
                "Move it away: training needs nothing of it.",
            ) from error
        self._writer = cast(Any, writer)

    def on_epoch(self, epoch: Epoch) -> None:
        """Log the losses."""
        self._writer.add_scalar("loss/train", epoch.train_loss, epoch.epoch)
        if epoch.held_out_loss is not None:
            self._writer.add_scalar("loss/held-out", epoch.held_out_loss, epoch.epoch)

    def on_judgement(self, epoch: int, judgement: Judgement, /) -> None:
        """Log what was judged of clips."""
        self._writer.add_scalar("clips/distance", judgement.distance, epoch)
        self._writer.add_scalar("clips/copied", judgement.copied_share, epoch)
        self._writer.add_scalar("clips/not ok", judgement.not_ok_share, epoch)

    def on_preview(self, epoch: int, samples: NDArray[np.float32], /) -> None:
        """Log a preview, samples [S] or [2, S]."""
        clipped = mixed(np.clip(from_public(samples), -1, 1))
        self._writer.add_audio("preview", clipped[None], epoch, self._rate_hz)
        image = draw_rgb(clipped, self._rate_hz)
        self._writer.add_image("preview/spectrogram", image, epoch, dataformats="HWC")

    def on_end(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()
