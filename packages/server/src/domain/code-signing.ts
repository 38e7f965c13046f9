/** Code signing configurations. Stored and reported: Yunque verifies no signatures of code. */
export interface CodeSigningConfig {
  /** `csc-` and 17 letters or digits. */
  readonly id: string;
  readonly arn: string;
  readonly description?: string;
  readonly signingProfileVersionArns: readonly string[];
  readonly untrustedArtifacts: "Warn" | "Enforce";
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}
