"""Experiments, and the reports of experiments and of listening tests."""

from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from reverie.corpus.ours import EXPERIMENT, TEST, folder_of_ours
from reverie.errors import ReverieError
from reverie.records import read_json
from reverie.studio.answers import answer, text
from reverie.studio.problems import missing
from reverie.studio.studio import Studio

REPORT = "report.html"
_REPORTS = {EXPERIMENT: REPORT, TEST: "results.html"}
REPORT_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "media-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""A report is a file that anybody may have written: it runs no script, and is of no origin."""


def routes(studio: Studio) -> list[Route]:
    """The routes of this view."""
    return [
        Route("/api/experiments", partial(_experiments, studio)),
        Route("/api/report", partial(_report, studio)),
    ]


def _experiments(studio: Studio, _: Request) -> Response:
    rows = studio.library.as_json()["experiments"]
    return answer({"experiments": [_row(studio, str(row["path"])) for row in rows]})


def _row(studio: Studio, name: str) -> dict[str, Any]:
    folder = studio.home.directory(name)
    return {"path": name, "report": (folder / REPORT).is_file(), **_said(folder)}


def _said(folder: Path) -> dict[str, Any]:
    """What the experiment's own file says of it."""
    try:
        said = read_json(folder / "experiment.json", "experiment")
    except ReverieError as error:
        return {"problem": error.problem}
    models = said.get("models", [])
    done = sum((folder / "results" / f"{model}.json").is_file() for model in models)
    return {"kind": said.get("settings", {}).get("protocol", ""), "done": done,
            "total": len(models)}  # fmt: skip


def _report(studio: Studio, request: Request) -> Response:
    name = text(request, "path")
    folder = studio.home.directory(name)
    kind = folder_of_ours(folder, [one.name for one in folder.iterdir()])
    report = folder / _REPORTS.get(kind or "", "")
    if kind not in _REPORTS or not report.is_file() or report.is_symlink():
        raise missing(name, "report")
    headers = {"Content-Security-Policy": REPORT_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return FileResponse(report, media_type="text/html", headers=headers)
