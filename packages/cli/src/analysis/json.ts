import { adviceFor } from "./advice.ts";
import type { Analysis } from "./analysis.ts";

/** An analysis for programs; documented in docs/reference/cli.md. */
export function analysisJson(analysis: Analysis): unknown {
  const { subject, sizes, init, savings } = analysis;
  const { name, runtime, handler, zipped, layers } = subject;
  return {
    name,
    runtime,
    handler,
    zippedBytes: zipped,
    layers: layers.map((layer) => layer.name),
    size: sizes,
    init: "unloaded" in init ? { ...init, unloaded: init.unloaded.map(named) } : init,
    savings,
    advice: adviceFor(analysis),
  };
}

const named = ({ name, version }: { name: string; version?: string }) => ({ name, version });
