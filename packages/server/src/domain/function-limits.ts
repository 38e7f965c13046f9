/** Lambda's quotas, in bytes, MB and seconds: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */

/** A zip that comes inside of the request. */
export const MAX_ZIP_BYTES = 52_428_800;
/** Code and layers together, unpacked. */
export const MAX_UNPACKED_BYTES = 262_144_000;
/** All code and layers of an account in a region. */
export const MAX_CODE_STORAGE_BYTES = 80_530_636_800;
/** The environment variables as compact JSON. */
export const MAX_ENVIRONMENT_BYTES = 4_096;
export const MAX_LAYERS = 5;
export const MAX_TAGS = 50;
/** A resource policy as compact JSON. */
export const MAX_POLICY_BYTES = 20_480;
export const MAX_MEMORY_MB = 10_240;
export const MAX_TIMEOUT_SECONDS = 900;
/** A synchronous payload, in. */
export const MAX_PAYLOAD_BYTES = 6_291_456;
/** An asynchronous payload. */
export const MAX_EVENT_BYTES = 1_048_576;
/** X-Amz-Client-Context as it travels, in base64. */
export const MAX_CLIENT_CONTEXT_BYTES = 3_583;
/** What must stay unreserved when concurrency is reserved. */
export const MIN_UNRESERVED_CONCURRENCY = 100;
/** Aliases of one function. Lambda documents no number; a function's record has to stay small. */
export const MAX_ALIASES = 1_000;
