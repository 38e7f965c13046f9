import type { Functions } from "../../services/functions/index.ts";
import type { Mappings } from "../../services/mappings/index.ts";
import type { LambdaApi } from "../api/lambda.ts";
import type { CodeLinks } from "../code-links.ts";
import type { Door } from "../context.ts";
import { lambdaAliases } from "./lambda-aliases.ts";
import { lambdaCapacityProviders } from "./lambda-capacity-providers.ts";
import { lambdaCodeSigning } from "./lambda-code-signing.ts";
import { withLambdaErrors } from "./lambda-errors.ts";
import { lambdaFunctions } from "./lambda-functions.ts";
import { lambdaInvoke } from "./lambda-invoke.ts";
import { lambdaLayers } from "./lambda-layers.ts";
import { lambdaMappings } from "./lambda-mappings.ts";
import { lambdaOptions } from "./lambda-options.ts";
import { lambdaPermissions } from "./lambda-permissions.ts";
import { lambdaProvisioned } from "./lambda-provisioned.ts";
import { lambdaUrls } from "./lambda-urls.ts";

/** Lambda on AWS's wire. */
export function createLambdaDoor(
  functions: Functions,
  mappings: Mappings,
  links: CodeLinks,
): Door<LambdaApi> {
  return withLambdaErrors({
    ...lambdaFunctions(functions, links),
    ...lambdaAliases(functions),
    ...lambdaLayers(functions, links),
    ...lambdaPermissions(functions, mappings),
    ...lambdaMappings(mappings),
    ...lambdaUrls(functions),
    ...lambdaOptions(functions),
    ...lambdaProvisioned(functions),
    ...lambdaCodeSigning(functions),
    ...lambdaCapacityProviders(functions),
    ...lambdaInvoke(functions),
  });
}
