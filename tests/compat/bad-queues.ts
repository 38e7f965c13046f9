/** What queues refuse: each operation with what it cannot do without, and with what is none of its values. */
export type Case = readonly [
  what: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  code: string,
  status: number,
  message: string | RegExp,
];

export const ACCOUNT = "000000000000";
const arn = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
export const long = (length: number) => "a".repeat(length);
export const OTHER_HANDLE = Buffer.from("AAAAAAAAAAAA.1.1.1").toString("base64");

/** What each operation cannot do without. */
export const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  AddPermission: ["QueueUrl", "Label", "AWSAccountIds", "Actions"],
  CancelMessageMoveTask: ["TaskHandle"],
  ChangeMessageVisibility: ["QueueUrl", "ReceiptHandle", "VisibilityTimeout"],
  ChangeMessageVisibilityBatch: ["QueueUrl", "Entries"],
  CreateQueue: ["QueueName"],
  DeleteMessage: ["QueueUrl", "ReceiptHandle"],
  DeleteMessageBatch: ["QueueUrl", "Entries"],
  DeleteQueue: ["QueueUrl"],
  GetQueueAttributes: ["QueueUrl"],
  GetQueueUrl: ["QueueName"],
  ListDeadLetterSourceQueues: ["QueueUrl"],
  ListMessageMoveTasks: ["SourceArn"],
  ListQueueTags: ["QueueUrl"],
  PurgeQueue: ["QueueUrl"],
  ReceiveMessage: ["QueueUrl"],
  RemovePermission: ["QueueUrl", "Label"],
  SendMessage: ["QueueUrl", "MessageBody"],
  SendMessageBatch: ["QueueUrl", "Entries"],
  SetQueueAttributes: ["QueueUrl", "Attributes"],
  StartMessageMoveTask: ["SourceArn"],
  TagQueue: ["QueueUrl", "Tags"],
  UntagQueue: ["QueueUrl", "TagKeys"],
};

/** Something of each member's kind. */
const SOME: Readonly<Record<string, unknown>> = {
  QueueUrl: `http://127.0.0.1/${ACCOUNT}/there`,
  QueueName: "there",
  Label: "label",
  AWSAccountIds: [ACCOUNT],
  Actions: ["SendMessage"],
  TaskHandle: "handle",
  ReceiptHandle: "handle",
  VisibilityTimeout: 1,
  SourceArn: arn("there"),
  MessageBody: "a",
  Attributes: {},
  Tags: {},
  TagKeys: [],
};
const ENTRIES: Readonly<Record<string, unknown>> = {
  SendMessageBatch: [{ Id: "1", MessageBody: "a" }],
  DeleteMessageBatch: [{ Id: "1", ReceiptHandle: "a" }],
  ChangeMessageVisibilityBatch: [{ Id: "1", ReceiptHandle: "a", VisibilityTimeout: 1 }],
};

export const whole = (operation: string): Record<string, unknown> =>
  Object.fromEntries(
    (REQUIRED[operation] ?? []).map((name) => [
      name,
      name === "Entries" ? ENTRIES[operation] : SOME[name],
    ]),
  );

const value = (text: unknown, parameter: string, reason: string) =>
  `Value ${text} for parameter ${parameter} is invalid. Reason: ${reason}`;
const create = (
  what: string,
  QueueName: string,
  Attributes: Record<string, string>,
  code: string,
  message: string | RegExp,
  more: object = {},
): Case => [what, "CreateQueue", { QueueName, Attributes, ...more }, code, 400, message];
const attribute = (name: string, text: string): Case =>
  create(
    `${name} ${text.slice(0, 20)}`,
    "new",
    { [name]: text },
    "InvalidAttributeValue",
    `Invalid value for the parameter ${name}.`,
  );
const redrive = (text: string, reason: string): Case =>
  create(
    `RedrivePolicy: ${reason}`,
    "new",
    { RedrivePolicy: text },
    "InvalidParameterValueException",
    value(text, "RedrivePolicy", reason),
  );
