"""Self-contained HTML pages: shell, style, players, tables, pictures."""
