"""The blind listening test: its design, its store, its statistics and its web pages."""
