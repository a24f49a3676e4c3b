"""A trained model written plainly: a frame at a time, its state in arguments, real numbers alone.

What is exported is traced or compiled from this, so it holds nothing but what TorchScript and ONNX
can say. Weights are copied, and products are in float32.
"""
