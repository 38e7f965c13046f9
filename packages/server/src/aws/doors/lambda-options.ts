import {
  MAX_CODE_STORAGE_BYTES,
  MAX_UNPACKED_BYTES,
  MAX_ZIP_BYTES,
} from "../../domain/function-limits.ts";
import type {
  DescribedEventInvoke,
  EventInvokeChange,
  Functions,
} from "../../services/functions/index.ts";
import type {
  FunctionEventInvokeConfig,
  LambdaApi,
  PutFunctionEventInvokeConfigRequest,
} from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { nextMarker, pageRequest } from "./lambda-shapes.ts";

/** What a function has besides code and configuration, and what an account may have. */
export function lambdaOptions(functions: Functions): Door<LambdaApi> {
  const { options, eventInvoke } = functions;
  return {
    async PutFunctionConcurrency(input, context) {
      const { ReservedConcurrentExecutions } = input;
      await options.reserve(context, input.FunctionName, ReservedConcurrentExecutions);
      return { ReservedConcurrentExecutions };
    },

    async GetFunctionConcurrency(input, context) {
      const reserved = await options.concurrency(context, input.FunctionName);
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },

    async DeleteFunctionConcurrency(input, context) {
      await options.reserve(context, input.FunctionName, undefined);
    },

    async PutFunctionRecursionConfig(input, context) {
      await options.setRecursiveLoop(context, input.FunctionName, input.RecursiveLoop);
      return { RecursiveLoop: input.RecursiveLoop };
    },

    async GetFunctionRecursionConfig(input, context) {
      return { RecursiveLoop: await options.recursiveLoop(context, input.FunctionName) };
    },

    async PutRuntimeManagementConfig(input, context) {
      const { FunctionName, Qualifier, UpdateRuntimeOn, RuntimeVersionArn } = input;
      const stored = await options.setRuntimeManagement(context, FunctionName, Qualifier, {
        updateRuntimeOn: UpdateRuntimeOn,
        ...(RuntimeVersionArn === undefined ? {} : { runtimeVersionArn: RuntimeVersionArn }),
      });
      return {
        UpdateRuntimeOn: stored.updateRuntimeOn,
        FunctionArn: stored.arn,
        RuntimeVersionArn: stored.runtimeVersionArn,
      };
    },

    async GetRuntimeManagementConfig(input, context) {
      const { FunctionName, Qualifier } = input;
      const found = await options.runtimeManagement(context, FunctionName, Qualifier);
      return {
        UpdateRuntimeOn: found.updateRuntimeOn,
        FunctionArn: found.arn,
        RuntimeVersionArn: found.runtimeVersionArn,
      };
    },

    async PutFunctionEventInvokeConfig(input, context) {
      const { FunctionName, Qualifier } = input;
      return eventInvokeConfig(
        await eventInvoke.put(context, FunctionName, Qualifier, eventInvokeChange(input)),
      );
    },

    async UpdateFunctionEventInvokeConfig(input, context) {
      const { FunctionName, Qualifier } = input;
      return eventInvokeConfig(
        await eventInvoke.update(context, FunctionName, Qualifier, eventInvokeChange(input)),
      );
    },

    async GetFunctionEventInvokeConfig(input, context) {
      return eventInvokeConfig(await eventInvoke.get(context, input.FunctionName, input.Qualifier));
    },

    async DeleteFunctionEventInvokeConfig(input, context) {
      await eventInvoke.delete(context, input.FunctionName, input.Qualifier);
    },

    async ListFunctionEventInvokeConfigs(input, context) {
      const page = await eventInvoke.list(context, input.FunctionName, pageRequest(input));
      return {
        FunctionEventInvokeConfigs: page.items.map(eventInvokeConfig),
        ...nextMarker(page),
      };
    },

    async GetAccountSettings(_input, context) {
      const usage = await functions.usage(context);
      return {
        AccountLimit: {
          TotalCodeSize: MAX_CODE_STORAGE_BYTES,
          CodeSizeUnzipped: MAX_UNPACKED_BYTES,
          CodeSizeZipped: MAX_ZIP_BYTES,
          ConcurrentExecutions: usage.concurrency,
          UnreservedConcurrentExecutions: usage.concurrency - usage.reservedConcurrency,
        },
        AccountUsage: { TotalCodeSize: usage.codeBytes, FunctionCount: usage.functionCount },
      };
    },
  };
}

function eventInvokeChange(input: PutFunctionEventInvokeConfigRequest): EventInvokeChange {
  return {
    maximumRetryAttempts: input.MaximumRetryAttempts,
    maximumEventAgeSeconds: input.MaximumEventAgeInSeconds,
    onSuccess: input.DestinationConfig?.OnSuccess?.Destination,
    onFailure: input.DestinationConfig?.OnFailure?.Destination,
    destinations: input.DestinationConfig !== undefined,
  };
}

/** AWS answers both destinations always, empty where there is none. */
function eventInvokeConfig({ arn, settings }: DescribedEventInvoke): FunctionEventInvokeConfig {
  const { onSuccess, onFailure } = settings;
  return {
    LastModified: new Date(settings.modifiedAt),
    FunctionArn: arn,
    MaximumRetryAttempts: settings.maximumRetryAttempts,
    MaximumEventAgeInSeconds: settings.maximumEventAgeSeconds,
    DestinationConfig: {
      OnSuccess: onSuccess === undefined ? {} : { Destination: onSuccess },
      OnFailure: onFailure === undefined ? {} : { Destination: onFailure },
    },
  };
}
