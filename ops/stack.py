"""What a deployed stack says of itself: its table, its queues, and the environments in which its functions bill."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pinbill.errors import Misconfigured

TABLE, WORKER, DISPATCHER = "TableName", "BillWorkerFunctionName", "RecurringBillFunctionName"
QUEUE, DEAD_LETTERS = "BillQueueUrl", "BillDeadLetterQueueUrl"
OUTPUTS = (TABLE, WORKER, DISPATCHER, QUEUE, DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Stack:
    """`worker_environment` are the settings that subscriptions are written by: one in a shard that nobody reads would
    never be billed again."""

    table: str
    worker_environment: Mapping[str, str]
    dispatcher_environment: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    dead_letters: str = ""


def read_stack(name: str) -> Stack:
    """Read a CloudFormation stack with the credentials and region of the AWS CLI. Raises Misconfigured."""
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        missing = [output for output in OUTPUTS if output not in outputs]
        if missing:
            raise Misconfigured(f"The stack {name} has no outputs {', '.join(missing)}: is it one of Pinbill's?")
        functions = boto3.client("lambda")
        worker, dispatcher = (
            functions.get_function_configuration(FunctionName=outputs[name])["Environment"]["Variables"]
            for name in (WORKER, DISPATCHER)
        )
    except (ClientError, BotoCoreError) as error:
        raise Misconfigured(f"The stack {name} cannot be read: {error}") from None
    return Stack(outputs[TABLE], worker, dispatcher, outputs[QUEUE], outputs[DEAD_LETTERS])
