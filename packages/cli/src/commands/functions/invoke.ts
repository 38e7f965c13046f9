/** `yunque functions invoke NAME` */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { InvokeCommandOutput } from "@aws-sdk/client-lambda";
import { Command } from "commander";
import { Failure } from "../../failure.ts";
import { withLambda } from "../../lambda.ts";
import { type TargetOptions, withExamples, withTarget } from "../../options.ts";
import { printable, say, sayJson } from "../../output.ts";
import { findTarget } from "../../target.ts";

interface InvokeOptions extends TargetOptions {
  readonly payload?: string;
  readonly async?: boolean;
  readonly log?: boolean;
  readonly qualifier?: string;
}

export function create(): Command {
  const command = new Command("invoke")
    .summary("call a function")
    .description(
      "Calls a function and prints what it answers. The exit code is 1 where the function failed.",
    )
    .argument("<function>", "its name or ARN")
    .option("-p, --payload <json>", "the event: JSON text, @FILE, or - for stdin (default: {})")
    .option("--qualifier <name>", "a version or an alias")
    .option("--async", "hand the event over without waiting for the function")
    .option("--log", "show the end of the invocation's log")
    .action(invoke);
  return withExamples(
    withTarget(command),
    `yunque functions invoke hello -p '{"name":"Ada"}' --log`,
    "yunque functions invoke hello -p @event.json",
    "echo 42 | yunque functions invoke hello -p -",
  );
}

async function invoke(name: string, options: InvokeOptions): Promise<void> {
  const payload = await readPayload(options.payload ?? "{}");
  const output = await withLambda(findTarget(options.endpoint), ({ client, sdk }) =>
    client.send(
      new sdk.InvokeCommand({
        FunctionName: name,
        Payload: payload,
        InvocationType: options.async ? "Event" : "RequestResponse",
        ...(options.log && !options.async ? { LogType: "Tail" } : {}),
        ...(options.qualifier === undefined ? {} : { Qualifier: options.qualifier }),
      }),
    ),
  );
  if (output.FunctionError) process.exitCode = 1;
  if (options.json) sayJson(summary(output));
  else print(output);
}

/** @throws Failure where there is no such file, or it holds no JSON. */
async function readPayload(text: string): Promise<Uint8Array> {
  const bytes = await payloadBytes(text);
  try {
    JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new Failure(
      `the payload is no JSON: ${(error as Error).message}`,
      `Quote it for the shell, -p '{"name":"Ada"}', or put it in a file: -p @event.json`,
    );
  }
  return bytes;
}

async function payloadBytes(text: string): Promise<Buffer> {
  if (text === "-") return buffer(process.stdin);
  if (!text.startsWith("@")) return Buffer.from(text);
  try {
    return await readFile(text.slice(1));
  } catch (error) {
    throw new Failure(`cannot read the payload: ${(error as Error).message}`);
  }
}

function print(output: InvokeCommandOutput): void {
  const log = logOf(output);
  if (log !== undefined) process.stderr.write(`${printable(log).trimEnd()}\n\n`);
  const answer = output.StatusCode === 202 ? "accepted" : payloadOf(output);
  say(process.stdout.isTTY ? printable(answer) : answer);
  if (output.FunctionError) process.stderr.write("yunque: the function failed\n");
}

function summary(output: InvokeCommandOutput): unknown {
  return {
    requestId: output.$metadata.requestId,
    statusCode: output.StatusCode,
    executedVersion: output.ExecutedVersion,
    functionError: output.FunctionError,
    payload: parsed(payloadOf(output)),
    log: logOf(output),
  };
}

const payloadOf = ({ Payload }: InvokeCommandOutput): string => Payload?.transformToString() ?? "";

/** Custom runtimes may answer what is no JSON. */
function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function logOf({ LogResult }: InvokeCommandOutput): string | undefined {
  return LogResult === undefined ? undefined : Buffer.from(LogResult, "base64").toString("utf8");
}
