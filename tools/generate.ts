/**
 * npm run generate: writes what follows from the models and the doors. It is committed, so that it can be read and
 * searched; `npm run verify` holds the committed files against what would be written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelFile } from "../packages/server/src/aws/model-file.ts";
import { coveragePage } from "./coverage.ts";
import { errorsPage } from "./errors.ts";
import { SERVICES } from "./models/services.ts";
import { apiSource, catalogSource, indexSource } from "./models/typescript.ts";

const ROOT = join(import.meta.dirname, "..");
const API = "packages/server/src/aws/api";

/** Every generated file by its path from the root. */
async function generated(): Promise<Map<string, string>> {
  const models = SERVICES.map(
    (service) =>
      JSON.parse(readFileSync(join(ROOT, "models", `${service}.json`), "utf8")) as ModelFile,
  );
  const files = new Map(models.map((model) => [`${API}/${model.service}.ts`, apiSource(model)]));
  files.set(`${API}/index.ts`, indexSource(SERVICES));
  files.set(`${API}/catalog.ts`, catalogSource(models));
  files.set("docs/reference/coverage.md", await coveragePage());
  files.set("docs/reference/errors.md", errorsPage());
  return files;
}

/** One line per file that is not what it would be. */
export async function checkGenerated(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await generated())
    if (read(path) !== text) stale.push(`${path} is not what npm run generate writes`);
  return stale;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.main)
  for (const [path, text] of await generated()) writeFileSync(join(ROOT, path), text);
