import type { Quirks } from "../quirks.ts";

/** AWS's SDKs for Java speak CBOR to Kinesis, unless they are told not to. */
export const kinesis: Quirks = { alsoSpeaks: "awsCbor1_1" };
