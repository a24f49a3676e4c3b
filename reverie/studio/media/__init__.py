"""Sounds as the page shows and plays them: waveforms, pictures, verdicts, parts of corpora."""
