"""Write samples to WAV and FLAC files atomically."""
