"""Pieces of long work, done one after another in this process or at once on a Ray cluster."""
