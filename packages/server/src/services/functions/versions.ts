/** Published versions: frozen code and settings under a number. */
import { randomUUID } from "node:crypto";
import type { FunctionVersion } from "../../domain/function.ts";
import { LATEST, LATEST_PUBLISHED } from "../../domain/function-name.ts";
import { fingerprintOf } from "../../domain/function-settings.ts";
import type { Scope } from "../../domain/scope.ts";
import { checkRoom } from "./account.ts";
import { checkVersionsRoom } from "./capacity-providers.ts";
import type { FunctionsContext } from "./context.ts";
import { checkPublishable, publishedOf } from "./create.ts";
import { type DescribedVersion, describe } from "./describe.ts";
import { invalid, revisionMismatch } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { isUnsettled, settled } from "./settle.ts";
import { isBeingInitialised } from "./snap-start.ts";
import { childSpace, numberId, versionId } from "./spaces.ts";
import type { StoredFunction } from "./store.ts";
import { targetOf, unqualified } from "./target.ts";

export interface Publication {
  readonly description?: string | undefined;
  /** Refused unless `$LATEST` has this code. */
  readonly codeSha256?: string | undefined;
  /** The revision of `$LATEST` that the caller saw. */
  readonly revisionId?: string | undefined;
  /** As `$LATEST.PUBLISHED`, not under a number. */
  readonly asLatest?: boolean | undefined;
}

export interface VersionOperations {
  /** Answers the version that there is, where nothing changed since it was published. */
  publish(scope: Scope, functionName: string, publication: Publication): Promise<DescribedVersion>;
  /** `$LATEST` first, then the numbers upwards. */
  list(scope: Scope, functionName: string, page: PageRequest): Promise<Page<DescribedVersion>>;
}

export function createVersions(context: FunctionsContext): VersionOperations {
  const { store, settler, snapStarts } = context;
  return {
    async publish(caller, functionName, publication) {
      const target = unqualified(targetOf(caller, functionName));
      const { head } = await store.get(target);
      checkPublication(head.latest, publication);
      if (isUnsettled(head.latest)) await settler.now(target.scope, target.name);
      await checkRoom(context, target.scope, head.latest.code.size);
      let published: FunctionVersion | undefined;
      const result = await store.edit(target, async (stored) => {
        published = undefined;
        const { nextVersion } = stored.head;
        const latest = settledLatest(stored);
        const { asLatest = false } = publication;
        if (asLatest) checkPublishable(latest.settings);
        const last = asLatest ? LATEST_PUBLISHED : numberId(nextVersion - 1);
        const newest = await stored.child<FunctionVersion>("function-versions", last);
        if (newest?.fingerprint === fingerprintOf(latest.settings, latest.code))
          return { result: describe(stored.scope, newest) };
        if (newest === undefined || !asLatest)
          await checkVersionsRoom(context, stored.scope, latest.settings);
        const name = asLatest ? LATEST_PUBLISHED : String(nextVersion);
        const version = publishedOf(latest, name, publication.description);
        published = version;
        return {
          head: {
            ...stored.head,
            latest: { ...latest, revisionId: randomUUID() },
            nextVersion: asLatest ? nextVersion : nextVersion + 1,
          },
          changes: [
            {
              put: version,
              space: childSpace(stored.scope, "function-versions", stored.name),
              id: versionId(name),
              ...(asLatest ? {} : { expect: 0 }),
            },
          ],
          result: describe(stored.scope, version),
        };
      });
      if (published && isBeingInitialised(published)) snapStarts.begin(target.scope, published);
      return result;
    },

    async list(caller, functionName, page) {
      const target = unqualified(targetOf(caller, functionName));
      const stored = await store.get(target);
      const versions = [...(await stored.children<FunctionVersion>("function-versions")).values()];
      const listed = pageOf([stored.head.latest, ...versions], page, orderOf);
      const items = listed.items.map((version) => describe(stored.scope, version));
      return listed.marker === undefined ? { items } : { items, marker: listed.marker };
    },
  };
}

function checkPublication(latest: FunctionVersion, publication: Publication): void {
  const { codeSha256, revisionId } = publication;
  if (revisionId !== undefined && revisionId !== latest.revisionId) throw revisionMismatch();
  if (codeSha256 !== undefined && codeSha256 !== latest.code.sha256)
    throw invalid(
      `CodeSHA256 (${codeSha256}) is different from current CodeSHA256 in $LATEST (${latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
    );
}

/** An update that came in between is done with the publication of what it changed. */
function settledLatest({ head }: StoredFunction): FunctionVersion {
  return isUnsettled(head.latest) ? settled(head.latest) : head.latest;
}

/** `$LATEST` sorts before everything, `$LATEST.PUBLISHED` before every number. */
const orderOf = ({ version }: FunctionVersion): string =>
  version === LATEST ? "" : versionId(version);
