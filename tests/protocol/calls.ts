/** Random inputs and outputs of operations, as both the model and the SDK allow them. */
import type { Operation, Service } from "../../packages/server/src/aws/model.ts";
import { FIXED, UNKNOWN_TO_SDK } from "./exceptions.ts";
import type { Random } from "./random.ts";
import { type Carries, randomStructure } from "./values.ts";

/** `density`: how many of the optional members are set, of 1. */
export const randomInput = (
  service: Service,
  operation: Operation,
  random: Random,
  density: number,
): Record<string, unknown> => randomSide("input", service, operation, random, density);

export const randomOutput = (
  service: Service,
  operation: Operation,
  random: Random,
  density: number,
): Record<string, unknown> => randomSide("output", service, operation, random, density);

function randomSide(
  side: "input" | "output",
  service: Service,
  operation: Operation,
  random: Random,
  density: number,
): Record<string, unknown> {
  const shape = operation[side];
  if (shape === undefined) return {};
  const unknown = UNKNOWN_TO_SDK[service.name];
  const value = randomStructure(shape, { random, density, carries: carriesOf(service), unknown });
  for (const entry of [FIXED[service.name], FIXED[`${service.name} ${operation.name}`]])
    for (const [name, fixed] of Object.entries(entry?.[side] ?? {}))
      if (shape.members.some((member) => member.name === name)) value[name] = fixed;
  const status = shape.members.find(({ place }) => place === "status");
  if (status !== undefined) value[status.name] = operation.status;
  return value;
}

/** What the protocol that the SDK prefers can carry. */
export function carriesOf({ protocols: [protocol] }: Service): Carries {
  const json =
    protocol?.startsWith("awsJson") || protocol === "restJson1" || protocol === "rpcv2Cbor";
  return { empty: json, milliseconds: true };
}
