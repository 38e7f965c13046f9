import { policyDocument } from "../../domain/function-policy.ts";
import { RUNTIMES, runtimeStanding } from "../../domain/function-runtimes.ts";
import { layerArn } from "../../domain/layer.ts";
import type { DescribedLayer, Functions } from "../../services/functions/index.ts";
import type {
  Architecture,
  GetLayerVersionResponse,
  LambdaApi,
  LayerVersionsListItem,
} from "../api/lambda.ts";
import type { CodeLinks } from "../code-links.ts";
import type { Door } from "../context.ts";
import { codeOf, constraint } from "./lambda-input.ts";
import { nextMarker, pageRequest, timestamp } from "./lambda-shapes.ts";

/** Layers, their versions and who may use them. */
export function lambdaLayers(
  { layers, layerPolicies }: Functions,
  links: CodeLinks,
): Door<LambdaApi> {
  return {
    async PublishLayerVersion(input, context) {
      checkRuntimes(input.CompatibleRuntimes ?? []);
      const published = await layers.publish(context, input.LayerName, {
        description: input.Description,
        licenseInfo: input.LicenseInfo,
        compatibleRuntimes: input.CompatibleRuntimes,
        compatibleArchitectures: input.CompatibleArchitectures,
        code: codeOf(input.Content),
      });
      return layerVersion(published, links, context.origin);
    },

    async GetLayerVersion(input, context) {
      const found = await layers.get(context, input.LayerName, input.VersionNumber);
      return layerVersion(found, links, context.origin);
    },

    async GetLayerVersionByArn(input, context) {
      return layerVersion(await layers.getByArn(context, input.Arn), links, context.origin);
    },

    async DeleteLayerVersion(input, context) {
      await layers.delete(context, input.LayerName, input.VersionNumber);
    },

    async ListLayerVersions(input, context) {
      const page = await layers.versions(
        context,
        input.LayerName,
        { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture },
        pageRequest(input),
      );
      return { LayerVersions: page.items.map(listItem), ...nextMarker(page) };
    },

    async ListLayers(input, context) {
      const page = await layers.list(
        context,
        { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture },
        pageRequest(input),
      );
      return {
        Layers: page.items.map((one) => ({
          LayerName: one.version.layer,
          LayerArn: layerArn(one.scope, one.version.layer),
          LatestMatchingVersion: listItem(one),
        })),
        ...nextMarker(page),
      };
    },

    async AddLayerVersionPermission(input, context) {
      const { statement, revisionId } = await layerPolicies.add(
        context,
        { layerName: input.LayerName, version: input.VersionNumber },
        {
          statementId: input.StatementId,
          action: input.Action,
          principal: input.Principal,
          organizationId: input.OrganizationId,
        },
        input.RevisionId,
      );
      return { Statement: JSON.stringify(statement), RevisionId: revisionId };
    },

    async RemoveLayerVersionPermission(input, context) {
      const target = { layerName: input.LayerName, version: input.VersionNumber };
      await layerPolicies.remove(context, target, input.StatementId, input.RevisionId);
    },

    async GetLayerVersionPolicy(input, context) {
      const target = { layerName: input.LayerName, version: input.VersionNumber };
      const policy = await layerPolicies.get(context, target);
      return { Policy: policyDocument(policy), RevisionId: policy.revisionId };
    },
  };
}

/** Unlike CreateFunction, this operation takes runtimes that AWS has ended. */
function checkRuntimes(runtimes: readonly string[]): void {
  if (runtimes.some((runtime) => runtimeStanding(runtime) === "unknown"))
    throw constraint(
      "compatibleRuntimes",
      `[${runtimes.join(", ")}]`,
      `Member must satisfy constraint: [Member must satisfy enum value set: [${RUNTIMES.join(", ")}], Member must not be null]`,
    );
}

function listItem({ scope, version }: DescribedLayer): LayerVersionsListItem {
  return {
    LayerVersionArn: layerArn(scope, version.layer, version.version),
    Version: version.version,
    Description: version.description,
    CreatedDate: timestamp(version.createdAt),
    CompatibleRuntimes: version.compatibleRuntimes,
    CompatibleArchitectures: version.compatibleArchitectures as Architecture[] | undefined,
    LicenseInfo: version.licenseInfo,
  };
}

function layerVersion(
  described: DescribedLayer,
  links: CodeLinks,
  origin: string,
): GetLayerVersionResponse {
  const { scope, version } = described;
  return {
    ...listItem(described),
    LayerArn: layerArn(scope, version.layer),
    Content: {
      Location: links.link(origin, version.package),
      CodeSha256: version.codeSha256,
      CodeSize: version.codeSize,
    },
  };
}
