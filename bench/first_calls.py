"""Run in a fresh interpreter: reads the secret and opens a key for the first time, and says what CPU that took.

The arguments are the address of what answers, and `own` or `boto3`: which is loaded before, as the functions once did.
Which clients are made is told by the environment.
"""

import sys
import time

from pinbill.aws.access import Aws
from pinbill.providers.credentials import SecretsManager
from pinbill.store.kms import Kms


def main() -> None:
    aws = Aws(sys.argv[1])
    if sys.argv[2] == "boto3":
        import boto3  # noqa: F401, PLC0415
    before = time.process_time()
    SecretsManager("secret", aws.secrets_manager).read(fresh=False)
    Kms("alias/key", aws.kms).open_key(b"sealed", {"pinbill": "wrapping-key"})
    sys.stdout.write(f"{(time.process_time() - before) * 1000}\n")


if __name__ == "__main__":
    main()
