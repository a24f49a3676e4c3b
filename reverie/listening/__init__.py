"""The blind listening test: its design, its store, its web pages and its analysis."""
