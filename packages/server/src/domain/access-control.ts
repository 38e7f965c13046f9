/** Access control lists of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html */

export type Permission = "FULL_CONTROL" | "READ" | "READ_ACP" | "WRITE" | "WRITE_ACP";

export type Grantee =
  | { readonly type: "CanonicalUser"; readonly id: string }
  | { readonly type: "Group"; readonly uri: string }
  | { readonly type: "AmazonCustomerByEmail"; readonly email: string };

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

const GROUPS = "http://acs.amazonaws.com/groups";
const ALL_USERS = `${GROUPS}/global/AllUsers`;
const AUTHENTICATED = `${GROUPS}/global/AuthenticatedUsers`;
const LOG_DELIVERY = `${GROUPS}/s3/LogDelivery`;
/** Whom `aws-exec-read` lets read: EC2, as AWS documents it. */
const EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

export const isGroup = (uri: string): boolean =>
  uri === ALL_USERS || uri === AUTHENTICATED || uri === LOG_DELIVERY;

/** An account as an owner: 64 hexadecimal digits. */
export const isCanonicalId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

export const isPermission = (name: string | undefined): name is Permission =>
  name !== undefined && ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"].includes(name);

const group = (uri: string, permission: Permission): Grant => ({
  grantee: { type: "Group", uri },
  permission,
});

/** What each canned list adds to the owner's full control. */
const CANNED: Readonly<Record<string, readonly Grant[]>> = {
  private: [],
  "public-read": [group(ALL_USERS, "READ")],
  "public-read-write": [group(ALL_USERS, "READ"), group(ALL_USERS, "WRITE")],
  "authenticated-read": [group(AUTHENTICATED, "READ")],
  "aws-exec-read": [{ grantee: { type: "CanonicalUser", id: EC2 }, permission: "READ" }],
  "bucket-owner-read": [], // the bucket's owner is the object's
  "bucket-owner-full-control": [],
  "log-delivery-write": [group(LOG_DELIVERY, "WRITE"), group(LOG_DELIVERY, "READ_ACP")],
};

/** The grants of a canned list, the owner's first; undefined where there is none of this name. */
export function cannedGrants(name: string, owner: string): readonly Grant[] | undefined {
  const more = Object.hasOwn(CANNED, name) ? CANNED[name] : undefined;
  return more && [...ownerGrants(owner), ...more];
}

/** What holds where nobody said anything. */
export const ownerGrants = (owner: string): readonly Grant[] => [
  { grantee: { type: "CanonicalUser", id: owner }, permission: "FULL_CONTROL" },
];

/** Whether the list says no more than that the owner may do everything. */
export const isPrivate = (grants: readonly Grant[], owner: string): boolean =>
  grants.every(
    ({ grantee, permission }) =>
      grantee.type === "CanonicalUser" && grantee.id === owner && permission === "FULL_CONTROL",
  );

/** Whether somebody is let in whom nobody knows. */
export const isPublic = (grants: readonly Grant[]): boolean =>
  grants.some(
    ({ grantee }) =>
      grantee.type === "Group" && (grantee.uri === ALL_USERS || grantee.uri === AUTHENTICATED),
  );
