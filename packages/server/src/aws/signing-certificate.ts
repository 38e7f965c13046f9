/** Serves the certificate that signatures of topics are verified with, where their messages say that it is. */
import type { IncomingMessage, ServerResponse } from "node:http";

const PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

/** @param onDefect told of what failed although the path was good */
export function createCertificateRoute(
  certificate: (path: string) => Promise<string | undefined>,
  onDefect: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = request.url ?? "";
    if (request.method !== "GET" || !PATH.test(path)) return false;
    request.resume();
    certificate(path).then(
      (pem) => {
        if (pem === undefined) response.writeHead(404).end();
        else response.writeHead(200, { "content-type": "application/x-pem-file" }).end(pem);
      },
      (error: unknown) => {
        onDefect(error);
        response.writeHead(500).end();
      },
    );
    return true;
  };
}
