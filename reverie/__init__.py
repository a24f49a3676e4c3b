"""Reverie learns to make music from a folder of recordings: audio in, audio out."""

from reverie.threads import choose_waiting

# `python -m reverie` runs this file while the current folder may still be searched for modules:
# nothing may be imported here that Python has not loaded before, `typing` among it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from reverie.api.clip import Clip, Clips
    from reverie.api.corpus import Corpus, corpus_of, list_corpora, open_corpus, prepare
    from reverie.api.demo import run_demo
    from reverie.api.evaluation import Evaluation, Table, evaluate, self_test
    from reverie.api.experiment import Experiment, architectures, run_experiment
    from reverie.api.export import Exported
    from reverie.api.listening import ListeningTest, listening_test
    from reverie.api.run import Run, list_runs, load
    from reverie.api.save import Saved, save
    from reverie.api.search import Search, search
    from reverie.api.stream import Stream
    from reverie.api.training import Estimate, estimate, train
    from reverie.api.trim import Trimmed, trim
    from reverie.errors import ReverieError

__version__ = "0.1.0"

__all__ = [
    "Clip",
    "Clips",
    "Corpus",
    "Estimate",
    "Evaluation",
    "Experiment",
    "Exported",
    "ListeningTest",
    "ReverieError",
    "Run",
    "Saved",
    "Search",
    "Stream",
    "Table",
    "Trimmed",
    "architectures",
    "corpus_of",
    "estimate",
    "evaluate",
    "list_corpora",
    "list_runs",
    "listening_test",
    "load",
    "open_corpus",
    "prepare",
    "run_demo",
    "run_experiment",
    "save",
    "search",
    "self_test",
    "train",
    "trim",
]

_WHERE = {
    "api.clip": ("Clip", "Clips"),
    "api.corpus": ("Corpus", "corpus_of", "list_corpora", "open_corpus", "prepare"),
    "api.demo": ("run_demo",),
    "api.evaluation": ("Evaluation", "Table", "evaluate", "self_test"),
    "api.experiment": ("Experiment", "architectures", "run_experiment"),
    "api.export": ("Exported",),
    "api.listening": ("ListeningTest", "listening_test"),
    "api.run": ("Run", "list_runs", "load"),
    "api.save": ("Saved", "save"),
    "api.search": ("Search", "search"),
    "api.stream": ("Stream",),
    "api.training": ("Estimate", "estimate", "train"),
    "api.trim": ("Trimmed", "trim"),
    "errors": ("ReverieError",),
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names}

# Before anything of Reverie can load torch.
choose_waiting()


def __getattr__(name: str) -> object:
    """Load what is asked for: torch takes a second or two, and not all of it is needed."""
    from importlib import import_module  # noqa: PLC0415

    if name not in _MODULES:
        raise AttributeError(f"module 'reverie' has no attribute {name!r}")
    value = getattr(import_module(f"reverie.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
