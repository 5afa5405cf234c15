"""A CloudFormation resource: made, changed and deleted through its service's own API, as its type's schema says."""

import json
import os
import re
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
    reverse, one for a list of one, and has names of its own (renamed). A name the API does not know stays, so that the client refuses the call.
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
            value = dict(pair.values() for pair in value)
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
    """One resource of one stack. What its type's schema does not tell stands in a subclass.

    create sets physical_resource_id (what Ref gives) and attributes (what Fn::GetAtt gives).
    """

    TYPE: str
    # Its ARN, where the call that makes it does not answer it.
    ARN = ""
    # What Ref gives, where it is not the schema's identifier.
    IDENTIFIER = ""
    # Property -> the API's name for it, at any depth.
    RENAMED: dict[str, str] = {}
    # The properties that have calls of their own; see settle.
    APART: tuple[str, ...] = ()
    # What a property goes back to when a new template leaves it out.
    DEFAULTS: dict[str, object] = {}
    # What an update says beside the properties.
    AGAIN: dict[str, object] = {}
    # The call that updates it, where it is not the first of the schema's handler; "" if there is none.
    UPDATE: str | None = None
    # What the calls for tags take beside names and ARNs.
    TAGGED: dict[str, str] = {}
    # What reads it back, where the schema has no handler for that.
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

    def replaced_by(self, properties: dict, previous: dict) -> bool:
        return self.schema is not None and bool(self.schema.replaced_by(properties, previous))

    def create(self, properties: dict, generated_name: str) -> None:
        if self.schema.name:
            self.names = {self.schema.name: properties.get(self.schema.name) or generated_name[: self.schema.longest_name()]}
        operation = self.schema.operation("create", "Create|Put|Subscribe")
        tagged = next((name for name in self.shape(operation).members if name.lower() == "tags"), None)
        given = self.request(operation, properties)
        if tagged and self.tags:
            given[tagged] = self.tags
        self.take(properties, self.call(operation, **given))
        self.settle(properties, {})
        if not tagged:
            self.retag()

    def update(self, properties: dict, previous: dict) -> None:
        put = self.schema.operation("create", "Create|Put|Subscribe").startswith("Put")
        operation = self.schema.operation("update", "Put" if put else "Update|Modify") if self.UPDATE is None else self.UPDATE
        if operation:
            given = self.request(operation, self.DEFAULTS | properties, previous)
            self.take(properties, self.call(operation, **given | self.AGAIN))
        self.settle(properties, previous)
        self.retag()

    def delete(self) -> None:
        operation = self.schema.operation("delete", "Delete|Unsubscribe|Schedule")
        members = [name.lower() for name in self.shape(operation).members]
        self.drop(operation, **self.request(operation, {key: value for key, value in self.properties.items() if key.lower() in members}))

    def settle(self, properties: dict, previous: dict) -> None:
        """Makes the calls that some properties need of their own, after the one that creates or updates."""

    # How that becomes calls.

    def shape(self, operation: str):
        return client(self.schema.service, self.region).meta.service_model.operation_model(operation).input_shape

    def request(self, operation: str, properties: dict, previous: dict | None = None) -> dict:
        """Returns the parameters of a call: the properties, all but those that it has not and need not have, and what identifies the resource."""
        shape = self.shape(operation)
        members = {name.lower() for name in shape.members}

        def known(name: str) -> bool:
            return name.lower() in members or self.RENAMED.get(name, "").lower() in members

        given = {
            name: value
            for name, value in properties.items()
            if name != self.schema.tags and (known(name) or name not in self.APART and (previous is None or previous.get(name) != value))
        }
        given |= {name: value for name, value in (self.names | self.attributes).items() if known(name)}
        there = {name.lower() for name in given} | {self.RENAMED.get(name, "").lower() for name in given}
        if self.physical_resource_id:
            given |= self.identified(name for name in shape.required_members if name.lower() not in there)
        return given

    def identified(self, members) -> dict[str, str]:
        """Returns the resource's identifier for each parameter: its ARN, its name, or what Ref gives."""
        values = {}
        for member in members:
            if member.lower().endswith("arn"):
                values[member] = self.arn()
            elif re.search("names?$", member.lower()) and self.names:
                values[member] = self.name()
            else:
                values[member] = self.physical_resource_id
        return values

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
        self.physical_resource_id = (properties | self.attributes)[self.IDENTIFIER or self.schema.identifier]

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
        """The stack's tags and the resource's own, which win; a map or a list of pairs."""
        own = properties.get(self.schema.tags) or {} if self.schema else {}
        if isinstance(own, list):
            own = {tag["Key"]: tag["Value"] for tag in own}
        self.old_tags, self.tags = self.tags, stack_tags | own

    def retag(self) -> None:
        """Brings the tags to what they should be, unless a change of them makes a new resource."""
        if not self.schema.tags or self.schema.tags in self.schema.create_only:
            return
        actions = [action.partition(":")[2] for action in self.schema.text["tagging"]["permissions"]]
        gone = [name for name in self.old_tags if name not in self.tags]
        for verb, given in (("Untag|Remove", {"TagKeys": gone} if gone else {}), ("Tag|Add", {"Tags": self.tags} if self.tags else {})):
            operation = next(name for name in actions if re.match(verb, name))
            if given:
                others = [name for name in self.shape(operation).required_members if not name.lower().startswith("tag")]
                self.call(operation, **given, **self.identified(others) | self.TAGGED)

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
