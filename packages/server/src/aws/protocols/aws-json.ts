import { parseJson, readJsonStructure, writeJsonStructure } from "../codecs/json.ts";
import { type EventCodec, encodeEvents } from "../events/stream.ts";
import type { Service, StructureShape } from "../model.ts";
import { planOf } from "../plan.ts";
import type { AwsResponse } from "../request.ts";
import { jsonError, type Output, type Protocol, senderOrReceiver } from "./protocol.ts";
import { EVENT_STREAM } from "./rest.ts";

/**
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and 1_0: the same but for the content type.
 * `namespace` is what the service puts before the names of its errors.
 */
export function awsJson(
  service: Service,
  name: "awsJson1_0" | "awsJson1_1",
  namespace: string | undefined,
): Protocol {
  const contentType = `application/x-amz-json-${name === "awsJson1_0" ? "1.0" : "1.1"}`;
  const events: EventCodec = {
    contentType,
    structure: (shape, value) =>
      Buffer.from(JSON.stringify(writeJsonStructure(shape, value, "name"))),
  };
  return {
    name,
    operationInBody: false,
    find(request) {
      const target = request.headers["x-amz-target"];
      const operation = service.operations.get(target?.slice(target.lastIndexOf(".") + 1) ?? "");
      if (operation === undefined) return undefined;
      const { input } = operation;
      return {
        operation,
        read: (body) =>
          input === undefined
            ? {}
            : readJsonStructure(input, parseJson(body as Uint8Array), "name"),
      };
    },
    write({ output: shape }, output, { onDefect }) {
      const plan = shape && planOf(shape);
      const stream = plan?.events;
      const response: AwsResponse = {
        status: 200,
        headers: { "content-type": contentType },
        body: "{}",
      };
      if (shape === undefined) response.body = "";
      else if (stream === undefined)
        response.body = JSON.stringify(writeJsonStructure(shape, output, "name"));
      else {
        const { [stream.name]: iterable, ...initial } = output;
        response.headers["content-type"] = EVENT_STREAM;
        response.body = encodeEvents(
          stream.shape as StructureShape,
          iterable as AsyncIterable<Output>,
          events,
          {
            initial: events.structure(shape, initial),
            errorShape: (code) => service.error(code),
            onDefect,
          },
        );
      }
      return response;
    },
    fail(_operation, failure) {
      const type = namespace === undefined ? failure.name : `${namespace}#${failure.name}`;
      const body = { __type: type, ...jsonError(service.error(failure.name), failure, "name") };
      const response: AwsResponse = {
        status: failure.status,
        headers: { "content-type": contentType },
        body: JSON.stringify(body),
      };
      if (service.queryCompatible)
        response.headers["x-amzn-query-error"] = `${failure.code};${senderOrReceiver(failure)}`;
      return response;
    },
  };
}
