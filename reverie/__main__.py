"""`python -m reverie` is the `reverie` command."""

import sys

from reverie.search_path import is_current_folder

# `python -m` looks for modules in the current folder first, and what lies there is not ours.
if __name__ == "__main__" and is_current_folder(sys.path[0]):
    del sys.path[0]

from reverie.cli.app import main

if __name__ == "__main__":
    main()
