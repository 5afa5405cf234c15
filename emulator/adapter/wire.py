"""The services that are ours: how a request finds its operation, and how it is read and answered.

CloudWatch is spoken to in CBOR (rpc-v2-cbor) by the SDK for Go and in JSON by boto3; the others in JSON, by a header or by their paths.
"""

import gzip
import io
import json
import logging
import os
import re
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl

import cbor2
from botocore import xform_name
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from moto.core.utils import get_service_model

log = logging.getLogger("emulator")

# Service, as in boto3.client(...) -> its API: a method for each operation that takes the Region and the parameters and returns the answer.
OWN: dict[str, object] = {}
# Those of which moto answers the operations that are not here.
SHARED = ("logs",)

# In the signature: Credential=<key>/<date>/<region>/<service>/aws4_request
SCOPE = re.compile(r"Credential=[^/]+/\d+/([\w-]+)/([\w-]+)/aws4_request")
SIGNED_AS = {"monitoring": "cloudwatch"}
CBOR = re.compile(r"/service/\w+/operation/(\w+)")

# What PutMetricData takes, and more than other operations need. It is measured unpacked: what CloudWatch counts of a compressed body is
# not documented.
LARGEST_BODY = 1 << 20


class Refusal(Exception):
    """An error that a service answers with, by the name of its shape in the API's model."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.message, self.status = kind, message, status


def model(service: str = "cloudwatch") -> ServiceModel:
    return get_service_model(service)


class Request:
    """A request for one of our services; operation is empty where it cannot be told."""

    def __init__(self, environ: dict) -> None:
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        self.environ = environ
        self.region, signed = scope.groups() if scope else ("us-east-1", "")
        self.service = SIGNED_AS.get(signed, signed)
        self.cbor = CBOR.fullmatch(environ["PATH_INFO"])
        self.path: dict[str, str] = {}
        self.operation = ""
        if self.service not in OWN:
            return
        if self.cbor:
            self.operation = self.cbor[1]
        elif "HTTP_X_AMZ_TARGET" in environ:
            self.operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        else:
            self.find_by_path()

    def find_by_path(self) -> None:
        for method, pattern, operation in routes(self.service):
            match = pattern.fullmatch(self.environ["PATH_INFO"])
            if match and method == self.environ["REQUEST_METHOD"]:
                self.path, self.operation = match.groupdict(), operation
                return

    def method(self) -> Callable | None:
        """Returns what answers the request, or None if that is moto."""
        if self.operation in model(self.service).operation_names:
            return getattr(OWN[self.service], xform_name(self.operation), None)
        return None

    def params(self) -> dict:
        """Returns the parameters, checked against the API's model."""
        body = self.environ["wsgi.input"].read(int(self.environ.get("CONTENT_LENGTH") or 0))
        try:
            if self.environ.get("HTTP_CONTENT_ENCODING") == "gzip":
                body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(LARGEST_BODY + 1)
            if len(body) > LARGEST_BODY:
                raise Refusal("RequestEntityTooLargeException", "A request may have 1 MB, unpacked.", 413)
            params = (cbor2.loads if self.cbor else json.loads)(body) if body else {}
        except (ValueError, OSError, EOFError, zlib.error, cbor2.CBORDecodeError) as error:
            raise Refusal("SerializationException", f"the body cannot be read: {error}") from error
        if not isinstance(params, dict):
            raise Refusal("SerializationException", "the body is not a structure")
        params |= dict(parse_qsl(self.environ.get("QUERY_STRING", ""))) | self.path
        if self.operation != "PutMetricData":  # whose checks are its own, value by value
            report = ParamValidator().validate(params, model(self.service).operation_model(self.operation).input_shape)
            if report.has_errors():
                raise Refusal("ValidationException", report.generate_report())
        return params


