/** Sends orders to the deployed shop, and waits for what they lead to. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, StartMessageMoveTaskCommand } from "@aws-sdk/client-sqs";
import { BUCKET, type Clients, type Deployed } from "./deploy.ts";

/** Sends an order to the function URL. Answers its id. */
export async function placeOrder(origin: string, url: string, order: unknown): Promise<string> {
  const { status, body } = await post(origin, url, JSON.stringify(order));
  if (status !== 202) throw new Error(`the order was refused (${status}): ${body}`);
  return (JSON.parse(body) as { id: string }).id;
}

/** POSTs to a function URL by its path on the platform: its host's name need not be known to any name server. */
export async function post(
  origin: string,
  url: string,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const [id] = new URL(url).hostname.split(".");
  const response = await fetch(`${origin}/_url/${id}/`, { method: "POST", body });
  return { status: response.status, body: await response.text() };
}

/** While the bank is down no payment succeeds. */
export async function setBank({ s3 }: Clients, state: "up" | "down"): Promise<void> {
  const Key = "bank-is-down";
  if (state === "up") await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
  else await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "yes" }));
}

/** The steps that an order has been through. */
export async function stepsOf({ s3 }: Clients, id: string): Promise<string[]> {
  const Prefix = `orders/${id}/`;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
  return Contents.map(({ Key = "" }) => Key.slice(Prefix.length).replace(".json", ""));
}

/** What a step noted. */
export async function noteOf({ s3 }: Clients, key: string): Promise<unknown> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? "");
}

export async function reports({ s3 }: Clients): Promise<string[]> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: BUCKET, Prefix: "reports/" }),
  );
  return Contents.map(({ Key = "" }) => Key);
}

/** How many payments were given up. */
export async function deadLetters({ sqs }: Clients, { deadLetters }: Deployed): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: deadLetters.url,
      AttributeNames: ["ApproximateNumberOfMessages"],
    }),
  );
  return Number(Attributes?.["ApproximateNumberOfMessages"]);
}

/** Sends what was given up back to where it came from. */
export async function redrive({ sqs }: Clients, { deadLetters }: Deployed): Promise<void> {
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetters.arn }));
}

/** @throws Error where it does not come true in time. */
export async function until(what: string, comesTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await comesTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
