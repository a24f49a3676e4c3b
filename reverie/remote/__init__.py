"""What lies at an URL: reached by fsspec, kept in a bounded cache on this machine."""
