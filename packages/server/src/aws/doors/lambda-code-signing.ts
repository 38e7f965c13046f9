import type { CodeSigningConfig } from "../../domain/code-signing.ts";
import type { Functions } from "../../services/functions/index.ts";
import type { CodeSigningConfig as CodeSigningShape, LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { nextMarker, pageRequest, timestamp } from "./lambda-shapes.ts";

/** Code signing configurations, and which functions use them. */
export function lambdaCodeSigning({ codeSigning }: Functions): Door<LambdaApi> {
  return {
    async CreateCodeSigningConfig(input, context) {
      const config = await codeSigning.create(context, {
        description: input.Description,
        signingProfileVersionArns: input.AllowedPublishers.SigningProfileVersionArns,
        untrustedArtifacts: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment,
      });
      return { CodeSigningConfig: shapeOf(config) };
    },

    async GetCodeSigningConfig(input, context) {
      const config = await codeSigning.get(context, input.CodeSigningConfigArn);
      return { CodeSigningConfig: shapeOf(config) };
    },

    async UpdateCodeSigningConfig(input, context) {
      const config = await codeSigning.update(context, input.CodeSigningConfigArn, {
        description: input.Description,
        signingProfileVersionArns: input.AllowedPublishers?.SigningProfileVersionArns,
        untrustedArtifacts: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment,
      });
      return { CodeSigningConfig: shapeOf(config) };
    },

    async DeleteCodeSigningConfig(input, context) {
      await codeSigning.delete(context, input.CodeSigningConfigArn);
      return {};
    },

    async ListCodeSigningConfigs(input, context) {
      const page = await codeSigning.list(context, pageRequest(input));
      return { CodeSigningConfigs: page.items.map(shapeOf), ...nextMarker(page) };
    },

    async ListFunctionsByCodeSigningConfig(input, context) {
      const page = await codeSigning.functions(
        context,
        input.CodeSigningConfigArn,
        pageRequest(input),
      );
      return { FunctionArns: page.items, ...nextMarker(page) };
    },

    async PutFunctionCodeSigningConfig(input, context) {
      const { CodeSigningConfigArn } = input;
      const { name } = await codeSigning.assign(context, input.FunctionName, CodeSigningConfigArn);
      return { CodeSigningConfigArn, FunctionName: name };
    },

    async GetFunctionCodeSigningConfig(input, context) {
      const { name, arn } = await codeSigning.ofFunction(context, input.FunctionName);
      // Recorded: a function without one gets an empty answer.
      return (arn === undefined ? {} : { CodeSigningConfigArn: arn, FunctionName: name }) as {
        CodeSigningConfigArn: string;
        FunctionName: string;
      };
    },

    async DeleteFunctionCodeSigningConfig(input, context) {
      await codeSigning.assign(context, input.FunctionName, undefined);
    },
  };
}

const shapeOf = (config: CodeSigningConfig): CodeSigningShape => ({
  CodeSigningConfigId: config.id,
  CodeSigningConfigArn: config.arn,
  Description: config.description,
  AllowedPublishers: { SigningProfileVersionArns: config.signingProfileVersionArns },
  CodeSigningPolicies: { UntrustedArtifactOnDeployment: config.untrustedArtifacts },
  LastModified: timestamp(config.modifiedAt),
});
