"""A corpus and a recipe to a trained run, in steps that can be stopped and gone on with."""
