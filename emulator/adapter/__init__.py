"""What this emulator adds to moto: CloudFormation types, service APIs and stack behaviour."""

import importlib

MODULES = (
    "stacks",
    "cloudwatch",
    "sns",
    "kms",
    "iam",
    "logs",
    "ssm",
    "rds",
    "route53",
    "apprunner",
    "chatbot",
    "applicationsignals",
)


def install() -> None:
    """Imports every module: each registers its types and grafts its APIs onto moto."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
