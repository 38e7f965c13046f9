/** `yunque build` */
import { stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { Argument, Command, Option } from "commander";
import { type BuildFlags, bundleOptions, loader, USUAL_RUNTIME } from "../bundle/build-options.ts";
import { type Bundle, bundle } from "../bundle/bundle.ts";
import { packageOf, readManifest } from "../bundle/package-of.ts";
import { findProject, type Project } from "../bundle/project.ts";
import { packBundle, writeBundle } from "../bundle/write.ts";
import { bytesText } from "../bytes.ts";
import { collect, withExamples, withJson } from "../options.ts";
import { printable, say, sayJson, table } from "../output.ts";

interface BuildOptions extends BuildFlags {
  readonly out: string;
  readonly json?: boolean;
}

export function create(): Command {
  const command = new Command()
    .description(
      "Bundles a Node.js function: one file of its sources, JavaScript or TypeScript, and of what they import.\n" +
        "What is not used is left out, and so is the AWS SDK, which the runtime brings.",
    )
    .addArgument(new Argument("[path]", "the handler's file, or its directory").default("."))
    .option("--out <path>", "directory or .zip to write", "dist")
    .option("--runtime <name>", `what it will run on (${USUAL_RUNTIME})`)
    .addOption(
      new Option("--format <name>", "kind of module (that of the source)").choices(["esm", "cjs"]),
    )
    .option("--minify", "leave out white space and write more briefly; names stay (default)")
    .option("--no-minify", "keep the code readable")
    .option(
      "--external <name>",
      "a package to leave out: a layer brings it; may be repeated",
      collect,
    )
    .option("--bundle-sdk", "bundle the AWS SDK, too")
    .option(
      "--loader <.ending=kind>",
      "what imported files of this ending are, for example .html=text",
      loader,
    )
    .option("--no-sourcemap", "write no source map; stack traces then show the bundle's lines")
    .action(build);
  return withExamples(
    withJson(command),
    "yunque build",
    "yunque build src/app.ts --out app.zip --runtime nodejs24.x",
    "yunque build --no-minify && yunque functions create hello dist",
  );
}

async function build(path: string, options: BuildOptions): Promise<void> {
  const project = await findProject(path);
  const built = await bundle(project, bundleOptions(options));
  const out = resolve(options.out);
  const zipped = (await writeBundle(built, out)) ?? (await packBundle(built)).zip.length;
  const packages = await packagesOf(project, built);
  if (options.json) {
    const { handler, brought, warnings, kept, files } = built;
    return sayJson({
      out,
      handler,
      files: files.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
      kept: kept.map(({ target }) => target),
      zippedBytes: zipped,
      sources: {
        files: built.modules.length,
        bytes: sum(built.modules.map(({ before }) => before)),
      },
      packages,
      leftToRuntime: brought,
      warnings,
    });
  }
  print(built, packages, zipped);
  const where = relative(process.cwd(), out) || ".";
  const shown = (await stat(out)).isDirectory() ? join(where, "/") : where;
  say(`\nwrote ${printable(shown, false)} (handler ${printable(built.handler, false)})`);
  say(
    `Deploy it with: yunque functions create NAME ${printable(where, false)} --handler ${printable(built.handler, false)}`,
  );
}

interface BundledPackage {
  /** `name@version`, or empty for the function's own code. */
  readonly name: string;
  readonly files: number;
  /** Of its sources, and what is left of them in the bundle. */
  readonly before: number;
  readonly after: number;
}

/** What the bundle is made of: the function's own code, then packages, the largest first. */
async function packagesOf({ root }: Project, { modules }: Bundle): Promise<BundledPackage[]> {
  const packages = new Map<string, BundledPackage>();
  for (const { path, bytes, before } of modules) {
    const directory = packageOf(path)?.directory ?? "";
    const {
      files,
      before: b,
      after,
    } = packages.get(directory) ?? { files: 0, before: 0, after: 0 };
    packages.set(directory, {
      name: "",
      files: files + 1,
      before: b + before,
      after: after + bytes,
    });
  }
  const named = [...packages].map(async ([directory, counted]) => {
    if (directory === "") return counted;
    const { version } = await readManifest(join(root, directory, "package.json"));
    const name = packageOf(directory)?.name ?? directory;
    return { ...counted, name: typeof version === "string" ? `${name}@${version}` : name };
  });
  return (await Promise.all(named)).sort(
    (a, b) => Number(b.name === "") - Number(a.name === "") || b.after - a.after,
  );
}

const MOST_SHOWN = 8;

function print(built: Bundle, packages: readonly BundledPackage[], zipped: number): void {
  const { files, modules, kept, brought, warnings } = built;
  const before = sum(modules.map((one) => one.before));
  const after = sum(
    files.filter(({ name }) => !name.endsWith(".map")).map((one) => one.bytes.length),
  );
  const rows = packages
    .slice(0, MOST_SHOWN)
    .map((one) => [
      one.name === "" ? "your own code" : one.name,
      String(one.files),
      bytesText(one.before),
      bytesText(one.after),
    ]);
  if (packages.length > MOST_SHOWN) {
    const rest = packages.slice(MOST_SHOWN);
    rows.push([
      `${rest.length} more`,
      String(sum(rest.map((one) => one.files))),
      bytesText(sum(rest.map((one) => one.before))),
      bytesText(sum(rest.map((one) => one.after))),
    ]);
  }
  rows.push(["all", String(modules.length), bytesText(before), bytesText(after)]);
  say(table(["FROM", "FILES", "BEFORE", "BUNDLED"], rows));
  const maps = files.filter(({ name }) => name.endsWith(".map"));
  if (maps.length > 0) say(`\nsource map: ${bytesText(sum(maps.map((one) => one.bytes.length)))}`);
  say(`zipped: ${bytesText(zipped)}`);
  if (brought.length > 0) say(printable(`left to the runtime: ${brought.join(", ")}`));
  if (kept.length > 0)
    say(
      printable(
        `kept whole, with this machine's code: ${kept.map(({ target }) => target).join(", ")}`,
      ),
    );
  for (const warning of warnings.slice(0, MOST_WARNINGS)) warn(warning);
  if (warnings.length > MOST_WARNINGS) warn(`and ${warnings.length - MOST_WARNINGS} more (--json)`);
}

const MOST_WARNINGS = 12;

function warn(text: string): void {
  process.stderr.write(`note: ${printable(text, false)}\n`);
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
