"""KMS: keys."""

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
    RENAMED = {"KeyPolicy": "Policy"}
    ROTATION = ("EnableKeyRotation", "RotationPeriodInDays")
    APART = (*ROTATION, "Enabled", "KeyPolicy", "PendingWindowInDays")
    DEFAULTS = {"Description": ""}

    def settle(self, properties: dict, previous: dict) -> None:
        """Rotation is off and the key enabled until a template says otherwise."""

        def changed(*names: str) -> bool:
            return any(properties.get(name) != previous.get(name) for name in names)

        key = {"KeyId": self.physical_resource_id}
        if previous and changed("KeyPolicy"):
            self.call("PutKeyPolicy", **key, PolicyName="default", Policy=properties["KeyPolicy"])
        if changed(*self.ROTATION):
            if is_true(properties.get("EnableKeyRotation", False)):
                self.call("EnableKeyRotation", **key, **{name: properties[name] for name in self.ROTATION[1:] if name in properties})
            else:
                self.call("DisableKeyRotation", **key)
        if changed("Enabled"):
            self.call("EnableKey" if is_true(properties.get("Enabled", True)) else "DisableKey", **key)


def is_true(value) -> bool:
    return str(value).lower() == "true"
