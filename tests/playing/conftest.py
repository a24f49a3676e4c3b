"""A small run over codes, to be played."""

from tests.api.conftest import over_codes

__all__ = ["over_codes"]
