"""The database of a test: orders, links and answers."""
