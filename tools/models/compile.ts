/**
 * npm run models: compiles AWS's API models, as botocore publishes them, into models/; what follows from them is
 * written by `npm run generate`. The output is committed, so only who raises the release needs Python and pip.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ModelFile } from "../../packages/server/src/aws/model-file.ts";
import { readSourceModel, withBotocore } from "./botocore.ts";
import { condense } from "./condense.ts";
import { applyPatches, readPatches } from "./patch.ts";
import { BOTOCORE_VERSION, SERVICES } from "./services.ts";

const HELP = `npm run models -- [--from DIR]

Compiles the API models of botocore ${BOTOCORE_VERSION} for ${SERVICES.length} services into models/<service>.json, with the
corrections of models/patches/ applied. Then: npm run generate.

  --from DIR   an unpacked botocore (its root, or its data directory).
               Without it: pip and python3 are needed, and the wheel is fetched from pip's index.
  --help       this text
`;

const { values } = parseArgs({ options: { from: { type: "string" }, help: { type: "boolean" } } });
if (values.help) process.stdout.write(HELP);
else withBotocore(values.from, compileAll);

function compileAll(data: string): void {
  const root = join(import.meta.dirname, "../../models");
  let operations = 0;
  for (const service of SERVICES) {
    const source = readSourceModel(data, service);
    applyPatches(source, readPatches(join(root, "patches", `${service}.json`)));
    const model = condense(service, source);
    writeFileSync(join(root, `${service}.json`), modelText(model));
    operations += Object.keys(model.operations).length;
  }
  process.stdout.write(`${SERVICES.length} services, ${operations} operations\n`);
}

/** JSON with one operation and one shape per line, so that a new release reads as a diff. */
function modelText({ operations, shapes, ...head }: ModelFile): string {
  const lines = (entries: object) =>
    Object.entries(entries)
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(",\n");
  const top = Object.entries(head)
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`)
    .join("");
  return `{\n${top}  "operations": {\n${lines(operations)}\n  },\n  "shapes": {\n${lines(shapes)}\n  }\n}\n`;
}
