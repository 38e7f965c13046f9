/** Event buses: one that is always there, and those that are made. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { BusesContext } from "./context.ts";
import { exists, invalid, limitReached, unknown } from "./errors.ts";
import type { Bus, Tags } from "./model.ts";
import { busArn, busRef, DEFAULT_BUS } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { busesSpace } from "./spaces.ts";
import { checkTags } from "./tags.ts";

export interface DescribedBus extends Bus {
  readonly arn: string;
}

export type BusSettings = Pick<Bus, "description" | "kmsKey" | "deadLetter" | "logConfig">;

export interface BusOperations {
  create(scope: Scope, name: string, settings: BusSettings, tags: Tags): Promise<DescribedBus>;
  describe(scope: Scope, nameOrArn: string | undefined): Promise<DescribedBus>;
  /** What is not given stays. */
  update(scope: Scope, name: string | undefined, settings: BusSettings): Promise<DescribedBus>;
  list(
    scope: Scope,
    request: PageRequest & { readonly prefix?: string | undefined },
  ): Promise<Page<DescribedBus>>;
  delete(scope: Scope, name: string): Promise<void>;
}

/** EventBridge: an account has at most 100 buses. */
const MAX_BUSES = 100;

export function createBuses({ catalog, records, clock }: BusesContext): BusOperations {
  const described = (scope: Scope, bus: Bus): DescribedBus => ({
    ...bus,
    arn: busArn(scope, bus.name),
  });
  const custom = async (scope: Scope): Promise<Bus[]> =>
    (await everyRecord<Bus>(records, busesSpace(scope))).map(({ value }) => value);
  return {
    create: (scope, name, settings, tags) =>
      catalog.turn(scope, "buses", async () => {
        if (name.includes("/")) throw invalid("Event bus name must not contain '/'.");
        if ((await catalog.find({ scope, name })) !== undefined) throw exists(`Event bus ${name}`);
        if ((await custom(scope)).length >= MAX_BUSES) throw limitReached();
        const now = clock.now();
        const bus = { name, ...settings, tags: checkTags(tags), created: now, modified: now };
        await catalog.putBus(scope, bus);
        return described(scope, bus);
      }),

    async describe(scope, nameOrArn) {
      const live = await catalog.get(busRef(scope, nameOrArn));
      return described(live.scope, live.bus);
    },

    update: (scope, name = DEFAULT_BUS, settings) =>
      catalog.change({ scope, name }, async (live) => {
        const given = Object.entries(settings).filter(([, value]) => value !== undefined);
        const bus = { ...live.bus, ...Object.fromEntries(given), modified: clock.now() };
        await catalog.putBus(scope, bus);
        return described(scope, bus);
      }),

    async list(scope, { prefix = "", ...request }) {
      const { bus } = await catalog.get({ scope, name: DEFAULT_BUS });
      const others = (await custom(scope)).filter(({ name }) => name !== DEFAULT_BUS);
      const all = [bus, ...others].filter(({ name }) => name.startsWith(prefix)).sort(byName);
      const page = pageOf(all, ({ name }) => name, request, `buses ${prefix}`);
      return { ...page, items: page.items.map((one) => described(scope, one)) };
    },

    async delete(scope, name) {
      if (name === DEFAULT_BUS) throw invalid("Cannot delete event bus default.");
      if ((await catalog.find({ scope, name })) === undefined) throw unknown(`Event bus ${name}`);
      await catalog.change({ scope, name }, async (live) => {
        if (live.rules.size > 0)
          throw invalid("Event bus can not be deleted since it has attached rules.");
        await catalog.removeBus(live);
      });
    },
  };
}
