"""`python -m reverie` is the `reverie` command."""

from reverie.cli.app import main

if __name__ == "__main__":
    main()
