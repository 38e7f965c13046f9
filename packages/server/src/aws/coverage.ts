import { CATALOG } from "./api/catalog.ts";
import type { Doors } from "./api/index.ts";
import { readModel } from "./model.ts";

/** How much of a service has behaviour. Operations in the order of the model. */
export interface ServiceCoverage {
  /** Our key of the service: "lambda". */
  readonly service: string;
  readonly implemented: readonly string[];
  /** These answer 501. */
  readonly missing: readonly string[];
}

/** What the doors implement of each service of the catalog, in the order of its names. */
export function apiCoverage(doors: Doors): readonly ServiceCoverage[] {
  return CATALOG.map(({ service }) => {
    const door = (doors as Readonly<Record<string, object | undefined>>)[service] ?? {};
    const { implemented = [], missing = [] } = Object.groupBy(operationsOf(service), (operation) =>
      Object.hasOwn(door, operation) ? "implemented" : "missing",
    );
    return { service, implemented, missing };
  });
}

const names = new Map<string, readonly string[]>();

/** Names only, and kept: the models behind them would take tens of megabytes. */
function operationsOf(service: string): readonly string[] {
  let operations = names.get(service);
  if (operations === undefined) {
    operations = Object.keys(readModel(service).operations);
    names.set(service, operations);
  }
  return operations;
}
