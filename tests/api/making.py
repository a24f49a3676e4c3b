"""Settings that train in a second, by dotted name."""

from typing import Any

SMALL_FRAMES: dict[str, Any] = {
    "frames.hop_samples": 250,
    "frames.decoder_channels": 8,
    "frames.decoder_blocks": 1,
    "model.hidden": 12,
    "training.epochs": 6,
    "training.sequence_frames": 8,
    "training.batch_size": 7,
    "training.keep_epochs": [3],
    "training.preview_every_epochs": 0,
    "training.learning_rate": 1e-3,
    "training.decoder_steps": 3,
}

SMALL_CODES: dict[str, Any] = {
    **SMALL_FRAMES,
    "frames.hop_samples": 256,
    "model.head_width": 8,
    "training.epochs": 2,
    "training.keep_epochs": [],
}
