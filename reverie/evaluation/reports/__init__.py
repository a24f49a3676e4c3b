"""What an evaluation says: verdicts and a page."""
