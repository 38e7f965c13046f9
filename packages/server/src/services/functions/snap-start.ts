/** SnapStart: a published version is Pending until an instance of it was initialised ahead of time. */
import type { FunctionVersion } from "../../domain/function.ts";
import type { NetworkRule } from "../../domain/function-network.ts";
import type { Scope } from "../../domain/scope.ts";
import { SnapshotError } from "../../ports/executor.ts";
import type { Records } from "../../ports/records.ts";
import type { FunctionsDependencies } from "./context.ts";
import { childSpace, numberId } from "./spaces.ts";
import { readSpace, type Store } from "./store.ts";
import { deploymentOf, hasSnapStart } from "./view.ts";

/** The kind of record that a published version is. */
const VERSIONS = "function-versions";

export class SnapStarts {
  readonly #store: Store;
  readonly #records: Records;
  readonly #executor: FunctionsDependencies["executor"];
  readonly #network: NetworkRule;
  readonly #running = new Set<Promise<void>>();

  constructor(
    store: Store,
    { records, executor, network }: Pick<FunctionsDependencies, "records" | "executor" | "network">,
  ) {
    this.#store = store;
    this.#records = records;
    this.#executor = executor;
    this.#network = network;
  }

  /** Initialises the version, and then says how that went. Never fails: what was interrupted is done at the next start. */
  begin(scope: Scope, version: FunctionVersion): void {
    const running = this.#run(scope, version)
      .catch(() => {})
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Begins again with what a stop or a crash interrupted. */
  async resume(): Promise<void> {
    for (const space of await this.#records.spaces("")) {
      const [account = "", region = "", kind] = space.split("/");
      if (kind !== VERSIONS) continue;
      for (const version of (await readSpace<FunctionVersion>(this.#records, space)).values())
        if (isBeingInitialised(version)) this.begin({ account, region }, version);
    }
  }

  /** Resolves once nothing is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(scope: Scope, version: FunctionVersion): Promise<void> {
    const outcome = await this.#initialise(scope, version);
    if (!outcome) return;
    const target = { scope, name: version.name, qualifier: undefined };
    await this.#store.edit(target, async (stored) => {
      const id = numberId(Number(version.version));
      const now = await stored.child<FunctionVersion>(VERSIONS, id);
      if (!now || !isBeingInitialised(now)) return { result: undefined };
      const space = childSpace(scope, VERSIONS, version.name);
      return { changes: [{ put: { ...now, ...outcome }, space, id }], result: undefined };
    });
  }

  /** Undefined where the platform stops. A runtime that this machine has not is said when the version is invoked. */
  async #initialise(
    scope: Scope,
    version: FunctionVersion,
  ): Promise<Pick<FunctionVersion, "state" | "stateReason"> | undefined> {
    if (!this.#executor.runtimes.has(version.settings.runtime)) return { state: "Active" };
    try {
      await this.#executor.initialise(deploymentOf(scope, version, this.#network));
      return { state: "Active" };
    } catch (error) {
      if (!(error instanceof SnapshotError)) return undefined;
      const { errorType, message } = error;
      return { state: "Failed", stateReason: { code: codeOf(errorType), message } };
    }
  }
}

/** Whether a version waits for its first instance. */
export const isBeingInitialised = (version: FunctionVersion): boolean =>
  version.state === "Pending" && hasSnapStart(version);

/** AWS Lambda, API reference, FunctionConfiguration: StateReasonCode. */
function codeOf(errorType: string): string {
  if (errorType === "Sandbox.Timedout") return "FunctionError.InitTimeout";
  if (errorType === "Runtime.InvalidEntrypoint") return "FunctionError.InvalidEntryPoint";
  if (errorType === "Runtime.OutOfMemory") return "FunctionError.InitResourceExhausted";
  if (errorType.startsWith("Extension.")) return "FunctionError.ExtensionInitError";
  return errorType.startsWith("Runtime.") ? "FunctionError.RuntimeInitError" : "FunctionError";
}
