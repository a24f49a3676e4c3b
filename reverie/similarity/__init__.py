"""Which recordings, or parts of them, are the same: fingerprints and comparisons."""
