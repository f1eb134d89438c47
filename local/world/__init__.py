"""The local world: a local AWS with template.yaml deployed into it, and the simulated providers."""

from local.world.deployed import Deployed
from local.world.errors import WorldError
from local.world.local_aws import LocalAws
from local.world.ports import Ports
from local.world.world import World

__all__ = ["Deployed", "LocalAws", "Ports", "World", "WorldError"]
