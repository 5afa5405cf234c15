"""S3: the bucket of cdk bootstrap."""

from .resource import Resource


class Bucket(Resource):
    TYPE = "AWS::S3::Bucket"
    ARN = "arn:aws:s3:::{name}"
    RENAMED = {
        "BucketName": "Bucket",
        "BucketEncryption": "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration": "Rules",
        "ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
    }
    APART = {
        "BucketEncryption": ("PutBucketEncryption", "DeleteBucketEncryption"),
        "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", "DeletePublicAccessBlock"),
        "VersioningConfiguration": ("PutBucketVersioning",),
        # Who may write is not checked, and nothing here grows old.
        "AccessControl": None,
        "LifecycleConfiguration": None,
    }
    READ_WITH = "s3 HeadBucket"

    def request(self, operation: str, properties: dict) -> dict:
        if operation == "CreateBucket" and self.region != "us-east-1":
            properties = properties | {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        return super().request(operation, properties)

    def take(self, properties: dict, answer: dict) -> None:
        super().take(properties, answer)
        domain = f"{self.name()}.s3.{self.region}.amazonaws.com"
        self.attributes |= {"DomainName": f"{self.name()}.s3.amazonaws.com", "RegionalDomainName": domain}

    def update(self, properties: dict, previous: dict) -> None:
        # No call of the schema's updates a bucket as a whole.
        self.settle(properties, previous)
        self.retag()

    def retag(self) -> None:
        if self.tags or self.old_tags:
            tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
            self.call("PutBucketTagging", Bucket=self.physical_resource_id, Tagging={"TagSet": tags})
