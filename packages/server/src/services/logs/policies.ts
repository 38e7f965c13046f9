/** Resource policies, which are kept, and destinations, which stand for streams. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Records } from "../../ports/records.ts";
import type { LogsDependencies } from "./context.ts";
import { invalid, tooMany, unknown } from "./errors.ts";
import type { Destination, ResourcePolicy, Tags } from "./model.ts";
import { destinationsSpace, policiesSpace } from "./names.ts";
import { type Page, type PageRequest, pageOf, retried } from "./store.ts";

/** CloudWatch Logs: quotas. */
const MAX_POLICIES = 10;
const MAX_POLICY = 5_120;

export class ResourcePolicies {
  readonly #context: LogsDependencies;

  constructor(context: LogsDependencies) {
    this.#context = context;
  }

  async put(scope: Scope, name: string, document: string): Promise<ResourcePolicy> {
    const { records, clock } = this.#context;
    checkPolicy(document);
    const space = policiesSpace(scope);
    const others = await everyRecord<ResourcePolicy>(records, space);
    if (others.length >= MAX_POLICIES && !others.some(({ id }) => id === name)) throw tooMany();
    const put: ResourcePolicy = { name, document, updated: clock.now() };
    await records.commit([{ put, space, id: name }]);
    return put;
  }

  list(scope: Scope, page: PageRequest): Promise<Page<ResourcePolicy>> {
    return pageOf(this.#context.records, policiesSpace(scope), page);
  }

  async delete(scope: Scope, name: string): Promise<void> {
    const space = policiesSpace(scope);
    if (!(await this.#context.records.get(space, name)))
      throw unknown(`Policy with name [${name}] does not exist.`);
    await this.#context.records.commit([{ delete: true, space, id: name }]);
  }
}

export class Destinations {
  readonly #context: LogsDependencies;

  constructor(context: LogsDependencies) {
    this.#context = context;
  }

  async put(
    scope: Scope,
    name: string,
    { target, role, tags = {} }: { target: string; role: string; tags?: Tags | undefined },
  ): Promise<Destination> {
    const { records, clock, targets } = this.#context;
    if (!target.includes(":kinesis:") || !(await targets.exists(target)))
      throw invalid(
        "Could not deliver test message to specified destination. Check if the destination is valid.",
      );
    const space = destinationsSpace(scope);
    return retried(async () => {
      const found = await records.get<Destination>(space, name);
      const base = found?.value ?? { created: clock.now(), tags };
      const put: Destination = { ...base, name, target, role };
      await records.commit([{ put, space, id: name, expect: found?.revision ?? 0 }]);
      return put;
    });
  }

  async setPolicy(scope: Scope, name: string, policy: string): Promise<void> {
    const { records } = this.#context;
    checkPolicy(policy);
    const space = destinationsSpace(scope);
    await retried(async () => {
      const { value, revision } = await found(records, scope, name);
      await records.commit([{ put: { ...value, policy }, space, id: name, expect: revision }]);
    });
  }

  list(scope: Scope, prefix: string, page: PageRequest): Promise<Page<Destination>> {
    return pageOf(this.#context.records, destinationsSpace(scope), page, { prefix });
  }

  async delete(scope: Scope, name: string): Promise<void> {
    await found(this.#context.records, scope, name);
    const space = destinationsSpace(scope);
    await this.#context.records.commit([{ delete: true, space, id: name }]);
  }
}

async function found(records: Records, scope: Scope, name: string) {
  const destination = await records.get<Destination>(destinationsSpace(scope), name);
  if (!destination) throw unknown("The specified destination does not exist.");
  return destination;
}

function checkPolicy(document: string): void {
  if (document.length > MAX_POLICY) throw invalid("Policy document is too long.");
  try {
    const policy: unknown = JSON.parse(document);
    if (typeof policy === "object" && policy !== null && "Statement" in policy) return;
  } catch {
    // no JSON
  }
  throw invalid(
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
  );
}
