/**
 * How many instances of a function are kept although nobody calls it. Lambda's own word for it, PutFunctionScalingConfig,
 * is about functions on EC2 instances of the caller's; here a variable of the environment says it, so that SAM, CDK and
 * Terraform say it unchanged. It counts for `$LATEST`, and for every version that an alias names.
 */
import { YunqueError } from "./errors.ts";

/** The function's own word. */
export const MIN_INSTANCES_VARIABLE = "YUNQUE_MIN_INSTANCES";
const MOST = 1_000;

interface Asking {
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** 0 where the function does not say. */
export function minInstancesOf({ environment }: Asking): number {
  const asked = environment?.[MIN_INSTANCES_VARIABLE];
  return asked !== undefined && isNumber(asked) ? Number(asked) : 0;
}

/** @throws YunqueError `InvalidFunction` where the function asks for something that is no number. */
export function checkMinInstances({ environment }: Asking): void {
  const asked = environment?.[MIN_INSTANCES_VARIABLE];
  if (asked !== undefined && !isNumber(asked))
    throw new YunqueError(
      "InvalidFunction",
      `Value ${asked} at 'environment.variables.${MIN_INSTANCES_VARIABLE}' failed to satisfy constraint: Member must be a number from 0 to ${MOST}. So many instances are kept, whether anybody calls the function or not.`,
    );
}

const isNumber = (text: string): boolean => /^\d{1,4}$/.test(text) && Number(text) <= MOST;
