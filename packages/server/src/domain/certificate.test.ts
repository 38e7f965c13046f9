import assert from "node:assert/strict";
import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { certificateOf, pem } from "./certificate.ts";

test("a certificate is one to those who read them", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = certificateOf(
    {
      commonName: "sns.example",
      serial: Uint8Array.of(0x40, 2, 3),
      notBefore: Date.UTC(2026, 0, 2, 3, 4, 5),
      notAfter: Date.UTC(2049, 11, 31),
      publicKey: publicKey.export({ type: "spki", format: "der" }),
    },
    (bytes) => sign("sha256", bytes, privateKey),
  );
  const certificate = new X509Certificate(pem(der));
  assert.equal(certificate.subject, "CN=sns.example");
  assert.equal(certificate.issuer, "CN=sns.example");
  assert.equal(certificate.serialNumber, "400203");
  assert.equal(certificate.validFromDate.getTime(), Date.UTC(2026, 0, 2, 3, 4, 5));
  assert.equal(certificate.validToDate.getTime(), Date.UTC(2049, 11, 31));
  assert.ok(certificate.checkPrivateKey(privateKey));
  assert.ok(certificate.verify(publicKey));
});
