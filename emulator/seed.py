"""Makes in the emulator what a real account has before the first deployment: the secret with PagerDuty's keys, the databases, the Slack
workspace.

Usage: seed.py <environment file> <region>..., with AWS_ENDPOINT_URL set. The databases are made in the first Region.
"""

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import yaml


def instances(environment: dict) -> Iterator[dict]:
    """Yields each database instance of an environment: its name in AWS, and its storage, which a replica has from the primary."""
    database = environment["database"]
    primary = database["primary"]
    yield from (primary, *({**primary, **each} for each in database.get("replicas", [])), *environment.get("shards", []))


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
    settings = {"AllocatedStorage": instance["allocatedStorageGB"]}
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


def authorize(workspace: str) -> None:
    url = os.environ["AWS_ENDPOINT_URL"] + "/_emulator/workspaces"
    urllib.request.urlopen(url, json.dumps({"SlackTeamId": workspace}).encode()).close()
    print(f"    the Slack workspace {workspace}")


def main(file: Path, regions: list[str]) -> None:
    for region in regions:
        make_secret(f"coreapi/{file.stem}/pagerduty", region)
    environment = yaml.safe_load(file.read_text())
    for instance in instances(environment):
        make_instance(instance, regions[0])
    authorize(environment["notifications"]["slackWorkspace"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
