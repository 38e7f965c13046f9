/** Cases of the protocol suites that are left out, each group with its reason. The suites are the clients'. */
const SKIPS: readonly (readonly [side: "input" | "output", cases: RegExp, reason: string])[] = [
  ["input", /IdempotencyTokenAutoFill$/, "the client invents a value that the case does not give"],
  [
    "input",
    /ContentEncoding|AppendedGzip|AppendsGzip/,
    "the case leaves the compressed body out; the wire's own tests send one",
  ],
  [
    "input",
    /^Rest(Json|Xml)HostWithPath$/,
    "the path is that of an endpoint behind a path, which this platform is not",
  ],
  [
    "input",
    /^AllQueryStringTypes$|^RestXml.*QueryValues$|RestXmlQueryStringEscaping|QueryParamsStringListMap|QueryPrecedence$/,
    "a server's map of parameters holds all of them, also those that other members hold",
  ],
  [
    "input",
    /^(HttpPrefixHeadersAreNotPresent|RestJsonHttpPrefixHeadersAreNotPresent|QueryEmptyQueryMaps|NullAndEmptyHeaders|RestJsonNullAndEmptyHeaders|RestJsonOmitsEmptyListQueryValues|RestJsonHttpWith(EmptyStructure|HeadersButNo)Payload)$/,
    "the protocol writes nothing and empty alike",
  ],
  [
    "output",
    /FooErrorUsingCode|FooErrorUsingXAmznErrorTypeWith|FooErrorWithDunderTypeUri|^AwsJson1.FooErrorUsingXAmzn|^RestJsonFooErrorWith/,
    "another way to name an error, which clients must read and servers need not write",
  ],
  [
    "output",
    /DateTimeWith(Negative|Positive)Offset$/,
    "clients must read offsets; servers write UTC",
  ],
  [
    "output",
    /DeserializeIgnoreType|DeserializeAllowNulls|SkipsNull$|DeserializeNull|UnexpectedJsonOutput|unexpected_json_output|ExtraFields|CborPayloadWithUnsetUnion$|parses_the_request_id/,
    "clients must bear what this server does not write",
  ],
  ["output", /^AwsJson11IntEnums$/, "the case wants a header of requests in an answer"],
  [
    "output",
    /^(RestXmlHttpResponseCode|IgnoreQueryParamsInResponse)$/,
    "no body, so no content type",
  ],
  [
    "output",
    /^QueryCompatible.*[0r]CustomCodeError$/,
    "SQS answers the statuses of its query protocol, as recorded",
  ],
  [
    "output",
    /^Query(Empty|No)Input/,
    "clients bear an empty body; this server writes an envelope, as AWS does",
  ],
  ["output", /^InvalidGreetingError$/, "the answer has a member that the model has not"],
];

/** Why a case is left out, or undefined. */
export const skipOf = (side: "input" | "output", id: string): string | undefined =>
  SKIPS.find(([of, cases]) => of === side && cases.test(id))?.[2];
