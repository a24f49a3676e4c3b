"""The studio: one local page from a folder of recordings to music that is kept.

The server itself is small and never imports torch: all work is done by processes of its own.
"""
