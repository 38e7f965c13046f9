import type { ResourcePolicy } from "../../domain/function-policy.ts";
import type { FunctionUrl } from "../../domain/function-url.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionView } from "./view.ts";

/** A function URL with what guards it. */
export interface UrlTarget {
  readonly scope: Scope;
  readonly url: FunctionUrl;
  /** The policy of the function or alias that the URL is of. */
  readonly policy: ResourcePolicy | undefined;
}

/** The URL of this qualifier, where it still has this id. */
export function urlTargetOf(
  { scope, urls, policies }: FunctionView,
  qualifier: string,
  id: string,
): UrlTarget | undefined {
  const url = urls.get(qualifier);
  return url?.id === id ? { scope, url, policy: policies.get(qualifier) } : undefined;
}
