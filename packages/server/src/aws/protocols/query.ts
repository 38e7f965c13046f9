import { formTree, readFormStructure } from "../codecs/form.ts";
import { readUtf8 } from "../codecs/text.ts";
import { escapeXml, writeXmlStructure } from "../codecs/xml.ts";
import type { Service } from "../model.ts";
import { Query } from "../query-string.ts";
import { type Protocol, senderOrReceiver } from "./protocol.ts";
import { writeErrorMembers } from "./rest-xml.ts";

const CONTENT_TYPE = "text/xml";

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function awsQuery(service: Service): Protocol {
  const xmlns =
    service.xmlNamespace === undefined ? "" : ` xmlns="${escapeXml(service.xmlNamespace)}"`;
  return {
    name: "awsQuery",
    operationInBody: true,
    find(request, body) {
      const form = readForm(request.query, body);
      const operation = service.operations.get(form.get("Action") ?? "");
      if (operation === undefined) return undefined;
      const { input } = operation;
      return {
        operation,
        read: () => (input === undefined ? {} : readFormStructure(input, formTree(form))),
      };
    },
    write({ name, root, output: shape }, output, { requestId }) {
      const result =
        shape === undefined
          ? ""
          : writeXmlStructure(shape, output, root ?? `${name}Result`, undefined);
      const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`;
      return {
        status: 200,
        headers: { "content-type": CONTENT_TYPE },
        body: `<${name}Response${xmlns}>${result}${metadata}</${name}Response>`,
      };
    },
    fail(_operation, failure) {
      const members = service.error(failure.name)?.members ?? [];
      return {
        status: failure.status,
        headers: { "content-type": CONTENT_TYPE },
        body:
          `<ErrorResponse${xmlns}><Error><Type>${senderOrReceiver(failure)}</Type>` +
          `<Code>${escapeXml(failure.code)}</Code><Message>${escapeXml(failure.message)}</Message>` +
          `${writeErrorMembers(members, failure.members)}</Error>` +
          `<RequestId>${escapeXml(failure.requestId)}</RequestId></ErrorResponse>`,
      };
    },
  };
}

/** The parameters of a call: of the body, and of the URL as well. */
export function readForm(query: Query, body: Uint8Array | undefined): Query {
  if (body === undefined || body.length === 0) return query;
  const form = Query.parse(readUtf8(body));
  return query.pairs.length === 0 ? form : new Query([...form.pairs, ...query.pairs]);
}
