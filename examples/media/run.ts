/** Sends a video through the deployed example, and tells what happens as it happens. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { findToken } from "@yunque/server/admin-token";
import { type Clients, FUNCTION, INPUT_BUCKET, OUTPUT_BUCKET } from "./deploy.ts";

/** What the function logged of its steps, and Lambda of the whole. */
export interface Step {
  readonly name: string;
  readonly ms: number;
}

export interface Outcome {
  /** `s3://media-output/NAME/` */
  readonly place: string;
  readonly objects: readonly { readonly key: string; readonly bytes: number }[];
  /** What probe.json says. */
  readonly probe: unknown;
  /** Time from the upload's begin to the function's end. */
  readonly totalMs: number;
}

/** A minute is the function's own limit; its queue and its start are within the rest. */
const PATIENCE_MS = 90_000;

/**
 * Uploads a video and waits until the function has done its work.
 * @throws Error with what the function logged, where it fails.
 */
export async function run(
  origin: string,
  clients: Clients,
  video: string,
  report: (step: Step) => void,
): Promise<Outcome> {
  const started = performance.now();
  const Key = basename(video);
  const since = Date.now();
  const Body = await readFile(video);
  await clients.s3.send(
    new PutObjectCommand({ Bucket: INPUT_BUCKET, Key, Body, ContentType: "video/mp4" }),
  );
  report({ name: `upload to s3://${INPUT_BUCKET}/${Key}`, ms: performance.now() - started });
  await followLog(origin, since, report);
  const totalMs = performance.now() - started;
  const folder = `${Key.replace(/\.[^./]*$/, "")}/`;
  return { ...(await results(clients, folder)), totalMs };
}

/** Reads the function's log until its REPORT line: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
async function followLog(
  origin: string,
  since: number,
  report: (step: Step) => void,
): Promise<void> {
  const lines: string[] = [];
  for await (const message of logLines(origin, since)) {
    lines.push(message);
    const step = /\{"step":.*\}/.exec(message)?.[0];
    if (step) {
      const { step: name, ms } = JSON.parse(step) as { step: string; ms: number };
      report({ name, ms });
    }
    const end = /^REPORT .*?\tDuration: ([\d.]+) ms/.exec(message);
    if (!end) continue;
    const init = /Init Duration: ([\d.]+) ms/.exec(message)?.[1];
    if (init) report({ name: "cold start (Init Duration)", ms: Number(init) });
    report({ name: "function in all (Duration)", ms: Number(end[1]) });
    if (!lines.some((line) => line.includes('"step":"upload"')))
      throw new Error(`the function failed:\n${lines.join("\n")}`);
    return;
  }
  throw new Error(`the function did not end:\n${lines.join("\n")}`);
}

async function* logLines(origin: string, since: number): AsyncGenerator<string> {
  const url = `${origin}/_yunque/functions/${FUNCTION}/logs?follow=true&since=${since}`;
  const token = process.env["YUNQUE_ADMIN_TOKEN"] ?? findToken(origin, ".yunque");
  const { ok, status, body } = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!ok) throw new Error(`the platform does not show the function's log (${status})`);
  let rest = "";
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield (JSON.parse(line) as { message: string }).message;
  }
}

async function results({ s3 }: Clients, folder: string): Promise<Omit<Outcome, "totalMs">> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: OUTPUT_BUCKET, Prefix: folder }),
  );
  const { Body } = await s3.send(
    new GetObjectCommand({ Bucket: OUTPUT_BUCKET, Key: `${folder}probe.json` }),
  );
  const { probe } = JSON.parse((await Body?.transformToString()) ?? "{}") as { probe: unknown };
  return {
    place: `s3://${OUTPUT_BUCKET}/${folder}`,
    objects: Contents.map(({ Key = "", Size = 0 }) => ({ key: Key, bytes: Size })),
    probe,
  };
}
