/** Function URLs: of a function, or of one of its aliases. */
import { randomBytes } from "node:crypto";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import { type CorsRules, type FunctionUrl, urlIdOf } from "../../domain/function-url.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { versionOf } from "./describe.ts";
import { conflict, notFound } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { childSpace } from "./spaces.ts";
import type { StoredFunction } from "./store.ts";
import { targetOf, unqualified } from "./target.ts";
import { urlAddition, urlRemoval } from "./url-index.ts";

/** A URL with the ARN of the function or alias that it is of. */
export interface DescribedUrl {
  readonly arn: string;
  readonly url: FunctionUrl;
}

export interface UrlChange {
  readonly authType?: FunctionUrl["authType"] | undefined;
  readonly invokeMode?: FunctionUrl["invokeMode"] | undefined;
  readonly cors?: CorsRules | undefined;
}

export interface UrlOperations {
  create(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    url: UrlChange & { readonly authType: FunctionUrl["authType"] },
  ): Promise<DescribedUrl>;
  get(scope: Scope, functionName: string, qualifier?: string): Promise<DescribedUrl>;
  update(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    change: UrlChange,
  ): Promise<DescribedUrl>;
  delete(scope: Scope, functionName: string, qualifier?: string): Promise<void>;
  list(scope: Scope, functionName: string, page: PageRequest): Promise<Page<DescribedUrl>>;
}

const noFunction = () => notFound("Function does not exist");
const noUrl = () => notFound("The resource you requested does not exist.");

export function createUrls({ store, clock }: FunctionsContext): UrlOperations {
  const urlOf = (stored: StoredFunction, qualifier: string) =>
    stored.child<FunctionUrl>("function-urls", qualifier);
  const place = ({ scope, name }: StoredFunction, qualifier: string) => ({
    space: childSpace(scope, "function-urls", name),
    id: qualifier,
  });

  return {
    async create(scope, functionName, asked, { authType, invokeMode, cors }) {
      const target = targetOf(scope, functionName, asked);
      const { qualifier = LATEST } = target;
      return await store.edit(
        target,
        async (stored) => {
          if ((await versionOf(stored, qualifier)) === undefined) throw noFunction();
          if ((await urlOf(stored, qualifier)) !== undefined)
            throw conflict(
              `Failed to create function url config for [functionArn = ${arnFor(stored, qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
            );
          const now = clock.now();
          const url: FunctionUrl = {
            id: urlIdOf(randomBytes(20)),
            functionName: stored.name,
            qualifier,
            authType,
            ...(invokeMode === undefined ? {} : { invokeMode }),
            ...(cors === undefined ? {} : { cors }),
            createdAt: now,
            modifiedAt: now,
          };
          return {
            changes: [{ put: url, ...place(stored, qualifier) }, urlAddition(stored, url)],
            result: describeUrl(stored, url),
          };
        },
        noFunction,
      );
    },

    async get(scope, functionName, asked) {
      const target = targetOf(scope, functionName, asked);
      const stored = await store.get(target, noUrl);
      const url = await urlOf(stored, target.qualifier ?? LATEST);
      if (url === undefined) throw noUrl();
      return describeUrl(stored, url);
    },

    async update(scope, functionName, asked, change) {
      const target = targetOf(scope, functionName, asked);
      const { qualifier = LATEST } = target;
      return await store.edit(
        target,
        async (stored) => {
          if ((await versionOf(stored, qualifier)) === undefined) throw noFunction();
          const before = await urlOf(stored, qualifier);
          if (before === undefined) throw noUrl();
          const { invokeMode = before.invokeMode, cors = before.cors } = change;
          const url: FunctionUrl = {
            ...before,
            authType: change.authType ?? before.authType,
            ...(invokeMode === undefined ? {} : { invokeMode }),
            ...(cors === undefined ? {} : { cors }),
            modifiedAt: clock.now(),
          };
          return {
            changes: [{ put: url, ...place(stored, qualifier) }],
            result: describeUrl(stored, url),
          };
        },
        noFunction,
      );
    },

    async delete(scope, functionName, asked) {
      const target = targetOf(scope, functionName, asked);
      const { qualifier = LATEST } = target;
      await store.edit(
        target,
        async (stored) => {
          const removal = await urlRemoval(stored, qualifier);
          if (removal.length === 0) throw noUrl();
          return {
            changes: [{ delete: true, ...place(stored, qualifier) }, ...removal],
            result: undefined,
          };
        },
        noUrl,
      );
    },

    async list(scope, functionName, page) {
      const stored = await store.get(unqualified(targetOf(scope, functionName)), noFunction);
      const all = [...(await stored.children<FunctionUrl>("function-urls")).values()];
      const listed = pageOf(all, page, ({ qualifier }) => qualifier);
      const items = listed.items.map((url) => describeUrl(stored, url));
      return listed.marker === undefined ? { items } : { items, marker: listed.marker };
    },
  };
}

const describeUrl = (stored: StoredFunction, url: FunctionUrl): DescribedUrl => ({
  arn: arnFor(stored, url.qualifier),
  url,
});

const arnFor = ({ scope, name }: StoredFunction, qualifier: string): string =>
  functionArn(scope, name, qualifier === LATEST ? undefined : qualifier);
