/** Where mappings lie, and how they are changed. */
import { createHash } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type Change, RecordConflict, type Records } from "../../ports/records.ts";
import { type Checkpoints, checkpointsIn } from "../pollers/index.ts";
import { mappingError, noMapping } from "./errors.ts";
import type { Mapping } from "./model.ts";

const MAPPINGS = "event-source-mappings";
const MAX_ATTEMPTS = 20;

/** One mapping among all of the platform. */
export interface MappingKey {
  readonly scope: Scope;
  readonly uuid: string;
}

const within = ({ account, region }: Scope, kind: string): string => `${account}/${region}/${kind}`;
const mappingsSpace = (scope: Scope): string => within(scope, MAPPINGS);
/** id: digest of source and function. The UUID of the mapping between them. */
const pairsSpace = (scope: Scope): string => within(scope, "event-source-pairs");
/** id: shard. ShardCheckpoint. */
const checkpointsSpace = ({ scope, uuid }: MappingKey): string =>
  `${within(scope, "event-source-checkpoints")}/${uuid}`;

const pairOf = ({ sourceArn, functionArn }: Mapping): string =>
  createHash("sha256").update(`${sourceArn} ${functionArn}`).digest("hex");

export class MappingStore {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  async find({ scope, uuid }: MappingKey): Promise<Mapping | undefined> {
    return (await this.#records.get<Mapping>(mappingsSpace(scope), uuid))?.value;
  }

  async get(key: MappingKey): Promise<Mapping> {
    const found = await this.find(key);
    if (found === undefined) throw noMapping();
    return found;
  }

  /** All of a scope in order of UUID. */
  async list(scope: Scope): Promise<Mapping[]> {
    const all = await everyRecord<Mapping>(this.#records, mappingsSpace(scope));
    return all.map(({ value }) => value);
  }

  async scopes(): Promise<Scope[]> {
    return (await this.#records.spaces("")).flatMap((space) => {
      const [account, region, kind, more] = space.split("/");
      const ours = kind === MAPPINGS && more === undefined;
      return ours && account !== undefined && region !== undefined ? [{ account, region }] : [];
    });
  }

  /** @throws YunqueError `MappingConflict` where the source has a mapping to the function. */
  async add(scope: Scope, mapping: Mapping): Promise<void> {
    try {
      await this.#records.commit([
        { put: mapping.uuid, space: pairsSpace(scope), id: pairOf(mapping), expect: 0 },
        { put: mapping, space: mappingsSpace(scope), id: mapping.uuid, expect: 0 },
      ]);
    } catch (error) {
      throw error instanceof RecordConflict ? await this.#conflict(scope, mapping) : error;
    }
  }

  /** Commits what `decide` makes of a mapping; decides again where somebody else's change came first. */
  async edit(key: MappingKey, decide: (mapping: Mapping) => Mapping): Promise<Mapping> {
    const space = mappingsSpace(key.scope);
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#records.get<Mapping>(space, key.uuid);
      if (found === undefined) throw noMapping();
      const { value: before, revision } = found;
      const after = decide(before);
      if (after === before) return before;
      const changes: Change[] = [{ put: after, space, id: key.uuid, expect: revision }];
      const moved = pairOf(before) !== pairOf(after);
      if (moved) {
        const pairs = pairsSpace(key.scope);
        changes.push(
          { delete: true, space: pairs, id: pairOf(before) },
          { put: key.uuid, space: pairs, id: pairOf(after), expect: 0 },
        );
      }
      try {
        await this.#records.commit(changes);
        return after;
      } catch (error) {
        if (!(error instanceof RecordConflict)) throw error;
        if (moved && error.space === pairsSpace(key.scope))
          throw await this.#conflict(key.scope, after);
        if (attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async remove(key: MappingKey, mapping: Mapping): Promise<void> {
    const { scope, uuid } = key;
    const checkpoints = checkpointsSpace(key);
    const kept = await everyRecord(this.#records, checkpoints);
    await this.#records.commit([
      { delete: true, space: mappingsSpace(scope), id: uuid },
      { delete: true, space: pairsSpace(scope), id: pairOf(mapping) },
      ...kept.map(({ id }): Change => ({ delete: true, space: checkpoints, id })),
    ]);
  }

  checkpoints(key: MappingKey): Checkpoints {
    return checkpointsIn(this.#records, checkpointsSpace(key));
  }

  async #conflict(scope: Scope, { sourceArn, functionArn, kind, ...mapping }: Mapping) {
    const id = pairOf({ sourceArn, functionArn, kind, ...mapping });
    const found = await this.#records.get<string>(pairsSpace(scope), id);
    const name = functionArn.split(":").slice(6).join(":");
    // Recorded: AWS words it twice.
    const words =
      kind === "sqs"
        ? `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${name} ") already exists.`
        : `The event source arn (" ${sourceArn} ") and function (" ${name} ") provided mapping already exists.`;
    return mappingError(
      "MappingConflict",
      `${words} Please update or delete the existing mapping with UUID ${found?.value ?? ""}`,
    );
  }
}
