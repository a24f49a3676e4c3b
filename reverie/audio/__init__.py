"""Read any recording as mono samples at one rate, and write samples to files."""
