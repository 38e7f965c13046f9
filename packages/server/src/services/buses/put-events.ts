/** PutEvents: each entry is taken or refused by itself. */
import type { Scope } from "../../domain/scope.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { Undeliverable } from "../../ports/targets.ts";
import type { BusesContext } from "./context.ts";
import type { Dispatch } from "./dispatch.ts";
import { invalid } from "./errors.ts";
import { createEvent, parseDetail } from "./event.ts";
import { busRef, parseEventsArn } from "./names.ts";

export interface NewEntry {
  readonly source: string | undefined;
  readonly detailType: string | undefined;
  /** JSON text. */
  readonly detail: string | undefined;
  readonly resources: readonly string[];
  /** Milliseconds since the epoch. */
  readonly time: number | undefined;
  readonly bus: string | undefined;
  readonly traceId: string | undefined;
}

export type PutEntry =
  | { readonly id: string }
  | { readonly code: string; readonly message: string };

/** EventBridge: of all entries of a request together. */
const MAX_BYTES = 1 << 20;
/** What it counts a time as. */
const TIME_BYTES = 14;
/** Over so many buses an event may go: rules that send it round and round come to an end. */
const MAX_HOPS = 5;

export class EntranceOfEvents {
  readonly #context: BusesContext;
  readonly #dispatch: Dispatch;

  constructor(context: BusesContext, dispatch: Dispatch) {
    this.#context = context;
    this.#dispatch = dispatch;
  }

  /** Resolves once every entry that was taken is durable for each target that it is for. */
  async put(scope: Scope, entries: readonly NewEntry[]): Promise<PutEntry[]> {
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES)
      throw invalid("Total size of the entries in the request is over the limit.");
    return Promise.all(entries.map((entry) => this.#put(scope, entry)));
  }

  async #put(scope: Scope, entry: NewEntry): Promise<PutEntry> {
    const { source, detailType } = entry;
    if (!source) return missing("Source");
    if (/^aws\./.test(source))
      return { code: "NotAuthorizedForSourceException", message: "Not authorized for the source." };
    if (!detailType) return missing("DetailType");
    if (!entry.detail) return missing("Detail");
    const detail = parseDetail(entry.detail);
    if (detail === undefined) return { code: "MalformedDetail", message: "Detail is malformed." };
    const { catalog, clock, onFailure } = this.#context;
    const ref = busRef(scope, entry.bus);
    const now = clock.now();
    const event = createEvent(
      {
        account: scope.account,
        region: ref.scope.region,
        source,
        detailType,
        resources: entry.resources,
        time: entry.time ?? now,
        detail,
      },
      { ingestionTime: now, traceId: entry.traceId, hops: 0 },
    );
    try {
      const live = catalog.peek(ref) ?? (await catalog.find(ref));
      // EventBridge takes events for buses that do not exist, and forgets them.
      if (live !== undefined) await this.#dispatch.publish(live, event);
      return { id: event.id };
    } catch (error) {
      onFailure(error);
      return { code: "InternalFailure", message: "Internal failure." };
    }
  }

  /** An event from another bus, or from a service of the platform. */
  async accept({ target, body, event, traceId, sender }: TargetMessage): Promise<void> {
    const arn = parseEventsArn(target);
    const live = arn && (await this.#context.catalog.find({ scope: arn.scope, name: arn.name }));
    if (live === undefined)
      throw new Undeliverable(`Event bus ${arn?.name ?? target} does not exist.`, "NO_RESOURCE");
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
    const detail = parseDetail(text);
    if (detail === undefined) throw new Undeliverable("Detail is malformed.");
    const hops = event?.origin?.hops ?? 0;
    if (hops > MAX_HOPS) throw new Undeliverable("The event went over too many buses.");
    const now = this.#context.clock.now();
    const { account, region } = event?.origin ?? live.scope;
    await this.#dispatch.publish(
      live,
      createEvent(
        {
          id: keepsId(event?.origin, live.scope) ? event?.origin?.id : undefined,
          account,
          region,
          source: event?.source ?? sender.service,
          detailType: event?.detailType ?? "",
          resources: event?.resources ?? [],
          time: event?.time ?? now,
          detail,
        },
        { ingestionTime: now, traceId, hops },
      ),
    );
  }
}

/** As recorded: an event that goes to another region of its account has another id there. */
const keepsId = (origin: Scope | undefined, { account, region }: Scope): boolean =>
  origin?.region === region || origin?.account !== account;

const missing = (name: string): PutEntry => ({
  code: "InvalidArgument",
  message: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
});

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
function sizeOf({ source, detailType, detail, resources, time }: NewEntry): number {
  let bytes = time === undefined ? 0 : TIME_BYTES;
  for (const text of [source, detailType, detail, ...resources])
    if (text !== undefined) bytes += Buffer.byteLength(text);
  return bytes;
}
