import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { LogsDependencies } from "./context.ts";
import { invalid, logError, tooMany, unknown } from "./errors.ts";
import type { FilterRuns } from "./filters.ts";
import type { Groups } from "./groups.ts";
import type { Destination, MetricFilter, SubscriptionFilter } from "./model.ts";
import {
  destinationArn,
  destinationsSpace,
  memberId,
  metricFiltersSpace,
  subscriptionsSpace,
} from "./names.ts";
import { compiled } from "./patterns.ts";
import { type Page, type PageRequest, pageOf, retried } from "./store.ts";

/** CloudWatch Logs: quotas. */
const MAX_SUBSCRIPTIONS = 2;
const MAX_METRIC_FILTERS = 100;

type New<Filter> = Omit<Filter, "created">;

/** Filters of a group, of one kind. */
class FilterRecords<Filter extends SubscriptionFilter | MetricFilter> {
  readonly #context: LogsDependencies;
  readonly #groups: Groups;
  readonly #runs: FilterRuns;
  readonly #space: (scope: Scope) => string;
  readonly #most: number;

  constructor(
    context: LogsDependencies,
    groups: Groups,
    runs: FilterRuns,
    space: (scope: Scope) => string,
    most: number,
  ) {
    this.#context = context;
    this.#groups = groups;
    this.#runs = runs;
    this.#space = space;
    this.#most = most;
  }

  async put(scope: Scope, filter: New<Filter>): Promise<void> {
    const { records, clock } = this.#context;
    const { group, name, pattern } = filter;
    compiled(pattern);
    await this.#groups.get(scope, group);
    const space = this.#space(scope);
    await retried(async () => {
      const found = await records.get<Filter>(space, memberId(group, name));
      const others = await everyRecord(records, space, memberId(group, ""));
      if (!found && others.length >= this.#most) throw tooMany();
      const put = { ...filter, created: found?.value.created ?? clock.now() };
      const expect = found?.revision ?? 0;
      await records.commit([{ put, space, id: memberId(group, name), expect }]);
    });
    await this.#runs.refresh(scope, group);
  }

  /** Of a group, or of all of them. */
  async list(
    scope: Scope,
    group: string | undefined,
    {
      prefix = "",
      fits = () => true,
      ...page
    }: PageRequest & { prefix?: string | undefined; fits?: (filter: Filter) => boolean },
  ): Promise<Page<Filter>> {
    if (group !== undefined) await this.#groups.get(scope, group);
    return pageOf<Filter>(this.#context.records, this.#space(scope), page, {
      prefix: group === undefined ? "" : memberId(group, prefix),
      fits: (filter) => filter.name.startsWith(prefix) && fits(filter),
    });
  }

  async delete(scope: Scope, group: string, name: string): Promise<void> {
    const { records } = this.#context;
    await this.#groups.get(scope, group);
    const id = memberId(group, name);
    const space = this.#space(scope);
    if (!(await records.get(space, id))) throw unknown(this.#missing());
    await records.commit([{ delete: true, space, id }]);
    await this.#runs.refresh(scope, group);
  }

  #missing(): string {
    return this.#most === MAX_SUBSCRIPTIONS
      ? "The specified subscription filter does not exist."
      : "The specified metric filter does not exist.";
  }
}

export class MetricFilters extends FilterRecords<MetricFilter> {
  constructor(context: LogsDependencies, groups: Groups, runs: FilterRuns) {
    super(context, groups, runs, metricFiltersSpace, MAX_METRIC_FILTERS);
  }

  override async put(scope: Scope, filter: New<MetricFilter>): Promise<void> {
    for (const { value, defaultValue, dimensions = {} } of filter.transformations) {
      if (!value.startsWith("$") && !Number.isFinite(Number(value)))
        throw invalid("Invalid metricTransformations: metricValue is no number and no selector.");
      if (defaultValue !== undefined && Object.keys(dimensions).length > 0)
        throw invalid(
          "Invalid metricTransformations: dimensions and defaultValue are mutually exclusive.",
        );
      if (Object.keys(dimensions).length > 3)
        throw invalid("Invalid metricTransformations: at most 3 dimensions.");
    }
    await super.put(scope, filter);
  }
}

export class SubscriptionFilters extends FilterRecords<SubscriptionFilter> {
  readonly #context: LogsDependencies;

  constructor(context: LogsDependencies, groups: Groups, runs: FilterRuns) {
    super(context, groups, runs, subscriptionsSpace, MAX_SUBSCRIPTIONS);
    this.#context = context;
  }

  override async put(scope: Scope, filter: New<SubscriptionFilter>): Promise<void> {
    await this.#checkDestination(scope, filter);
    await super.put(scope, filter);
  }

  async #checkDestination(
    scope: Scope,
    { destination, role }: New<SubscriptionFilter>,
  ): Promise<void> {
    const [, , vendor = "", , account] = destination.split(":");
    if (vendor === "lambda") {
      if (account !== scope.account)
        throw logError(
          "LogDestinationForbidden",
          "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.",
        );
      if (await this.#context.targets.exists(destination)) return;
      throw invalid(
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
      );
    }
    if (vendor === "kinesis") {
      if (role === undefined)
        throw invalid("destinationArn for vendor kinesis cannot be used without roleArn");
      if (await this.#context.targets.exists(destination)) return;
      throw invalid(
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
      );
    }
    if (vendor === "logs") {
      const name = destination.slice(destinationArn(scope, "").length);
      if (
        destination === destinationArn(scope, name) &&
        (await this.#context.records.get<Destination>(destinationsSpace(scope), name))
      )
        return;
      throw unknown("The specified destination does not exist.");
    }
    throw invalid(`destinationArn for vendor ${vendor} is not supported`);
  }
}
