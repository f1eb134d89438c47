"""What the local world refuses before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.world import Ports, World, WorldError


def test_kept_state_of_another_port_is_refused_because_its_queues_would_never_be_read(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "aws_port").write_text("4777")

    with pytest.raises(WorldError, match=r"AWS_PORT=4777.*make clean"):
        World(tmp_path, Ports.free()).start()

    assert not (tmp_path / "logs").exists()


def test_one_state_is_not_given_to_two_worlds_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    first, second = World(tmp_path, Ports.free()), World(tmp_path, Ports.free())
    first._occupancy.take()

    with pytest.raises(WorldError, match="stop that one first"):
        second.start()
    first._occupancy.release()
