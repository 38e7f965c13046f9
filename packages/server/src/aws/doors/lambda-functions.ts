import { MAX_MEMORY_MB } from "../../domain/function-limits.ts";
import { parseFunctionReference } from "../../domain/function-name.ts";
import type { DescribedVersion, Functions } from "../../services/functions/index.ts";
import type { FunctionConfiguration, LambdaApi } from "../api/lambda.ts";
import type { CodeLinks } from "../code-links.ts";
import type { Door } from "../context.ts";
import {
  codeOf,
  constraint,
  invalidParameter,
  refuseUnsupported,
  settingsOf,
} from "./lambda-input.ts";
import { functionConfiguration, nextMarker, pageRequest } from "./lambda-shapes.ts";

/** Functions and their code. */
export function lambdaFunctions(functions: Functions, links: CodeLinks): Door<LambdaApi> {
  const configuration = async (described: DescribedVersion): Promise<FunctionConfiguration> => {
    const { runtime } = described.version.settings;
    return functionConfiguration(described, await functions.runtimeVersion(runtime));
  };
  return {
    async CreateFunction(input, context) {
      checkName(input.FunctionName);
      const settings = settingsOf(input);
      refuseUnsupported(input);
      if (input.PackageType === "Image" || input.Code.ImageUri !== undefined)
        throw invalidParameter("Yunque runs no container images yet: deploy a zip archive.");
      return configuration(
        await functions.create(context, {
          functionName: input.FunctionName,
          architecture: input.Architectures?.[0],
          settings,
          code: codeOf(input.Code),
          publish: input.Publish,
          publishLatest: input.PublishTo === "LATEST_PUBLISHED",
          tags: Object.entries(input.Tags ?? {}),
          codeSigningConfigArn: input.CodeSigningConfigArn,
        }),
      );
    },

    async GetFunction(input, context) {
      const found = await functions.get(context, input.FunctionName, input.Qualifier);
      const { tags, reservedConcurrency } = found;
      return {
        Configuration: await configuration(found),
        Code: {
          RepositoryType: "S3",
          Location: links.link(context.origin, found.version.code.package),
        },
        ...(tags.length > 0 ? { Tags: Object.fromEntries(tags) } : {}),
        ...(reservedConcurrency === undefined
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
      };
    },

    async GetFunctionConfiguration(input, context) {
      return configuration(await functions.get(context, input.FunctionName, input.Qualifier));
    },

    async ListFunctions(input, context) {
      const all = input.FunctionVersion === "ALL";
      const page = await functions.list(context, { ...pageRequest(input), all });
      return { Functions: await Promise.all(page.items.map(configuration)), ...nextMarker(page) };
    },

    async UpdateFunctionCode(input, context) {
      refuseUnsupported(input);
      if (input.ImageUri !== undefined)
        throw invalidParameter(
          "Please don't provide ImageUri when updating a function with packageType Zip.",
        );
      return configuration(
        await functions.updateCode(context, input.FunctionName, {
          code: codeOf(input),
          architecture: input.Architectures?.[0],
          publish: input.Publish,
          publishLatest: input.PublishTo === "LATEST_PUBLISHED",
          dryRun: input.DryRun,
          revisionId: input.RevisionId,
        }),
      );
    },

    async UpdateFunctionConfiguration(input, context) {
      const large = (input.MemorySize ?? 0) > MAX_MEMORY_MB && !input.CapacityProviderConfig;
      const now = large ? await functions.get(context, input.FunctionName) : undefined;
      const managed = now?.version.settings.managed !== undefined;
      return configuration(
        await functions.updateSettings(
          context,
          input.FunctionName,
          settingsOf(input, managed),
          input.RevisionId,
        ),
      );
    },

    async DeleteFunction(input, context) {
      await functions.delete(context, input.FunctionName, input.Qualifier);
      // Recorded: 204, although the newest model says 200 with a StatusCode.
      context.reply.status = 204;
      return {};
    },

    async PublishVersion(input, context) {
      return configuration(
        await functions.versions.publish(context, input.FunctionName, {
          description: input.Description,
          codeSha256: input.CodeSha256,
          revisionId: input.RevisionId,
          asLatest: input.PublishTo === "LATEST_PUBLISHED",
        }),
      );
    },

    async ListVersionsByFunction(input, context) {
      const page = await functions.versions.list(context, input.FunctionName, pageRequest(input));
      return { Versions: await Promise.all(page.items.map(configuration)), ...nextMarker(page) };
    },
  };
}

/** The model allows an ARN's length; a name alone is shorter, and AWS says so under another error. */
function checkName(text: string): void {
  const name = parseFunctionReference(text)?.name ?? text;
  if (name.length > 64)
    throw constraint(
      "functionName",
      text,
      "Member must have length less than or equal to 64",
      "InvalidParameterValueException",
    );
}
