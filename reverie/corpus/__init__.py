"""Prepare a folder of recordings as a checked, split, memory-mapped corpus."""
