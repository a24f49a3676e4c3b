"""A page of one file that plays the music of a run for ever."""
