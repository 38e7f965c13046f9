import manifest from "../package.json" with { type: "json" };

/** The version of this Yunque. */
export const version: string = manifest.version;