const policy = (deadLetterTargetArn: unknown, maxReceiveCount: unknown) =>
  JSON.stringify({ deadLetterTargetArn, maxReceiveCount });

const NAME = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
const BATCH_ID =
  "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
const IPV = "InvalidParameterValueException";

export const CREATING: readonly Case[] = [
  ...["", "a b", "é", "a/b", "..", long(81), "a.fifo"].map((name) =>
    create(`the name ${name.slice(0, 10)}`, name, {}, IPV, NAME),
  ),
  create(
    "a FIFO queue without its suffix",
    "new",
    { FifoQueue: "true" },
    IPV,
    /must end with \.fifo suffix/,
  ),
  create(
    "no such attribute",
    "new",
    { Nothing: "1" },
    "InvalidAttributeName",
    "Unknown Attribute Nothing.",
  ),
  create(
    "an attribute of objects",
    "new",
    { constructor: "1" },
    "InvalidAttributeName",
    "Unknown Attribute constructor.",
  ),
  create(
    "an attribute that is told, not set",
    "new",
    { QueueArn: "1" },
    "InvalidAttributeName",
    "Unknown Attribute QueueArn.",
  ),
  attribute("DelaySeconds", "-1"),
  attribute("DelaySeconds", "901"),
  attribute("DelaySeconds", "1.5"),
  attribute("DelaySeconds", "one"),
  attribute("DelaySeconds", "1e2"),
  attribute("MaximumMessageSize", "1023"),
  attribute("MaximumMessageSize", "1048577"),
  attribute("MessageRetentionPeriod", "59"),
  attribute("MessageRetentionPeriod", "1209601"),
  attribute("ReceiveMessageWaitTimeSeconds", "21"),
  attribute("VisibilityTimeout", "43201"),
  attribute("KmsDataKeyReusePeriodSeconds", "59"),
  attribute("SqsManagedSseEnabled", "maybe"),
  attribute("Policy", "no JSON"),
  attribute("Policy", "[]"),
  redrive("no JSON", "Redrive policy is not a valid JSON map."),
  redrive("[]", "Redrive policy is not a valid JSON map."),
  redrive(
    '{"maxReceiveCount":1}',
    "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
  ),
  redrive(
    `{"deadLetterTargetArn":"${arn("there")}"}`,
    "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
  ),
  ...[0, 1001, -1, "many", 1.5].map((count) =>
    redrive(
      policy(arn("there"), count),
      `Invalid value for maxReceiveCount: ${count}, valid values are from 1 to 1000 both inclusive.`,
    ),
  ),
  redrive(policy("queue", 1), "Invalid value for deadLetterTargetArn."),
  redrive(policy(arn("absent"), 1), "Dead letter target does not exist."),
  redrive(
    policy(arn("there.fifo"), 1),
    "Dead-letter queue must be same type of queue as the source.",
  ),
  redrive(policy(arn("closed"), 1), "The dead-letter queue does not allow this source queue."),
  create(
    "a RedriveAllowPolicy of no kind",
    "new",
    { RedriveAllowPolicy: '{"redrivePermission":"some"}' },
    IPV,
    /Invalid value for redrivePermission: some\.$/,
  ),
  create(
    "a RedriveAllowPolicy without its queues",
    "new",
    { RedriveAllowPolicy: '{"redrivePermission":"byQueue"}' },
    IPV,
    /sourceQueueArns is mandatory/,
  ),
  create(
    "a limit per group without a scope per group",
    "new.fifo",
    { FifoQueue: "true", FifoThroughputLimit: "perMessageGroupId" },
    "InvalidAttributeValue",
    /DeduplicationScope is messageGroup/,
  ),
  create(
    "two kinds of encryption",
    "new",
    { KmsMasterKeyId: "k", SqsManagedSseEnabled: "true" },
    "InvalidAttributeValue",
    /one type of server-side encryption/,
  ),
  create(
    "other attributes than the queue has",
    "there",
    { DelaySeconds: "5" },
    "QueueNameExists",
    /different value for attribute DelaySeconds$/,
  ),
  create("51 tags", "new", {}, IPV, "Too many tags added for queue. The limit is 50.", {
    tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ""])),
  }),
  create("a tag of AWS", "new", {}, IPV, /aws:/, { tags: { "aws:x": "" } }),
  create("a tag with a long value", "new", {}, IPV, /at most 256/, { tags: { a: long(257) } }),
];

