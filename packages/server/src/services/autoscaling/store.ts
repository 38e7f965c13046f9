/** Reading and changing scalable targets: every change of one, and of what belongs to it, also writes its record. */
import type { Scope } from "../../domain/scope.ts";
import type { Change, Records } from "../../ports/records.ts";
import { retried as retriedUnless } from "../../ports/retried.ts";
import { DIMENSIONS } from "./dimensions.ts";
import { autoscalingError, notFound } from "./errors.ts";
import type { ScalableTarget, TargetName } from "./model.ts";
import { targetId, targetsSpace } from "./spaces.ts";

/** What a change does: the target afterwards, records beside it, and what the caller gets. */
export interface Edit<Result> {
  readonly target?: ScalableTarget;
  readonly changes?: readonly Change[];
  readonly result: Result;
}

export const findTarget = async (
  records: Records,
  scope: Scope,
  name: TargetName,
): Promise<ScalableTarget | undefined> =>
  (await records.get<ScalableTarget>(targetsSpace(scope), targetId(name)))?.value;

/** Lets `decide` say what changes and commits it; decides again where somebody else's change came first. */
export async function editTarget<Result>(
  records: Records,
  scope: Scope,
  name: TargetName,
  decide: (target: ScalableTarget) => Edit<Result> | Promise<Edit<Result>>,
): Promise<Result> {
  const space = targetsSpace(scope);
  const id = targetId(name);
  return retried(async () => {
    const found = await records.get<ScalableTarget>(space, id);
    if (found === undefined) throw noTarget(name, "registered");
    const { target = found.value, changes = [], result } = await decide(found.value);
    await records.commit([{ put: target, space, id, expect: found.revision }, ...changes]);
    return result;
  });
}

/** Runs a step that reads, decides and commits, again where somebody else committed first. */
export const retried = <Result>(step: () => Promise<Result>): Promise<Result> =>
  retriedUnless(step, () =>
    autoscalingError(
      "ScalingContended",
      "Concurrent updates caused an exception, for example, if you request an update to an Application Auto Scaling resource that already has a pending update.",
    ),
  );

/** AWS says "registered" where a target is needed for something else, and "found" where it is what is asked for. */
export const noTarget = (name: TargetName, verb: "registered" | "found") =>
  notFound(`No scalable target ${verb} for ${naming(name)}`);

/** `service namespace: lambda, resource ID: function:f:live, scalable dimension: ...`, as AWS's errors name a target. */
export const naming = ({ dimension, resourceId }: TargetName): string =>
  `service namespace: ${DIMENSIONS[dimension].namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}`;
