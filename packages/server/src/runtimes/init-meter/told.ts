/** What a probe told, checked: strangers' code ran beside it and may have told anything. */
import { z } from "zod";

const text = z.string().max(64 * 1024);
const ms = z.number().min(0).max(60_000);
const TOLD = z.union([
  z.object({
    ms,
    modules: z
      .array(z.object({ url: text, selfMs: ms, importer: text.optional() }))
      .max(100_000)
      .optional(),
  }),
  z.object({
    error: z.object({
      errorType: text,
      errorMessage: text,
      trace: z.array(text).max(1_000).optional(),
    }),
  }),
]);

export type CheckedTold = z.infer<typeof TOLD>;

/** Undefined for what no probe of ours tells. */
export function readTold(line: string): CheckedTold | undefined {
  try {
    return TOLD.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