export const there = { QueueUrl: SOME["QueueUrl"] };
const fifo = { QueueUrl: `http://127.0.0.1/${ACCOUNT}/there.fifo` };
const send = (
  what: string,
  more: object,
  code: string,
  message: string | RegExp,
  queue: object = there,
): Case => [what, "SendMessage", { ...queue, MessageBody: "a", ...more }, code, 400, message];
export const text = (StringValue: string, DataType = "String") => ({ StringValue, DataType });
const attributes = (what: string, MessageAttributes: object, message: string | RegExp): Case =>
  send(what, { MessageAttributes }, IPV, message);

export const SENDING: readonly Case[] = [
  send(
    "an empty body",
    { MessageBody: "" },
    "MissingRequiredParameterException",
    "The request must contain the parameter MessageBody.",
  ),
  ...["\0", "\u0008", "\u000b", "\u001f", "\ufffe", "\uffff"].map((character) =>
    send(
      `a body with ${escape(character)}`,
      { MessageBody: `a${character}` },
      "InvalidMessageContents",
      /^Invalid characters found/,
    ),
  ),
  send(
    "more than 1 MiB",
    { MessageBody: long(1_048_577) },
    IPV,
    "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
  ),
  send(
    "more than 1 MiB with its attributes",
    { MessageBody: long(1_048_570), MessageAttributes: { a: text("b") } },
    IPV,
    /must be shorter than 1048576/,
  ),
  send(
    "a negative delay",
    { DelaySeconds: -1 },
    IPV,
    value(-1, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."),
  ),
  send(
    "a long delay",
    { DelaySeconds: 901 },
    IPV,
    value(901, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."),
  ),
  send(
    "a deduplication id of a standard queue",
    { MessageDeduplicationId: "a" },
    IPV,
    /not valid for this queue type\.$/,
  ),
  send("a group with a space", { MessageGroupId: "a b" }, IPV, /can only include alphanumeric/),
  send(
    "no group",
    {},
    "MissingRequiredParameterException",
    "The request must contain the parameter MessageGroupId.",
    fifo,
  ),
  send("no deduplication id", { MessageGroupId: "g" }, IPV, /^The queue should either have/, fifo),
  send(
    "a long deduplication id",
    { MessageGroupId: "g", MessageDeduplicationId: long(129) },
    IPV,
    /1 to 128 in length/,
    fifo,
  ),
  attributes(
    "11 attributes",
    Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, text("b")])),
    "Number of message attributes [11] exceeds the allowed maximum [10].",
  ),
  attributes(
    "an attribute without a type",
    { a: text("b", "") },
    /non-empty message attribute type/,
  ),
  attributes("an attribute of no type", { a: text("b", "Text") }, /invalid message attribute type/),
  attributes(
    "an attribute whose type only begins well",
    { a: text("b", "Stringy") },
    /invalid message attribute type/,
  ),
  attributes(
    "an attribute without a value",
    { a: { DataType: "String" } },
    /non-empty value of type 'String'/,
  ),
  attributes("a Number that is none", { a: text("one", "Number") }, /to a number\.$/),
  attributes("a control character", { a: text("\u0001") }, /characters that no message may have/),
  attributes(
    "bytes in a String",
    { a: { BinaryValue: "YQ==", DataType: "String" } },
    /must use field 'String'/,
  ),
  attributes("text in a Binary", { a: text("a", "Binary") }, /must use field 'Binary'/),
  attributes(
    "a name with a space",
    { "a b": text("c") },
    /^The message attribute name 'a b' is invalid/,
  ),
  attributes("a name of AWS", { "AWS.a": text("c") }, /reserved prefixes/),
  attributes("a name that ends with a period", { "a.": text("c") }, /period/),
  attributes("a long name", { [long(257)]: text("c") }, /1 to 256 characters/),
  attributes("a list of values", { a: { ...text("a"), StringListValues: ["b"] } }, /list values/),
  send(
    "another system attribute",
    { MessageSystemAttributes: { Other: text("a") } },
    IPV,
    "Message system attribute name 'Other' is invalid.",
  ),
  send(
    "a trace header of bytes",
    { MessageSystemAttributes: { AWSTraceHeader: { BinaryValue: "YQ==", DataType: "Binary" } } },
    IPV,
    /non-empty value of type 'String'/,
  ),
];

