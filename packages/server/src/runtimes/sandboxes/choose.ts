/** Picks the best walls that really stand on this machine. */
import { join } from "node:path";
import type { Sandbox } from "../../ports/sandbox.ts";
import { bubblewrapSandbox } from "./bubblewrap/bubblewrap.ts";
import { openCgroups } from "./cgroups/open.ts";
import { processSandbox } from "./process.ts";
import { unshareSandbox } from "./unshare/unshare.ts";
import { remedies } from "./walls/remedies.ts";
import { prepareSite, type Site } from "./walls/site.ts";

/** From the best on. */
export const TIERS = ["bubblewrap", "unshare", "none"] as const;
export type Tier = (typeof TIERS)[number];

export interface SandboxOptions {
  /** A directory of the platform's alone, emptied first; what programs need is prepared in it. */
  readonly directory: string;
  /** `auto`, the default: the best that works. Else this one, or an error. */
  readonly tier?: Tier | "auto";
}

export interface ChosenSandbox {
  readonly sandbox: Sandbox;
  /** Better tiers, and why they are not it; for `yunque doctor`. */
  readonly refused: readonly { readonly tier: Tier; readonly reason: string }[];
}

/**
 * Each tier is tried once before it is believed. Takes some ten milliseconds: begin early, await it before the first
 * start, and close() the sandbox when the last program is gone.
 * @throws SandboxUnavailable where the tier that was asked for does not work here.
 */
export async function chooseSandbox(options: SandboxOptions): Promise<ChosenSandbox> {
  const { tier = "auto", directory } = options;
  const refused: { tier: Tier; reason: string }[] = [];
  for (const each of tier === "auto" ? TIERS : [tier]) {
    if (each === "none") return { sandbox: withoutWalls(), refused };
    try {
      return { sandbox: await open(each, join(directory, each)), refused };
    } catch (error) {
      refused.push({ tier: each, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new SandboxUnavailable(`the sandbox ${tier} does not work here: ${refused[0]?.reason}`);
}

/** The walls that were asked for cannot be had here. */
export class SandboxUnavailable extends Error {
  override readonly name = "SandboxUnavailable";
  readonly code = "SandboxUnavailable";
}

const MAKERS = { bubblewrap: bubblewrapSandbox, unshare: unshareSandbox };

async function open(tier: keyof typeof MAKERS, directory: string): Promise<Sandbox> {
  if (process.platform !== "linux") throw new Error("only Linux has namespaces");
  const cgroups = await openCgroups();
  let site: Site | undefined;
  try {
    site = await prepareSite({ directory, ...(cgroups ? { cgroups } : {}) });
    return await MAKERS[tier](site);
  } catch (error) {
    if (site) site.close();
    else cgroups?.close();
    throw error;
  }
}

const withoutWalls = (): Sandbox => ({
  ...processSandbox,
  lacks: remedies().map((remedy) => ({
    wall: "functions can read and change whatever the platform's own user can",
    remedy,
  })),
});
