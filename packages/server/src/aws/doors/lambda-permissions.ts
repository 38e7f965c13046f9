import { policyDocument } from "../../domain/function-policy.ts";
import type { Functions } from "../../services/functions/index.ts";
import type { LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";

/** Resource policies and tags. */
export function lambdaPermissions({ policies, tags }: Functions): Door<LambdaApi> {
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
      await tags.add(context, input.Resource, Object.entries(input.Tags));
    },

    async UntagResource(input, context) {
      await tags.remove(context, input.Resource, input.TagKeys);
    },

    async ListTags(input, context) {
      return { Tags: Object.fromEntries(await tags.list(context, input.Resource)) };
    },
  };
}
