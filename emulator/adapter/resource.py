"""A CloudFormation resource: made, changed and deleted through its service's own API, as its type's schema says."""

import json
import os
import re
from collections.abc import Container
from datetime import datetime
from functools import lru_cache

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError

from .schema import schema

# CloudFormation type -> the class that makes it real.
TYPES: dict[str, type["Resource"]] = {}


@lru_cache
def client(service: str, region: str):
    """Returns a client of the emulator itself: the emulator's resources use the same API as everybody else."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://localhost:{os.environ['MOTO_PORT']}",
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def explain(error: Exception) -> str:
    """Returns an error in the words of the service that raised it."""
    if isinstance(error, ClientError):
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 500:
            return f"The emulator could not answer {error.operation_name}; its log tells why"
        told = error.response["Error"]
        return f"{told['Message']} ({told['Code']} from {error.operation_name})"
    return getattr(error, "message", None) or str(error) or type(error).__name__


def fit(shape, value, renamed: dict[str, str]):
    """Returns a CloudFormation value with the names and types of an API's input shape.

    CloudFormation writes FilterPattern where Logs says filterPattern, "60" for 60, an object for a text of JSON, pairs for a map and the
    reverse, one for a list of one, and has names of its own (renamed). A name that the API does not know stays, and the client refuses it.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        by_name = {name.lower(): name for name in shape.members}
        fitted = {}
        for name, inner in value.items():
            known = by_name.get(name.lower()) or by_name.get(renamed.get(name, "").lower())
            fitted[known or name] = fit(shape.members[known], inner, renamed) if known else inner
        return fitted
    if kind == "list":
        if isinstance(value, dict):
            value = [dict(zip(shape.member.members, pair)) for pair in value.items()]
        return [fit(shape.member, inner, renamed) for inner in (value if isinstance(value, list) else [value])]
    if kind == "map":
        if isinstance(value, list):
            value = {pair.get("Key", pair.get("Name")): pair["Value"] for pair in value}
        return {key: fit(shape.value, inner, renamed) for key, inner in value.items()}
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind in ("integer", "long") and isinstance(value, (str, float)):
        return int(float(value))
    if kind in ("double", "float") and isinstance(value, (str, int)):
        return float(value)
    return value


def answered(answer: dict, name: str):
    """Returns what a call answered for an attribute: {"Role": {"Arn": ...}} for Arn, SubscriptionArn for Arn, Id for HealthCheckId."""
    flat = answer | {key: part for inner in answer.values() if isinstance(inner, dict) for key, part in inner.items()}
    flat, name = {key.lower(): value for key, value in flat.items()}, name.lower()
    value = flat.get(name) or next((flat[key] for key in flat if key.endswith(name) or name.endswith(key)), None)
    return str(int(value.timestamp())) if isinstance(value, datetime) else value


