"""What this emulator adds to moto: CloudFormation types, service APIs and stack behaviour."""

import importlib
from collections.abc import Callable
from pathlib import Path

# Each registers its types and grafts its APIs onto moto.
MODULES = (
    *("stacks", "plain", "cloudwatch", "logs", "sns", "events", "kms", "iam", "rds", "route53", "s3"),
    *("apprunner", "chatbot", "applicationsignals"),
)


def application(contract: Path | None) -> Callable:
    """Returns the WSGI application: what only the emulator tells, the services that are ours, moto's for the others."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from . import cloudwatch, control, wire
    from .contract import Contract

    cloudwatch.API.contract = Contract.read(contract) if contract else None
    aws = wire.serve(DomainDispatcherApplication(create_backend_app))

    def answer(environ, start_response):
        if environ["PATH_INFO"].startswith(control.PATH):
            return control.answer(environ, start_response)
        return aws(environ, start_response)

    return answer
