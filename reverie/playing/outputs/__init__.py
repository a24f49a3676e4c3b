"""Where endless music goes: loudspeakers, or a pipe to another program."""
