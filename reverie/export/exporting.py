"""Export a run to one of several kinds: each is a function that writes one file or folder."""

from pathlib import Path

from reverie.errors import ReverieError
from reverie.export.beginnings import one_beginning
from reverie.export.folder.write import export_folder
from reverie.export.html.player import export_html
from reverie.export.nn.export import export_nn
from reverie.export.onnx.export import export_onnx
from reverie.export.settings import ExportSettings
from reverie.runs.run import Run
from reverie.storage import clear_disk_errors

KINDS = ("folder", "html", "onnx", "nn")


def export(
    run: Run, to: str, out: Path | None, settings: ExportSettings
) -> tuple[Path, int | None]:
    """Export a run.

    Args:
        run: a trained run.
        to: one of `KINDS`.
        out: the file or folder to write; beside the run if not given. Nothing is replaced.
        settings: what may be said besides.

    Returns:
        what was written, and how many prompts it may begin from; None of a folder, which has none.

    Raises:
        ReverieError: there is no such kind or checkpoint, something is in the way, or the disk
            refuses.
    """
    match to:
        case "folder":
            write, suffix = _write_folder, "-model"
        case "html":
            write, suffix = export_html, ".html"
        case "onnx":
            write, suffix = _write_graphs, "-onnx"
        case "nn":
            write, suffix = _write_script, ".ts"
        case _:
            raise ReverieError(f"there is no export to {to!r}.", f"Known: {', '.join(KINDS)}.")
    path = out or run.folder.resolve().with_name(f"{run.name}{suffix}")
    with clear_disk_errors(path):
        is_taken = path.exists() or path.is_symlink()
    if is_taken:
        raise ReverieError(f"{path} is there already.", "Choose another `out`.")
    return path, write(run, path, settings)


def _write_folder(run: Run, path: Path, settings: ExportSettings) -> None:
    export_folder(run, path, settings)


def _write_graphs(run: Run, path: Path, settings: ExportSettings) -> int:
    prompt = one_beginning(run, settings.prompts)
    export_onnx(run, path, checkpoint=settings.checkpoint, prompt=prompt)
    return int(prompt is not None)


def _write_script(run: Run, path: Path, settings: ExportSettings) -> int:
    prompt = one_beginning(run, settings.prompts)
    export_nn(run, path, checkpoint=settings.checkpoint, prompt=prompt)
    return int(prompt is not None)
