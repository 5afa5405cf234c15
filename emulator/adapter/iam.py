"""IAM: roles, inline policies, managed policies, OpenID Connect providers."""

import json

from moto.core.responses import EmptyResult
from moto.iam.responses import IamResponse

from .resource import Resource, extends


@extends(IamResponse)
class Api:
    """What moto lacks of OpenID Connect providers."""

    def add_client_id_to_open_id_connect_provider(self) -> EmptyResult:
        clients = self.clients()
        if self._get_param("ClientID") not in clients:
            clients.append(self._get_param("ClientID"))
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> EmptyResult:
        clients = self.clients()
        if self._get_param("ClientID") in clients:
            clients.remove(self._get_param("ClientID"))
        return EmptyResult()

    def clients(self) -> list[str]:
        return self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn")).client_id_list


class Role(Resource):
    TYPE = "AWS::IAM::Role"
    READ_WITH = "iam GetRole, GetRolePolicy, ListAttachedRolePolicies"
    PROPERTIES = (
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
        "Tags",
    )
    REPLACED_BY = ("Path", "RoleName")

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("RoleName") or generated_name[:64]
        given = ("Description", "MaxSessionDuration", "Path", "PermissionsBoundary")
        role = self.call(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            Tags=self.tag_list(),
            **{key: properties[key] for key in given if key in properties},
        )["Role"]
        self.physical_resource_id = name
        self.attributes = {"Arn": role["Arn"], "RoleId": role["RoleId"]}
        self.grant(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        name = self.physical_resource_id
        trust = json.dumps(properties["AssumeRolePolicyDocument"])
        self.call("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=trust)
        self.call(
            "iam",
            "UpdateRole",
            RoleName=name,
            Description=properties.get("Description", ""),
            MaxSessionDuration=properties.get("MaxSessionDuration", 3600),
        )
        if properties.get("PermissionsBoundary"):
            boundary = properties["PermissionsBoundary"]
            self.call("iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=boundary)
        elif previous.get("PermissionsBoundary"):
            self.call("iam", "DeleteRolePermissionsBoundary", RoleName=name)
        self.grant(properties, previous)
        if self.gone_tags():
            self.call("iam", "UntagRole", RoleName=name, TagKeys=self.gone_tags())
        self.call("iam", "TagRole", RoleName=name, Tags=self.tag_list())

    def grant(self, properties: dict, previous: dict) -> None:
        name = self.physical_resource_id
        inline = {part["PolicyName"]: part["PolicyDocument"] for part in properties.get("Policies", [])}
        for policy, document in inline.items():
            self.call("iam", "PutRolePolicy", RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
        for part in previous.get("Policies", []):
            if part["PolicyName"] not in inline:
                self.drop("iam", "DeleteRolePolicy", RoleName=name, PolicyName=part["PolicyName"])
        attached = properties.get("ManagedPolicyArns", [])
        for arn in attached:
            self.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
        for arn in previous.get("ManagedPolicyArns", []):
            if arn not in attached:
                self.drop("iam", "DetachRolePolicy", RoleName=name, PolicyArn=arn)

    def delete(self) -> None:
        self.grant({}, self.properties)
        self.drop("iam", "DeleteRole", RoleName=self.physical_resource_id)


HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}


def holders(properties: dict) -> list[tuple[str, str]]:
    """Every role, user and group of a policy, with its kind."""
    return [(kind, name) for key, kind in HOLDERS.items() for name in properties.get(key, [])]


class Policy(Resource):
    TYPE = "AWS::IAM::Policy"
    READ_WITH = "iam GetRolePolicy"
    PROPERTIES = ("PolicyDocument", "PolicyName", *HOLDERS)

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = generated_name
        self.attributes["Id"] = generated_name
        self.put(properties)

    def update(self, properties: dict, previous: dict) -> None:
        self.put(properties)
        renamed = properties["PolicyName"] != previous["PolicyName"]
        self.take_from(previous, [] if renamed else holders(properties))

    def put(self, properties: dict) -> None:
        document = json.dumps(properties["PolicyDocument"])
        for kind, name in holders(properties):
            policy = {"PolicyName": properties["PolicyName"], "PolicyDocument": document}
            self.call("iam", f"Put{kind}Policy", **policy, **{f"{kind}Name": name})

    def take_from(self, properties: dict, kept: list[tuple[str, str]]) -> None:
        for kind, name in holders(properties):
            if (kind, name) not in kept:
                policy = properties["PolicyName"]
                self.drop("iam", f"Delete{kind}Policy", PolicyName=policy, **{f"{kind}Name": name})

    def delete(self) -> None:
        self.take_from(self.properties, [])


class ManagedPolicy(Resource):
    TYPE = "AWS::IAM::ManagedPolicy"
    READ_WITH = "iam GetPolicyVersion"
    PROPERTIES = ("Description", "ManagedPolicyName", "Path", "PolicyDocument", *HOLDERS)
    REPLACED_BY = ("Description", "ManagedPolicyName", "Path")

    def create(self, properties: dict, generated_name: str) -> None:
        policy = self.call(
            "iam",
            "CreatePolicy",
            PolicyName=properties.get("ManagedPolicyName") or generated_name,
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
            **{key: properties[key] for key in ("Description", "Path") if key in properties},
        )["Policy"]
        self.physical_resource_id = policy["Arn"]
        self.attributes = {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}
        self.attach(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        arn, document = self.physical_resource_id, json.dumps(properties["PolicyDocument"])
        self.call("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
        for version in self.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])
        self.attach(properties, previous)

    def attach(self, properties: dict, previous: dict) -> None:
        wanted, had = holders(properties), holders(previous)
        arn = self.physical_resource_id
        for kind, name in wanted:
            self.call("iam", f"Attach{kind}Policy", PolicyArn=arn, **{f"{kind}Name": name})
        for kind, name in had:
            if (kind, name) not in wanted:
                self.drop("iam", f"Detach{kind}Policy", PolicyArn=arn, **{f"{kind}Name": name})

    def delete(self) -> None:
        self.attach({}, self.properties)
        self.drop("iam", "DeletePolicy", PolicyArn=self.physical_resource_id)


class OpenIDConnectProvider(Resource):
    TYPE = "AWS::IAM::OIDCProvider"
    READ_WITH = "iam GetOpenIDConnectProvider"
    PROPERTIES = ("ClientIdList", "Tags", "ThumbprintList", "Url")
    REPLACED_BY = ("Url",)

    def create(self, properties: dict, generated_name: str) -> None:
        provider = self.call(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            ThumbprintList=properties.get("ThumbprintList", []),
            Tags=self.tag_list(),
        )
        self.physical_resource_id = provider["OpenIDConnectProviderArn"]
        self.attributes = {"Arn": self.physical_resource_id}

    def update(self, properties: dict, previous: dict) -> None:
        arn = {"OpenIDConnectProviderArn": self.physical_resource_id}
        if properties.get("ThumbprintList") != previous.get("ThumbprintList"):
            thumbprints = properties.get("ThumbprintList", [])
            self.call("iam", "UpdateOpenIDConnectProviderThumbprint", **arn, ThumbprintList=thumbprints)
        wanted, had = properties.get("ClientIdList", []), previous.get("ClientIdList", [])
        for client in wanted:
            if client not in had:
                self.call("iam", "AddClientIDToOpenIDConnectProvider", **arn, ClientID=client)
        for client in had:
            if client not in wanted:
                self.drop("iam", "RemoveClientIDFromOpenIDConnectProvider", **arn, ClientID=client)
        if self.gone_tags():
            self.call("iam", "UntagOpenIDConnectProvider", **arn, TagKeys=self.gone_tags())
        self.call("iam", "TagOpenIDConnectProvider", **arn, Tags=self.tag_list())

    def delete(self) -> None:
        self.drop("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=self.physical_resource_id)
