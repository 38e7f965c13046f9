import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import type { LayerVersion } from "../../domain/layer.ts";
import type { Records } from "../../ports/records.ts";
import { readSpace } from "./store.ts";

/** Ids of every package that a function, a version or a layer version needs. */
export async function livePackages(records: Records): Promise<Set<string>> {
  const live = new Set<string>();
  const keep = ({ code, settings }: FunctionVersion) => {
    live.add(code.package);
    for (const layer of settings.layers) live.add(layer.package);
  };
  for (const space of await records.spaces("")) {
    const kind = space.split("/")[2];
    if (kind === "functions")
      for (const { latest } of (await readSpace<FunctionHead>(records, space)).values())
        keep(latest);
    else if (kind === "function-versions")
      for (const version of (await readSpace<FunctionVersion>(records, space)).values())
        keep(version);
    else if (kind === "layer-versions")
      for (const version of (await readSpace<LayerVersion>(records, space)).values())
        live.add(version.package);
  }
  return live;
}
