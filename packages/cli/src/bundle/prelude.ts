/**
 * What CommonJS code misses in an ES module: `require` for what is not bundled, and the names of file and folder. They
 * are put before a bundle that uses them.
 */

/** esbuild writes these names where code uses what only CommonJS has and did not declare itself. */
export const CJS_NAMES = { __dirname: "__bundle_dirname", __filename: "__bundle_filename" };

/** The error of esbuild's own stand-in for `require`, which is there wherever a bundle may call it. */
const REQUIRES = "Dynamic require of";

/** The bundle with what it misses before it, on a line of its own that the source map knows. */
export function withPrelude(
  code: string,
  map: string | undefined,
): { code: string; map: string | undefined } {
  const parts = [];
  if (code.includes(REQUIRES))
    parts.push(
      'import { createRequire as __bundle_createRequire } from "node:module";',
      "const require = __bundle_createRequire(import.meta.url);",
    );
  if (code.includes(CJS_NAMES.__filename) || code.includes(CJS_NAMES.__dirname))
    parts.push(
      'import { fileURLToPath as __bundle_toPath } from "node:url";',
      `const ${CJS_NAMES.__filename} = __bundle_toPath(import.meta.url);`,
      `const ${CJS_NAMES.__dirname} = ${CJS_NAMES.__filename}.replace(/[/\\\\][^/\\\\]*$/, "");`,
    );
  if (parts.length === 0) return { code, map };
  return { code: `${parts.join(" ")}\n${code}`, map: map && shifted(map) };
}

/** Each line of a bundle is a group in `mappings` (ECMA-426, 10.2): one more line is one more `;`. */
function shifted(map: string): string {
  const parsed = JSON.parse(map) as { mappings: string };
  return JSON.stringify({ ...parsed, mappings: `;${parsed.mappings}` });
}
