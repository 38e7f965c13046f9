/** Who may put events on a bus. The policy is kept and shown, and decides nothing until the platform knows callers. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { BusesContext } from "./context.ts";
import { busError, invalid, invalidParameter, unknown } from "./errors.ts";
import type { Policy } from "./model.ts";
import { busArn, DEFAULT_BUS } from "./names.ts";

export interface Permission {
  readonly action: string | undefined;
  /** Twelve digits, or `*`. */
  readonly principal: string | undefined;
  readonly statementId: string | undefined;
  readonly condition:
    | { readonly type: string; readonly key: string; readonly value: string }
    | undefined;
  /** JSON of a whole policy, in place of all of these. */
  readonly policy: string | undefined;
}

export interface PermissionOperations {
  put(scope: Scope, bus: string | undefined, permission: Permission): Promise<void>;
  remove(
    scope: Scope,
    bus: string | undefined,
    statement: { readonly id: string | undefined; readonly all: boolean },
  ): Promise<void>;
}

const MAX_BYTES = 10_240;
const VERSION = "2012-10-17";

export function createPermissions({ catalog, clock }: BusesContext): PermissionOperations {
  return {
    async put(scope, name = DEFAULT_BUS, permission) {
      await catalog.change({ scope, name }, async ({ bus }) => {
        const policy =
          permission.policy === undefined
            ? withStatement(bus.policy, statementOf(scope, name, permission))
            : parsePolicy(permission.policy);
        if (Buffer.byteLength(JSON.stringify(policy)) > MAX_BYTES)
          throw busError("BusPolicyTooLong", "The specified policy is too long.");
        await catalog.putBus(scope, { ...bus, policy, modified: clock.now() });
      });
    },

    async remove(scope, name = DEFAULT_BUS, { id, all }) {
      await catalog.change({ scope, name }, async ({ bus }) => {
        const { policy, ...rest } = bus;
        let left: readonly Readonly<Record<string, unknown>>[] = [];
        if (!all) {
          if (id === undefined)
            throw invalid(
              "Parameter StatementId must be specified unless all permissions are removed.",
            );
          if (policy === undefined) throw noPolicy();
          left = policy.Statement.filter(({ Sid }) => Sid !== id);
          if (left.length === policy.Statement.length)
            throw busError("BusObjectUnknown", "Statement with the provided id does not exist.");
        }
        const kept = policy && left.length > 0 ? { policy: { ...policy, Statement: left } } : {};
        await catalog.putBus(scope, { ...rest, ...kept, modified: clock.now() });
      });
    },
  };
}

const noPolicy = () => {
  const error = unknown("Policy");
  error.message = "EventBus does not have a policy.";
  return error;
};

function statementOf(
  scope: Scope,
  bus: string,
  { action, principal, statementId, condition }: Permission,
): Readonly<Record<string, unknown>> {
  if (action === undefined || principal === undefined || statementId === undefined)
    throw invalid("Parameters Action, Principal and StatementId must be specified.");
  if (action !== "events:PutEvents")
    throw invalid("Provided value in parameter 'action' is not supported.");
  return {
    Sid: statementId,
    Effect: "Allow",
    Principal:
      principal === "*" ? "*" : { AWS: `arn:${partitionOf(scope.region)}:iam::${principal}:root` },
    Action: action,
    Resource: busArn(scope, bus),
    ...(condition === undefined
      ? {}
      : { Condition: { [condition.type]: { [condition.key]: condition.value } } }),
  };
}

function withStatement(
  policy: Policy | undefined,
  statement: Readonly<Record<string, unknown>>,
): Policy {
  const others = policy?.Statement.filter(({ Sid }) => Sid !== statement["Sid"]) ?? [];
  return { Version: policy?.Version ?? VERSION, Statement: [...others, statement] };
}

function parsePolicy(text: string): Policy {
  try {
    const { Version = VERSION, Statement, ...rest } = JSON.parse(text);
    const statements = Array.isArray(Statement) ? Statement : [Statement];
    if (statements.every((one) => typeof one === "object" && one !== null))
      return { Version, ...rest, Statement: statements };
  } catch {
    // no policy
  }
  throw invalidParameter("Policy");
}
