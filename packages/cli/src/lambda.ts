/** The platform's Lambda door by AWS's own client, which is loaded only where a command needs it. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { Failure } from "./failure.ts";
import { hungUp, notRunning, notYunque, type Target } from "./target.ts";

/** A client of the platform, and the module of its commands. */
export interface Lambda {
  readonly client: LambdaClient;
  readonly sdk: typeof import("@aws-sdk/client-lambda");
}

/**
 * Runs `work` with a client of the target; refusals of the platform become words for people.
 * @throws Failure
 */
export async function withLambda<T>(
  target: Target,
  work: (lambda: Lambda) => Promise<T>,
): Promise<T> {
  const sdk = await import("@aws-sdk/client-lambda");
  const client = new sdk.LambdaClient({
    endpoint: target.origin,
    region: target.region,
    credentials: credentials(),
    // The platform says itself when to come again: one call of ours is one call there.
    maxAttempts: 1,
  });
  try {
    return await work({ client, sdk });
  } catch (error) {
    throw explain(error, target);
  } finally {
    client.destroy();
  }
}

/** Those of the environment; any will do for a platform of one's own. */
function credentials() {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    return { accessKeyId: "test", secretAccessKey: "test" };
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}

/** What the SDK throws: a refusal has a fault and a status, a connection that failed has a system error's code. */
interface SdkError extends Error {
  readonly code?: string;
  readonly $fault?: "client" | "server";
}

const HINTS: Readonly<Record<string, string>> = {
  ResourceNotFoundException: "yunque functions list shows the functions that there are.",
  ResourceConflictException: "To replace its code: yunque functions create NAME PATH --update",
};

function explain(error: unknown, target: Target): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const { code, $fault, name, message } = error as SdkError;
  if (code === "ECONNREFUSED" || code === "ENOTFOUND") return notRunning(target);
  if (code === "ECONNRESET") return hungUp(target);
  if (error instanceof SyntaxError) return notYunque(target); // the SDK read what is no JSON
  if ($fault === undefined) return error;
  return new Failure(`${name}: ${message}`, HINTS[name]);
}
