"""Train a run from a corpus and a recipe, in steps that can be stopped and resumed."""
