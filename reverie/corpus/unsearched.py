"""Recognise by name folders and files that nobody means by "my recordings"."""

TRASH = "trash"
VERSIONS = "older versions, kept by a program"
SYSTEM = "kept by a system for itself"
HIDDEN = "hidden"

_FOLDERS = {
    **dict.fromkeys(
        (
            ".trash",
            ".trashes",
            "$recycle.bin",
            "recycler",
            "recycled",
            "#recycle",
            "@recycle",
            "network trash folder",
        ),
        TRASH,
    ),
    **dict.fromkeys(
        (
            ".stversions",
            ".sync",
            ".dropbox.cache",
            ".git",
            ".svn",
            ".hg",
            ".bzr",
            ".snapshot",
            ".snapshots",
            "#snapshot",
            "~snapshot",
            "@recently-snapshot",
            ".zfs",
            "backups.backupdb",
            "rdiff-backup-data",
        ),
        VERSIONS,
    ),
    **dict.fromkeys(
        (
            ".appledouble",
            "__macosx",
            ".spotlight-v100",
            ".fseventsd",
            ".temporaryitems",
            "temporary items",
            "@eadir",
            "lost+found",
            "system volume information",
        ),
        SYSTEM,
    ),
}


def unsearched_folder(name: str) -> str | None:
    """Return why a folder of this name is not searched; None if it is.

    Hidden folders hold programs' own files: caches, thumbnails, older versions.
    """
    folded = name.casefold()
    if folded.startswith(".trash-"):
        return TRASH
    return _FOLDERS.get(folded) or (HIDDEN if name.startswith(".") else None)


def unsearched_file(name: str) -> str | None:
    """Return why a file with a recording's name is not used; None if it is.

    On foreign disks macOS writes `._x.mp3` beside each `x.mp3`; these files hold no audio.
    """
    if name.startswith("._"):
        return SYSTEM
    return HIDDEN if name.startswith(".") else None
