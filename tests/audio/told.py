"""What lies beside a clip that Reverie generated."""

from typing import Any

from reverie.audio.provenance import Prompt, Provenance

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


def made(**changes: Any) -> Provenance:
    """How a clip was generated."""
    facts: dict[str, Any] = {
        "made_by": "reverie 1.0",
        "run": "/runs/piano-codes",
        "rate_hz": 16000,
        "architecture": "baseline",
        "hop_samples": 4000,
        "checkpoint": "epoch-00012",
        "checkpoint_sha256": "ab" * 32,
        "epoch": 12,
        "corpus_hash": "cd" * 32,
        "settings": {"seed": 7, "temperature": 0.9, "odd": "a\0b<&\u202e\udcff"},
        "clip": 3,
        "prompt": Prompt("tune.mp3", 1.5, 2.0),
        "clipped_samples": 0,
    }
    return Provenance(**facts | changes)
