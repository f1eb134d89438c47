"""The local AWS runs a deployed function under the emulator: its layer, its variables, its role, its log, its end."""

from __future__ import annotations

import io
import json
import os
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.drill.processes import Processes
from local.world import LocalAws, Ports
from local.world.environment import ROOT
from local.world.runtime import Runtime
from tests.e2e.waiting import wait_until

NAME, GROUP = "tiny", "/tests/tiny"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
APP = """
import os
import sys

import boto3
from layered import WORD

count = 0


def lambda_handler(event, context):
    global count
    count += 1
    print("told of", event)
    if event == "fail":
        raise ValueError("no such thing")
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return {"word": WORD, "own": os.environ["OWN"], "count": count, "path": sys.path, "role": arn}
"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAws]:
    with LocalAws(tmp_path, Ports.free().aws, runtime=Runtime.RIE) as aws:
        deploy(aws)
        yield aws


def deploy(aws: LocalAws) -> None:
    role = aws.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    client = aws.client("lambda")
    layer = client.publish_layer_version(
        LayerName="common", Content={"ZipFile": zipped("python/layered.py", "WORD = 'of the layer'")}
    )
    client.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="app.lambda_handler",
        Role=role["Arn"],
        Code={"ZipFile": zipped("app.py", APP)},
        Layers=[layer["LayerVersionArn"]],
        Environment=variables(aws, "first"),
        LoggingConfig={"LogFormat": "JSON", "LogGroup": GROUP},
    )


def variables(aws: LocalAws, own: str) -> dict[str, dict[str, str]]:
    return {"Variables": {"OWN": own, "AWS_ENDPOINT_URL": aws.url}}


def zipped(name: str, text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, text)
    return content.getvalue()


def invoked(aws: LocalAws, event: str) -> tuple[Any, str]:
    """The answer, and how it failed."""
    answer = aws.client("lambda").invoke(FunctionName=NAME, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError", "")


def pids(aws: LocalAws) -> list[int]:
    return Processes(aws.pid, {"Tiny": NAME}).of("Tiny")


def test_it_runs_with_its_layer_its_variables_and_its_role_and_nothing_of_ours(aws: LocalAws) -> None:
    answer, failure = invoked(aws, "hello")

    assert (answer["word"], answer["own"], failure) == ("of the layer", "first", "")
    assert ":assumed-role/runner/" in answer["role"]
    assert not [place for place in answer["path"] if Path(place).is_relative_to(ROOT)]


def test_a_failure_is_told_and_logged_and_its_process_goes_on(aws: LocalAws) -> None:
    invoked(aws, "hello")
    answer, failure = invoked(aws, "fail")

    assert (answer["errorType"], failure) == ("ValueError", "Unhandled")
    assert invoked(aws, "hello")[0]["count"] == 3
    events = aws.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    messages = [event["message"] for event in events]
    assert [message for message in messages if message.startswith("told of")] == [
        "told of hello",
        "told of fail",
        "told of hello",
    ]
    assert [json.loads(message)["errorType"] for message in messages if message.startswith("{")] == ["ValueError"]
    assert len([message for message in messages if message.startswith("REPORT")]) == 3


def test_other_variables_come_with_a_new_process(aws: LocalAws) -> None:
    invoked(aws, "hello")
    before = pids(aws)

    aws.client("lambda").update_function_configuration(FunctionName=NAME, Environment=variables(aws, "second"))

    answer, _ = invoked(aws, "hello")
    assert (answer["own"], answer["count"]) == ("second", 1)
    assert len(before) == len(pids(aws)) == 1
    assert before != pids(aws)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_its_processes_end_with_the_local_aws(aws: LocalAws, how: str) -> None:
    invoked(aws, "hello")
    left = pids(aws)
    assert left

    if how == "killed":
        os.kill(aws.pid, signal.SIGKILL)
    else:
        aws.stop()

    wait_until("the function to end", lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()])
