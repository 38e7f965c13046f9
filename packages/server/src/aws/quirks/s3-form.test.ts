import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AwsError } from "../error.ts";
import { boundaryOf, readUploadForm } from "./s3-form.ts";

const BOUNDARY = "----form";
const field = (name: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (body: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".txt"\r\nContent-Type: text/plain\r\n\r\n${body}\r\n`;
const END = `--${BOUNDARY}--\r\n`;

async function read(text: string, size = text.length || 1) {
  const source = async function* () {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const form = await readUploadForm(source(), BOUNDARY);
  const chunks: Uint8Array[] = [];
  if (form.file) for await (const chunk of form.file.bytes) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  return { fields: Object.fromEntries(form.fields), name: form.file?.name, body };
}

describe("a form with a file", () => {
  const body = `line\r\n--${BOUNDARY.slice(0, -1)}\r\n\r\nnot the end --${BOUNDARY} é`;

  it("is read wherever the network cuts", async () => {
    const text = field("Key", "a/é") + field("empty", "") + file(body) + field("late", "x") + END;
    for (const size of [1, 2, 3, 5, 17, 1000])
      assert.deepEqual(
        await read(text, size),
        { fields: { key: "a/é", empty: "" }, name: 'a "b".txt', body },
        `pieces of ${size}`,
      );
  });

  it("may lack the file, or have an empty one", async () => {
    assert.deepEqual(await read(field("key", "k") + END), {
      fields: { key: "k" },
      name: undefined,
      body: "",
    });
    assert.equal((await read(file("") + END)).body, "");
  });

  for (const [what, text, code] of [
    ["nothing", "", "MalformedPOSTRequest"],
    ["another boundary", field("a", "b").replaceAll(BOUNDARY, "other"), "MalformedPOSTRequest"],
    ["a part without a name", `--${BOUNDARY}\r\nX: y\r\n\r\nz\r\n${END}`, "MalformedPOSTRequest"],
    ["a field that does not end", `${field("a", "b").slice(0, -2)}`, "MalformedPOSTRequest"],
    ["a file that does not end", file("half").slice(0, -2), "MalformedPOSTRequest"],
    [
      "too much before the file",
      field("a", "x".repeat(21 * 1024)) + file("b") + END,
      "MaxPostPreDataLengthExceeded",
    ],
    [
      "too many fields",
      field("a", "x".repeat(7000)).repeat(4) + file("b") + END,
      "MaxPostPreDataLengthExceeded",
    ],
  ] as const)
    it(`is refused with ${what}`, async () => {
      await assert.rejects(read(text), (error) => error instanceof AwsError && error.code === code);
    });
});

it("a boundary stands in the content type, with or without quotes", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=abc"), "abc");
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"'), "a b");
  assert.equal(boundaryOf("application/x-www-form-urlencoded"), undefined);
  assert.equal(boundaryOf(undefined), undefined);
});
