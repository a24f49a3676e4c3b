"""Objective evaluation of clips."""
