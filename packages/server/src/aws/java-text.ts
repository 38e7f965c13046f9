import type { Shape } from "./model.ts";

/** A value as Java's `toString` prints it, which is how AWS's validation errors show it. */
export function javaText(shape: Shape, value: unknown): string {
  if (value === undefined || value === null) return "null";
  switch (shape.kind) {
    case "list":
      return `[${(value as unknown[]).map((item) => javaText(shape.item.shape, item)).join(", ")}]`;
    case "map":
      return `{${Object.entries(value as object)
        .map(([key, entry]) => `${key}=${javaText(shape.value.shape, entry)}`)
        .join(", ")}}`;
    case "structure":
    case "union": {
      const fields = shape.members.map(({ name, shape: of }) => {
        const field = (value as Record<string, unknown>)[name];
        return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}=${javaText(of, field)}`;
      });
      return `${shape.name}(${fields.join(", ")})`;
    }
    case "blob": {
      const { length } = value as Uint8Array;
      return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
    }
    case "timestamp":
      return (value as Date).toISOString();
    case "float":
    case "double":
      return Number.isInteger(value) ? `${value}.0` : String(value);
    default:
      return shape.sensitive ? "***Sensitive Data Redacted***" : String(value);
  }
}
