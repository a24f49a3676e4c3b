"""The whole of Reverie on an embedded corpus, ending in one page."""
