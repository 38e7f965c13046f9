/** Access control lists on the wire: canned, as headers, as a document. */
import {
  cannedGrants,
  type Grant,
  type Grantee,
  isCanonicalId,
  isGroup,
  isPermission,
  isPrivate,
  type Permission,
} from "../../domain/access-control.ts";
import { canonicalId } from "../../domain/bucket.ts";
import type { AccessControlPolicy, Grant as WireGrant } from "../api/s3.ts";
import { invalidArgument, invalidRequest, s3Error } from "./s3-errors.ts";

export interface GrantInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

const HEADERS = {
  GrantFullControl: ["FULL_CONTROL", "x-amz-grant-full-control"],
  GrantRead: ["READ", "x-amz-grant-read"],
  GrantReadACP: ["READ_ACP", "x-amz-grant-read-acp"],
  GrantWrite: ["WRITE", "x-amz-grant-write"],
  GrantWriteACP: ["WRITE_ACP", "x-amz-grant-write-acp"],
} as const;

/** The list that the headers of a request name, or undefined where they name none. @throws AwsError */
export function headerGrants(input: GrantInput, account: string): readonly Grant[] | undefined {
  const owner = canonicalId(account);
  const grants = Object.entries(HEADERS).flatMap(([member, [permission, header]]) =>
    grantsOf(input[member as keyof GrantInput], permission, header),
  );
  if (input.ACL === undefined) return grants.length > 0 ? grants : undefined;
  const canned = cannedGrants(input.ACL, owner);
  // S3 has no text for this one.
  if (canned === undefined) throw invalidArgument("x-amz-acl", input.ACL, "");
  if (grants.length > 0)
    throw invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed");
  return canned;
}

/** The same for a new object: undefined also where the list says nothing that is not so anyway. */
export function objectGrants(input: GrantInput, account: string): readonly Grant[] | undefined {
  const grants = headerGrants(input, account);
  return grants === undefined || isPrivate(grants, canonicalId(account)) ? undefined : grants;
}

/** The list that a request sets: in a document or in headers, and not in both. @throws AwsError */
export function wantedGrants(
  input: GrantInput & { readonly AccessControlPolicy?: AccessControlPolicy | undefined },
  account: string,
): readonly Grant[] {
  const { AccessControlPolicy: policy } = input;
  const grants = headerGrants(input, account);
  if (policy === undefined) {
    if (grants !== undefined) return grants;
    throw s3Error(400, "MissingSecurityHeader", "Your request was missing a required header", {
      MissingHeaderName: "x-amz-acl",
    });
  }
  if (grants !== undefined)
    throw s3Error(400, "UnexpectedContent", "This request does not support content");
  return policyGrants(policy);
}

/** `id="..", uri=".."` */
function grantsOf(text: string | undefined, permission: Permission, header: string): Grant[] {
  if (text === undefined) return [];
  return text.split(",").map((part) => {
    const [, key = "", value = ""] = /^\s*(\w+)\s*=\s*"?([^"]*)"?\s*$/.exec(part) ?? [];
    switch (key) {
      case "id":
        return { grantee: canonical(value, "id"), permission };
      case "uri":
        return { grantee: groupOf(value, "uri"), permission };
      case "emailAddress":
        return { grantee: { type: "AmazonCustomerByEmail", email: value }, permission };
      default:
        throw invalidArgument(header, text, "Argument format not recognized");
    }
  });
}

function policyGrants({ Owner, Grants }: AccessControlPolicy): readonly Grant[] {
  if (Owner?.ID === undefined || Grants === undefined) throw malformedAcl();
  canonical(Owner.ID, "CanonicalUser/ID");
  return Grants.map(({ Grantee, Permission }) => {
    if (Grantee === undefined || !isPermission(Permission)) throw malformedAcl();
    return { grantee: granteeOf(Grantee), permission: Permission };
  });
}

function granteeOf({ Type, ID, URI, EmailAddress }: NonNullable<WireGrant["Grantee"]>): Grantee {
  if (Type === "CanonicalUser" && ID !== undefined) return canonical(ID, "CanonicalUser/ID");
  if (Type === "Group" && URI !== undefined) return groupOf(URI, "Group/URI");
  if (Type === "AmazonCustomerByEmail" && EmailAddress !== undefined)
    return { type: "AmazonCustomerByEmail", email: EmailAddress };
  throw malformedAcl();
}

function canonical(id: string, argument: string): Grantee {
  if (isCanonicalId(id)) return { type: "CanonicalUser", id };
  throw invalidArgument(argument, id, "Invalid id");
}

function groupOf(uri: string, argument: string): Grantee {
  if (isGroup(uri)) return { type: "Group", uri };
  throw invalidArgument(argument, uri, "Invalid group uri");
}

const malformedAcl = () =>
  s3Error(
    400,
    "MalformedACLError",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

/** A list as S3 gives it back. */
export function shownGrants(grants: readonly Grant[], account: string) {
  return {
    Owner: { ID: canonicalId(account) },
    Grants: grants.map(({ grantee, permission }) => ({
      Grantee:
        grantee.type === "CanonicalUser"
          ? { Type: grantee.type, ID: grantee.id }
          : grantee.type === "Group"
            ? { Type: grantee.type, URI: grantee.uri }
            : { Type: grantee.type, EmailAddress: grantee.email },
      Permission: permission,
    })),
  };
}
