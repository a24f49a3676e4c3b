"""What can be said of a clip by number."""
