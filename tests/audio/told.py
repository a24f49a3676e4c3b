"""What lies beside a clip that Reverie generated."""

from typing import Any

TOLD: dict[str, Any] = {
    "made_by": "reverie 1.0",
    "run": "runs/a",
    "rate_hz": 16000,
    "architecture": "bilinear",
    "format_version": 2,
    "hop_samples": 250,
    "checkpoint": "epoch-00003",
    "checkpoint_sha256": "w",
    "epoch": 3,
    "corpus_hash": "c",
    "settings": {"anything": [1, 2]},
    "clip": 1,
    "prompt": {"recording": "a.wav", "offset_seconds": 1.5, "seconds": 2, "more": "ignored"},
    "clipped_samples": 0,
}
