"""Settings that train in a second, by dotted name."""

from typing import Any

SMALL_FRAMES: dict[str, Any] = {
    "frames.hop_seconds": 0.03125,
    "frames.decoder_channels": 8,
    "frames.decoder_blocks": 1,
    "model.hidden": 12,
    "training.epochs": 6,
    "training.sequence_seconds": 0.25,
    "training.batch_size": 7,
    "training.keep_epochs": [3],
    "training.preview_every_epochs": 0,
    "training.learning_rate": 1e-3,
    "training.decoder_steps": 3,
    "training.minutes": 0,
}

SMALL_CODES: dict[str, Any] = {
    **SMALL_FRAMES,
    "frames.hop_seconds": 0.032,
    "frames.n_codebooks": 3,
    "model.head_width": 8,
    "training.epochs": 2,
    "training.keep_epochs": [],
}
