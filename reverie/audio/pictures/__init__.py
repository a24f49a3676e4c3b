"""Sound drawn."""
