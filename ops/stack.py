"""What a deployed stack says of itself: its tables, queues and API, and the environments of its functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pinbill.errors import Misconfigured

TABLE, COUNTERS = "TableName", "CounterTableName"
KEYS, KMS_KEY = "KeyTableName", "KmsKeyArn"
WORKER, DISPATCHER, AUTHORIZER = "BillWorkerFunctionName", "RecurringBillFunctionName", "AuthorizerFunctionName"
QUEUE, DEAD_LETTERS = "BillQueueUrl", "BillDeadLetterQueueUrl"
WEBHOOK_ASIDE, FAILED_RUNS = "WebhookAsideQueueUrl", "ScheduleDeadLetterQueueUrl"
API, KEYS_REMEMBERED = "ApiId", "AuthorizerCacheSeconds"
PIN_GUARDS = "PinGuards"
OUTPUTS = (
    *(TABLE, COUNTERS, KEYS, KMS_KEY),
    *(WORKER, DISPATCHER, AUTHORIZER),
    *(QUEUE, DEAD_LETTERS, WEBHOOK_ASIDE, FAILED_RUNS),
    *(API, KEYS_REMEMBERED),
)


@dataclass(frozen=True, slots=True)
class Stack:
    """`worker_environment` are the settings that subscriptions are written by: one in a shard that nobody reads would
    never be billed again."""

    table: str
    worker_environment: Mapping[str, str]
    dispatcher_environment: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""
    dead_letters: str = ""
    authorizer_environment: Mapping[str, str] = field(default_factory=dict)
    counters: str = ""
    api: str = ""
    keys_remembered: int = 0  # seconds
    webhook_aside: str = ""
    keys: str = ""
    kms_key: str = ""
    pin_guards: str = ""  # of the installation
    failed_runs: str = ""
    functions: tuple[str, ...] = ()  # their names, sorted


def read_stack(name: str) -> Stack:
    """Read a CloudFormation stack with the credentials and region of the AWS CLI. Raises Misconfigured."""
    try:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
        missing = [output for output in OUTPUTS if output not in outputs]
        if missing:
            raise Misconfigured(f"The stack {name} has no outputs {', '.join(missing)}: is it one of Pinbill's?")
        functions = boto3.client("lambda")
        worker, dispatcher, authorizer = (
            functions.get_function_configuration(FunctionName=outputs[name])["Environment"]["Variables"]
            for name in (WORKER, DISPATCHER, AUTHORIZER)
        )
    except (ClientError, BotoCoreError) as error:
        raise Misconfigured(f"The stack {name} cannot be read: {error}") from None
    return Stack(
        table=outputs[TABLE],
        worker_environment=worker,
        dispatcher_environment=dispatcher,
        queue=outputs[QUEUE],
        dead_letters=outputs[DEAD_LETTERS],
        authorizer_environment=authorizer,
        counters=outputs[COUNTERS],
        api=outputs[API],
        keys_remembered=int(outputs[KEYS_REMEMBERED]),
        webhook_aside=outputs[WEBHOOK_ASIDE],
        keys=outputs[KEYS],
        kms_key=outputs[KMS_KEY],
        pin_guards=parameters.get(PIN_GUARDS, ""),
        failed_runs=outputs[FAILED_RUNS],
        functions=tuple(sorted(name for output, name in outputs.items() if output.endswith("FunctionName"))),
    )
