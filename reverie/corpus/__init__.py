"""A folder of recordings to a checked, split, memory-mapped corpus."""
