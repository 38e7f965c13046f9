import {
  AddPermissionCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zipOf } from "./zip.ts";

/** A function's files by name, with `index.handler` in them, or its zip. */
export type Code = Readonly<Record<string, string | Uint8Array>> | Uint8Array;

/** A function's settings, each usual where it is not given. */
export type Settings = Partial<Omit<CreateFunctionCommandInput, "FunctionName">>;

/** Creates a Node.js function, which is Pending at first, and answers its ARN. */
export async function create(
  client: LambdaClient,
  FunctionName: string,
  code: Code,
  settings: Settings = {},
): Promise<string> {
  const { FunctionArn = "" } = await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: code instanceof Uint8Array ? code : await zipOf(code) },
      ...settings,
    }),
  );
  return FunctionArn;
}

/** Creates a Node.js function, waits until it is Active, and answers its ARN. */
export async function deploy(
  client: LambdaClient,
  FunctionName: string,
  code: Code,
  settings: Settings = {},
): Promise<string> {
  const arn = await create(client, FunctionName, code, settings);
  await waitUntilFunctionActiveV2(
    { client, maxWaitTime: 120, minDelay: 0.05, maxDelay: 0.2 },
    { FunctionName },
  );
  return arn;
}

/** Its function URL is for everybody, where it asks for no signature. */
export async function letEverybodyCall(client: LambdaClient, FunctionName: string): Promise<void> {
  await client.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "public",
      Action: "lambda:InvokeFunctionUrl",
      Principal: "*",
      FunctionUrlAuthType: "NONE",
    }),
  );
}
