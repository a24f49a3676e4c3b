"""From the answers of a panel to what may be concluded."""
