import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  base64,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumOfParts,
  checksumTypesOf,
  createDigester,
  etagOfParts,
  isDigest,
} from "./checksum.ts";

/** The published check values for the text "123456789". */
const known: Record<ChecksumAlgorithm, string> = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  SHA1: "98O8HYCOBHMq32eZZczDTKeuNEE=",
  SHA256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
};
const text = Buffer.from("123456789");

function digest(algorithm: ChecksumAlgorithm, ...chunks: Uint8Array[]): string {
  const digester = createDigester(algorithm);
  for (const chunk of chunks) digester.update(chunk);
  return base64(digester.digest());
}

describe("checksums", () => {
  for (const algorithm of checksumAlgorithms) {
    it(`${algorithm} gives its published value`, () => {
      assert.equal(digest(algorithm, text), known[algorithm]);
    });

    it(`${algorithm} does not depend on where the chunks are cut`, () => {
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 89 + 3) & 255);
      const whole = digest(algorithm, bytes);
      for (let cut = 0; cut < 40; cut++)
        assert.equal(digest(algorithm, bytes.subarray(0, cut), bytes.subarray(cut)), whole);
    });
  }

  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const)
    it(`${algorithm} of a whole comes from those of its parts`, () => {
      const sizes = [1, 0, 17, 17, 5_000, 3];
      const parts = sizes.map((size, n) =>
        Uint8Array.from({ length: size }, (_, i) => (i + n) & 255),
      );
      const combined = checksumOfParts(
        algorithm,
        "FULL_OBJECT",
        parts.map((part) => ({ value: digest(algorithm, part), size: part.length })),
      );
      assert.equal(combined.value, digest(algorithm, ...parts));
      assert.equal(combined.type, "FULL_OBJECT");
    });

  it("a composite checksum is that of the parts' checksums", () => {
    const value = known.SHA256;
    const composite = checksumOfParts("SHA256", "COMPOSITE", [
      { value, size: 9 },
      { value, size: 9 },
    ]);
    const raw = Buffer.from(value, "base64");
    assert.equal(composite.value, digest("SHA256", raw, raw));
  });

  it("a multipart entity tag counts its parts", () => {
    // Recorded by AWS: one part "test content 123".
    assert.equal(
      etagOfParts(["eee506dd7ada7ded524c77e359a0e7c6"]),
      "b972025bc34adf8d76d6d51e93c035cc-1",
    );
  });

  it("only base64 of the right length is a digest", () => {
    assert.ok(isDigest("CRC32", "y/Q5Jg=="));
    for (const wrong of ["", "y/Q5", "y/Q5Jg", "not base64!", "rosUhgp5mIg="])
      assert.equal(isDigest("CRC32", wrong), false, wrong);
  });

  it("the first type of an algorithm is its default for multipart uploads", () => {
    assert.deepEqual(checksumAlgorithms.map(checksumTypesOf), [
      ["COMPOSITE", "FULL_OBJECT"],
      ["COMPOSITE", "FULL_OBJECT"],
      ["FULL_OBJECT"],
      ["COMPOSITE"],
      ["COMPOSITE"],
    ]);
  });
});
