/** Who a program is: outside, to the kernel; inside, always Lambda's sbx_user1051, an ordinary user. */

/** `own`: a user of its own on the host, as only root can give. `mapped`: the platform's user under another number. */
export interface Identity {
  readonly kind: "own" | "mapped";
  /** As the program sees them. */
  readonly uid: number;
  readonly gid: number;
  /** The program is gone: the number may be given again. */
  readonly release: () => void;
}

export type Identities = () => Identity;

/** Numbers that no distribution, container engine or systemd hands out; below 2^31, which some programs take for a sign. */
const FIRST_UID = 2_000_000_000;
const GID = 2_000_000_000;
/** Platforms on one machine start at different places, so that they rarely share a number. */
const PLACES = 1_000;
const PER_PLACE = 1_000;

const MAPPED: Identity = { kind: "mapped", uid: 993, gid: 990, release: () => {} };

/** As root each program is a user of its own: even without its walls it could not touch another one. */
export function identities(isRoot = process.getuid?.() === 0): Identities {
  if (!isRoot) return () => MAPPED;
  const first = FIRST_UID + (process.pid % PLACES) * PER_PLACE;
  const taken = new Set<number>();
  return () => {
    let uid = first;
    while (taken.has(uid)) uid++;
    taken.add(uid);
    return { kind: "own", uid, gid: GID, release: () => void taken.delete(uid) };
  };
}

/** /etc/passwd as the program sees it. */
export const passwdOf = ({ uid, gid }: Pick<Identity, "uid" | "gid">): string =>
  [
    "root:x:0:0:root:/root:/sbin/nologin",
    `sbx_user1051:x:${uid}:${gid}::/home/sbx_user1051:/sbin/nologin`,
    "nobody:x:65534:65534:nobody:/:/sbin/nologin",
    "",
  ].join("\n");

/** /etc/group as the program sees it. */
export const groupOf = ({ gid }: Pick<Identity, "gid">): string =>
  ["root:x:0:", `sbx_group:x:${gid}:`, "nogroup:x:65534:", ""].join("\n");
