"""Codes of the full band and of stereo: what the codes leave out is told from them, by bands."""
