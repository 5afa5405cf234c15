"""The base of every CloudFormation resource: how a template's properties reach a service's API."""

import json
import os
import re
from functools import lru_cache

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError

# CloudFormation type -> the class that makes it real.
TYPES: dict[str, type["Resource"]] = {}


@lru_cache
def client(service: str, region: str):
    """A client of the emulator itself: the emulator's resources use the same API as everybody else."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://localhost:{os.environ['MOTO_PORT']}",
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def explain(error: Exception) -> str:
    """An error in the words of the service that raised it."""
    if isinstance(error, ClientError):
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 500:
            return f"The emulator could not answer {error.operation_name}; its log tells why"
        told = error.response["Error"]
        return f"{told['Message']} ({told['Code']} from {error.operation_name})"
    return getattr(error, "message", None) or str(error) or type(error).__name__


def fit(shape, value):
    """Gives a CloudFormation value the names and types of an API's input shape.

    CloudFormation writes FilterPattern where Logs says filterPattern, and takes "60" for 60.
    A name the API does not know stays as it is, so that the client refuses the call.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        by_name = {name.lower(): name for name in shape.members}
        fitted = {}
        for name, inner in value.items():
            known = by_name.get(name.lower())
            fitted[known or name] = fit(shape.members[known], inner) if known else inner
        return fitted
    if kind == "list" and isinstance(value, list):
        return [fit(shape.member, inner) for inner in value]
    if kind == "map" and isinstance(value, dict):
        return {key: fit(shape.value, inner) for key, inner in value.items()}
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, (int, float)):
        return str(value)
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind in ("integer", "long") and isinstance(value, (str, float)):
        return int(float(value))
    if kind in ("double", "float") and isinstance(value, (str, int)):
        return float(value)
    return value


class Resource:
    """One resource of one stack.

    Subclasses name their CloudFormation type and the API call that reads it back, and
    implement create, update and delete. create sets physical_resource_id (what Ref gives)
    and attributes (what Fn::GetAtt gives).
    """

    TYPE: str
    READ_WITH: str
    # The properties this class passes on; None when it passes all of them to one API call,
    # whose client then refuses what it does not know.
    PROPERTIES: tuple[str, ...] | None = None
    TAGS = "Tags"
    # A change of one of these makes a new resource, as in CloudFormation.
    REPLACED_BY: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        if "TYPE" in vars(cls):
            TYPES[cls.TYPE] = cls

    def __init__(self, type_: str, logical_id: str, account: str, region: str) -> None:
        self.cf_resource_type = type_
        self.logical_resource_id = logical_id
        self.account = account
        self.region = region
        self.physical_resource_id = ""
        self.attributes: dict[str, object] = {}
        self.tags: dict[str, str] = {}
        self.old_tags: dict[str, str] = {}
        # What the stack last made of this resource; see stacks.settle.
        self.definition: tuple | None = None
        self.properties: dict = {}
        self.deletion_policy: str | None = None
        self.replace_policy: str | None = None

    def create(self, properties: dict, generated_name: str) -> None:
        raise NotImplementedError

    def update(self, properties: dict, previous: dict) -> None:
        raise NotImplementedError

    def delete(self) -> None:
        raise NotImplementedError

    def replaced_by(self, properties: dict, previous: dict) -> bool:
        return any(properties.get(name) != previous.get(name) for name in self.REPLACED_BY)

    def check(self, properties: dict) -> None:
        if self.PROPERTIES is not None:
            for name in properties:
                if name not in self.PROPERTIES:
                    raise ValidationError(
                        message=f"Encountered unsupported property {name}: the emulator does not hold it"
                    )

    def call(self, service: str, operation: str, **params):
        api = client(service, self.region)
        shape = api.meta.service_model.operation_model(operation).input_shape
        return getattr(api, xform_name(operation))(**fit(shape, params))

    def drop(self, service: str, operation: str, **params) -> None:
        """A call that deletes something; what is already gone is fine, as in CloudFormation."""
        try:
            self.call(service, operation, **params)
        except ClientError as error:
            if not re.search("NotFound|NoSuch", error.response["Error"]["Code"]):
                raise

    def take_tags(self, properties: dict, stack_tags: dict[str, str]) -> None:
        """The stack's tags and the resource's own, which win; a map or a list of pairs."""
        own = properties.get(self.TAGS) or {}
        if isinstance(own, list):
            own = {tag["Key"]: tag["Value"] for tag in own}
        self.old_tags, self.tags = self.tags, stack_tags | own

    def tag_list(self, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
        return [{key: name, value: text} for name, text in self.tags.items()]

    def gone_tags(self) -> list[str]:
        return [name for name in self.old_tags if name not in self.tags]

    # What moto's template functions ask of a resource.

    def get_cfn_attribute(self, name: str):
        if name not in self.attributes:
            raise ValidationError(
                message=f"Template error: resource {self.logical_resource_id} ({self.cf_resource_type}) "
                f"does not support attribute type {name} in Fn::GetAtt"
            )
        value = self.attributes[name]
        return value if isinstance(value, str) else json.dumps(value)


def extends(target: type):
    """Grafts a class's functions onto a class of moto: APIs it lacks or answers differently from AWS."""

    def graft(source: type) -> type:
        for name, member in vars(source).items():
            if not name.startswith("__"):
                setattr(target, name, member)
        return source

    return graft
