"""Services moto does not have at all: how the server finds their APIs."""

import re

from flask import Flask
from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import HTTP_METHODS, BackendRequest, DomainDispatcherApplication, create_backend_app

# Service, as in boto3.client(...) and in a request's signature -> its API.
SERVICES: dict[str, type[BaseResponse]] = {}


class ServiceError(ServiceException):
    """An error of one of these services; moto looks its own exceptions up in a model of their module's name."""


class Service(BaseResponse):
    """One API: a method per operation, its input and output checked against botocore's model."""

    SERVICE: str

    def __init_subclass__(cls) -> None:
        SERVICES[cls.SERVICE] = cls

    def __init__(self) -> None:
        super().__init__(service_name=self.SERVICE)
        self.automated_parameter_parsing = True


def create_app(service: str) -> Flask:
    if service not in SERVICES:
        return create_backend_app(service)
    app = Flask(service)
    app.request_class = BackendRequest
    handler = convert_to_flask_response(SERVICES[service].dispatch)
    for path in ("/", "/<path:path>"):
        app.add_url_rule(path, endpoint=path, methods=HTTP_METHODS, view_func=handler)
    return app


def dispatcher() -> DomainDispatcherApplication:
    app = DomainDispatcherApplication(create_app)
    app.backend_url_patterns = app.backend_url_patterns + [
        (service, re.compile(rf"https?://{service}\.(.+)\.amazonaws\.com")) for service in SERVICES
    ]
    return app
