"""Makes in the emulator what a real account has before the first deployment: the secret with PagerDuty's keys, the databases.

Usage: seed.py <environment file> <region>..., with AWS_ENDPOINT_URL set. The databases are made in the first Region.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import yaml

# GB, of an instance whose storage the file does not tell.
STORAGE = 100


def instances(environment: dict) -> Iterator[dict]:
    """Yields each database instance of an environment: its name in AWS, and its storage where the file tells it."""
    database = environment.get("database", {})
    yield from (each for each in (database.get("primary"), *database.get("replicas", []), *environment.get("shards", [])) if each)


def make_secret(name: str, region: str) -> None:
    secrets = boto3.client("secretsmanager", region_name=region)
    keys = {"engineering": "local-engineering-key", "on-call": "local-on-call-key"}
    try:
        secrets.create_secret(Name=name, SecretString=json.dumps(keys))
    except secrets.exceptions.ResourceExistsException:
        pass
    print(f"    {name} in {region}")


def make_instance(instance: dict, region: str) -> None:
    rds = boto3.client("rds", region_name=region)
    settings = {"AllocatedStorage": instance.get("allocatedStorageGB", STORAGE)}
    if "maxAllocatedStorageGB" in instance:
        settings["MaxAllocatedStorage"] = instance["maxAllocatedStorageGB"]
    try:
        rds.create_db_instance(
            DBInstanceIdentifier=instance["instance"],
            DBInstanceClass="db.m7g.large",
            Engine="postgres",
            MasterUsername="postgres",
            ManageMasterUserPassword=True,
            **settings,
        )
    except rds.exceptions.DBInstanceAlreadyExistsFault:
        pass
    print(f"    {instance['instance']} in {region}, {settings['AllocatedStorage']} GB")


def main(file: Path, regions: list[str]) -> None:
    for region in regions:
        make_secret(f"coreapi/{file.stem}/pagerduty", region)
    for instance in instances(yaml.safe_load(file.read_text())):
        make_instance(instance, regions[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
