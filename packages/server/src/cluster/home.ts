/**
 * Which worker runs the instances of a function: all of them, so that what is exact for a function is counted in one
 * place. The highest of the weights that function and worker have together wins: a worker more or less moves only the
 * functions that it gets or had (rendezvous hashing).
 */
import type { Deployment } from "../domain/deployment.ts";

/** 0 to `workers` - 1. The same for every version of a function, in every process. */
export function homeOf(
  { account, region, functionName }: Pick<Deployment, "account" | "region" | "functionName">,
  workers: number,
): number {
  const seed = hash(`${account}/${region}/${functionName}`);
  let home = 0;
  let highest = -1;
  for (let worker = 0; worker < workers; worker++) {
    const weight = mixed(seed ^ mixed(worker + 1));
    if (weight <= highest) continue;
    highest = weight;
    home = worker;
  }
  return home;
}

/** The same of a function's ARN, without qualifier. */
export function homeOfArn(functionArn: string, workers: number): number {
  const [, , , region = "", account = "", , functionName = ""] = functionArn.split(":");
  return homeOf({ account, region, functionName }, workers);
}

/** FNV-1a of 32 bits; names are ASCII. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value;
}

/** Every bit of the result depends on every bit of the input: the finaliser of MurmurHash3. Not negative. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
