"""What every page needs that is served: checks, limits, bodies, files and the server."""
