/** Values between the form of the protocol suites (JSON) and that of doors. */
import type { Member, Shape, StructureShape } from "../../packages/server/src/aws/model.ts";

/** What a suite gives, as a door would answer it. */
export function fromFixture(shape: Shape, value: unknown): unknown {
  return convert(shape, value, (kind, scalar) => {
    if (kind === "timestamp") return new Date((scalar as number) * 1000);
    if (kind === "blob") return Buffer.from(scalar as string, "utf8");
    if ((kind === "float" || kind === "double") && typeof scalar === "string")
      return Number(scalar);
    return scalar;
  });
}

/** What the wire read, as a suite gives it. */
export function toFixture(shape: Shape, value: unknown): unknown {
  return convert(shape, value, (kind, scalar) => {
    if (kind === "timestamp") return (scalar as Date).getTime() / 1000;
    if (kind === "blob") return Buffer.from(scalar as Uint8Array).toString("utf8");
    if ((kind === "float" || kind === "double") && !Number.isFinite(scalar)) return String(scalar);
    return scalar;
  });
}

type Scalars = (kind: Shape["kind"], value: unknown) => unknown;

function convert(shape: Shape, value: unknown, scalars: Scalars): unknown {
  if (value === null || value === undefined) return value;
  switch (shape.kind) {
    case "structure":
    case "union":
      return structure(shape, value as Record<string, unknown>, scalars);
    case "list":
      return (value as unknown[]).map((item) => convert(shape.item.shape, item, scalars));
    case "map":
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [
          key,
          convert(shape.value.shape, item, scalars),
        ]),
      );
    default:
      return scalars(shape.kind, value);
  }
}

function structure(
  shape: StructureShape,
  value: Record<string, unknown>,
  scalars: Scalars,
): Record<string, unknown> {
  const members = new Map(shape.members.map((member) => [member.name, member]));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      memberValue(members.get(name), field, scalars),
    ]),
  );
}

const memberValue = (member: Member | undefined, value: unknown, scalars: Scalars) =>
  member === undefined ? value : convert(member.shape, value, scalars);
