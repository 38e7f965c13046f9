/** The runtime of AWS's tutorial: a shell script with curl. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html */
import { type Client, missing, type Unavailable } from "./client.ts";

const BOOTSTRAP = `#!/bin/bash
set -uo pipefail
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
HEADERS="$(mktemp)"
echo "starts in $PWD as $_HANDLER"
while true; do
  EVENT=$(curl -sS -LD "$HEADERS" "$API/next")
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  echo "event $EVENT" > /dev/stderr
  case "$EVENT" in
    *'"fail":true'*) curl -sS "$API/$ID/error" -o /dev/null \\
      -H 'Lambda-Runtime-Function-Error-Type: Function.Refused' \\
      -d '{"errorType":"Refused","errorMessage":"refused"}' ;;
    *) curl -sS "$API/$ID/response" -o /dev/null -d "{\\"event\\":$EVENT,\\"id\\":\\"$ID\\"}" ;;
  esac
done
`;

export async function bash(): Promise<Client | Unavailable> {
  const skip =
    (await missing("bash", "apt-get install bash")) ??
    (await missing("curl", "apt-get install curl"));
  return skip ? { skip } : { code: { bootstrap: BOOTSTRAP } };
}
