"""The routes of the studio, a file a view: each has `routes(studio)`, and is thin."""
