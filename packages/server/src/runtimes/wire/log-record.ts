/**
 * An entry of `console` as an instance writes it to its standard output: several lines in one entry, and to which
 * invocation it belongs, which plain lines cannot say. Anything else there is plain output.
 *
 *     4 bytes MARK | u32 LE length of the text | u32 LE number of the invocation (0: none) | text, UTF-8
 */
export const RECORD_MARK: Uint8Array = Uint8Array.of(0x1e, 0x59, 0x51, 0x00);
/** Bytes before the text. */
export const RECORD_HEADER_BYTES = 12;

/** Longest entry in bytes; longer ones are cut. CloudWatch Logs: one event is at most 256 KB. */
export const RECORD_TEXT_BYTES = 256 * 1024;
