import type { LayerUse } from "../../domain/function.ts";
import { MAX_LAYERS } from "../../domain/function-limits.ts";
import { type LayerVersion, layerArn, parseLayerReference } from "../../domain/layer.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { invalid } from "./errors.ts";
import { layerVersionsSpace, numberId } from "./spaces.ts";

/**
 * What the ARNs of layer versions stand for, in their order.
 * @throws YunqueError `InvalidFunction` where one does not exist, lives elsewhere, or is there twice.
 */
export async function layersOf(
  { records }: Pick<FunctionsContext, "records">,
  scope: Scope,
  arns: readonly string[],
): Promise<LayerUse[]> {
  if (arns.length > MAX_LAYERS) throw invalid(`Cannot reference more than ${MAX_LAYERS} layers.`);
  const seen = new Map<string, string>();
  const uses: LayerUse[] = [];
  for (const arn of arns) {
    const { name, account = scope.account, region, version } = parseLayerReference(arn) ?? {};
    if (name === undefined || version === undefined) throw doesNotExist(arn);
    if (region !== scope.region)
      throw invalid(
        `Layers are not in the same region as the function. Layers are expected to be in region ${scope.region}.`,
      );
    const layer = layerArn({ account, region }, name);
    const other = seen.get(layer);
    if (other !== undefined)
      throw invalid(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      );
    seen.set(layer, arn);
    const space = layerVersionsSpace({ account, region }, name);
    const found = (await records.get<LayerVersion>(space, numberId(version)))?.value;
    if (found === undefined) throw doesNotExist(arn);
    uses.push({
      arn,
      codeSize: found.codeSize,
      unpackedSize: found.unpackedSize,
      package: found.package,
    });
  }
  return uses;
}

const doesNotExist = (arn: string) => invalid(`Layer version ${arn} does not exist.`);
