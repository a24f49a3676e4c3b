"""What every served page needs: checks, limits, bodies, files and the server."""
