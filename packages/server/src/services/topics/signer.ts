/**
 * Signatures of messages, by a key and a certificate that the platform makes itself when it first needs them, and keeps.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { promisify } from "node:util";
import { certificateOf, pem } from "../../domain/certificate.ts";
import type { SignedWith } from "../../domain/topic-message.ts";
import type { Clock } from "../../ports/clock.ts";
import { RecordConflict, type Records } from "../../ports/records.ts";
import { SIGNING } from "./spaces.ts";

interface Kept {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

interface Identity {
  readonly key: KeyObject;
  readonly certificate: string;
  /** `/SimpleNotificationService-<32 hex digits>.pem` */
  readonly path: string;
}

const VALID_MS = 20 * 365 * 86_400_000;
const DAY_MS = 86_400_000;
const signAsync = promisify(sign);

export class Signer {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #origin: () => string;
  #identity: Promise<Identity> | undefined;

  constructor(records: Records, clock: Clock, origin: () => string) {
    this.#records = records;
    this.#clock = clock;
    this.#origin = origin;
  }

  /** Signs with SHA-1 (version 1) or SHA-256 (version 2), on a thread of its own. */
  async sign(text: string, version: "1" | "2"): Promise<SignedWith> {
    const { key, path } = await this.#ready();
    const algorithm = version === "1" ? "sha1" : "sha256";
    const signature = await signAsync(algorithm, Buffer.from(text), key);
    return {
      version,
      signature: signature.toString("base64"),
      certificateUrl: this.#origin() + path,
    };
  }

  /** The certificate under this path, as PEM. */
  async certificate(path: string): Promise<string | undefined> {
    const identity = await this.#ready();
    return identity.path === path ? identity.certificate : undefined;
  }

  async #ready(): Promise<Identity> {
    this.#identity ??= this.#open();
    try {
      return await this.#identity;
    } catch (error) {
      this.#identity = undefined;
      throw error;
    }
  }

  async #open(): Promise<Identity> {
    const known = await this.#records.get<Kept>(SIGNING, "key");
    if (known !== undefined) return identityOf(known.value);
    const kept = await made(this.#clock.now());
    try {
      await this.#records.commit([{ put: kept, space: SIGNING, id: "key", expect: 0 }]);
    } catch (error) {
      if (error instanceof RecordConflict) return this.#open(); // another one made its own
      throw error;
    }
    return identityOf(kept);
  }
}

async function made(now: number): Promise<Kept> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
  });
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40; // positive, and not shortened
  const content = {
    commonName: "sns.amazonaws.com",
    serial,
    notBefore: now - DAY_MS,
    notAfter: Math.min(now + VALID_MS, Date.UTC(2049, 11, 31)),
    publicKey: publicKey.export({ type: "spki", format: "der" }),
  };
  const der = certificateOf(content, (bytes) => sign("sha256", bytes, privateKey));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    certificate: pem(der),
  };
}

function identityOf({ key, certificate }: Kept): Identity {
  const name = createHash("sha256").update(certificate).digest("hex").slice(0, 32);
  return {
    key: createPrivateKey(key),
    certificate,
    path: `/SimpleNotificationService-${name}.pem`,
  };
}
