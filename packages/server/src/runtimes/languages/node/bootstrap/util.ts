/**
 * node:util, required: to import it reads all its exports, one of which opens process.stderr, which makes that
 * descriptor non-blocking before the handler has had a word.
 */
import { createRequire } from "node:module";

export const { format, types }: typeof import("node:util") = createRequire(import.meta.url)(
  "node:util",
);
