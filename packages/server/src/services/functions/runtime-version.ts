import type { Executor, RuntimeVersion } from "../../ports/executor.ts";
import type { DescribedVersion } from "./describe.ts";
import type { Page } from "./paging.ts";

/** Adds what a version's functions run on here; nothing where that cannot be told. */
export async function withRuntimeVersion<T extends DescribedVersion>(
  executor: Pick<Executor, "runtimeVersion">,
  described: T,
): Promise<T> {
  const runtimeVersion = await versionOf(executor, described.version.settings.runtime);
  return runtimeVersion === undefined ? described : { ...described, runtimeVersion };
}

/** The same for each version of a page; each runtime is asked once. */
export async function pageWithRuntimeVersions(
  executor: Pick<Executor, "runtimeVersion">,
  page: Page<DescribedVersion>,
): Promise<Page<DescribedVersion>> {
  const asked = new Map<string, Promise<RuntimeVersion | undefined>>();
  const once = (runtime: string) => {
    const version = asked.get(runtime) ?? executor.runtimeVersion(runtime);
    asked.set(runtime, version);
    return version;
  };
  const items = page.items.map((item) => withRuntimeVersion({ runtimeVersion: once }, item));
  return { ...page, items: await Promise.all(items) };
}

/** A runtime that cannot be made ready now is the trouble of whoever invokes, not of whoever looks. */
async function versionOf(
  executor: Pick<Executor, "runtimeVersion">,
  runtime: string,
): Promise<RuntimeVersion | undefined> {
  return executor.runtimeVersion(runtime).catch(() => undefined);
}
