import { readCborStructure, writeCborStructure } from "../codecs/cbor.ts";
import { decodeCbor } from "../codecs/cbor-decode.ts";
import type { Service } from "../model.ts";
import { errorMembers, type Protocol, senderOrReceiver } from "./protocol.ts";

const HEADERS = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" } as const;

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export function rpcCbor(service: Service): Protocol {
  return {
    name: "rpcv2Cbor",
    operationInBody: false,
    find(request) {
      // /service/{service}/operation/{operation}
      const operation = service.operations.get(
        request.path.slice(request.path.lastIndexOf("/") + 1),
      );
      if (operation === undefined || !request.path.includes("/operation/")) return undefined;
      const { input } = operation;
      return {
        operation,
        read(body) {
          const bytes = body as Uint8Array;
          return input === undefined || bytes.length === 0
            ? {}
            : readCborStructure(input, decodeCbor(bytes));
        },
      };
    },
    write({ output: shape }, output) {
      return {
        status: 200,
        headers: { ...HEADERS },
        body: shape === undefined ? undefined : writeCborStructure(shape, output),
      };
    },
    fail(_operation, failure) {
      const shape = service.error(failure.name);
      const members = errorMembers(shape, failure);
      const extra = { __type: failure.name, message: failure.message };
      const body = writeCborStructure(shape, members, extra);
      return {
        status: failure.status,
        headers: {
          ...HEADERS,
          ...(service.queryCompatible && {
            "x-amzn-query-error": `${failure.code};${senderOrReceiver(failure)}`,
          }),
        },
        body,
      };
    },
  };
}
