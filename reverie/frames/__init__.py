"""Samples to what a model predicts, and back."""
