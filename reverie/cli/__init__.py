"""The command line: one file a command. Each imports what it needs only when it runs."""

from reverie.search_path import forget_relative_folders

forget_relative_folders()
