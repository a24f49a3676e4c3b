"""Endless playing: a process that makes music, and what of it the server knows."""
