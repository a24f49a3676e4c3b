"""Reverie learns to make music from a folder of recordings: audio in, audio out."""

from reverie.threads import choose_waiting

__version__ = "0.1.0"

# Before anything of Reverie can load torch.
choose_waiting()
