"""Any recording to mono samples at one rate, and samples to files."""
