import type { SampledRequest } from "../domain/sampling-rule.ts";
import type { Scope } from "../domain/scope.ts";
import type { Segment } from "../domain/segment.ts";

/** Who is told what requests went through. Telling never fails and never waits. */
export interface Tracer {
  /** Whether a request that nobody has decided about is recorded. */
  decide(scope: Scope, request: SampledRequest): boolean;

  /** What a traced request did. Only for who is sampled: everything else costs nothing. */
  tell(scope: Scope, segment: Segment): void;
}
