"""Generate new audio from a run and a prompt, with its provenance."""
