"""The settings of a recipe whose music is nearest to music, by many trials (with Optuna)."""
