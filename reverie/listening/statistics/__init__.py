"""Draw conclusions from the answers of a panel."""
