"""Why a drill could not be carried to its end."""

from __future__ import annotations


class DrillError(Exception):
    """The drill itself failed: it proves nothing then, neither good nor bad."""
