"""Any recording to float32 samples: opened, decoded, mixed to one channel, its damage told."""
