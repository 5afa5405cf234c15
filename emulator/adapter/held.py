"""What the emulator holds of the deployed stacks, and how to read it back."""

from collections import Counter

from moto.cloudformation.models import cloudformation_backends

from .native import Native, resource_class
from .resource import TYPES
from .wire import account

# Types moto itself creates, met in cdk bootstrap.
NATIVE_READ_WITH = {
    "AWS::ECR::Repository": "ecr DescribeRepositories",
    "AWS::S3::Bucket": "s3 ListBuckets",
}

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
    if resource_class(type_) is Native:
        service = type_.split("::")[1]
        return {"held": True, "readWith": NATIVE_READ_WITH.get(type_, f"moto's own {service} API")}
    if type_ in NOT_HELD:
        return {"held": False, "reason": NOT_HELD[type_]}
    if type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource":
        return {"held": False, "reason": "a custom resource is a Lambda function's work, and none runs here"}
    return {"held": False, "reason": "neither moto nor the adapter knows this type"}
