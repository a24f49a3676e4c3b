"""Reports of an evaluation: verdicts and a page."""
