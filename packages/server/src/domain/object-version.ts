/** Versions of objects: their ids, and their order. */

/** Of a version that has no id of its own: it was written while the bucket kept no versions. */
export const NULL_VERSION = "null";

/**
 * An id for the version of this place in the order of all changes (eighteen hexadecimal digits): 32 characters, the
 * first twelve of which say the place, so that a version is found by its id alone. Nobody can guess the rest.
 */
export function newVersionId(sequencer: string): string {
  const random = crypto.getRandomValues(new Uint8Array(15));
  return Buffer.concat([Buffer.from(sequencer, "hex"), random]).toString("base64url");
}

/** Whether a text could be the id of a version. */
export const isVersionId = (text: string): boolean => /^[A-Za-z0-9._-]{32}$/.test(text);

/** The place of the version with this id in the order of all changes, or undefined where the id is nobody's. */
export function sequencerOf(version: string): string | undefined {
  const sequencer = Buffer.from(version.slice(0, 12), "base64url").toString("hex").toUpperCase();
  return isVersionId(version) && sequencer.length === 18 ? sequencer : undefined;
}

/** A text that is the smaller, the later the change is: versions are listed with the newest first. */
export const newestFirst = (sequencer: string): string =>
  sequencer.replace(/[0-9A-F]/g, (digit) =>
    (15 - Number.parseInt(digit, 16)).toString(16).toUpperCase(),
  );
