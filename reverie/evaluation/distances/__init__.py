"""Distances between sets of clips in spaces of embeddings."""
