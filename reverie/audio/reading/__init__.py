"""Open any recording, decode it to float32 samples, mix it to one channel and report damage."""
