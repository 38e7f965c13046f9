/** What the platform and the process of the database say to each other. */
import type { LogValue } from "../../ports/log-queries.ts";

/** Files of lines, by names inside of the database's directory. */
export interface LogFiles {
  /** Sealed segments (Parquet). */
  readonly sealed: readonly string[];
  /** Files of JSON lines, and the group of each. */
  readonly open: readonly { readonly file: string; readonly group: string }[];
}

export interface RowsRequest {
  readonly kind: "rows";
  readonly files: LogFiles;
  readonly from: number;
  readonly to: number;
  readonly sql: string;
  readonly params: readonly LogValue[];
  readonly maxRows: number;
  /** Whether the lines between the times are to be counted too. */
  readonly count: boolean;
}

/** Writes a file of JSON lines as Parquet. Both names are the platform's own. */
export interface SealRequest {
  readonly kind: "seal";
  readonly group: string;
  readonly from: string;
  readonly to: string;
}

export interface RowsAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly LogValue[])[];
  readonly records: number;
}

export interface SealAnswer {
  readonly lines: number;
  readonly first: number;
  readonly last: number;
}

export type Request = RowsRequest | SealRequest;
export type ToDatabase =
  | { readonly id: number; readonly request: Request }
  | { readonly cancel: number };
export type FromDatabase =
  | { readonly id: number; readonly answer: RowsAnswer | SealAnswer }
  | { readonly id: number; readonly error: string; readonly rejected: boolean };
