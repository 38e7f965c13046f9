/** What the Node.js runtime brings along: a function's package need not hold it. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `packages/aws-sdk` is: what Node.js functions may import without bundling it. */
export const AWS_SDK = fileURLToPath(new URL("../../../../../aws-sdk", import.meta.url));

const requireBrought = createRequire(join(AWS_SDK, "_"));
const SDK = /^@(?:aws-sdk|smithy)\//;

/**
 * Whether an import of this name is answered by the runtime. Lambda brings the AWS SDK v3 since nodejs18.x:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
export function runtimeBrings(runtime: string, specifier: string): boolean {
  const major = Number(/^nodejs(\d+)/.exec(runtime)?.[1] ?? 0);
  if (major < 18 || !SDK.test(specifier)) return false;
  try {
    requireBrought.resolve(specifier);
    return true;
  } catch {
    return false; // a client that is not among those
  }
}