export const RECEIVING: readonly Case[] = [
  ...[0, 11, -1].map(
    (n): Case => [
      "too many or few messages",
      "ReceiveMessage",
      { ...there, MaxNumberOfMessages: n },
      IPV,
      400,
      value(n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided."),
    ],
  ),
  ...[-1, 21].map(
    (n): Case => [
      "another wait",
      "ReceiveMessage",
      { ...there, WaitTimeSeconds: n },
      IPV,
      400,
      value(n, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided."),
    ],
  ),
  ...[-1, 43_201].map(
    (n): Case => [
      "another visibility",
      "ReceiveMessage",
      { ...there, VisibilityTimeout: n },
      IPV,
      400,
      /Must be >= 0 and <= 43200/,
    ],
  ),
  [
    "no system attribute",
    "ReceiveMessage",
    { ...there, AttributeNames: ["Nothing"] },
    "InvalidAttributeName",
    400,
    "Unknown Attribute Nothing.",
  ],
  [
    "no system attribute",
    "ReceiveMessage",
    { ...there, MessageSystemAttributeNames: ["QueueArn"] },
    "InvalidAttributeName",
    400,
    "Unknown Attribute QueueArn.",
  ],
  [
    "a token of attempts with a space",
    "ReceiveMessage",
    { ...fifo, ReceiveRequestAttemptId: "a b" },
    IPV,
    400,
    /ReceiveRequestAttemptId can only include/,
  ],
  [
    "no attribute",
    "GetQueueAttributes",
    { ...there, AttributeNames: ["Nothing"] },
    "InvalidAttributeName",
    400,
    "Unknown Attribute Nothing.",
  ],
  ...["handle", "", OTHER_HANDLE, long(2000)].flatMap((ReceiptHandle): Case[] => [
    [
      "a handle of nobody",
      "DeleteMessage",
      { ...there, ReceiptHandle },
      "ReceiptHandleIsInvalid",
      404,
      `The input receipt handle "${ReceiptHandle}" is not a valid receipt handle.`,
    ],
    [
      "a handle of nobody",
      "ChangeMessageVisibility",
      { ...there, ReceiptHandle, VisibilityTimeout: 1 },
      "ReceiptHandleIsInvalid",
      404,
      /is not a valid receipt handle\.$/,
    ],
  ]),
  ...[-1, 43_201].map(
    (VisibilityTimeout): Case => [
      "another visibility",
      "ChangeMessageVisibility",
      { ...there, ReceiptHandle: "a", VisibilityTimeout },
      IPV,
      400,
      /Must be >= 0 and <= 43200/,
    ],
  ),
];

export const BATCHES: readonly Case[] = Object.entries(ENTRIES).flatMap(
  ([operation, entries]): Case[] => {
    const [entry] = entries as [Record<string, unknown>];
    const of = (...ids: string[]) => ({ ...there, Entries: ids.map((Id) => ({ ...entry, Id })) });
    return [
      [
        "no entries",
        operation,
        of(),
        "EmptyBatchRequest",
        400,
        `There should be at least one ${operation}RequestEntry in the request.`,
      ],
      [
        "11 entries",
        operation,
        of(..."abcdefghijk"),
        "TooManyEntriesInBatchRequest",
        400,
        "Maximum number of entries per request are 10. You have sent 11.",
      ],
      [
        "an id twice",
        operation,
        of("a", "b", "a"),
        "BatchEntryIdsNotDistinct",
        400,
        "Id a repeated.",
      ],
      ...["", "a b", "é", long(81)].map(
        (id): Case => ["a wrong id", operation, of(id), "InvalidBatchEntryId", 400, BATCH_ID],
      ),
      [
        "an entry without an id",
        operation,
        { ...there, Entries: [{}] },
        "MissingRequiredParameterException",
        400,
        /^The request must contain the parameter/,
      ],
    ];
  },
);

export const OTHERS: readonly Case[] = [
  [
    "no label",
    "AddPermission",
    { ...whole("AddPermission"), Label: "a b" },
    IPV,
    400,
    /for parameter Label is invalid/,
  ],
  [
    "no account",
    "AddPermission",
    { ...whole("AddPermission"), AWSAccountIds: ["me"] },
    IPV,
    400,
    value("[me]", "PrincipalId", "Unable to verify."),
  ],
  [
    "no accounts",
    "AddPermission",
    { ...whole("AddPermission"), AWSAccountIds: [] },
    IPV,
    400,
    "The request must contain the parameter AWSAccountIds.",
  ],
  [
    "an action of the owner's",
    "AddPermission",
    { ...whole("AddPermission"), Actions: ["DeleteQueue"] },
    IPV,
    400,
    value(
      "SQS:DeleteQueue",
      "ActionName",
      "Only the queue owner is allowed to invoke this action.",
    ),
  ],
  [
    "8 actions",
    "AddPermission",
    { ...whole("AddPermission"), Actions: Array(8).fill("SendMessage") },
    "OverLimit",
    403,
    "8 Actions were found, maximum allowed is 7.",
  ],
  [
    "a label of nobody",
    "RemovePermission",
    whole("RemovePermission"),
    IPV,
    400,
    value("label", "Label", "can't find label."),
  ],
  ["tags of AWS", "TagQueue", { ...there, Tags: { "aws:a": "" } }, IPV, 400, /aws:/],
  ["an empty key", "TagQueue", { ...there, Tags: { "": "" } }, IPV, 400, /between 1 and 128/],
  ["results past the limit", "ListQueues", { MaxResults: 1001 }, IPV, 400, /between 1 and 1000/],
  [
    "a token of nobody",
    "ListQueues",
    { MaxResults: 1, NextToken: "###" },
    IPV,
    400,
    "Invalid or expired NextToken parameter.",
  ],
  ["a token without pages", "ListQueues", { NextToken: "YQ==" }, IPV, 400, /MaxResults is not set/],
  [
    "results past the limit",
    "ListDeadLetterSourceQueues",
    { ...there, MaxResults: 0 },
    IPV,
    400,
    /between 1 and 1000/,
  ],
  [
    "no dead-letter queue",
    "StartMessageMoveTask",
    { SourceArn: arn("there") },
    IPV,
    400,
    "Source queue must be configured as a Dead Letter Queue.",
  ],
  [
    "no ARN",
    "StartMessageMoveTask",
    { SourceArn: "there" },
    "ResourceNotFoundException",
    404,
    "The resource that you specified for the SourceArn parameter doesn't exist.",
  ],
  [
    "another rate",
    "StartMessageMoveTask",
    { SourceArn: arn("there"), MaxNumberOfMessagesPerSecond: 501 },
    IPV,
    400,
    /between 1 and 500/,
  ],
  [
    "no queue",
    "ListMessageMoveTasks",
    { SourceArn: arn("absent") },
    "ResourceNotFoundException",
    404,
    /SourceArn/,
  ],
  [
    "results past the limit",
    "ListMessageMoveTasks",
    { SourceArn: arn("there"), MaxResults: 11 },
    IPV,
    400,
    /between 1 and 10/,
  ],
  [
    "no handle",
    "CancelMessageMoveTask",
    { TaskHandle: "handle" },
    IPV,
    400,
    "Value for parameter TaskHandle is invalid.",
  ],
  [
    "a handle of JSON",
    "CancelMessageMoveTask",
    { TaskHandle: Buffer.from("null").toString("base64") },
    IPV,
    400,
    "Value for parameter TaskHandle is invalid.",
  ],
];