class Resource:
    """One resource of one stack. What its type's schema does not tell stands in a subclass; see plain.py.

    create sets physical_resource_id (what Ref gives) and attributes (what Fn::GetAtt gives).
    """

    TYPE: str
    # Its ARN, where the call that makes it does not answer it.
    ARN = ""
    # Property -> the API's name for it, at any depth.
    RENAMED: dict[str, str] = {}
    # The properties that calls of their own take: the call that sets one and, where there is one, the call for a property that is false
    # or left out. There is none where a subclass makes the calls, or where another property's call takes it along.
    APART: dict[str, tuple[str, ...] | None] = {}
    # What a property goes back to when a new template leaves it out.
    DEFAULTS: dict[str, object] = {}
    # Parameters that the API wants beside the properties, and those of an update.
    CONSTANTS: dict[str, object] = {}
    AGAIN: dict[str, object] = {}
    # Whether an update deletes it and makes it again, under the same name: moto lacks the calls.
    REMADE = False
    # What reads it back, where the schema does not tell.
    READ_WITH = ""

    def __init_subclass__(cls) -> None:
        if "TYPE" in vars(cls):
            TYPES[cls.TYPE] = cls

    def __init__(self, type_: str, logical_id: str, account: str, region: str) -> None:
        self.cf_resource_type = type_
        self.logical_resource_id = logical_id
        self.account = account
        self.region = region
        self.schema = schema(type_)
        self.physical_resource_id = ""
        # The name, given or made up, by its property.
        self.names: dict[str, str] = {}
        self.attributes: dict[str, object] = {}
        self.tags: dict[str, str] = {}
        self.old_tags: dict[str, str] = {}
        # What the stack last made of this resource; see stacks.settle.
        self.definition: tuple | None = None
        self.properties: dict = {}
        self.deletion_policy: str | None = None
        self.replace_policy: str | None = None

    @classmethod
    def read_with(cls) -> str:
        """Returns the call that reads it back."""
        of = schema(cls.TYPE)
        return cls.READ_WITH or f"{of.service} {of.operation('read', 'Describe|Get|List')}"

    # What CloudFormation does with it.

    def check(self, properties: dict) -> None:
        self.schema.check(properties)

    def create(self, properties: dict, generated_name: str) -> None:
        if name := self.schema.name:
            longest = self.schema.properties[name].get("maxLength", 255)
            self.names = {name: properties.get(name) or generated_name[:longest]}
            if self.name() in self.there():
                raise ValidationError(message=f"{self.name()} already exists")
        operation = self.schema.operation("create", "Create|Put|Subscribe")
        given = self.request(operation, self.known(operation, properties, {}))
        tags = next((member for member in self.shape(operation).members if member.lower() == "tags"), "")
        self.take(properties, self.call(operation, **given | ({tags: self.tags} if tags and self.tags else {})))
        self.settle(properties, {name: value for name, value in properties.items() if self.parameter(operation, name)})
        if not tags:
            self.retag()

    def update(self, properties: dict, previous: dict) -> None:
        if self.REMADE:
            self.delete()
            self.create(properties, self.name())
            return
        put = self.schema.operation("create", "Create|Put|Subscribe").startswith("Put")
        operation = self.schema.operation("update", "Put" if put else "Update|Modify")
        if operation:
            given = self.request(operation, self.known(operation, self.DEFAULTS | properties, previous))
            self.take(properties, self.call(operation, **given | self.AGAIN))
        self.settle(properties, previous)
        self.retag()

    def delete(self) -> None:
        operation = self.schema.operation("delete", "Delete|Unsubscribe|Schedule")
        self.drop(operation, **self.request(operation, self.properties))

    def there(self) -> Container[str]:
        """Returns the names that are taken, where the call that creates would overwrite what has one."""
        return ()

    def settle(self, properties: dict, previous: dict) -> None:
        """Makes the calls for what differs in the properties that have calls of their own."""
        for name, calls in self.APART.items():
            value = properties.get(name, self.DEFAULTS.get(name))
            if calls and properties.get(name) != previous.get(name) and not (value is None and len(calls) == 1):
                operation = calls[-1] if value in (None, False, "false") else calls[0]
                if "AttributeName" in self.shape(operation).members:
                    self.call(operation, **self.request(operation, {"AttributeName": name, "AttributeValue": value}))
                else:
                    self.call(operation, **self.request(operation, properties))

    def attach(self, add: str, remove: str, wanted: list[dict], had: list[dict]) -> None:
        """Adds what a template lists and removes what it no longer lists; what the call that removes takes tells one from another."""
        kept = [self.request(remove, params) for params in wanted]
        for params in wanted:
            if params not in had:
                self.call(add, **self.request(add, params))
        for params in (self.request(remove, params) for params in had):
            if params not in kept:
                self.drop(remove, **params)

    # How that becomes calls.

    def shape(self, operation: str):
        return client(self.schema.service, self.region).meta.service_model.operation_model(operation).input_shape

    def parameter(self, operation: str, name: str) -> str:
        """Returns a call's parameter for a property, "" if it has none."""
        members = {member.lower(): member for member in self.shape(operation).members}
        return members.get(name.lower()) or members.get(self.RENAMED.get(name, "").lower(), "")

    def known(self, operation: str, properties: dict, previous: dict) -> dict:
        """Returns the properties without their tags; refuses what has changed and would be lost."""
        for name, value in properties.items():
            if name not in (self.schema.tags, *self.APART) and value != previous.get(name) and not self.parameter(operation, name):
                raise ValidationError(message=f"Encountered unsupported property {name}: the emulator does not hold it")
        return {name: value for name, value in properties.items() if name != self.schema.tags}

    def request(self, operation: str, properties: dict) -> dict:
        """Returns a call's parameters: those of the properties that it takes, and what identifies the resource."""
        shape = self.shape(operation)
        given = self.CONSTANTS | properties | self.names | self.attributes
        params = {parameter: value for name, value in given.items() if (parameter := self.parameter(operation, name))}
        if self.physical_resource_id:
            params |= {name: self.identified(name) for name in shape.required_members if name not in params}
        return params

    def identified(self, parameter: str) -> str:
        """Returns what identifies the resource in a parameter: its ARN, its name, or what Ref gives."""
        if parameter.lower().endswith("arn"):
            return self.arn()
        return self.name() if re.search("names?$", parameter.lower()) else self.physical_resource_id

    def name(self) -> str:
        return next(iter(self.names.values()), self.physical_resource_id)

    def arn(self) -> str:
        if self.ARN:
            return self.ARN.format(region=self.region, account=self.account, name=self.name(), path=self.name().lstrip("/"))
        return self.physical_resource_id if self.physical_resource_id.startswith("arn:") else str(self.attributes["Arn"])

    def take(self, properties: dict, answer: dict) -> None:
        """Learns from an answer what the template may refer to."""
        found = {name: answered(answer, name) for name in self.schema.read_only}
        self.attributes |= {name: value for name, value in found.items() if value is not None} | self.names
        if self.ARN and "Arn" in self.schema.read_only:
            self.attributes["Arn"] = self.arn()
        self.physical_resource_id = (properties | self.attributes)[self.schema.identifier]

    def call(self, operation: str, **params) -> dict:
        fitted = fit(self.shape(operation), params, self.RENAMED)
        return getattr(client(self.schema.service, self.region), xform_name(operation))(**fitted)

    def drop(self, operation: str, **params) -> None:
        """Makes a call that deletes something; what is already gone is fine, as in CloudFormation."""
        try:
            self.call(operation, **params)
        except ClientError as error:
            if not re.search("NotFound|NoSuch", error.response["Error"]["Code"]):
                raise

    # Tags

    def take_tags(self, properties: dict, stack_tags: dict[str, str]) -> None:
        """Takes the stack's tags and the resource's own, which win; a map or a list of pairs."""
        own = properties.get(self.schema.tags) or {} if self.schema else {}
        if isinstance(own, list):
            own = {tag["Key"]: tag["Value"] for tag in own}
        self.old_tags, self.tags = self.tags, stack_tags | own

    def retag(self) -> None:
        """Brings the tags to what they should be, unless a change of them makes a new resource."""
        if not self.schema.tags or self.schema.tags in self.schema.create_only:
            return
        gone = [name for name in self.old_tags if name not in self.tags]
        for verbs, end, value in (("Untag|Remove|Change", "tagkeys", gone), ("Tag|Add|Change", "tags", self.tags)):
            if value:
                operation = self.schema.operation("tagging", verbs)
                member = next(name for name in self.shape(operation).members if name.lower().endswith(end))
                self.call(operation, **self.request(operation, {}) | {member: value})

    # What moto's template functions ask of a resource.

    def get_cfn_attribute(self, name: str):
        known = self.properties | self.attributes if self.schema and name in self.schema.properties else self.attributes
        if name not in known:
            raise ValidationError(
                message=f"Template error: resource {self.logical_resource_id} ({self.cf_resource_type}) "
                f"does not support attribute type {name} in Fn::GetAtt"
            )
        value = known[name]
        return value if isinstance(value, str) else json.dumps(value)


def extends(target: type):
    """Grafts a class's functions onto a class of moto: APIs it lacks or answers differently from AWS."""

    def graft(source: type) -> type:
        for name, member in vars(source).items():
            if not name.startswith("__"):
                setattr(target, name, member)
        return source

    return graft
