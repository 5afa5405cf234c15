"""Makes in the emulator what an operator makes by hand in a real account before the first deployment.

Usage: seed.py <environment> <region>..., with AWS_ENDPOINT_URL set.
"""

import json
import sys

import boto3


def main(environment, regions):
    name = f"coreapi/{environment}/pagerduty"
    for region in regions:
        secrets = boto3.client("secretsmanager", region_name=region)
        try:
            secrets.create_secret(
                Name=name,
                SecretString=json.dumps({"engineering": "local-engineering-key", "on-call": "local-on-call-key"}),
            )
        except secrets.exceptions.ResourceExistsException:
            pass
        print(f"    {name} in {region}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
