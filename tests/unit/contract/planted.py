"""A small program with one function for each way in which an error can be raised, caught or only be spoken of."""

TEXT = """\
from collections.abc import Callable
from typing import Protocol


class Base(Exception):
    code = "base"


class Red(Base): ...
class Green(Base): ...
class Blue(Base): ...


TABLE = {"red": Red, "green": Green}
CAUGHT = (Red, Green)


class Port(Protocol):
    def call(self) -> None: ...


class Adapter(Port):
    def call(self) -> None:
        raise Red


class Alike:
    def listen(self) -> None:
        raise Blue


class Ear(Protocol):
    def listen(self) -> None: ...


class Service:
    def __init__(self, port: Port, ear: Ear) -> None:
        self.port = port
        self.ear = ear

    def __call__(self) -> None:
        self.port.call()

    @property
    def state(self) -> str:
        raise Green


def plain() -> None:
    raise Red("text")

def called() -> None:
    plain()

def by_table(name: str) -> None:
    raise TABLE[name]

def made() -> Base:
    return Red() if plain else Blue()

def of_made() -> None:
    raise made()

def handed(do: Callable[[], None]) -> None:
    do()

def as_argument() -> None:
    handed(plain)

def in_lambda() -> None:
    handed(lambda: plain())

def through_port(service: Service) -> None:
    service()

def by_looks(service: Service) -> None:
    service.ear.listen()

def of_property(service: Service) -> str:
    return service.state

def caught() -> None:
    try:
        by_table("red")
    except Red:
        pass

def caught_by_base() -> None:
    try:
        by_table("red")
    except Base:
        pass

def caught_by_table() -> None:
    try:
        by_table("red")
    except CAUGHT:
        pass

def turned() -> None:
    try:
        plain()
    except Red as error:
        raise Blue from error

def again() -> None:
    try:
        by_table("red")
    except Red:
        raise

def again_by_name() -> None:
    try:
        by_table("red")
    except Red as error:
        raise error

def afterwards() -> None:
    try:
        pass
    except Red:
        pass
    else:
        raise Green
    finally:
        plain()

def spoken_of(error: Base) -> str:
    return Red.code if isinstance(error, Green) else "none"

def matched(error: Base) -> None:
    match error:
        case Red():
            pass

def in_circles(left: int) -> None:
    if left:
        in_circles(left - 1)
    raise Blue
"""
EXPECTED = {
    "plain": {"Red"},
    "called": {"Red"},
    "by_table": {"Red", "Green"},
    "of_made": {"Red", "Blue"},
    "as_argument": {"Red"},
    "in_lambda": {"Red"},
    "through_port": {"Red"},
    "by_looks": {"Blue"},
    "of_property": {"Green"},
    "caught": {"Green"},
    "caught_by_base": set(),
    "caught_by_table": set(),
    "turned": {"Blue"},
    "again": {"Red", "Green"},
    "again_by_name": {"Red", "Green"},
    "afterwards": {"Green", "Red"},
    "spoken_of": set(),
    "matched": set(),
    "in_circles": {"Blue"},
}
