"""Samples to WAV and FLAC files, whole or not at all."""
