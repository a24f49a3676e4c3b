"""Reverie learns to make music from a folder of recordings: audio in, audio out."""

__version__ = "0.1.0"
