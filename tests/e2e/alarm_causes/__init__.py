"""What sets off each alarm of template.yaml in the local world, one function for each (docs/observability.md)."""

from tests.e2e.alarm_causes import calls, flow, money, waits
from tests.e2e.alarm_causes.scene import CAUSES, ON_DATA

__all__ = ["CAUSES", "ON_DATA", "calls", "flow", "money", "waits"]
