"""IAM: roles, inline policies, managed policies."""

from .resource import Resource

HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}


class Role(Resource):
    TYPE = "AWS::IAM::Role"
    RENAMED = {"AssumeRolePolicyDocument": "PolicyDocument"}
    APART = {
        "AssumeRolePolicyDocument": ("UpdateAssumeRolePolicy",),
        "PermissionsBoundary": ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        "Policies": None,
        "ManagedPolicyArns": None,
    }
    DEFAULTS = {"Description": "", "MaxSessionDuration": 3600}

    def settle(self, properties: dict, previous: dict) -> None:
        super().settle(properties, previous)
        self.attach_all(properties, previous)

    def attach_all(self, properties: dict, previous: dict) -> None:
        wanted, had = properties.get("Policies", []), previous.get("Policies", [])
        self.attach("PutRolePolicy", "DeleteRolePolicy", wanted, had)
        wanted, had = ([{"PolicyArn": arn} for arn in each.get("ManagedPolicyArns", [])] for each in (properties, previous))
        self.attach("AttachRolePolicy", "DetachRolePolicy", wanted, had)

    def delete(self) -> None:
        self.attach_all({}, self.properties)
        super().delete()


def attach_to_holders(policy: Resource, verbs: tuple[str, str], wanted: dict, had: dict, *names: str) -> None:
    """Brings a policy to the roles, users and groups that its properties list, with the properties that the calls take."""
    for key, kind in HOLDERS.items():
        lists = [[{f"{kind}Name": holder} | {name: each[name] for name in names} for holder in each.get(key, [])] for each in (wanted, had)]
        policy.attach(f"{verbs[0]}{kind}Policy", f"{verbs[1]}{kind}Policy", *lists)


class Policy(Resource):
    TYPE = "AWS::IAM::Policy"
    READ_WITH = "iam GetRolePolicy"

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = self.attributes["Id"] = generated_name
        self.update(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        attach_to_holders(self, ("Put", "Delete"), properties, previous, "PolicyName", "PolicyDocument")

    def delete(self) -> None:
        self.update({}, self.properties)


class ManagedPolicy(Resource):
    TYPE = "AWS::IAM::ManagedPolicy"
    RENAMED = {"ManagedPolicyName": "PolicyName"}
    APART = dict.fromkeys(HOLDERS)

    def update(self, properties: dict, previous: dict) -> None:
        policy = {"PolicyArn": self.physical_resource_id}
        self.call("CreatePolicyVersion", PolicyDocument=properties["PolicyDocument"], SetAsDefault=True, **policy)
        for version in self.call("ListPolicyVersions", **policy)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.call("DeletePolicyVersion", VersionId=version["VersionId"], **policy)
        self.settle(properties, previous)

    def settle(self, properties: dict, previous: dict) -> None:
        attach_to_holders(self, ("Attach", "Detach"), properties, previous)

    def delete(self) -> None:
        self.settle({}, self.properties)
        self.drop("DeletePolicy", PolicyArn=self.physical_resource_id)
