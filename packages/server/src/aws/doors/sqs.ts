import type { MessageQueues } from "../../services/queues/index.ts";
import type { SqsApi } from "../api/sqs.ts";
import type { Door } from "../context.ts";
import { sqsError } from "./sqs-errors.ts";
import { messageOperations } from "./sqs-messages.ts";
import { queueOperations } from "./sqs-queues.ts";
import { worded } from "./worded.ts";

/** SQS on AWS's wire. */
export function createSqsDoor(queues: MessageQueues): Door<SqsApi> {
  return worded<Door<SqsApi>>(
    { ...queueOperations(queues), ...messageOperations(queues) },
    sqsError,
  );
}
