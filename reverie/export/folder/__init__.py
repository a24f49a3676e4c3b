"""A run as a folder that others load: what hubs of models expect, and what Reverie reads as a run.

README.md                the model card, in words
training.png             the training curve
config.json              as of any run, with the name of the run and the licence
corpus.json              as of any run, but not where the corpus is
metrics.jsonl            as of any run
frames.safetensors       as of any run: the codec, or the normalisation
model.safetensors        as of any checkpoint
calibration.safetensors  the same
state.json               the same, without an optimiser
"""
