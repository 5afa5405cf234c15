"""The CBOR protocol (smithy rpc-v2-cbor), which newer AWS SDKs speak to CloudWatch and moto does not.

A request is turned into the same request in JSON, which moto answers, and the answer back.
"""

import base64
import io
import json
import re
from datetime import datetime, timezone

import cbor2
from moto.core.utils import get_service_model

OPERATION = re.compile(r"/service/(\w+)/operation/(\w+)")

# The service's name in a path -> its name in botocore.
SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}


def speaks_cbor(environ) -> bool:
    return OPERATION.fullmatch(environ["PATH_INFO"]) is not None


def answer(aws, environ, start_response):
    service, operation = OPERATION.fullmatch(environ["PATH_INFO"]).groups()
    request = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.dumps(cbor2.loads(request) if request else {}, default=as_json).encode()
    told = {}

    def start(status, headers, exc_info=None) -> None:
        told["status"] = status

    text = b"".join(
        aws(
            environ
            | {
                "PATH_INFO": "/",
                "RAW_URI": "/",
                "REQUEST_URI": "/",
                "CONTENT_TYPE": "application/x-amz-json-1.0",
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_X_AMZ_TARGET": f"{service}.{operation}",
                "wsgi.input": io.BytesIO(body),
            },
            start,
        )
    )
    result = json.loads(text) if text else {}
    if told["status"].startswith("200"):
        model = get_service_model(SERVICES[service]).operation_model(operation)
        result = as_cbor(model.output_shape, result) if model.output_shape else {}
    start_response(told["status"], [("Content-Type", "application/cbor"), ("Smithy-Protocol", "rpc-v2-cbor")])
    return [cbor2.dumps(result, datetime_as_timestamp=True)]


def as_json(value):
    """What JSON has no type for."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value))


def as_cbor(shape, value):
    """Gives the timestamps of a JSON answer the type they have in CBOR."""
    if value is None:
        return None
    if shape.type_name == "structure":
        return {name: as_cbor(shape.members[name], inner) for name, inner in value.items() if inner is not None}
    if shape.type_name == "list":
        return [as_cbor(shape.member, inner) for inner in value]
    if shape.type_name == "map":
        return {key: as_cbor(shape.value, inner) for key, inner in value.items()}
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, timezone.utc)
    return value
