"""An AWS environment for every test that belongs to nobody: what escapes a local engine reaches no account."""

import os

from hypothesis import settings

if "E2E_STACK" not in os.environ:  # which is somewhere, and is reached as the environment says
    os.environ |= {
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # the local AWS takes any
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    os.environ.pop("AWS_PROFILE", None)

# How long an example takes says how busy the machine is.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
