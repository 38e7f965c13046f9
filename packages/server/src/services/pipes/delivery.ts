/** A batch on its way: enriched, transformed, and handed to the target. */

import { randomUUID } from "node:crypto";
import { isJson } from "../../domain/json-text.ts";
import {
  compilePipeTemplate,
  isPath,
  type PipeTemplate,
  type PipeVariables,
  valueAt,
} from "../../domain/pipe-template.ts";
import type { FunctionAnswer } from "../../ports/function-calls.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { failedItems, type SourceRecord } from "../pollers/index.ts";
import type { PipesDependencies } from "./context.ts";
import type { Pipe, PipeTarget } from "./model.ts";
import { isApiDestination, serviceOf } from "./settings.ts";

/** What became of a batch: `failed` are the indexes of records that did not arrive. */
export type Delivered =
  | { readonly kind: "done"; readonly failed: ReadonlySet<number> }
  | { readonly kind: "failed" }
  /** It was not tried. */
  | { readonly kind: "refused" | "closing" };

export interface Delivering {
  readonly records: readonly SourceRecord[];
  /** By which the source names each of them. */
  readonly ids: readonly string[];
  readonly traceId: string;
  /** One after the other, and none after one that failed. */
  readonly inOrder: boolean;
}

/** SNS, SQS and buses: what is neither object nor list is told as text. */
const textOf = (json: string): string => {
  if (!json.startsWith('"')) return json;
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
};

export class Delivery {
  readonly #context: PipesDependencies;
  readonly #pipe: Pipe;
  readonly #arn: string;
  readonly #enrich: PipeTemplate | undefined;
  readonly #transform: PipeTemplate | undefined;

  constructor(context: PipesDependencies, pipe: Pipe, arn: string) {
    this.#context = context;
    this.#pipe = pipe;
    this.#arn = arn;
    const { enrichment, target } = pipe;
    this.#enrich = enrichment?.template ? compilePipeTemplate(enrichment.template) : undefined;
    this.#transform = target.template ? compilePipeTemplate(target.template) : undefined;
  }

  async deliver(batch: Delivering): Promise<Delivered> {
    const { enrichment } = this.#pipe;
    if (enrichment === undefined) return await this.#toTarget(batch, batch.records);
    const texts = batch.records.map((record) => this.#made(this.#enrich, record));
    const answer = await this.#call(enrichment.arn, texts, batch.traceId);
    const refused = refusalOf(answer);
    if (refused !== undefined) return refused;
    const payload = (answer as Answered).payload;
    const failed = indexesOf(payload, batch.ids);
    if (failed !== undefined && failed !== "none")
      return failed === "all" ? { kind: "failed" } : { kind: "done", failed };
    const events = eventsIn(payload);
    if (events === undefined) return { kind: "failed" };
    // An empty answer says that there is nothing to be told.
    if (events.length === 0) return DONE;
    const delivered = await this.#toTarget({ ...batch, ids: [] }, events);
    // Which of its answers came of which record only the enrichment knows.
    return delivered.kind === "done" && delivered.failed.size > 0 ? { kind: "failed" } : delivered;
  }

  async #toTarget(batch: Delivering, events: readonly unknown[]): Promise<Delivered> {
    const { target } = this.#pipe;
    const texts = events.map((event) => this.#made(this.#transform, event));
    if (serviceOf(target.arn) !== "lambda") return await this.#tell(batch, events, texts);
    if (target.invocation === "FIRE_AND_FORGET") return await this.#invokeLater(batch, texts);
    const answer = await this.#call(target.arn, texts, batch.traceId);
    const refused = refusalOf(answer);
    if (refused !== undefined) return refused;
    const failed = indexesOf((answer as Answered).payload, batch.ids);
    if (failed === "all") return { kind: "failed" };
    return failed === undefined || failed === "none" ? DONE : { kind: "done", failed };
  }

  async #call(arn: string, texts: readonly string[], traceId: string): Promise<FunctionAnswer> {
    const { functions } = this.#context;
    const further = await functions.follow(arn, traceId);
    if (further === undefined) return { kind: "answered", executedVersion: "", ...LOOPED };
    const payload = Buffer.from(listOf(texts));
    return await functions.call(arn, { requestId: randomUUID(), payload, traceId: further });
  }

  async #invokeLater(batch: Delivering, texts: readonly string[]): Promise<Delivered> {
    const message = this.#message(batch, Buffer.from(listOf(texts)));
    return (await this.#sent(message)) ? DONE : { kind: "failed" };
  }

