import { withLambda } from "./lambda.ts";
import { findTarget } from "./target.ts";

/** Names of the functions on the platform of this directory; none where it does not answer. For completion. */
export async function functionNames(): Promise<string[]> {
  try {
    return await withLambda(findTarget(undefined), async ({ client, sdk }) => {
      const { Functions = [] } = await client.send(new sdk.ListFunctionsCommand({}));
      return Functions.flatMap(({ FunctionName }) => FunctionName ?? []);
    });
  } catch {
    return [];
  }
}
