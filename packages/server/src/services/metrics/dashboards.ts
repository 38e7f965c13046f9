/** Dashboards are kept and given back: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Records } from "../../ports/records.ts";
import { invalid, metricsError } from "./errors.ts";
import { type Page, paged } from "./listing.ts";
import { DASHBOARDS } from "./spaces.ts";

export interface Dashboard {
  readonly name: string;
  readonly body: string;
  readonly modified: number;
}

export interface DashboardOperations {
  put(scope: Scope, name: string, body: string): Promise<void>;
  get(scope: Scope, name: string): Promise<Dashboard>;
  list(scope: Scope, prefix?: string, token?: string): Promise<Page<Dashboard>>;
  delete(scope: Scope, names: readonly string[]): Promise<void>;
}

const MAX_NAME = 255;
const MAX_BODY = 1 << 20;
const MAX_WIDGETS = 500;
const PAGE = 1000;

const spaceFor = ({ account }: Scope): string => `${account}/all/${DASHBOARDS}`;

export function createDashboards(records: Records, now: () => number): DashboardOperations {
  return {
    async put(scope, name, body) {
      checkName(name);
      checkBody(body);
      const put: Dashboard = { name, body, modified: now() };
      await records.commit([{ put, space: spaceFor(scope), id: name }]);
    },

    async get(scope, name) {
      checkName(name);
      const found = await records.get<Dashboard>(spaceFor(scope), name);
      if (found === undefined) throw noDashboard([name]);
      return found.value;
    },

    async list(scope, prefix = "", token) {
      if (prefix !== "") checkName(prefix);
      const all = await everyRecord<Dashboard>(records, spaceFor(scope), prefix);
      const items = all.map(({ value }) => value);
      return paged(items, ({ name }) => name, { of: "dashboards", size: PAGE, token });
    },

    async delete(scope, names) {
      const space = spaceFor(scope);
      for (const name of names) checkName(name);
      const found = await Promise.all(names.map((name) => records.get(space, name)));
      const gone = names.filter((_, at) => found[at] === undefined);
      if (gone.length > 0) throw noDashboard(gone);
      await records.commit([...new Set(names)].map((id) => ({ delete: true, space, id }) as const));
    },
  };
}

const noDashboard = (names: readonly string[]) =>
  metricsError("DashboardNotFound", `Dashboard ${names.join(", ")} does not exist`);

function checkName(name: string): void {
  if (!/^[\w-]+$/.test(name))
    throw invalid(
      "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
    );
  if (name.length > MAX_NAME)
    throw invalid(
      `The value for field DashboardName must be at most ${MAX_NAME} characters long.\n`,
    );
}

function checkBody(body: string): void {
  const refuse = (Message: string, DataPath = "") =>
    metricsError("InvalidDashboard", `The field DashboardBody must be a valid JSON object`, {
      problems: [{ DataPath, Message }],
    });
  if (body.length > MAX_BODY) throw refuse("The dashboard's body is larger than 1 MB");
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refuse("The field DashboardBody must be a valid JSON object");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse("The field DashboardBody must be a valid JSON object");
  const { widgets } = value as { widgets?: unknown };
  if (!Array.isArray(widgets)) throw refuse("Should have required property 'widgets'");
  if (widgets.length > MAX_WIDGETS)
    throw refuse(`Should NOT have more than ${MAX_WIDGETS} items`, "/widgets");
  for (const [at, widget] of widgets.entries()) {
    const path = `/widgets/${at}`;
    if (typeof widget !== "object" || widget === null) throw refuse("Should be object", path);
    const { type, properties } = widget as { type?: unknown; properties?: unknown };
    if (typeof type !== "string") throw refuse("Should have required property 'type'", path);
    if (typeof properties !== "object" || properties === null)
      throw refuse("Should have required property 'properties'", path);
  }
}
