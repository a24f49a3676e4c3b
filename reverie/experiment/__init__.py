"""Many models, one corpus, one protocol, one report: section 4 of the paper."""
