/** `yunque functions create NAME PATH` */
import { Command } from "commander";
import type { BuiltCode } from "../../bundle/build-code.ts";
import { pack } from "../../code/pack.ts";
import { withLambda } from "../../lambda.ts";
import {
  collect,
  type TargetOptions,
  variable,
  wholeNumber,
  withExamples,
  withTarget,
} from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { findTarget } from "../../target.ts";
import { createFunction, type FunctionOptions, functionExists, updateFunction } from "./deploy.ts";

interface CreateOptions extends TargetOptions, FunctionOptions {
  /** Change the function where it exists. */
  readonly update?: boolean;
  /** Bundle it first. */
  readonly build?: boolean;
}

export function create(): Command {
  const command = new Command("create")
    .summary("create a function from a directory, a file or a zip")
    .description(
      "Creates a function from a directory, a file or a zip, and waits until it can be called.\n" +
        "Runtime and handler are read off the code where they are not given.",
    )
    .argument("<name>", "1 to 64 letters, digits, dashes and underscores")
    .argument("<path>", "directory, file or zip with the code")
    .option("--handler <file.export>", "for example index.handler")
    .option("--runtime <name>", "for example nodejs22.x")
    .option("--memory <mb>", "megabytes of memory (128)", wholeNumber(128, 10_240))
    .option("--timeout <seconds>", "longest run of an invocation (3)", wholeNumber(1, 900))
    .option("--env <key=value>", "an environment variable; may be repeated", variable)
    .option("--layer <arn>", "a layer version; may be repeated", collect)
    .option("--description <text>", "what it is for")
    .option("--role <arn>", "its execution role")
    .option("--build", "bundle it first, as yunque build does")
    .option("--update", "where the function exists, replace its code and what is given here")
    .action(deploy);
  return withExamples(
    withTarget(command),
    "yunque functions create hello ./hello",
    "yunque functions create hello ./hello.mjs --memory 256 --env STAGE=dev",
    "yunque functions create api ./dist --handler server.handler --timeout 30 --update",
  );
}

async function deploy(name: string, path: string, options: CreateOptions): Promise<void> {
  const { endpoint, json, update = false, build = false, ...given } = options;
  const target = findTarget(endpoint);
  const { code, ...settings } = build
    ? { ...given, ...(await built(path, given)) }
    : { ...given, code: await pack(path) };
  const started = performance.now();
  const { verb, configuration } = await withLambda(target, async (lambda) => {
    if (update && (await functionExists(lambda, name)))
      return { verb: "updated", configuration: await updateFunction(lambda, name, code, settings) };
    const role = options.role ?? `arn:aws:iam::${target.account}:role/lambda`;
    const all = { ...settings, role };
    return { verb: "created", configuration: await createFunction(lambda, name, code, all) };
  });
  if (json) return sayJson({ ...configuration, $metadata: undefined });
  const { FunctionArn, Runtime, Handler } = configuration;
  const ms = Math.round(performance.now() - started);
  say(`${verb} ${FunctionArn} (${Runtime}, ${Handler}) in ${ms} ms`);
  say(`Call it with: yunque functions invoke ${name} -p '{}'`);
}

/** The bundler is loaded only by who wants it. */
async function built(path: string, { runtime, handler }: FunctionOptions): Promise<BuiltCode> {
  const { buildCode } = await import("../../bundle/build-code.ts");
  const made = await buildCode(path, runtime);
  return { ...made, handler: handler ?? made.handler };
}