@lru_cache
def routes(service: str) -> list[tuple[str, re.Pattern, str]]:
    """Returns method, path and operation of a service that has a path for each; none for the others, where all are alike."""
    https = [(model(service).operation_model(name).http, name) for name in model(service).operation_names]
    return [
        (http["method"], re.compile(re.sub(r"\{(\w+)\+?\}", r"(?P<\1>.+)", http["requestUri"].partition("?")[0])), name)
        for http, name in https
        if http["requestUri"] != "/"
    ]


def serve(moto: Callable) -> Callable:
    """Returns the WSGI application that answers for our services and leaves the rest to moto's."""

    def application(environ, start_response):
        request = Request(environ)
        if request.service in OWN and (request.method() or request.service not in SHARED):
            return answer(request, start_response)
        return moto(environ, start_response)

    return application


def answer(request: Request, start_response: Callable) -> list[bytes]:
    headers = [("Content-Type", "application/cbor" if request.cbor else "application/json")]
    if request.cbor:
        headers.append(("Smithy-Protocol", "rpc-v2-cbor"))
    try:
        method = request.method()
        if method is None:
            asked = request.operation or "that this request names: it speaks JSON, and CBOR to CloudWatch"
            raise Refusal("UnknownOperationException", f"The emulator's {request.service} has no operation {asked}", 404)
        status, result = 200, method(request.region, request.params()) or {}
    except Refusal as refusal:
        shapes = {shape.name: shape.metadata for shape in model(request.service).error_shapes}
        error = shapes.get(refusal.kind, {}).get("error", {})
        status, result = error.get("httpStatusCode", refusal.status), {"__type": refusal.kind, "message": refusal.message}
        headers.append(("x-amzn-errortype", refusal.kind))
        if "code" in error:
            headers.append(("x-amzn-query-error", f"{error['code']};Sender"))
    except Exception:
        log.exception("%s of %s failed", request.operation, request.service)
        status, result = 500, {"__type": "InternalFailure", "message": "The emulator failed; its log tells why"}
    body = cbor2.dumps(result, datetime_as_timestamp=True) if request.cbor else json.dumps(result, default=datetime.timestamp).encode()
    start_response(f"{status} {'OK' if status == 200 else 'Refused'}", [*headers, ("Content-Length", str(len(body)))])
    return [body]


class Shelf(dict):
    """What a service keeps of one kind, by its identifier, and says where there is none."""

    def __init__(self, kind: str, missing: str = "ResourceNotFoundException") -> None:
        super().__init__()
        self.kind, self.missing = kind, missing

    def find(self, key: str):
        if key not in self:
            raise Refusal(self.missing, f"{self.kind} {key} does not exist", 404)
        return self[key]


class Tags:
    """The tags of a service's resources, by ARN."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, str]] = defaultdict(dict)

    @staticmethod
    def tagged(params: dict) -> str:
        return next(value for key, value in params.items() if key.lower() == "resourcearn")

    def tag_resource(self, region: str, params: dict) -> None:
        pairs = {pair.get("Key", pair.get("TagKey")): pair.get("Value", pair.get("TagValue")) for pair in params["Tags"]}
        self.tags[self.tagged(params)] |= pairs

    def untag_resource(self, region: str, params: dict) -> None:
        for key in params["TagKeys"]:
            self.tags[self.tagged(params)].pop(key, None)

    def list_tags_for_resource(self, region: str, params: dict) -> dict:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags[self.tagged(params)].items()]}


def paged(found: list, token: str | None, size: int, name: str = "NextToken") -> tuple[list, dict]:
    """Returns one page and, where more follows, the token of the next."""
    start = int(token or 0)
    more = {name: str(start + size)} if start + size < len(found) else {}
    return found[start : start + size], more


def account() -> str:
    """Returns the emulated account's number."""
    return os.environ["MOTO_ACCOUNT_ID"]


def now() -> datetime:
    """Returns the time in UTC, to the millisecond as AWS tells it."""
    return datetime.fromtimestamp(int(time.time() * 1000) / 1000, UTC)


def moment(value) -> datetime:
    """Returns a timestamp of either protocol as a time."""
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)
