/**
 * Holds the import rules of ARCHITECTURE.md: each room of the server imports only from the rooms below it.
 * Tests, their fixtures and contract suites may import anything.
 */
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

const SERVER = resolve(import.meta.dirname, "../packages/server/src");

/** What a room may import, besides itself. `services/*` stands for another service's index.ts alone. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ["domain"],
  services: ["domain", "ports", "services/*"],
  scaling: ["domain", "ports", "services/*"],
  engines: ["domain", "ports"],
  runtimes: ["domain", "ports", "scaling", "http"],
  http: [],
  cluster: ["domain", "ports", "scaling", "runtimes", "http"],
  aws: ["services/*", "domain"],
  admin: ["services/*", "domain"],
};

/** The packages that may not reach into another package's sources, and what they may name instead. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = { cli: ["@yunque/server"] };

/** One line per import that breaks a rule; empty where all is well. */
export async function checkImports(): Promise<string[]> {
  const broken: string[] = [];
  for await (const file of glob("**/*.ts", { cwd: SERVER })) {
    if (/(\.test|\.contract|fixture)\.ts$/.test(file)) continue;
    for (const target of importsOf(join(SERVER, file))) {
      const rule = breach(file, relative(SERVER, target));
      if (rule) broken.push(`packages/server/src/${file}: ${rule}`);
    }
  }
  for (const [name, allowed] of Object.entries(PACKAGES)) {
    const root = resolve(SERVER, "../..", name, "src");
    for await (const file of glob("**/*.ts", { cwd: root })) {
      for (const target of importsOf(join(root, file)))
        if (!target.startsWith(root))
          broken.push(`packages/${name}/src/${file}: reaches out of its package (use ${allowed})`);
    }
  }
  return broken.sort();
}

function breach(from: string, to: string): string | undefined {
  const [room = "", service = ""] = from.split("/");
  const [target = "", other = "", ...rest] = to.split("/");
  const rules = MAY_IMPORT[room];
  if (!rules) return undefined; // main.ts, front/ and config.ts see everything
  if (!to.includes("/")) return room === target ? undefined : `${room} may not import ${to}`;
  if (room !== target)
    return allows(rules, target, rest, other) ? undefined : `${room} may not import ${to}`;
  if (room === "services" && service !== other && !isIndex(rest))
    return `a service imports another one only by its index.ts, not ${to}`;
  return undefined;
}

function allows(rules: readonly string[], room: string, rest: string[], service: string): boolean {
  if (rules.includes(room)) return true;
  return rules.includes(`${room}/*`) && service !== "" && isIndex(rest);
}

const isIndex = (rest: readonly string[]): boolean => rest.length === 1 && rest[0] === "index.ts";

function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const found = source.matchAll(
    /^(?:import|export)\b[^;"']*?\bfrom\s+["'](\.[^"']+)["']|^import\s+["'](\.[^"']+)["']|\bimport\(\s*["'](\.[^"']+)["']/gm,
  );
  return [...found].map((match) => resolve(dirname(file), match[1] ?? match[2] ?? match[3] ?? ""));
}
