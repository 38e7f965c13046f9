/** Layers: versioned archives that functions find under /opt. */
import { lambdaArn } from "./function-name.ts";
import type { ResourcePolicy } from "./function-policy.ts";
import type { Scope } from "./scope.ts";

/** One published version of a layer; immutable but for its policy. */
export interface LayerVersion {
  readonly layer: string;
  readonly version: number;
  readonly description: string;
  readonly licenseInfo?: string;
  readonly compatibleRuntimes?: readonly string[];
  readonly compatibleArchitectures?: readonly string[];
  /** Id of its package. */
  readonly package: string;
  readonly codeSha256: string;
  readonly codeSize: number;
  readonly unpackedSize: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly policy?: ResourcePolicy & { readonly revisionId: string };
}

/** The record of a layer's name: it outlives its versions, so that no number is given twice. */
export interface LayerHead {
  readonly name: string;
  readonly nextVersion: number;
  /** The newest version that is still there. */
  readonly latest?: LayerVersion;
}

/** A layer as callers name it: by name, by ARN, or with a version. */
export interface LayerReference {
  readonly name: string;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly version: number | undefined;
}

const ARN =
  /^arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]{1,140})(?::(\d+))?$/;

/** Takes a layer's name or ARN apart; undefined where it is neither. Lambda: names have at most 140 characters. */
export function parseLayerReference(text: string): LayerReference | undefined {
  if (/^[a-zA-Z0-9-_]{1,140}$/.test(text))
    return { name: text, account: undefined, region: undefined, version: undefined };
  const match = ARN.exec(text);
  if (match === null) return undefined;
  const [, region, account, name = "", version] = match;
  return { name, account, region, version: version === undefined ? undefined : Number(version) };
}

/** `arn:aws:lambda:REGION:ACCOUNT:layer:NAME[:VERSION]` */
export function layerArn(scope: Scope, name: string, version?: number): string {
  const arn = lambdaArn(scope, "layer", name);
  return version === undefined ? arn : `${arn}:${version}`;
}
