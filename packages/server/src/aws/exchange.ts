import type { IncomingMessage, ServerResponse } from "node:http";
import type { Scope } from "../domain/scope.ts";
import type { Doors } from "./api/index.ts";
import type { RequestBody } from "./body.ts";
import type { AwsRequest } from "./request.ts";

export interface AwsOptions {
  readonly doors: Doors;
  /** Twelve digits: whose resources requests are about. */
  readonly account: string;
  /** Where requests go that name no region. */
  readonly defaultRegion: string;
  /** What pages of other sites may do with a service, by its name. */
  readonly pages?: Readonly<Record<string, Pages>>;
  /** Takes every error that is ours, not the caller's; callers see nothing of it. */
  readonly onDefect: (error: unknown, where: DefectPlace) => void;
}

/** CORS of a service that has rules for it. */
export interface Pages {
  /** The headers of the answer to a preflight. @throws AwsError where the page may not do what it asks for. */
  preflight(request: AwsRequest, scope: Scope): Promise<Readonly<Record<string, string>>>;
  /** What the answer to a request of a page says besides, whatever comes of it. */
  headers(request: AwsRequest, scope: Scope): Promise<Readonly<Record<string, string>>>;
}

/** Where in the wire something broke. `service` is empty before one is known. */
export interface DefectPlace {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string | undefined;
}

/** One HTTP request and its answer, on their way through the wire. */
export interface Exchange {
  readonly options: AwsOptions;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: RequestBody;
  readonly requestId: string;
}

export function reportDefect(
  { options, requestId }: Exchange,
  error: unknown,
  service = "",
  operation?: string,
): void {
  options.onDefect(error, { requestId, service, operation });
}
