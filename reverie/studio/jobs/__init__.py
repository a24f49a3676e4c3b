"""Jobs: command lines of Reverie in processes of their own, which outlive the server."""
