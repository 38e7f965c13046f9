import manifest from "#manifest" with { type: "json" };

/** The version of this Yunque. */
export const version: string = manifest.version;
