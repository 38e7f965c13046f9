/** EventBridge Pipes: from a queue or stream, through filter and enrichment, to a target. The folder's only door. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { PipesDependencies } from "./context.ts";
import { conflict, invalid, noPipe, pipeError } from "./errors.ts";
import { isLasting, Lifecycle } from "./lifecycle.ts";
import type { NewPipe, Pipe, PipeChange, PipeSource } from "./model.ts";
import { checkParts, kindOfSource } from "./settings.ts";
import { type PipeKey, PipeStore } from "./store.ts";

export type { PipesDependencies } from "./context.ts";
export { PIPE_ERRORS, type PipeErrorCode } from "./errors.ts";
export type { NewPipe, Pipe, PipeChange, PipeSource, PipeTarget } from "./model.ts";

export interface DescribedPipe {
  readonly arn: string;
  readonly pipe: Pipe;
}

export interface PipeFilter {
  readonly namePrefix?: string | undefined;
  readonly desired?: string | undefined;
  readonly state?: string | undefined;
  readonly sourcePrefix?: string | undefined;
  readonly targetPrefix?: string | undefined;
  readonly token?: string | undefined;
  readonly limit?: number | undefined;
}

export interface Pipes {
  create(scope: Scope, input: NewPipe): Promise<DescribedPipe>;
  describe(scope: Scope, name: string): Promise<DescribedPipe>;
  update(scope: Scope, name: string, change: PipeChange): Promise<DescribedPipe>;
  startPipe(scope: Scope, name: string): Promise<DescribedPipe>;
  stopPipe(scope: Scope, name: string): Promise<DescribedPipe>;
  delete(scope: Scope, name: string): Promise<DescribedPipe>;
  list(
    scope: Scope,
    filter: PipeFilter,
  ): Promise<{ readonly items: readonly DescribedPipe[]; readonly token?: string }>;
  readonly tags: {
    list(scope: Scope, arn: string): Promise<Pipe["tags"]>;
    add(scope: Scope, arn: string, tags: Pipe["tags"]): Promise<void>;
    remove(scope: Scope, arn: string, keys: readonly string[]): Promise<void>;
  };
  /** Goes on with what an earlier life of the platform left. */
  start(): Promise<void>;
  /** Polls no more; lets batches end for so long, and answers how many were left. */
  close(graceMs: number): Promise<number>;
}

const MAX_PAGE = 100;
const MAX_TAGS = 50;
/** AWS: pipes of an account in a region. */
const MAX_PIPES = 1000;

