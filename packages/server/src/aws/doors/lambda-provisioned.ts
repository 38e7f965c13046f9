import type { DescribedProvisioned, Functions } from "../../services/functions/index.ts";
import type { GetProvisionedConcurrencyConfigResponse, LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { nextMarker, pageRequest } from "./lambda-shapes.ts";

/** Provisioned concurrency of versions and aliases. */
export function lambdaProvisioned({ provisioned }: Functions): Door<LambdaApi> {
  return {
    async PutProvisionedConcurrencyConfig(input, context) {
      const { FunctionName, Qualifier, ProvisionedConcurrentExecutions } = input;
      return config(
        await provisioned.put(context, FunctionName, Qualifier, ProvisionedConcurrentExecutions),
      );
    },

    async GetProvisionedConcurrencyConfig(input, context) {
      return config(await provisioned.get(context, input.FunctionName, input.Qualifier));
    },

    async DeleteProvisionedConcurrencyConfig(input, context) {
      await provisioned.delete(context, input.FunctionName, input.Qualifier);
    },

    async ListProvisionedConcurrencyConfigs(input, context) {
      const page = await provisioned.list(context, input.FunctionName, pageRequest(input));
      return {
        ProvisionedConcurrencyConfigs: page.items.map((item) => ({
          FunctionArn: item.arn,
          ...config(item),
        })),
        ...nextMarker(page),
      };
    },
  };
}

const config = (described: DescribedProvisioned): GetProvisionedConcurrencyConfigResponse => ({
  RequestedProvisionedConcurrentExecutions: described.requested,
  AvailableProvisionedConcurrentExecutions: described.available,
  AllocatedProvisionedConcurrentExecutions: described.allocated,
  Status: described.status,
  StatusReason: described.statusReason,
  // For example 2026-11-22T10:20:30+0000: no milliseconds, unlike a function's.
  LastModified: `${new Date(described.modifiedAt).toISOString().slice(0, 19)}+0000`,
});
