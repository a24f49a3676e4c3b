"""Measures of one clip's signal."""
