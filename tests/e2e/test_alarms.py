"""Each alarm of the template, set off once by its cause, and by nothing on a day like others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local.world import World
from local.world.alarms import State
from local.world.environment import REGION
from tests.e2e.alarm_causes import CAUSES
from tests.e2e.alarm_causes.scene import Scene, until_calm
from tests.e2e.desk import Desk
from tests.e2e.problem import assert_logs_silent
from tests.e2e.waiting import wait_until
from tests.unit.project.template import load_template, resources_of

HOUR, WEEK = 3600, 7 * 24 * 3600
ALARMS = resources_of(load_template(), "AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def desk(fresh_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk.open(fresh_world, tmp_path_factory.mktemp("desk"))
    yield desk
    assert_logs_silent(fresh_world, desk.secrets)


@pytest.fixture
def scene(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene.open(desk, tmp_path_factory.mktemp("scene"))


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_is_set_off_by_its_cause(scene: Scene, name: str) -> None:
    before = scene.judge(name)
    assert before.state is not State.ALARM, before.reason

    with closing(CAUSES[name](scene)) as cause:
        scene.last(name, cause)

    assert scene.alarms[name].actions == [scene.world.outputs["AlarmTopicArn"]]


def test_a_day_like_others_sets_nothing_off(desk: Desk, tmp_path: Path) -> None:
    # Whom a worker took for not yet due, by a clock a second old, an audit finds and the next sweep brings back.
    for _ in range(2):
        desk.move_clock(2 * HOUR)
        until_calm(desk)
    scene = Scene.open(desk, tmp_path)
    by_phone, by_mandate = desk.active(), desk.active_by_mandate()
    desk.move_clock(WEEK)
    desk.wake_until(by_phone, lambda found: found["periods_settled"] == 2)
    assert desk.charge(by_phone, "gems").status_code == 201
    assert desk.post(f"/v1/subscriptions/{by_mandate}/cancel").status_code == 200
    until_calm(desk)
    for mode in ("run", "sweep"):
        assert scene.call("RecurringBillFunction", {"mode": mode})

    scene.watch.gather()
    verdicts = {name: alarm.judge(scene.watch.data, scene.watch.now) for name, alarm in scene.alarms.items()}
    assert {name: verdict for name, verdict in verdicts.items() if verdict.state is State.ALARM} == {}
    assert scene.watch.data


def test_whoever_follows_the_topic_is_told_of_an_alarm(scene: Scene) -> None:
    """The local AWS tells of a state that is set; what sets it is judged above."""
    sqs, sns = scene.world.client("sqs"), scene.world.client("sns")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = scene.world.outputs["AlarmTopicArn"]
    may_send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**may_send, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = scene.alarms["ExcessDebitAlarm"].name

    scene.world.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a debit too many")

    (message,) = wait_until("the message", lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["Region"]) == (name, "ALARM", REGION)
