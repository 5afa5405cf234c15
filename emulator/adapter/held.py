"""What the emulator holds of the deployed stacks, and how to read it back."""

from collections import Counter

from moto.cloudformation.models import cloudformation_backends

from .resource import TYPES, Resource
from .wire import account

NOT_HELD = {
    # The policy of the bucket of cdk bootstrap denies what does not come over TLS.
    "AWS::S3::BucketPolicy": "moto applies a bucket policy without its conditions and would refuse every upload",
    "AWS::CDK::Metadata": "it creates nothing",
    "AWS::CloudFormation::WaitCondition": "nothing is waited for",
    "AWS::CloudFormation::WaitConditionHandle": "nothing is waited for",
}


def report() -> dict:
    counts: Counter[str] = Counter()
    for backend in list(cloudformation_backends[account()].values()):
        for stack in list(backend.stacks.values()):
            counts.update(resource.cf_resource_type for resource in stack.stack_resources)
    return {
        "account": account(),
        "types": {type_: {"count": count} | standing(type_) for type_, count in sorted(counts.items())},
    }


def standing(type_: str) -> dict:
    if type_ in TYPES:
        return {"held": True, "readWith": TYPES[type_].read_with()}
    custom = type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource"
    reason = "a custom resource is a Lambda function's work, and none runs here" if custom else "the emulator does not know this type"
    return {"held": False, "reason": NOT_HELD.get(type_, reason)}


class NotHeld(Resource):
    """A resource that nothing keeps: it exists only as a line of its stack."""

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = generated_name

    def check(self, properties: dict) -> None:
        """Nothing is known of what a custom resource takes, and nothing is kept of the others."""

    def update(self, properties: dict, previous: dict) -> None:
        """There is nothing to change."""

    def delete(self) -> None:
        """There is nothing to delete."""
