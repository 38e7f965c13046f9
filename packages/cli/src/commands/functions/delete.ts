/** `yunque functions delete NAME` */
import { Command } from "commander";
import { withLambda } from "../../lambda.ts";
import { type TargetOptions, withExamples, withTarget } from "../../options.ts";
import { say, sayJson } from "../../output.ts";
import { findTarget } from "../../target.ts";

interface DeleteOptions extends TargetOptions {
  readonly qualifier?: string;
}

export function create(): Command {
  const command = new Command("delete")
    .summary("delete a function")
    .description("Deletes a function with all its versions, or one version of it.")
    .argument("<function>", "its name or ARN")
    .option("--qualifier <version>", "delete this version only")
    .action(remove);
  return withExamples(
    withTarget(command),
    "yunque functions delete hello",
    "yunque functions delete hello --qualifier 3",
  );
}

async function remove(name: string, { endpoint, json, qualifier }: DeleteOptions): Promise<void> {
  await withLambda(findTarget(endpoint), ({ client, sdk }) =>
    client.send(
      new sdk.DeleteFunctionCommand({
        FunctionName: name,
        ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
      }),
    ),
  );
  if (json) sayJson({ deleted: name, ...(qualifier === undefined ? {} : { qualifier }) });
  else say(`deleted ${name}${qualifier === undefined ? "" : `:${qualifier}`}`);
}
