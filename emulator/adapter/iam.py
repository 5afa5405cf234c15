"""IAM: roles, inline policies, managed policies, OpenID Connect providers."""

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
    APART = ("AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary", "Policies")
    DEFAULTS = {"Description": "", "MaxSessionDuration": 3600}

    def settle(self, properties: dict, previous: dict) -> None:
        role = {"RoleName": self.physical_resource_id}
        if previous and properties:
            self.call("UpdateAssumeRolePolicy", PolicyDocument=properties["AssumeRolePolicyDocument"], **role)
            if properties.get("PermissionsBoundary"):
                self.call("PutRolePermissionsBoundary", PermissionsBoundary=properties["PermissionsBoundary"], **role)
            elif previous.get("PermissionsBoundary"):
                self.call("DeleteRolePermissionsBoundary", **role)
        inline, before = ({part["PolicyName"]: part["PolicyDocument"] for part in each.get("Policies", [])} for each in (properties, previous))
        for name, document in inline.items():
            self.call("PutRolePolicy", PolicyName=name, PolicyDocument=document, **role)
        for name in before.keys() - inline.keys():
            self.drop("DeleteRolePolicy", PolicyName=name, **role)
        attached = properties.get("ManagedPolicyArns", [])
        for arn in attached:
            self.call("AttachRolePolicy", PolicyArn=arn, **role)
        for arn in previous.get("ManagedPolicyArns", []):
            if arn not in attached:
                self.drop("DetachRolePolicy", PolicyArn=arn, **role)

    def delete(self) -> None:
        self.settle({}, self.properties)
        super().delete()


HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}


def holders(properties: dict) -> list[tuple[str, str]]:
    """Returns every role, user and group of a policy, with its kind."""
    return [(kind, name) for key, kind in HOLDERS.items() for name in properties.get(key, [])]


class Policy(Resource):
    TYPE = "AWS::IAM::Policy"
    READ_WITH = "iam GetRolePolicy"

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = self.attributes["Id"] = generated_name
        self.update(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        for kind, name in holders(properties):
            policy = {key: properties[key] for key in ("PolicyName", "PolicyDocument")}
            self.call(f"Put{kind}Policy", **policy, **{f"{kind}Name": name})
        kept = holders(properties) if properties.get("PolicyName") == previous.get("PolicyName") else []
        for kind, name in holders(previous):
            if (kind, name) not in kept:
                self.drop(f"Delete{kind}Policy", PolicyName=previous["PolicyName"], **{f"{kind}Name": name})

    def delete(self) -> None:
        self.update({}, self.properties)


class ManagedPolicy(Resource):
    TYPE = "AWS::IAM::ManagedPolicy"
    RENAMED = {"ManagedPolicyName": "PolicyName"}
    APART = tuple(HOLDERS)

    def update(self, properties: dict, previous: dict) -> None:
        policy = {"PolicyArn": self.physical_resource_id}
        self.call("CreatePolicyVersion", PolicyDocument=properties["PolicyDocument"], SetAsDefault=True, **policy)
        for version in self.call("ListPolicyVersions", **policy)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.call("DeletePolicyVersion", VersionId=version["VersionId"], **policy)
        self.settle(properties, previous)

    def settle(self, properties: dict, previous: dict) -> None:
        for kind, name in holders(properties):
            self.call(f"Attach{kind}Policy", PolicyArn=self.physical_resource_id, **{f"{kind}Name": name})
        for kind, name in holders(previous):
            if (kind, name) not in holders(properties):
                self.drop(f"Detach{kind}Policy", PolicyArn=self.physical_resource_id, **{f"{kind}Name": name})

    def delete(self) -> None:
        self.settle({}, self.properties)
        self.drop("DeletePolicy", PolicyArn=self.physical_resource_id)


class OpenIDConnectProvider(Resource):
    TYPE = "AWS::IAM::OIDCProvider"
    UPDATE = ""

    def settle(self, properties: dict, previous: dict) -> None:
        if not previous:
            return
        provider = {"OpenIDConnectProviderArn": self.physical_resource_id}
        if properties.get("ThumbprintList") != previous.get("ThumbprintList"):
            self.call("UpdateOpenIDConnectProviderThumbprint", ThumbprintList=properties.get("ThumbprintList", []), **provider)
        wanted, had = properties.get("ClientIdList", []), previous.get("ClientIdList", [])
        for client in wanted:
            self.call("AddClientIDToOpenIDConnectProvider", ClientID=client, **provider)
        for client in had:
            if client not in wanted:
                self.call("RemoveClientIDFromOpenIDConnectProvider", ClientID=client, **provider)
