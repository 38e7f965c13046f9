import type { Autoscaling } from "../../services/autoscaling/index.ts";
import type { ApplicationAutoscalingApi } from "../api/application-autoscaling.ts";
import type { Door } from "../context.ts";
import { autoscalingError } from "./application-autoscaling-errors.ts";
import {
  activityOutput,
  childFilter,
  policyOutput,
  policyRequest,
  scheduledActionOutput,
  scheduledActionRequest,
  targetOutput,
  targetRequest,
} from "./application-autoscaling-shapes.ts";
import { worded } from "./worded.ts";

/** Application Auto Scaling on AWS's wire. */
export function createApplicationAutoscalingDoor(
  autoscaling: Autoscaling,
): Door<ApplicationAutoscalingApi> {
  const { targets, policies, actions } = autoscaling;
  return worded<Door<ApplicationAutoscalingApi>>(
    {
      async RegisterScalableTarget(input, context) {
        const { DynamicScalingInSuspended, DynamicScalingOutSuspended, ScheduledScalingSuspended } =
          input.SuspendedState ?? {};
        const ScalableTargetARN = await targets.register(context, {
          ...targetRequest(input),
          min: input.MinCapacity,
          max: input.MaxCapacity,
          suspended: {
            scaleIn: DynamicScalingInSuspended,
            scaleOut: DynamicScalingOutSuspended,
            scheduled: ScheduledScalingSuspended,
          },
          tags: input.Tags,
        });
        return { ScalableTargetARN };
      },

      async DescribeScalableTargets(input, context) {
        const { items, token } = await targets.describe(context, {
          namespace: input.ServiceNamespace,
          resourceIds: input.ResourceIds,
          dimension: input.ScalableDimension,
          maxResults: input.MaxResults,
          token: input.NextToken,
        });
        return { ScalableTargets: items.map(targetOutput), NextToken: token };
      },

      async DeregisterScalableTarget(input, context) {
        await targets.deregister(context, targetRequest(input));
        return {};
      },

      async PutScalingPolicy(input, context) {
        const { PolicyARN, Alarms } = policyOutput(
          await policies.put(context, policyRequest(input)),
        );
        return { PolicyARN, Alarms };
      },

      async DescribeScalingPolicies(input, context) {
        const filter = childFilter(input, input.PolicyNames);
        const { items, token } = await policies.describe(context, filter);
        return { ScalingPolicies: items.map(policyOutput), NextToken: token };
      },

      async DeleteScalingPolicy(input, context) {
        await policies.delete(context, { ...targetRequest(input), name: input.PolicyName });
        return {};
      },

      async PutScheduledAction(input, context) {
        await actions.put(context, scheduledActionRequest(input));
        return {};
      },

      async DescribeScheduledActions(input, context) {
        const filter = childFilter(input, input.ScheduledActionNames);
        const { items, token } = await actions.describe(context, filter);
        return { ScheduledActions: items.map(scheduledActionOutput), NextToken: token };
      },

      async DeleteScheduledAction(input, context) {
        const name = input.ScheduledActionName;
        await actions.delete(context, { ...targetRequest(input), name });
        return {};
      },

      async DescribeScalingActivities(input, context) {
        const { items, token } = await autoscaling.activities(context, {
          ...childFilter(input),
          includeNotScaled: input.IncludeNotScaledActivities,
        });
        return { ScalingActivities: items.map(activityOutput), NextToken: token };
      },

      async ListTagsForResource(input, context) {
        return { Tags: await targets.listTags(context, input.ResourceARN) };
      },
      async TagResource(input, context) {
        await targets.addTags(context, input.ResourceARN, input.Tags);
        return {};
      },
      async UntagResource(input, context) {
        await targets.removeTags(context, input.ResourceARN, input.TagKeys);
        return {};
      },
    },
    autoscalingError,
  );
}
