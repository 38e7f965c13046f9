import { readCborStructure, writeCborStructure } from "../codecs/cbor.ts";
import { decodeCbor } from "../codecs/cbor-decode.ts";
import { type EventCodec, encodeEvents } from "../events/stream.ts";
import type { Service, StructureShape } from "../model.ts";
import { planOf } from "../plan.ts";
import type { AwsResponse } from "../request.ts";
import { errorMembers, type Output, type Protocol } from "./protocol.ts";
import { EVENT_STREAM } from "./rest.ts";

/** Not a standard's: no specification names it. What it is like is known from AWS's SDKs for Java. */
export const CBOR_TYPE = "application/x-amz-cbor-1.1";

/** Times are counted in milliseconds. */
const PER_SECOND = 1000;

/** awsJson1_1 with bodies of CBOR: `X-Amz-Target` names the operation. */
export function awsCbor(service: Service): Protocol {
  const structure = (shape: StructureShape | undefined, value: unknown, extra = {}) =>
    writeCborStructure(shape, value, extra, PER_SECOND);
  const events: EventCodec = { contentType: CBOR_TYPE, structure };
  return {
    name: "awsCbor1_1",
    operationInBody: false,
    find(request) {
      const target = request.headers["x-amz-target"];
      const operation = service.operations.get(target?.slice(target.lastIndexOf(".") + 1) ?? "");
      if (operation === undefined) return undefined;
      const { input } = operation;
      return {
        operation,
        read(body) {
          const bytes = body as Uint8Array;
          return input === undefined || bytes.length === 0
            ? {}
            : readCborStructure(input, decodeCbor(bytes, PER_SECOND));
        },
      };
    },
    write({ output: shape }, output, { onDefect }) {
      const stream = shape && planOf(shape).events;
      const headers: AwsResponse["headers"] = { "content-type": CBOR_TYPE };
      if (shape === undefined) return { status: 200, headers, body: "" };
      if (stream === undefined) return { status: 200, headers, body: structure(shape, output) };
      const { [stream.name]: iterable, ...initial } = output;
      headers["content-type"] = EVENT_STREAM;
      const body = encodeEvents(
        stream.shape as StructureShape,
        iterable as AsyncIterable<Output>,
        events,
        {
          initial: structure(shape, initial),
          errorShape: (code) => service.error(code),
          onDefect,
        },
      );
      return { status: 200, headers, body };
    },
    fail(_operation, failure) {
      const shape = service.error(failure.name);
      const extra = { __type: failure.name, message: failure.message };
      return {
        status: failure.status,
        headers: { "content-type": CBOR_TYPE },
        body: structure(shape, errorMembers(shape, failure), extra),
      };
    },
  };
}
