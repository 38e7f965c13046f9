import type { LogService } from "../../services/logs/index.ts";
import type { LogsApi } from "../api/logs.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { destinationOutput, policyOutput } from "./logs-shapes.ts";

/** Resource policies and destinations. */
export function logsPolicies({ policies, destinations }: LogService): Door<LogsApi> {
  return {
    async PutResourcePolicy(input, context) {
      if (input.resourceArn !== undefined) throw ofResources();
      if (!input.policyName || input.policyDocument === undefined)
        throw new AwsError(
          "InvalidParameterException",
          "policyName and policyDocument must be specified.",
        );
      const policy = await policies.put(context, input.policyName, input.policyDocument);
      return { resourcePolicy: policyOutput(policy) };
    },
    async DescribeResourcePolicies(input, context) {
      if (input.resourceArn !== undefined || input.policyScope === "RESOURCE") throw ofResources();
      const { items, token } = await policies.list(context, {
        limit: input.limit,
        token: input.nextToken,
      });
      return { resourcePolicies: items.map(policyOutput), nextToken: token };
    },
    async DeleteResourcePolicy(input, context) {
      if (input.resourceArn !== undefined) throw ofResources();
      await policies.delete(context, input.policyName ?? "");
    },

    async PutDestination(input, context) {
      const made = await destinations.put(context, input.destinationName, {
        target: input.targetArn,
        role: input.roleArn,
        tags: input.tags,
      });
      return { destination: destinationOutput(context, made) };
    },
    async PutDestinationPolicy({ destinationName, accessPolicy }, context) {
      await destinations.setPolicy(context, destinationName, accessPolicy);
    },
    async DescribeDestinations(input, context) {
      const { items, token } = await destinations.list(context, input.DestinationNamePrefix ?? "", {
        limit: input.limit,
        token: input.nextToken,
      });
      return {
        destinations: items.map((made) => destinationOutput(context, made)),
        nextToken: token,
      };
    },
    async DeleteDestination({ destinationName }, context) {
      await destinations.delete(context, destinationName);
    },
  };
}

const ofResources = () =>
  new AwsError("NotImplemented", "Policies of single log groups are not built.", { status: 501 });
