"""Distances between sets of clips in embedding spaces."""
