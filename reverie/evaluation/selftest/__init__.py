"""Do the measures see what they are for? Damage of known kinds, and planted copies."""
