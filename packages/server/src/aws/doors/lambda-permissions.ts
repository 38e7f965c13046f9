import { policyDocument } from "../../domain/function-policy.ts";
import type { Functions } from "../../services/functions/index.ts";
import type { Mappings } from "../../services/mappings/index.ts";
import type { LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";

/** Resource policies and tags. */
export function lambdaPermissions(
  { policies, tags: ofFunctions }: Functions,
  { tags: ofMappings }: Pick<Mappings, "tags">,
): Door<LambdaApi> {
  const tagsOf = (arn: string) =>
    arn.split(":")[5] === "event-source-mapping" ? ofMappings : ofFunctions;
  return {
    async AddPermission(input, context) {
      const statement = await policies.add(
        context,
        input.FunctionName,
        input.Qualifier,
        {
          statementId: input.StatementId,
          action: input.Action,
          principal: input.Principal,
          sourceArn: input.SourceArn,
          sourceAccount: input.SourceAccount,
          principalOrgId: input.PrincipalOrgID,
          eventSourceToken: input.EventSourceToken,
          functionUrlAuthType: input.FunctionUrlAuthType,
          invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
        },
        input.RevisionId,
      );
      return { Statement: JSON.stringify(statement) };
    },

    async RemovePermission(input, context) {
      const { FunctionName, Qualifier, StatementId, RevisionId } = input;
      await policies.remove(context, FunctionName, Qualifier, StatementId, RevisionId);
    },

    async GetPolicy(input, context) {
      const policy = await policies.get(context, input.FunctionName, input.Qualifier);
      return { Policy: policyDocument(policy), RevisionId: policy.revisionId };
    },

    async TagResource(input, context) {
      await tagsOf(input.Resource).add(context, input.Resource, Object.entries(input.Tags));
    },

    async UntagResource(input, context) {
      await tagsOf(input.Resource).remove(context, input.Resource, input.TagKeys);
    },

    async ListTags(input, context) {
      return {
        Tags: Object.fromEntries(await tagsOf(input.Resource).list(context, input.Resource)),
      };
    },
  };
}
