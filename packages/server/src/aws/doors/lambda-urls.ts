import type { CorsRules } from "../../domain/function-url.ts";
import type { DescribedUrl, Functions } from "../../services/functions/index.ts";
import type { Cors, FunctionUrlConfig, LambdaApi } from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { functionUrlOf } from "../function-url-host.ts";
import { nextMarker, pageRequest } from "./lambda-shapes.ts";

/** Function URLs. */
export function lambdaUrls({ urls }: Functions): Door<LambdaApi> {
  return {
    async CreateFunctionUrlConfig(input, context) {
      const { FunctionName, Qualifier, AuthType, InvokeMode, Cors } = input;
      const created = await urls.create(context, FunctionName, Qualifier, {
        authType: AuthType,
        invokeMode: InvokeMode,
        cors: Cors && corsRules(Cors),
      });
      const { LastModifiedTime: _, ...config } = urlConfig(created, context.origin);
      return config;
    },

    async GetFunctionUrlConfig(input, context) {
      const found = await urls.get(context, input.FunctionName, input.Qualifier);
      return { InvokeMode: "BUFFERED", ...urlConfig(found, context.origin) };
    },

    async UpdateFunctionUrlConfig(input, context) {
      const { FunctionName, Qualifier, AuthType, InvokeMode, Cors } = input;
      const updated = await urls.update(context, FunctionName, Qualifier, {
        authType: AuthType,
        invokeMode: InvokeMode,
        cors: Cors && corsRules(Cors),
      });
      return urlConfig(updated, context.origin);
    },

    async DeleteFunctionUrlConfig(input, context) {
      await urls.delete(context, input.FunctionName, input.Qualifier);
    },

    async ListFunctionUrlConfigs(input, context) {
      const page = await urls.list(context, input.FunctionName, pageRequest(input));
      return {
        FunctionUrlConfigs: page.items.map((one) => ({
          InvokeMode: "BUFFERED" as const,
          ...urlConfig(one, context.origin),
        })),
        ...nextMarker(page),
      };
    },
  };
}

function urlConfig({ arn, url }: DescribedUrl, origin: string): FunctionUrlConfig {
  const { cors, invokeMode } = url;
  return {
    FunctionUrl: functionUrlOf(url.id, origin),
    FunctionArn: arn,
    AuthType: url.authType,
    CreationTime: new Date(url.createdAt).toISOString(),
    LastModifiedTime: new Date(url.modifiedAt).toISOString(),
    ...(cors === undefined ? {} : { Cors: corsShape(cors) }),
    ...(invokeMode === undefined ? {} : { InvokeMode: invokeMode }),
  };
}

function corsRules(cors: Cors): CorsRules {
  const { AllowCredentials, AllowHeaders, AllowMethods, AllowOrigins, ExposeHeaders, MaxAge } =
    cors;
  return {
    ...(AllowCredentials === undefined ? {} : { allowCredentials: AllowCredentials }),
    ...(AllowHeaders === undefined ? {} : { allowHeaders: AllowHeaders }),
    ...(AllowMethods === undefined ? {} : { allowMethods: AllowMethods }),
    ...(AllowOrigins === undefined ? {} : { allowOrigins: AllowOrigins }),
    ...(ExposeHeaders === undefined ? {} : { exposeHeaders: ExposeHeaders }),
    ...(MaxAge === undefined ? {} : { maxAge: MaxAge }),
  };
}

const corsShape = (cors: CorsRules): Cors => ({
  AllowCredentials: cors.allowCredentials,
  AllowHeaders: cors.allowHeaders,
  AllowMethods: cors.allowMethods,
  AllowOrigins: cors.allowOrigins,
  ExposeHeaders: cors.exposeHeaders,
  MaxAge: cors.maxAge,
});
