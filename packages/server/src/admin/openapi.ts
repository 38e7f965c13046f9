/** Describes the routes as an OpenAPI 3.1 document: made of the routes themselves, so that it cannot drift. */
import { z } from "zod";
import { problemSchema } from "./api.ts";
import type { AnyRoute } from "./router.ts";

/** The document of these routes. Schemas are JSON Schema 2020-12, which OpenAPI 3.1 speaks. */
export function openApi(routes: readonly AnyRoute[], version: string): Record<string, unknown> {
  return {
    openapi: "3.1.0",
    info: {
      title: "Yunque admin API",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: Object.fromEntries(routes.map((route) => [route.path, { get: operation(route) }])),
    components: {
      schemas: { Problem: schemaOf(problemSchema) },
      securitySchemes: { token: { type: "http", scheme: "bearer", description: TOKEN } },
    },
    security: [{ token: [] }],
  };
}

const TOKEN =
  "The setting adminToken, else the content of admin-token in the platform's data directory";

function operation(route: AnyRoute): Record<string, unknown> {
  const type = route.text ?? (route.lines ? "application/x-ndjson" : "application/json");
  return {
    operationId: operationId(route.path),
    summary: route.summary,
    ...(route.open ? { security: [{}, { token: [] }] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    responses: {
      200: {
        description: route.lines ? "A JSON object per line" : "OK",
        content: { [type]: { schema: schemaOf(route.answer) } },
      },
      default: {
        description: "Not served",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** `/_yunque/functions/{name}/logs` -> `functions_name_logs` */
function operationId(path: string): string {
  return path.replace("/_yunque/", "").replace(/\W+/g, "_").replace(/^_|_$/g, "");
}

function pathParameters(route: AnyRoute): unknown[] {
  if (!route.path.includes("{name}")) return [];
  return [{ name: "name", in: "path", required: true, schema: { type: "string" } }];
}

function queryParameters(route: AnyRoute): unknown[] {
  const { properties = {}, required = [] } = z.toJSONSchema(route.query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(type: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(type);
  return schema;
}
