import { Malformed } from "../codecs/malformed.ts";
import { readUtf8 } from "../codecs/text.ts";
import {
  escapeXml,
  readXml,
  readXmlStructure,
  writeXml,
  writeXmlStructure,
} from "../codecs/xml.ts";
import { parseXml } from "../codecs/xml-tree.ts";
import type { Member, Service } from "../model.ts";
import { planOf } from "../plan.ts";
import type { AwsResponse } from "../request.ts";
import { writeBindings } from "./bindings-write.ts";
import { errorMembers, type Protocol, senderOrReceiver } from "./protocol.ts";
import { type BodyCodec, restProtocol } from "./rest.ts";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function restXml(service: Service): Protocol {
  const codec = codecOf(service);
  return {
    name: "restXml",
    ...restProtocol(service, codec),
    fail(_operation, failure) {
      const shape = service.error(failure.name);
      const { requestId } = failure;
      const response: AwsResponse = {
        status: failure.status,
        headers: { "content-type": codec.contentType },
        body:
          `${DECLARATION}<ErrorResponse${xmlns(service)}><Error><Type>${senderOrReceiver(failure)}</Type>` +
          `<Code>${escapeXml(failure.code)}</Code><Message>${escapeXml(failure.message)}</Message>` +
          `${writeErrorMembers(shape?.members ?? [], failure.members)}</Error>` +
          `<RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`,
      };
      if (shape !== undefined) writeBindings(planOf(shape), errorMembers(shape, failure), response);
      return response;
    },
  };
}

/** The members of an error beside its message, as elements. */
export function writeErrorMembers(
  members: readonly Member[],
  values: Readonly<Record<string, unknown>>,
): string {
  return members
    .filter(({ name, place }) => place === "body" && name.toLowerCase() !== "message")
    .map((member) => {
      const value = values[member.name];
      return value === undefined || value === null ? "" : writeXml(member, value);
    })
    .join("");
}

/** The name of a payload's root element. */
const rootOf = ({ shape, wire, name }: Member): string =>
  wire === name ? (shape.xmlName ?? shape.name) : wire;

const xmlns = ({ xmlNamespace }: Service) =>
  xmlNamespace === undefined ? "" : ` xmlns="${escapeXml(xmlNamespace)}"`;

function codecOf(service: Service): BodyCodec {
  const namespace = service.xmlNamespace === undefined ? undefined : { uri: service.xmlNamespace };
  return {
    contentType: "application/xml",
    writesEmpty: false,
    readStructure: (shape, body) => readXmlStructure(shape, parseXml(readUtf8(body))),
    readPayload: (member, body) => {
      const element = parseXml(readUtf8(body));
      if (element.name !== rootOf(member) && element.name !== member.wire)
        throw new Malformed(`The XML document is no ${member.wire}`);
      return readXml(member, element);
    },
    writeStructure: (operation, shape, output) =>
      DECLARATION +
      writeXmlStructure(shape, output, operation.root ?? shape.xmlName ?? shape.name, namespace),
    writePayload: (member, value) => {
      const { shape, xmlNamespace } = member;
      const root = rootOf(member);
      if (shape.kind !== "structure" && shape.kind !== "union")
        return DECLARATION + writeXml(member, value, root);
      return DECLARATION + writeXmlStructure(shape, value, root, xmlNamespace ?? namespace);
    },
    events: {
      contentType: "text/xml",
      structure: (shape, value) =>
        Buffer.from(writeXmlStructure(shape, value, shape.xmlName ?? shape.name, undefined)),
    },
  };
}
