import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";
import { link } from "./link.ts";

const run = (sources: Record<string, string>, main = "main.ts"): unknown => {
  const script = link(new Map(Object.entries(sources)), main);
  const result: { value?: unknown } = {};
  vm.runInNewContext(`(function (require, __filename, result) {${script}})`)(
    (name: string) => process.getBuiltinModule(name),
    "/boot/main.cjs",
    result,
  );
  return result.value;
};

describe("linking modules into one script", () => {
  it("gives each module what it imports, once", () => {
    const value = run({
      "main.ts": `import { next } from "./lib/counter.ts";\nimport { twice } from "./twice.ts";\nresult.value = [next(), twice()];`,
      "twice.ts": `import { next as step } from "./lib/counter.ts";\nexport const twice = () => step() + step();`,
      "lib/counter.ts": "let count = 0;\nexport function next() { return ++count; }",
    });
    assert.deepEqual([...(value as number[])], [1, 5]);
  });

  it("keeps the modules' own names apart", () => {
    const value = run({
      "main.ts": `import { get } from "./a.ts";\nconst SECRET = "main";\nresult.value = SECRET + get();`,
      "a.ts": `const SECRET = "a";\nexport const get = () => SECRET;`,
    });
    assert.equal(value, "maina");
  });

  it("requires what Node.js has, by name and as a whole", () => {
    const value = run({
      "main.ts": `import { join } from "node:path";\nimport * as path from "node:path";\nresult.value = [join("a", "b"), path.sep, import.meta.url];`,
    });
    assert.deepEqual([...(value as string[])], ["a/b", "/", "file:///boot/main.cjs"]);
  });

  it("exports classes and async functions", () => {
    const value = run({
      "main.ts": `import { A, b } from "./a.ts";\nresult.value = [new A().x, typeof b];`,
      "a.ts": "export class A { x = 1; }\nexport async function b() {}",
    });
    assert.deepEqual([...(value as unknown[])], [1, "function"]);
  });

  const refused: [string, Record<string, string>, RegExp][] = [
    [
      "a default export",
      { "main.ts": "export default 1;" },
      /main\.ts has what cannot be linked: export default 1/,
    ],
    [
      "an import for its effects",
      { "main.ts": `import "./a.ts";`, "a.ts": "" },
      /cannot be linked/,
    ],
    ["a re-export", { "main.ts": `export { a } from "./a.ts";`, "a.ts": "" }, /cannot be linked/],
    ["a module that is not there", { "main.ts": `import { a } from "./a.ts";` }, /no module a\.ts/],
    [
      "a circle",
      {
        "main.ts": `import { a } from "./a.ts";`,
        "a.ts": `import { b } from "./main.ts";\nexport const a = 1;`,
      },
      /main\.ts imports itself/,
    ],
  ];
  for (const [name, sources, message] of refused)
    it(`refuses ${name}`, () =>
      assert.throws(() => link(new Map(Object.entries(sources)), "main.ts"), message));
});
