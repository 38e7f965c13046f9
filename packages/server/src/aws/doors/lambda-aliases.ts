import type { DescribedAlias, Functions } from "../../services/functions/index.ts";
import type { AliasConfiguration, AliasRoutingConfiguration, LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { nextMarker, pageRequest } from "./lambda-shapes.ts";

/** Aliases of functions. */
export function lambdaAliases({ aliases }: Functions): Door<LambdaApi> {
  return {
    async CreateAlias(input, context) {
      return aliasConfiguration(
        await aliases.create(context, input.FunctionName, input.Name, {
          version: input.FunctionVersion,
          description: input.Description,
          weights: weightsOf(input.RoutingConfig),
        }),
      );
    },

    async GetAlias(input, context) {
      return aliasConfiguration(await aliases.get(context, input.FunctionName, input.Name));
    },

    async UpdateAlias(input, context) {
      return aliasConfiguration(
        await aliases.update(
          context,
          input.FunctionName,
          input.Name,
          {
            version: input.FunctionVersion,
            description: input.Description,
            weights: weightsOf(input.RoutingConfig),
          },
          input.RevisionId,
        ),
      );
    },

    async DeleteAlias(input, context) {
      await aliases.delete(context, input.FunctionName, input.Name);
    },

    async ListAliases(input, context) {
      const page = await aliases.list(context, input.FunctionName, {
        ...pageRequest(input),
        version: input.FunctionVersion,
      });
      return { Aliases: page.items.map(aliasConfiguration), ...nextMarker(page) };
    },
  };
}

function aliasConfiguration({ arn, alias }: DescribedAlias): AliasConfiguration {
  const { routing } = alias;
  return {
    AliasArn: arn,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(routing === undefined
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: { [routing.version]: routing.weight } } }),
  };
}

/** Absent where the caller says nothing of routing; empty where it takes the routing away. */
const weightsOf = (routing: AliasRoutingConfiguration | undefined) =>
  routing && Object.entries(routing.AdditionalVersionWeights ?? {});
