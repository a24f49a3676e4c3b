"""Test the measures on known kinds of damage and on planted copies."""
