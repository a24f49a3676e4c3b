"""Endless music that somebody listens to: paced, steered while it plays, kept."""
