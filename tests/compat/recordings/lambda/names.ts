/** How functions and qualifiers may be named, operation by operation. */
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { type Answer, anyCode, ROLE, type Scene } from "./fixture.ts";

const long = (length: number) => "a".repeat(length);

/** What each case calls a function; a third member is the qualifier beside the name. */
const CASES: Readonly<
  Record<string, (scene: Scene) => readonly [name: string, qualifier?: string]>
> = {
  function_name_is_single_invalid: () => ["*"],
  invalid_characters_in_function_name: () => ["my-function!"],
  invalid_characters_in_qualifier: () => ["my-function", "invalid!"],
  qualifier_too_long0: () => ["my-function", long(129)],
  qualifier_too_long: () => ["my-function", long(129)],
  invalid_account_id_in_partial_arn: () => ["invalid-account:function:my-function"],
  invalid_region_in_arn: ({ account }) => [
    `arn:aws:lambda:invalid-region:${account}:function:my-function`,
  ],
  non_lambda_arn: ({ account, region }) => [
    `arn:aws:ec2:${region}:${account}:instance:i-1234567890abcdef0`,
  ],
  function_name_too_long: () => [long(65)],
  function_name_too_long_and_invalid_region: ({ account }) => [
    `arn:aws:lambda:invalid-region:${account}:function:my-function${long(170)}`,
  ],
  full_arn_and_qualifier_too_long_and_invalid_region: ({ account }) => [
    `arn:aws:lambda:invalid-region:${account}:function:my-function-${long(170)}`,
    long(129),
  ],
  qualifier_too_long1: () => ["my-function", long(65)],
  function_name_and_qualifier_too_long: () => ["my-function", long(65)],
  incomplete_arn: ({ account, region }) => [`arn:aws:lambda:${region}:${account}:function`],
  partial_arn_with_extra_qualifier: () => ["function:my-function:$LATEST:extra"],
  latest_version_with_additional_qualifier: () => ["my-function:$LATEST", "1"],
  missing_region_in_arn: ({ account }) => [`arn:aws:lambda::${account}:function:my-function`],
  missing_account_id_in_arn: ({ region }) => [`arn:aws:lambda:${region}::function:my-function`],
};

const OPERATIONS = {
  get_function: (FunctionName: string, Qualifier?: string) =>
    new GetFunctionCommand({ FunctionName, Qualifier }),
  delete_function: (FunctionName: string, Qualifier?: string) =>
    new DeleteFunctionCommand({ FunctionName, Qualifier }),
  invoke: (FunctionName: string, Qualifier?: string) =>
    new InvokeCommand({ FunctionName, Qualifier }),
};

/** The recordings that there are of each case. */
const RECORDED: Readonly<Record<string, readonly (keyof typeof OPERATIONS | "create_function")[]>> =
  {
    function_name_is_single_invalid: ["invoke"],
    invalid_characters_in_function_name: [
      "get_function",
      "delete_function",
      "invoke",
      "create_function",
    ],
    invalid_characters_in_qualifier: ["delete_function", "create_function"],
    qualifier_too_long0: ["delete_function", "create_function"],
    qualifier_too_long: ["delete_function", "create_function"],
    invalid_account_id_in_partial_arn: ["get_function", "create_function"],
    invalid_region_in_arn: ["get_function"],
    non_lambda_arn: ["get_function", "invoke", "create_function"],
    function_name_too_long: ["create_function"],
    function_name_too_long_and_invalid_region: ["invoke", "create_function"],
    full_arn_and_qualifier_too_long_and_invalid_region: ["get_function", "create_function"],
    qualifier_too_long1: ["get_function"],
    function_name_and_qualifier_too_long: ["invoke"],
    incomplete_arn: ["get_function", "delete_function", "invoke"],
    partial_arn_with_extra_qualifier: ["invoke"],
    latest_version_with_additional_qualifier: ["get_function"],
    missing_region_in_arn: ["delete_function"],
    missing_account_id_in_arn: ["delete_function", "invoke"],
  };

const TEST = "TestLambdaFunction::test_function_name_and_qualifier_validation";

export function playNames({ play }: Recordings, scene: () => Scene): void {
  for (const [name, operations] of Object.entries(RECORDED))
    for (const operation of operations)
      play(`${TEST}[${name}-${operation}]`, async (answers) => {
        const at = scene();
        const [functionName, qualifier] = CASES[name]?.(at) ?? [""];
        // CreateFunction has no qualifier: whoever means one writes it behind the name.
        const command =
          operation === "create_function"
            ? new CreateFunctionCommand({
                FunctionName:
                  qualifier === undefined ? functionName : `${functionName}:${qualifier}`,
                Handler: "index.handler",
                Code: { ZipFile: await anyCode() },
                Role: ROLE,
                Runtime: "python3.12",
              })
            : OPERATIONS[operation](functionName, qualifier);
        const key = operation === "invoke" ? "invoke_exception" : `${operation}_exception`;
        answers.equal(key, inCount(await at.call(command)));
      });
}

/** The recorded test counts constraint failures, since AWS lists them in no certain order. */
function inCount({ Error: error }: Answer): object {
  const { Code, Message } = error as { Code: string; Message: string };
  const match = /^(\d+) validation errors? detected: (.*)$/s.exec(Message);
  if (match === null) return { Code, Message };
  const Errors = (match[2] ?? "").split("; ").sort();
  return { Code, Count: Number(match[1]), Errors };
}
