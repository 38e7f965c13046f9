/**
 * A self-signed X.509 certificate for an RSA key, as DER. Signing is the caller's: it needs the key.
 * https://www.rfc-editor.org/rfc/rfc5280
 */

export interface CertificateContent {
  readonly commonName: string;
  /** At most 20 bytes; the first one below 0x80 and not 0. */
  readonly serial: Uint8Array;
  /** Milliseconds since the epoch, within the years 1950 to 2049. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, as DER. */
  readonly publicKey: Uint8Array;
}

/** `sign`: RSA with SHA-256 (PKCS #1 v1.5) of these bytes. */
export function certificateOf(
  content: CertificateContent,
  sign: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const name = sequence(element(0x31, sequence(objectId(COMMON_NAME), text(content.commonName))));
  const signed = sequence(
    element(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(content.serial),
    SHA256_WITH_RSA,
    name,
    sequence(time(content.notBefore), time(content.notAfter)),
    name,
    content.publicKey,
  );
  const signature = element(0x03, concat([Uint8Array.of(0), sign(signed)]));
  return sequence(signed, SHA256_WITH_RSA, signature);
}

/** DER between the lines of PEM. */
export function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const COMMON_NAME = [0x55, 0x04, 0x03];
const SHA256_WITH_RSA = sequence(
  objectId([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
  element(0x05, new Uint8Array()),
);

/** Tag, length and content. */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  if (length < 0x80) return concat([Uint8Array.of(tag, length), content]);
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return concat([Uint8Array.of(tag, 0x80 | bytes.length, ...bytes), content]);
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x30, concat(parts));
}
function objectId(bytes: readonly number[]): Uint8Array {
  return element(0x06, Uint8Array.from(bytes));
}
const integer = (bytes: Uint8Array): Uint8Array => element(0x02, bytes);
const text = (value: string): Uint8Array => element(0x0c, Buffer.from(value, "utf8"));

/** UTCTime: YYMMDDHHMMSSZ. */
const time = (at: number): Uint8Array =>
  element(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
