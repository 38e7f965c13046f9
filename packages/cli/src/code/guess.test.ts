import assert from "node:assert/strict";
import { test } from "node:test";
import { guess } from "./guess.ts";

/** Guesses over files given as `{ path: text }`. */
const guessOf = (files: Record<string, string>) =>
  guess({ names: Object.keys(files), read: async (name) => files[name] });

const cases: [what: string, files: Record<string, string>, expected: string][] = [
  ["an ES module", { "index.mjs": "export const handler = 1" }, "nodejs22.x index.handler"],
  [
    "an async function",
    { "index.mjs": "export async function handler() {}" },
    "nodejs22.x index.handler",
  ],
  ["CommonJS", { "index.js": "exports.handler = async () => 1" }, "nodejs22.x index.handler"],
  ["an exported object", { "app.js": "module.exports = { run: go }" }, "nodejs22.x app.run"],
  ["an export list", { "index.js": "export { go as handler, x }" }, "nodejs22.x index.handler"],
  ["the only export", { "index.js": "exports.main = f" }, "nodejs22.x index.main"],
  [
    "no export that can be read",
    { "index.js": "require('x')(module)" },
    "nodejs22.x index.handler",
  ],
  [
    "the usual file among others",
    { "a.js": "", "z.js": "", "handler.js": "" },
    "nodejs22.x handler.handler",
  ],
  ["the only script", { "thumbnail.mjs": "", "README.md": "" }, "nodejs22.x thumbnail.handler"],
  [
    "main of package.json",
    {
      "package.json": '{"main":"./dist/api.js"}',
      "dist/api.js": "exports.handler=f",
      "index.js": "",
    },
    "nodejs22.x dist/api.handler",
  ],
  [
    "a main that is not there",
    { "package.json": '{"main":"no.js"}', "index.js": "" },
    "nodejs22.x index.handler",
  ],
  ["a broken package.json", { "package.json": "{", "index.js": "" }, "nodejs22.x index.handler"],
  [
    "Python",
    { "lambda_function.py": "def helper():\n  pass\ndef lambda_handler(event, context):\n  pass" },
    "python3.13 lambda_function.lambda_handler",
  ],
  ["a custom runtime", { bootstrap: "", "lib/x.so": "" }, "provided.al2023 bootstrap"],
];
for (const [what, files, expected] of cases)
  test(`${what} is understood`, async () => {
    const { runtime, handler } = await guessOf(files);
    assert.equal(`${runtime} ${handler}`, expected);
  });

test("TypeScript is refused with the command that compiles it", async () => {
  await assert.rejects(guessOf({ "index.ts": "" }), { name: "Failure", hint: /yunque build/ });
});

test("several exports and none called handler: the person has to say which", async () => {
  await assert.rejects(guessOf({ "index.js": "exports.a = f; exports.b = g" }), {
    message: "index.js exports a, b: which one is the handler?",
    hint: "Say it: --handler index.a",
  });
});

test("several scripts and none with a usual name: the person has to say which", async () => {
  await assert.rejects(guessOf({ "a.js": "", "b.js": "" }), { hint: /--handler/ });
});

test("without the text of the files the usual names are taken", async () => {
  const read = async () => undefined;
  const { handler } = await guess({ names: ["index.js", "node_modules/x/index.js"], read });
  assert.equal(handler, "index.handler");
});
