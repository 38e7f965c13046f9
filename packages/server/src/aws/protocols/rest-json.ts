import {
  parseJson,
  readJson,
  readJsonStructure,
  writeJson,
  writeJsonStructure,
} from "../codecs/json.ts";
import type { Service } from "../model.ts";
import { planOf } from "../plan.ts";
import type { AwsResponse } from "../request.ts";
import { writeBindings } from "./bindings-write.ts";
import { errorMembers, jsonError, type Protocol } from "./protocol.ts";
import { type BodyCodec, restProtocol } from "./rest.ts";

const CODEC: BodyCodec = {
  contentType: "application/json",
  writesEmpty: true,
  readStructure: (shape, body) => readJsonStructure(shape, parseJson(body), "wire"),
  readPayload: (member, body) => readJson(member, parseJson(body), "wire"),
  writeStructure: (_operation, shape, output) =>
    JSON.stringify(writeJsonStructure(shape, output, "wire")),
  writePayload: (member, value) => JSON.stringify(writeJson(member, value, "wire")),
  events: {
    contentType: "application/json",
    structure: (shape, value) =>
      Buffer.from(JSON.stringify(writeJsonStructure(shape, value, "wire"))),
  },
};

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJson(service: Service): Protocol {
  return {
    name: "restJson1",
    ...restProtocol(service, CODEC),
    fail(_operation, failure) {
      const shape = service.error(failure.name);
      const response: AwsResponse = {
        status: failure.status,
        headers: { "content-type": CODEC.contentType, "x-amzn-errortype": failure.name },
        body: JSON.stringify(jsonError(shape, failure, "wire")),
      };
      if (shape !== undefined) writeBindings(planOf(shape), errorMembers(shape, failure), response);
      return response;
    },
  };
}
