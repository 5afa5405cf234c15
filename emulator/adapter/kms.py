"""KMS: keys and aliases."""

import json

from moto.kms.responses import KmsResponse

from .resource import Resource, extends

GET_KEY_POLICY = KmsResponse.get_key_policy


@extends(KmsResponse)
class Api:
    def get_key_policy(self) -> str:
        """moto insists on PolicyName, which AWS lets a caller leave out."""
        self.body = json.dumps({"PolicyName": "default"} | json.loads(self.body))
        return GET_KEY_POLICY(self)


class Key(Resource):
    TYPE = "AWS::KMS::Key"
    READ_WITH = "kms DescribeKey, GetKeyPolicy, GetKeyRotationStatus"
    PROPERTIES = (
        "Description",
        "EnableKeyRotation",
        "Enabled",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "MultiRegion",
        "PendingWindowInDays",
        "RotationPeriodInDays",
        "Tags",
    )
    REPLACED_BY = ("KeySpec", "KeyUsage", "MultiRegion")

    def create(self, properties: dict, generated_name: str) -> None:
        given = {key: properties[key] for key in ("Description", *self.REPLACED_BY) if key in properties}
        if "KeyPolicy" in properties:
            given["Policy"] = json.dumps(properties["KeyPolicy"])
        if self.tags:
            given["Tags"] = self.tag_list("TagKey", "TagValue")
        key = self.call("kms", "CreateKey", **given)["KeyMetadata"]
        self.physical_resource_id = key["KeyId"]
        self.attributes = {"Arn": key["Arn"], "KeyId": key["KeyId"]}
        self.switch(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        key = self.physical_resource_id
        if properties.get("KeyPolicy") != previous.get("KeyPolicy"):
            self.call(
                "kms", "PutKeyPolicy", KeyId=key, PolicyName="default", Policy=json.dumps(properties["KeyPolicy"])
            )
        self.call("kms", "UpdateKeyDescription", KeyId=key, Description=properties.get("Description", ""))
        self.switch(properties, previous)
        if self.gone_tags():
            self.call("kms", "UntagResource", KeyId=key, TagKeys=self.gone_tags())
        self.call("kms", "TagResource", KeyId=key, Tags=self.tag_list("TagKey", "TagValue"))

    def switch(self, properties: dict, previous: dict) -> None:
        """Rotation is off and the key enabled until a template says otherwise."""
        key = {"KeyId": self.physical_resource_id}
        rotation = ("EnableKeyRotation", "RotationPeriodInDays")
        if any(properties.get(name) != previous.get(name) for name in rotation):
            if is_true(properties.get("EnableKeyRotation", False)):
                period = {name: properties[name] for name in rotation[1:] if name in properties}
                self.call("kms", "EnableKeyRotation", **key, **period)
            else:
                self.call("kms", "DisableKeyRotation", **key)
        if properties.get("Enabled") != previous.get("Enabled"):
            self.call("kms", "EnableKey" if is_true(properties.get("Enabled", True)) else "DisableKey", **key)

    def delete(self) -> None:
        window = self.properties.get("PendingWindowInDays", 30)
        self.drop("kms", "ScheduleKeyDeletion", KeyId=self.physical_resource_id, PendingWindowInDays=window)


def is_true(value) -> bool:
    return str(value).lower() == "true"


class Alias(Resource):
    TYPE = "AWS::KMS::Alias"
    READ_WITH = "kms ListAliases"
    PROPERTIES = ("AliasName", "TargetKeyId")
    REPLACED_BY = ("AliasName",)

    def create(self, properties: dict, generated_name: str) -> None:
        self.call("kms", "CreateAlias", **properties)
        self.physical_resource_id = properties["AliasName"]

    def update(self, properties: dict, previous: dict) -> None:
        self.call("kms", "UpdateAlias", **properties)

    def delete(self) -> None:
        self.drop("kms", "DeleteAlias", AliasName=self.physical_resource_id)
