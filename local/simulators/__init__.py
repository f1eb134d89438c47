"""Simulated Infomedia and Signzy, with a handset per number and a ledger of every debit."""

from local.simulators.server import SimulatorServer

__all__ = ["SimulatorServer"]
