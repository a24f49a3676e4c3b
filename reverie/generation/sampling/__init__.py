"""From a head's output to the next frame: a chain of logits processors, and the draw."""
