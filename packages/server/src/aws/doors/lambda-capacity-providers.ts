import type { CapacityProvider } from "../../domain/capacity-provider.ts";
import type { DescribedProvider, Functions, NewProvider } from "../../services/functions/index.ts";
import type {
  CapacityProviderScalingConfig,
  CapacityProvider as CapacityProviderShape,
  CapacityProviderTelemetryConfig,
  LambdaApi,
  PropagateTags,
  State,
} from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { nextMarker, pageRequest, stateName, timestamp } from "./lambda-shapes.ts";

/** Capacity providers, and the versions of functions that are on them. */
export function lambdaCapacityProviders({ capacityProviders }: Functions): Door<LambdaApi> {
  return {
    async CreateCapacityProvider(input, context) {
      const { Architectures, AllowedInstanceTypes, ExcludedInstanceTypes } =
        input.InstanceRequirements ?? {};
      const described = await capacityProviders.create(context, input.CapacityProviderName, {
        vpc: {
          subnetIds: input.VpcConfig.SubnetIds,
          securityGroupIds: input.VpcConfig.SecurityGroupIds,
        },
        operatorRoleArn: input.PermissionsConfig.CapacityProviderOperatorRoleArn,
        tags: Object.entries(input.Tags ?? {}),
        ...(input.InstanceRequirements && {
          requirements: {
            ...(Architectures && { architectures: Architectures }),
            ...(AllowedInstanceTypes && { allowed: AllowedInstanceTypes }),
            ...(ExcludedInstanceTypes && { excluded: ExcludedInstanceTypes }),
          },
        }),
        ...(input.KmsKeyArn && { kmsKeyArn: input.KmsKeyArn }),
        ...changeOf(input),
      });
      return { CapacityProvider: shapeOf(described) };
    },

    async GetCapacityProvider(input, context) {
      const described = await capacityProviders.get(context, input.CapacityProviderName);
      return { CapacityProvider: shapeOf(described) };
    },

    async UpdateCapacityProvider(input, context) {
      const name = input.CapacityProviderName;
      const described = await capacityProviders.update(context, name, changeOf(input));
      return { CapacityProvider: shapeOf(described) };
    },

    async DeleteCapacityProvider(input, context) {
      const described = await capacityProviders.delete(context, input.CapacityProviderName);
      return { CapacityProvider: shapeOf(described) };
    },

    async ListCapacityProviders(input, context) {
      const page = await capacityProviders.list(context, {
        ...pageRequest(input),
        state: input.State,
      });
      return { CapacityProviders: page.items.map(shapeOf), ...nextMarker(page) };
    },

    async ListFunctionVersionsByCapacityProvider(input, context) {
      const name = input.CapacityProviderName;
      const page = await capacityProviders.versions(context, name, pageRequest(input));
      return {
        CapacityProviderArn: page.providerArn,
        FunctionVersions: page.items.map(({ arn, version }) => ({
          FunctionArn: arn,
          State: stateName(version) as State,
        })),
        ...nextMarker(page),
      };
    },
  };
}

/** What Create and Update share. */
function changeOf(input: {
  readonly CapacityProviderScalingConfig?: CapacityProviderScalingConfig | undefined;
  readonly PropagateTags?: PropagateTags | undefined;
  readonly TelemetryConfig?: CapacityProviderTelemetryConfig | undefined;
}): Pick<NewProvider, "scaling" | "propagateTags" | "telemetry"> {
  const { MaxVCpuCount, ScalingMode, ScalingPolicies } = input.CapacityProviderScalingConfig ?? {};
  const { Mode, ExplicitTags } = input.PropagateTags ?? {};
  const { SystemLogLevel, LogGroup } = input.TelemetryConfig?.LoggingConfig ?? {};
  return {
    ...(input.CapacityProviderScalingConfig && {
      scaling: {
        ...(MaxVCpuCount !== undefined && { maxVCpus: MaxVCpuCount }),
        ...(ScalingMode && { mode: ScalingMode }),
        ...(ScalingPolicies && {
          policies: ScalingPolicies.map((one) => ({
            metric: one.PredefinedMetricType,
            target: one.TargetValue,
          })),
        }),
      },
    }),
    ...(input.PropagateTags && {
      propagateTags: {
        ...(Mode && { mode: Mode }),
        ...(ExplicitTags && { explicit: ExplicitTags }),
      },
    }),
    ...(input.TelemetryConfig && {
      telemetry: {
        ...(SystemLogLevel && { systemLogLevel: SystemLogLevel }),
        ...(LogGroup && { logGroup: LogGroup }),
      },
    }),
  };
}

function shapeOf({ provider, state }: DescribedProvider): CapacityProviderShape {
  const { requirements, scaling, propagateTags, telemetry } = provider;
  return {
    CapacityProviderArn: provider.arn,
    State: state,
    VpcConfig: {
      SubnetIds: provider.vpc.subnetIds,
      SecurityGroupIds: provider.vpc.securityGroupIds,
    },
    PermissionsConfig: { CapacityProviderOperatorRoleArn: provider.operatorRoleArn },
    InstanceRequirements: requirements && {
      Architectures: requirements.architectures,
      AllowedInstanceTypes: requirements.allowed,
      ExcludedInstanceTypes: requirements.excluded,
    },
    CapacityProviderScalingConfig: scalingShape(scaling),
    KmsKeyArn: provider.kmsKeyArn,
    LastModified: timestamp(provider.modifiedAt),
    PropagateTags: propagateTags && {
      Mode: propagateTags.mode as PropagateTags["Mode"],
      ExplicitTags: propagateTags.explicit,
    },
    TelemetryConfig: telemetry && {
      LoggingConfig: {
        SystemLogLevel: telemetry.systemLogLevel as "INFO",
        LogGroup: telemetry.logGroup,
      },
    },
  };
}

const scalingShape = ({
  maxVCpus,
  mode,
  policies,
}: CapacityProvider["scaling"]): CapacityProviderScalingConfig => ({
  MaxVCpuCount: maxVCpus,
  ScalingMode: mode,
  ScalingPolicies: policies?.map(({ metric, target }) => ({
    PredefinedMetricType: metric as "LambdaCapacityProviderAverageCPUUtilization",
    TargetValue: target,
  })),
});
