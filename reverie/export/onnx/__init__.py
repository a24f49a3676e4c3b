"""ONNX graphs, for runtimes that know neither Python nor torch."""
