/** Where pipes lie, and how they are changed. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type Change, RecordConflict, type Records } from "../../ports/records.ts";
import { type Checkpoints, checkpointsIn } from "../pollers/index.ts";
import { conflict, noPipe } from "./errors.ts";
import type { Pipe } from "./model.ts";

const PIPES = "pipes";
const MAX_ATTEMPTS = 20;

export interface PipeKey {
  readonly scope: Scope;
  readonly name: string;
}

const pipesSpace = ({ account, region }: Scope): string => `${account}/${region}/${PIPES}`;
/** id: shard. By the time of the pipe's creation: a later one of its name begins anew. */
const checkpointsSpace = ({ scope: { account, region }, name }: PipeKey, { createdAt }: Pipe) =>
  `${account}/${region}/pipe-checkpoints/${name}/${createdAt}`;

export class PipeStore {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  async find({ scope, name }: PipeKey): Promise<Pipe | undefined> {
    return (await this.#records.get<Pipe>(pipesSpace(scope), name))?.value;
  }

  async get(key: PipeKey): Promise<Pipe> {
    const found = await this.find(key);
    if (found === undefined) throw noPipe(key.name);
    return found;
  }

  /** All of a scope in order of name. */
  async list(scope: Scope, prefix = ""): Promise<Pipe[]> {
    const all = await everyRecord<Pipe>(this.#records, pipesSpace(scope), prefix);
    return all.map(({ value }) => value);
  }

  async scopes(): Promise<Scope[]> {
    return (await this.#records.spaces("")).flatMap((space) => {
      const [account, region, kind, more] = space.split("/");
      const ours = kind === PIPES && more === undefined;
      return ours && account !== undefined && region !== undefined ? [{ account, region }] : [];
    });
  }

  async add(scope: Scope, pipe: Pipe): Promise<void> {
    try {
      const space = pipesSpace(scope);
      await this.#records.commit([{ put: pipe, space, id: pipe.name, expect: 0 }]);
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      throw conflict(pipe.name, `Pipe ${pipe.name} already exists.`);
    }
  }

  /** Commits what `decide` makes of a pipe; decides again where somebody else's change came first. */
  async edit(key: PipeKey, decide: (pipe: Pipe) => Pipe): Promise<Pipe> {
    const space = pipesSpace(key.scope);
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#records.get<Pipe>(space, key.name);
      if (found === undefined) throw noPipe(key.name);
      const after = decide(found.value);
      if (after === found.value) return after;
      try {
        const { revision: expect } = found;
        await this.#records.commit([{ put: after, space, id: key.name, expect }]);
        return after;
      } catch (error) {
        if (!(error instanceof RecordConflict) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async remove(key: PipeKey, pipe: Pipe): Promise<void> {
    const checkpoints = checkpointsSpace(key, pipe);
    const kept = await everyRecord(this.#records, checkpoints);
    await this.#records.commit([
      { delete: true, space: pipesSpace(key.scope), id: key.name },
      ...kept.map(({ id }): Change => ({ delete: true, space: checkpoints, id })),
    ]);
  }

  checkpoints(key: PipeKey, pipe: Pipe): Checkpoints {
    return checkpointsIn(this.#records, checkpointsSpace(key, pipe));
  }
}