export function createPipes(dependencies: PipesDependencies): Pipes {
  const { clock, compilePattern } = dependencies;
  const store = new PipeStore(dependencies.records);
  const arnOf = ({ scope: { account, region }, name }: PipeKey) =>
    `arn:${partitionOf(region)}:pipes:${region}:${account}:pipe/${name}`;
  const lifecycle = new Lifecycle(dependencies, store, arnOf);

  const described = (key: PipeKey, pipe: Pipe): DescribedPipe => ({ arn: arnOf(key), pipe });

  /** Changes a pipe that is in a lasting state, and brings it to where that leads. */
  async function change(key: PipeKey, decide: (pipe: Pipe) => Pipe) {
    const after = await store.edit(key, (pipe) => {
      if (!isLasting(pipe))
        throw conflict(key.name, `Pipe ${key.name} is in state ${pipe.state}, and cannot change.`);
      const modifiedAt = Math.max(clock.now(), pipe.modifiedAt + 1);
      return { ...decide(pipe), modifiedAt };
    });
    lifecycle.settleLater(key);
    return described(key, after);
  }

  const keyOf = (scope: Scope, arn: string): PipeKey => {
    const [, , service, region = "", account = "", resource = ""] = arn.split(":");
    const name = /^pipe\/(.+)$/.exec(resource)?.[1];
    if (service !== "pipes" || name === undefined || account !== scope.account)
      throw pipeError("PipeNotFound", `Resource ${arn} does not exist.`);
    return { scope: { account, region }, name };
  };

  return {
    async create(scope, input) {
      const { name, description, desired = "RUNNING", roleArn, kmsKey, enrichment, target } = input;
      const source: PipeSource = { ...input.source, kind: kindOfSource(input.source.arn) };
      checkParts(source, enrichment, target, compilePattern);
      if ((await store.list(scope)).length >= MAX_PIPES)
        throw invalid(`There are ${MAX_PIPES} pipes already.`);
      const now = clock.now();
      const pipe: Pipe = {
        name,
        ...(description ? { description } : {}),
        desired,
        state: "CREATING",
        roleArn,
        ...(kmsKey ? { kmsKey } : {}),
        source,
        ...(enrichment === undefined ? {} : { enrichment }),
        target,
        tags: merged([], input.tags),
        createdAt: now,
        modifiedAt: now,
      };
      await store.add(scope, pipe);
      const key = { scope, name };
      lifecycle.settleLater(key);
      return described(key, pipe);
    },

    async describe(scope, name) {
      const key = { scope, name };
      return described(key, await store.get(key));
    },

    async update(scope, name, { description, desired, roleArn, kmsKey, ...parts }) {
      return await change({ scope, name }, ({ enrichment: before, ...pipe }) => {
        const source = changedSource(pipe.source, parts.source);
        const target = { ...pipe.target, ...parts.target };
        const wanted = { arn: "", ...before, ...parts.enrichment };
        const enrichment = wanted.arn === "" ? undefined : wanted;
        checkParts(source, enrichment, target, compilePattern);
        return {
          ...pipe,
          ...(description === undefined ? {} : { description }),
          ...(kmsKey === undefined ? {} : { kmsKey }),
          ...(enrichment === undefined ? {} : { enrichment }),
          desired: desired ?? pipe.desired,
          roleArn,
          source,
          target,
          state: "UPDATING",
        };
      });
    },

    async startPipe(scope, name) {
      return await change({ scope, name }, (pipe) => ({
        ...pipe,
        desired: "RUNNING",
        state: "STARTING",
      }));
    },
    async stopPipe(scope, name) {
      return await change({ scope, name }, (pipe) => ({
        ...pipe,
        desired: "STOPPED",
        state: "STOPPING",
      }));
    },
    async delete(scope, name) {
      return await change({ scope, name }, (pipe) => ({
        ...pipe,
        desired: "DELETED",
        state: "DELETING",
      }));
    },

    async list(scope, { namePrefix = "", token, limit = MAX_PAGE, ...filter }) {
      const after = token === undefined ? "" : Buffer.from(token, "base64url").toString("utf8");
      const all = (await store.list(scope, namePrefix)).filter(
        (pipe) =>
          pipe.name > after &&
          (filter.desired === undefined || pipe.desired === filter.desired) &&
          (filter.state === undefined || pipe.state === filter.state) &&
          pipe.source.arn.startsWith(filter.sourcePrefix ?? "") &&
          pipe.target.arn.startsWith(filter.targetPrefix ?? ""),
      );
      const page = all.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((pipe) => described({ scope, name: pipe.name }, pipe)),
        ...(page.length < all.length && last !== undefined
          ? { token: Buffer.from(last.name).toString("base64url") }
          : {}),
      };
    },

    tags: {
      async list(scope, arn) {
        const key = keyOf(scope, arn);
        const found = await store.find(key);
        if (found === undefined) throw noPipe(key.name);
        return found.tags;
      },
      async add(scope, arn, tags) {
        await store.edit(keyOf(scope, arn), (pipe) => ({ ...pipe, tags: merged(pipe.tags, tags) }));
      },
      async remove(scope, arn, keys) {
        await store.edit(keyOf(scope, arn), (pipe) => ({
          ...pipe,
          tags: pipe.tags.filter(([key]) => !keys.includes(key)),
        }));
      },
    },

    async start() {
      for (const scope of await store.scopes())
        for (const { name, state } of await store.list(scope))
          if (state !== "STOPPED" && !state.endsWith("_FAILED")) lifecycle.settle({ scope, name });
    },
    close: (graceMs) => lifecycle.close(graceMs),
  };
}

function changedSource(before: PipeSource, change: PipeChange["source"]): PipeSource {
  if (change === undefined) return before;
  const { stream, ...rest } = change;
  return {
    ...before,
    ...rest,
    ...(before.stream === undefined ? {} : { stream: { ...before.stream, ...stream } }),
  };
}

function merged(before: Pipe["tags"], more: Pipe["tags"]): Pipe["tags"] {
  const all = new Map([...before, ...more]);
  if (all.size > MAX_TAGS) throw invalid(`A pipe has at most ${MAX_TAGS} tags.`);
  return [...all].sort(([one], [other]) => (one < other ? -1 : 1));
}
