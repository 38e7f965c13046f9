/** Brings a function's code and settings onto the platform, and waits until it can be called. */
import type { FunctionConfiguration, Runtime } from "@aws-sdk/client-lambda";
import { guess } from "../../code/guess.ts";
import type { Code } from "../../code/pack.ts";
import { Failure } from "../../failure.ts";
import type { Lambda } from "../../lambda.ts";

/** What somebody said about a function; what is absent keeps Lambda's default, or what it was. */
export interface FunctionOptions {
  readonly handler?: string;
  readonly runtime?: string;
  readonly memory?: number;
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly layer?: string[];
  readonly description?: string;
  readonly role?: string;
}

/** Creates a function. @throws Failure where its runtime or handler cannot be told. */
export async function createFunction(
  { client, sdk }: Lambda,
  name: string,
  code: Code,
  options: FunctionOptions & { readonly role: string },
): Promise<FunctionConfiguration> {
  const kind = await kindOf(code, options);
  await client.send(
    new sdk.CreateFunctionCommand({
      FunctionName: name,
      Code: { ZipFile: code.zip },
      Role: options.role,
      ...membersOf(options),
      ...kind,
    }),
  );
  return untilReady({ client, sdk }, name);
}

/** Replaces a function's code, and then what else is given. */
export async function updateFunction(
  { client, sdk }: Lambda,
  name: string,
  code: Code,
  options: FunctionOptions,
): Promise<FunctionConfiguration> {
  const FunctionName = name;
  await client.send(new sdk.UpdateFunctionCodeCommand({ FunctionName, ZipFile: code.zip }));
  const configuration = await untilReady({ client, sdk }, name);
  const members = membersOf(options);
  if (Object.keys(members).length === 0) return configuration;
  await client.send(new sdk.UpdateFunctionConfigurationCommand({ FunctionName, ...members }));
  return untilReady({ client, sdk }, name);
}

export async function functionExists({ client, sdk }: Lambda, name: string): Promise<boolean> {
  try {
    await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: name }));
    return true;
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return false;
    throw error;
  }
}

/** What was said of the code, completed by what it looks like. */
async function kindOf(
  code: Code,
  { handler, runtime }: FunctionOptions,
): Promise<{ Handler: string; Runtime: Runtime }> {
  if (handler !== undefined && runtime !== undefined)
    return { Handler: handler, Runtime: runtime as Runtime };
  if (handler === undefined) {
    const guessed = await guess(code);
    return { Handler: guessed.handler, Runtime: (runtime ?? guessed.runtime) as Runtime };
  }
  const stem = handler.replace(/\.[^./]*$/, "");
  const names = code.names.filter((name) => name.replace(/\.\w+$/, "") === stem);
  if (names.length === 0) throw new Failure(`the code has no file for the handler ${handler}`);
  const guessed = await guess({ names, read: code.read });
  return { Handler: handler, Runtime: guessed.runtime as Runtime };
}

/** Members that create and update share; only what was given. */
function membersOf(options: FunctionOptions) {
  const { memory, timeout, env, layer, description, role, handler, runtime } = options;
  return {
    ...(memory === undefined ? {} : { MemorySize: memory }),
    ...(timeout === undefined ? {} : { Timeout: timeout }),
    ...(env === undefined ? {} : { Environment: { Variables: env } }),
    ...(layer === undefined ? {} : { Layers: layer }),
    ...(description === undefined ? {} : { Description: description }),
    ...(role === undefined ? {} : { Role: role }),
    ...(handler === undefined ? {} : { Handler: handler }),
    ...(runtime === undefined ? {} : { Runtime: runtime as Runtime }),
  };
}

/** Waits as SDK users do, but asks more often: here the answer is near. */
async function untilReady({ client, sdk }: Lambda, name: string): Promise<FunctionConfiguration> {
  const patience = { client, minDelay: 0.05, maxDelay: 1, maxWaitTime: 120 };
  const asked = { FunctionName: name };
  const waited = await sdk
    .waitUntilFunctionActiveV2(patience, asked)
    .then(() => sdk.waitUntilFunctionUpdatedV2(patience, asked))
    .catch((error: Error) => error);
  const configuration = await client.send(new sdk.GetFunctionConfigurationCommand(asked));
  if (!(waited instanceof Error)) return configuration;
  const { State, StateReason, LastUpdateStatusReason } = configuration;
  const reason = StateReason ?? LastUpdateStatusReason ?? waited.message;
  throw new Failure(`${name} did not become ready (${State}): ${reason}`);
}
