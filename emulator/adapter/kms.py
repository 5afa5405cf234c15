"""KMS: what moto answers differently from AWS."""

import json

from moto.kms.responses import KmsResponse

from .resource import extends

GET_KEY_POLICY = KmsResponse.get_key_policy


@extends(KmsResponse)
class Api:
    def get_key_policy(self) -> str:
        """moto insists on PolicyName, which AWS lets a caller leave out."""
        self.body = json.dumps({"PolicyName": "default"} | json.loads(self.body))
        return GET_KEY_POLICY(self)
