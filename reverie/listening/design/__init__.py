"""The design of a test: conditions, stimuli, and the order of each participant."""
