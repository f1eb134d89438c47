"""What a deployed stack says of itself: its table, and the environment in which its bill worker runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pinbill.errors import Misconfigured

TABLE, WORKER = "TableName", "BillWorkerFunctionName"


@dataclass(frozen=True, slots=True)
class Stack:
    """`worker_environment` are the settings that subscriptions are written by: one in a shard that nobody reads would
    never be billed again."""

    table: str
    worker_environment: Mapping[str, str]


def read_stack(name: str) -> Stack:
    """Read a CloudFormation stack with the credentials and region of the AWS CLI. Raises Misconfigured."""
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if not {TABLE, WORKER} <= outputs.keys():
            raise Misconfigured(f"The stack {name} has no outputs {TABLE} and {WORKER}: is it one of Pinbill's?")
        worker = boto3.client("lambda").get_function_configuration(FunctionName=outputs[WORKER])
    except (ClientError, BotoCoreError) as error:
        raise Misconfigured(f"The stack {name} cannot be read: {error}") from None
    return Stack(outputs[TABLE], worker["Environment"]["Variables"])
