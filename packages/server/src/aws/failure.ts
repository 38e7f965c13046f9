import type { AwsError } from "./error.ts";
import type { Service } from "./model.ts";
import type { Failure } from "./quirks.ts";

/** What the wire says of an error: the model's status and fault, where the error itself does not know better. */
export function failureOf(
  error: AwsError,
  service: Service | undefined,
  requestId: string,
): Failure {
  const shape = service?.error(error.code);
  const status = error.status ?? shape?.error?.status ?? 400;
  return {
    name: shape?.name ?? error.code,
    code: shape?.error?.code ?? error.code,
    message: error.message,
    status,
    fault: shape?.error?.fault ?? (status >= 500 ? "server" : "client"),
    members: error.members,
    requestId,
  };
}
