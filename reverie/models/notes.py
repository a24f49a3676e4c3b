"""What the paper says of each architecture, in a line."""

from reverie.models.settings import Architecture

PAPER_SAYS: dict[Architecture, str] = {
    "baseline": "the plain LSTM that every proposed model should beat",
    "gruv": "the model of Nayebi & Vitelli (2015) that the paper starts from",
    "dense": "a dense layer learns its own spectrum before the LSTM",
    "conv": "trains faster than the others, sounds worse",
    "stacked": "a second LSTM upon the first, for structure at a longer range",
    "bilinear": "sounds best, and gets there in fewer epochs",
    "ensemble": "several small stacked LSTMs, their predictions averaged",
    "blocks": "three frames at once as an image, so that one step sees 0.75 s",
}
"""After Kalingeri & Grandhe 2016, sections 3 and 4."""
