/** Layers and their versions. */
import type { LayerHead, LayerVersion } from "../../domain/layer.ts";
import { parseLayerReference } from "../../domain/layer.ts";
import type { Scope } from "../../domain/scope.ts";
import { type Change, RecordConflict } from "../../ports/records.ts";
import { checkRoom } from "./account.ts";
import { type CodeSource, takeCode } from "./code.ts";
import type { FunctionsContext } from "./context.ts";
import { conflict, invalid, notFound } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { LAYERS, layerVersionsSpace, numberId, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";
import { checkOwnAccount } from "./target.ts";

export interface NewLayerVersion {
  readonly description?: string | undefined;
  readonly licenseInfo?: string | undefined;
  readonly compatibleRuntimes?: readonly string[] | undefined;
  readonly compatibleArchitectures?: readonly string[] | undefined;
  readonly code: CodeSource;
}

/** Which versions a caller wants to see; absent for all. */
export interface LayerFilter {
  readonly runtime?: string | undefined;
  readonly architecture?: string | undefined;
}

/** A layer version and where it lives. */
export interface DescribedLayer {
  readonly scope: Scope;
  readonly version: LayerVersion;
}

export interface LayerOperations {
  publish(scope: Scope, layerName: string, version: NewLayerVersion): Promise<DescribedLayer>;
  get(scope: Scope, layerName: string, version: number): Promise<DescribedLayer>;
  getByArn(scope: Scope, arn: string): Promise<DescribedLayer>;
  /** A version that is not there is deleted. Functions that use it keep it. */
  delete(scope: Scope, layerName: string, version: number): Promise<void>;
  /** The newest version of each layer, in order of name. */
  list(scope: Scope, filter: LayerFilter, page: PageRequest): Promise<Page<DescribedLayer>>;
  /** The newest first. */
  versions(
    scope: Scope,
    layerName: string,
    filter: LayerFilter,
    page: PageRequest,
  ): Promise<Page<DescribedLayer>>;
}

export const layerGone = () => notFound("The resource you requested does not exist.");

export function createLayers(context: FunctionsContext): LayerOperations {
  const { records, clock } = context;

  async function read(scope: Scope, name: string, version: number): Promise<DescribedLayer> {
    const space = layerVersionsSpace(scope, name);
    const found = await records.get<LayerVersion>(space, numberId(version));
    if (found === undefined) throw layerGone();
    return { scope, version: found.value };
  }

  /** Reads the layer's head, lets `decide` say what changes, and commits it with the head. */
  async function edit<Result>(
    scope: Scope,
    name: string,
    decide: (
      head: LayerHead,
    ) => Promise<{ head: LayerHead; changes: readonly Change[]; result: Result } | undefined>,
  ): Promise<Result | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await records.get<LayerHead>(spaceOf(scope, LAYERS), name);
      const decided = await decide(found?.value ?? { name, nextVersion: 1 });
      if (decided === undefined) return undefined;
      const expect = found?.revision ?? 0;
      const head = { put: decided.head, space: spaceOf(scope, LAYERS), id: name, expect };
      try {
        await records.commit([head, ...decided.changes]);
        return decided.result;
      } catch (error) {
        if (!(error instanceof RecordConflict)) throw error;
        if (attempt === 50) throw conflict(`The layer ${name} is being changed by others.`);
      }
    }
  }

  return {
    async publish(caller, layerName, request) {
      const { scope, name } = layerOf(caller, layerName);
      checkOwnAccount(caller, scope);
      const code = await takeCode(context, scope, request.code);
      await checkRoom(context, scope, code.size);
      const {
        description = "",
        licenseInfo,
        compatibleRuntimes,
        compatibleArchitectures,
      } = request;
      const published = await edit(scope, name, async (head) => {
        const version: LayerVersion = {
          layer: name,
          version: head.nextVersion,
          description,
          ...(licenseInfo === undefined ? {} : { licenseInfo }),
          ...(compatibleRuntimes?.length ? { compatibleRuntimes } : {}),
          ...(compatibleArchitectures?.length ? { compatibleArchitectures } : {}),
          package: code.package,
          codeSha256: code.sha256,
          codeSize: code.size,
          unpackedSize: code.unpackedSize,
          createdAt: clock.now(),
        };
        const space = layerVersionsSpace(scope, name);
        return {
          head: { name, nextVersion: head.nextVersion + 1, latest: version },
          changes: [{ put: version, space, id: numberId(version.version), expect: 0 }],
          result: { scope, version },
        };
      });
      if (published === undefined) throw layerGone();
      return published;
    },

    async get(caller, layerName, version) {
      checkNumber(version);
      const { scope, name } = layerOf(caller, layerName);
      return await read(scope, name, version);
    },

    async getByArn(caller, arn) {
      const { scope, name, version } = layerOf(caller, arn);
      if (version === undefined) throw layerGone();
      return await read(scope, name, version);
    },

    async delete(caller, layerName, version) {
      checkNumber(version);
      const { scope, name } = layerOf(caller, layerName);
      await edit(scope, name, async ({ nextVersion }) => {
        const space = layerVersionsSpace(scope, name);
        const id = numberId(version);
        const found = await readSpace<LayerVersion>(records, space);
        if (!found.delete(id)) return undefined;
        const latest = [...found.values()].at(-1);
        return {
          head: { name, nextVersion, ...(latest === undefined ? {} : { latest }) },
          changes: [{ delete: true, space, id }],
          result: undefined,
        };
      });
    },

    async list(scope, filter, page) {
      const heads = await readSpace<LayerHead>(records, spaceOf(scope, LAYERS));
      const newest: LayerVersion[] = [];
      for (const { name, latest } of heads.values()) {
        if (latest === undefined) continue;
        if (matches(latest, filter)) newest.push(latest);
        else {
          const older = await readSpace<LayerVersion>(records, layerVersionsSpace(scope, name));
          const match = [...older.values()].findLast((version) => matches(version, filter));
          if (match !== undefined) newest.push(match);
        }
      }
      return described(
        scope,
        pageOf(newest, page, ({ layer }) => layer),
      );
    },

    async versions(caller, layerName, filter, page) {
      const { scope, name } = layerOf(caller, layerName);
      const found = await readSpace<LayerVersion>(records, layerVersionsSpace(scope, name));
      const wanted = [...found.values()].filter((version) => matches(version, filter)).reverse();
      // The newest first: the order of the page's ids is the other way round.
      const idOf = ({ version }: LayerVersion) => numberId(9_999_999_999 - version);
      return described(scope, pageOf(wanted, page, idOf));
    },
  };
}

function checkNumber(version: number): void {
  if (version < 1) throw invalid("Layer Version Cannot be less than 1");
}

/** @throws YunqueError where the text names no layer of this region. */
export function layerOf(
  caller: Scope,
  layerName: string,
): { scope: Scope; name: string; version: number | undefined } {
  const reference = parseLayerReference(layerName);
  if (reference === undefined) throw layerGone();
  const { name, account = caller.account, region = caller.region, version } = reference;
  if (region !== caller.region)
    throw notFound(`Layers from '${region}' are not reachable in this region ('${caller.region}')`);
  return { scope: { account, region }, name, version };
}

const matches = (version: LayerVersion, { runtime, architecture }: LayerFilter): boolean =>
  (runtime === undefined || (version.compatibleRuntimes ?? []).includes(runtime)) &&
  (architecture === undefined || (version.compatibleArchitectures ?? []).includes(architecture));

function described(scope: Scope, page: Page<LayerVersion>): Page<DescribedLayer> {
  const items = page.items.map((version) => ({ scope, version }));
  return page.marker === undefined ? { items } : { items, marker: page.marker };
}
