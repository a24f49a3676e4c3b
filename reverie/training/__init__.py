"""A corpus and a recipe to a trained run that resumes exactly."""
