/** Whose resource, and where: every name in Yunque lives in an account and a region. */
export interface Scope {
  /** Twelve digits. */
  readonly account: string;
  /** For example us-east-1. */
  readonly region: string;
}
