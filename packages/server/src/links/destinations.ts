/** What is told of asynchronous invocations, as messages for targets. */
import { randomUUID } from "node:crypto";
import { parseFunctionReference } from "../domain/function-name.ts";
import { type DeadLetterAttributes, recordKey } from "../domain/invocation-record.ts";
import type { Delivery, Destinations } from "../ports/destinations.ts";
import type { MessageAttribute, Targets } from "../ports/targets.ts";

/** Lambda's records and dead letters go where everything goes. */
export function destinationsIn(targets: Targets): Destinations {
  return {
    async deliver({ destination, functionArn, body, traceId, end, deadLetter }: Delivery) {
      const { name = "" } = parseFunctionReference(functionArn) ?? {};
      await targets.deliver({
        target: destination,
        body,
        traceId,
        sender: { service: "lambda.amazonaws.com", arn: functionArn },
        attributes: deadLetter && deadLetterMessage(deadLetter),
        object: { key: recordKey(name, new Date(), randomUUID()), contentType: "application/json" },
        event: {
          source: "lambda",
          detailType: `Lambda Function Invocation Result - ${end === "Success" ? "Success" : "Failure"}`,
          resources: [functionArn, destination],
        },
      });
    },
  };
}

const deadLetterMessage = (
  attributes: DeadLetterAttributes,
): Readonly<Record<string, MessageAttribute>> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { type: name === "ErrorCode" ? "Number" : "String", value },
    ]),
  );
