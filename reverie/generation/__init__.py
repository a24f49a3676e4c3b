"""A prompt and a run to new audio with its provenance."""
