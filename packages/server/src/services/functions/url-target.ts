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

/** The URL with this id, where the function still has it. */
export function urlTargetOf(
  { qualifier }: { readonly qualifier: string },
  id: string,
  view: FunctionView | undefined,
): UrlTarget | undefined {
  const url = view?.urls.get(qualifier);
  if (view === undefined || url?.id !== id) return undefined;
  return { scope: view.scope, url, policy: view.policies.get(qualifier) };
}
