"""Imported first by every function: what makes the imports after it cheaper, until `done()`.

Modules are made of objects that stay. Python looks through the newest of them again and again for garbage and finds
none: a twentieth of a start's CPU. As much goes into Powertools' resolvers for events that come to none of ours.
"""

import gc
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import override

RESOLVERS = "aws_lambda_powertools.event_handler"


class RestFirst(ModuleType):
    """The package of the resolvers, without the loading of each: what is asked for is API Gateway's.

    What is neither its nor a module of the package is looked for in the package itself, which then loads them all.
    """

    @override
    def __getattr__(self, name: str) -> object:
        gateway = vars(import_module(f"{RESOLVERS}.api_gateway"))
        if name in gateway:
            return gateway[name]
        if name.startswith("__") or find_spec(f"{RESOLVERS}.{name}"):
            raise AttributeError(name)
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        if name not in vars(self):
            raise AttributeError(name)
        return vars(self)[name]


def _rest_first() -> None:
    spec = find_spec(RESOLVERS)
    if RESOLVERS not in sys.modules and spec is not None:
        package = module_from_spec(spec)
        package.__class__ = RestFirst
        sys.modules[RESOLVERS] = package


gc.disable()
_rest_first()


def done() -> None:
    """All is loaded. It stays, and is not looked through again."""
    gc.freeze()
    gc.enable()