  /** One message for each event. */
  async #tell(
    batch: Delivering,
    events: readonly unknown[],
    texts: readonly string[],
  ): Promise<Delivered> {
    const failed = new Set<number>();
    const tell = async (event: unknown, index: number): Promise<boolean> => {
      const body = Buffer.from(textOf(texts[index] ?? ""));
      const more = parametersOf(this.#pipe, event);
      const sent = await this.#sent({ ...this.#message(batch, body), ...more });
      if (!sent) failed.add(index);
      return sent;
    };
    if (batch.inOrder) {
      for (const [index, event] of events.entries())
        if (!(await tell(event, index))) {
          for (let rest = index + 1; rest < events.length; rest += 1) failed.add(rest);
          break;
        }
    } else await Promise.all(events.map(tell));
    return { kind: "done", failed };
  }

  #message({ traceId }: Delivering, body: Uint8Array): TargetMessage {
    return {
      target: this.#pipe.target.arn,
      body,
      traceId,
      sender: { service: "pipes.amazonaws.com", arn: this.#arn },
    };
  }

  async #sent(message: TargetMessage): Promise<boolean> {
    try {
      await this.#context.targets.deliver(message);
      return true;
    } catch {
      return false; // it stays in the source, and is tried again as that says
    }
  }

  #made(template: PipeTemplate | undefined, event: unknown): string {
    if (template === undefined) return JSON.stringify(event);
    return template(event, this.#variables());
  }

  #variables(): PipeVariables {
    const { name, source, enrichment, target } = this.#pipe;
    return {
      "aws.pipes.pipe-arn": this.#arn,
      "aws.pipes.pipe-name": name,
      "aws.pipes.source-arn": source.arn,
      "aws.pipes.enrichment-arn": enrichment?.arn,
      "aws.pipes.target-arn": target.arn,
      "aws.pipes.event.ingestion-time": new Date(this.#context.clock.now()).toISOString(),
    };
  }
}

type Answered = Extract<FunctionAnswer, { kind: "answered" }>;

const DONE: Delivered = { kind: "done", failed: new Set() };
const LOOPED = { functionError: "RecursiveInvocation", payload: new Uint8Array(0) };

function refusalOf(answer: FunctionAnswer): Delivered | undefined {
  if (answer.kind === "answered")
    return answer.functionError === undefined ? undefined : { kind: "failed" };
  return answer.kind === "gone" ? { kind: "failed" } : { kind: answer.kind };
}

/** The JSON list of what templates made: JSON as it is, anything else as text. */
function listOf(texts: readonly string[]): string {
  return `[${texts.map((text) => (isJson(text) ? text : JSON.stringify(text))).join(",")}]`;
}

/** Which records a function says have failed; undefined where it says nothing of that. */
function indexesOf(
  payload: Uint8Array,
  ids: readonly string[],
): ReadonlySet<number> | "all" | "none" | undefined {
  if (!Buffer.from(payload).includes('"batchItemFailures"')) return undefined;
  const failed = failedItems(payload, new Set(ids));
  if (failed === "all") return "all";
  if (failed.size === 0) return "none";
  return new Set([...failed].map((id) => ids.indexOf(id)));
}

/** What an enrichment answers goes on: a list one by one. Undefined where it is not JSON. */
function eventsIn(payload: Uint8Array): readonly unknown[] | undefined {
  let answer: unknown;
  try {
    answer = payload.length === 0 ? null : JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
  if (Array.isArray(answer)) return answer as unknown[];
  const empty =
    answer === null ||
    answer === "" ||
    (typeof answer === "object" && Object.keys(answer).length === 0);
  return empty ? [] : [answer];
}

/** What the parameters of a target say, for one event. */
function parametersOf({ name, source, target }: Pipe, event: unknown): Partial<TargetMessage> {
  const of = (parameter: string | undefined): string | undefined => {
    if (parameter === undefined || !isPath(parameter)) return parameter;
    const value = valueAt(event, parameter);
    return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
  };
  const { group, deduplication, partitionKey, bus, http }: PipeTarget = target;
  const each = (named: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(named).map(([name, value]) => [name, of(value) ?? ""]));
  return {
    ...(group === undefined ? {} : { groupId: of(group) }),
    ...(deduplication === undefined ? {} : { deduplicationId: of(deduplication) }),
    ...(partitionKey === undefined ? {} : { partitionKey: of(partitionKey) }),
    ...(http === undefined
      ? {}
      : {
          http: {
            path: (http.path ?? []).map((one) => of(one) ?? ""),
            headers: each(http.headers),
            query: each(http.query),
          },
        }),
    ...(serviceOf(target.arn) === "events" && !isApiDestination(target.arn)
      ? {
          event: {
            source: of(bus?.source) ?? `Pipe ${name}`,
            detailType: of(bus?.detailType) ?? `Event from aws:${source.kind}`,
            resources: (bus?.resources ?? []).flatMap((one) => of(one) ?? []),
            ...timeOf(of(bus?.time)),
          },
        }
      : {}),
  };
}

function timeOf(text: string | undefined): { readonly time?: number } {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? {} : { time };
}
