"""A run to what travels without it: one file or folder of each kind, for people and programs that
have nothing of the training."""
