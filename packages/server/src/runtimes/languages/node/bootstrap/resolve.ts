/**
 * Where a handler's packages come from, as in Lambda: its own node_modules, then the layers', then what the runtime
 * brings (the AWS SDK). And from nowhere else: the code may lie inside of a project whose node_modules are not its own.
 */
import * as nodeModule from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOldResolution } from "./resolve-old.ts";

/** What Lambda's own runtime brings along. */
const BROUGHT = /^@(aws-sdk|smithy|aws-crypto|aws)\//;
const BARE = /^[^./:][^:]*$/;

interface Places {
  readonly taskRoot: string;
  readonly layers: string;
  readonly runtimeModules: string;
}
type Resolved = { url: string; format?: string | null | undefined; shortCircuit?: boolean };
interface Asked {
  readonly conditions: readonly string[];
  readonly parentURL?: string | undefined;
}
type Next = (specifier: string, context?: Partial<Asked>) => Resolved;

/**
 * Makes ready what does not depend on the function, and answers what installs the rules above, for `require` and
 * `import` alike.
 */
export function prepareResolution(): (places: Places) => void {
  if ("registerHooks" in nodeModule) return prepareHooks();
  const tell = prepareOldResolution(); // before Node.js 22.15
  return ({ taskRoot, layers, runtimeModules }) => {
    const places = { taskRoot, layers, runtimeModules };
    const files = (specifier: string) => placesFor(specifier, places);
    tell({
      own: [taskRoot, layers],
      runtime: runtimeModules,
      brought: { pattern: BROUGHT.source, files: files("@aws-sdk/any") },
      others: files("any"),
    });
  };
}

/** Node.js's own hooks are there from the start, and rule over nothing until they are told of places. */
function prepareHooks(): (places: Places) => void {
  let places: Places = { taskRoot: "", layers: "", runtimeModules: "" };
  let own: string[] = [];
  let runtime = "";
  const inside = (url: string | undefined) => !!url && own.some((root) => url.startsWith(root));
  let asking = false; // require.resolve() below comes through here again

  const resolve = (specifier: string, context: Asked, next: Next): Resolved => {
    if (asking || !BARE.test(specifier) || !inside(context.parentURL))
      return next(specifier, context);
    const natural = attempt(() => next(specifier, context));
    const { value } = natural;
    if (value && (inside(value.url) || !value.url.startsWith("file:"))) return value;
    for (const place of placesFor(specifier, places)) {
      const found = attempt(() => {
        asking = true;
        try {
          return resolveFrom(place, specifier, context, next);
        } finally {
          asking = false;
        }
      });
      // NODE_PATH leads to everything that lies beside the SDK, too.
      const { value } = found;
      if (value && (BROUGHT.test(specifier) || !value.url.startsWith(runtime))) return value;
    }
    throw natural.error ?? notFound(specifier, context);
  };
  // Types of the hook are stricter than what it passes on; the shapes are those of node:module.
  nodeModule.registerHooks({ resolve } as unknown as nodeModule.RegisterHooksOptions);
  return (told) => {
    places = told;
    own = [places.taskRoot, places.layers].map((path) => `${pathToFileURL(path).href}/`);
    runtime = `${pathToFileURL(places.runtimeModules).href}/`;
  };
}

/** Files in whose name a package is looked for, in order. */
function placesFor(specifier: string, { taskRoot, layers, runtimeModules }: Places): string[] {
  const major = /nodejs(\d+)/.exec(process.env["AWS_EXECUTION_ENV"] ?? "")?.[1] ?? "";
  return [
    join(layers, "nodejs", `node${major}`, "_"),
    join(layers, "nodejs", "_"),
    ...(BROUGHT.test(specifier) ? [join(runtimeModules, "_")] : []),
    join(taskRoot, "_"),
  ];
}

function resolveFrom(place: string, specifier: string, context: Asked, next: Next): Resolved {
  if (!context.conditions.includes("require"))
    return next(specifier, { ...context, parentURL: pathToFileURL(place).href });
  const path = nodeModule.createRequire(place).resolve(specifier);
  return { url: pathToFileURL(path).href, shortCircuit: true };
}

/** What Node.js says where a package is nowhere. */
function notFound(specifier: string, { conditions, parentURL }: Asked): Error {
  const parent = parentURL ? decodeURIComponent(new URL(parentURL).pathname) : "";
  return conditions.includes("require")
    ? Object.assign(new Error(`Cannot find module '${specifier}'\nRequire stack:\n- ${parent}`), {
        code: "MODULE_NOT_FOUND",
        requireStack: [parent],
      })
    : Object.assign(new Error(`Cannot find package '${specifier}' imported from ${parent}`), {
        code: "ERR_MODULE_NOT_FOUND",
      });
}

function attempt<T>(action: () => T): { value?: T; error?: unknown } {
  try {
    return { value: action() };
  } catch (error) {
    return { error };
  }
}
