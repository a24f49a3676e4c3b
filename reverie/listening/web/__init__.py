"""The pages of a listening test and their server."""
