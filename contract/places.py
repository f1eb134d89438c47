"""Where the contract and what is made from it are kept."""

from __future__ import annotations

from local.template import ROOT

KEPT = ROOT / "contract" / "openapi.json"
RELEASED = ROOT / "contract" / "released.json"
SERVED = ROOT / "functions" / "contract" / "openapi.json"
PAGE = ROOT / "functions" / "contract" / "docs.html"
CLIENT_MODELS = ROOT / "clients" / "python" / "pinbill_client" / "models.py"
COMMAND = "make contract-write"
