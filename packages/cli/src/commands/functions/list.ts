/** `yunque functions list` */
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { Command } from "commander";
import { type Lambda, withLambda } from "../../lambda.ts";
import { type TargetOptions, withExamples, withTarget } from "../../options.ts";
import { say, sayJson, table } from "../../output.ts";
import { findTarget } from "../../target.ts";

export function create(): Command {
  const command = new Command("list").summary("list functions").action(list);
  return withExamples(
    withTarget(command.description("Lists all functions.")),
    "yunque functions list",
    "yunque functions list --json",
  );
}

async function list(options: TargetOptions): Promise<void> {
  const functions = await withLambda(findTarget(options.endpoint), allFunctions);
  if (options.json) return sayJson(functions);
  if (functions.length === 0)
    return say("There are no functions yet: yunque functions create NAME PATH");
  say(table(["NAME", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "CHANGED"], functions.map(row)));
}

async function allFunctions({ client, sdk }: Lambda): Promise<FunctionConfiguration[]> {
  const functions: FunctionConfiguration[] = [];
  for await (const page of sdk.paginateListFunctions({ client }, {}))
    functions.push(...(page.Functions ?? []));
  return functions;
}

function row(one: FunctionConfiguration): string[] {
  return [
    one.FunctionName ?? "",
    one.Runtime ?? "-",
    one.Handler ?? "-",
    `${one.MemorySize} MB`,
    `${one.Timeout} s`,
    (one.LastModified ?? "").slice(0, 19).replace("T", " "),
  ];
}
