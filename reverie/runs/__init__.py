"""The folder of a run: configuration, checkpoints that resume exactly, metrics."""
