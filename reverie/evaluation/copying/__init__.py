"""Detect clips that repeat the training recordings."""
