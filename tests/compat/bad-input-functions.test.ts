/** Functions that cannot be: wrong runtimes, names, settings and handlers, each refused in Lambda's words. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetLayerVersionCommand,
  InvokeCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  TagResourceCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../zip.ts";
import { assertRefusal, openTarget, refusalOf, SOUND, type Target } from "./bad-input.ts";

const long = (length: number) => "a".repeat(length);
const layer = (name: string) => `arn:aws:lambda:us-east-1:000000000000:layer:${name}:1`;

const noSuchRuntime = (name: string) =>
  new RegExp(
    `^Value ${name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \\[.*\\bnodejs22\\.x\\b.*\\] or be a valid ARN$`,
  );
const deprecated = (name: string) =>
  `The runtime parameter of ${name} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`;
const breaks = (value: string, member: string, rule: string) =>
  `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ${rule}`;
const reserved = (name: string) =>
  `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${name}`;

const VARIABLE_NAME =
  "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]";

type Settings = Partial<CreateFunctionCommandInput>;
const env = (json: string): Settings => ({ Environment: { Variables: JSON.parse(json) } });

/** What AWS refuses as InvalidParameterValueException, since its service knows better than its model. */
const INVALID: readonly (readonly [Settings, string | RegExp])[] = [
  [{ Runtime: "nodejs12.x" }, deprecated("nodejs12.x")],
  [{ Runtime: "python2.7" }, deprecated("python2.7")],
  [{ Runtime: "go1.x" }, deprecated("go1.x")],
  [{ Runtime: "NODEJS22.x" as "nodejs22.x" }, noSuchRuntime("NODEJS22.x")],
  [{ Runtime: "cobol" as "nodejs22.x" }, noSuchRuntime("cobol")],
  [{ Runtime: "constructor" as "nodejs22.x" }, noSuchRuntime("constructor")],
  [{ Runtime: "__proto__" as "nodejs22.x" }, noSuchRuntime("__proto__")],
  [{ Runtime: "nodejs22.x\n" as "nodejs22.x" }, noSuchRuntime("nodejs22.x\n")],
  [{ Runtime: undefined }, /^Runtime and Handler are mandatory/],
  [{ Handler: undefined }, /^Runtime and Handler are mandatory/],
  [
    { FunctionName: long(65) },
    breaks(long(65), "functionName", "have length less than or equal to 64"),
  ],
  [{ Layers: [layer("nowhere")] }, `Layer version ${layer("nowhere")} does not exist.`],
  [
    { SnapStart: { ApplyOn: "PublishedVersions" } },
    "nodejs22.x is not supported for SnapStart enabled functions.",
  ],
  [env('{"AWS_REGION":"mars"}'), reserved("AWS_REGION")],
  [env(`{"LARGE":"${long(4096)}"}`), /exceeded the 4KB limit\. String measured: \{"LARGE":"a+"\}$/],
  [
    { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
    "Number of tags exceeds resource tag limit.",
  ],
];

/** What AWS's model refuses. */
const BROKEN: readonly (readonly [Settings, string | RegExp])[] = [
  [{ Handler: long(129) }, breaks(long(129), "handler", "have length less than or equal to 128")],
  [
    { Handler: "in dex.handler" },
    breaks("in dex.handler", "handler", "satisfy regular expression pattern: [^\\s]+"),
  ],
  [{ Handler: "index.\nhandler" }, /at 'handler' failed to satisfy constraint/],
  [{ MemorySize: 127 }, breaks("127", "memorySize", "have value greater than or equal to 128")],
  [{ MemorySize: 10_241 }, breaks("10241", "memorySize", "have value less than or equal to 10240")],
  [{ Timeout: 0 }, breaks("0", "timeout", "have value greater than or equal to 1")],
  [{ Timeout: 901 }, breaks("901", "timeout", "have value less than or equal to 900")],
  [
    { EphemeralStorage: { Size: 511 } },
    breaks("511", "ephemeralStorage.size", "have value greater than or equal to 512"),
  ],
  [
    { Description: long(257) },
    breaks(long(257), "description", "have length less than or equal to 256"),
  ],
  [{ Role: "../root" }, /^1 validation error detected: Value '\.\.\/root' at 'role' failed/],
  [{ Role: "arn:aws:iam::1:role/x" }, /at 'role' failed to satisfy constraint/],
  [
    { Layers: ["../../layer"] },
    /^1 validation error detected: Value '\[\.\.\/\.\.\/layer\]' at 'layers' failed/,
  ],
  [{ Architectures: ["sparc" as "arm64"] }, /at 'architectures' failed to satisfy constraint/],
  [
    { PackageType: "Tar" as "Zip" },
    breaks("Tar", "packageType", "satisfy enum value set: [Zip, Image]"),
  ],
  [
    { LoggingConfig: { LogGroup: "a b" } },
    /at 'loggingConfig\.logGroup' failed to satisfy constraint/,
  ],
  [{ KMSKeyArn: "key" }, /at 'kMSKeyArn' failed to satisfy constraint/],
  [{ Tags: { "": "v" } }, /at 'tags' failed to satisfy constraint: Map keys must satisfy/],
  [{ Tags: { [long(129)]: "v" } }, /at 'tags' failed to satisfy constraint: Map keys must satisfy/],
  [{ Tags: { k: "\0" } }, /at 'tags' failed to satisfy constraint: Map value must satisfy/],
  [env('{"__proto__":"1"}'), VARIABLE_NAME],
  [env('{"1a":"1"}'), VARIABLE_NAME],
  [env('{"a-b":"1"}'), VARIABLE_NAME],
  [env('{"":"1"}'), VARIABLE_NAME],
];

/** Names that would be paths, queries or statements wherever they are not held for names. */
const NAMES = [
  "a/../b",
  "../etc",
  "a b",
  "a\0b",
  "a\nb",
  "函数",
  "a?b",
  "a#b",
  "%2e%2e",
  "'; DROP TABLE functions; --",
  "a:b:c",
  "arn:aws:lambda",
  `arn:aws:s3:::x`,
  long(1000),
];

const HANDLERS: readonly (readonly [
  handler: string,
  errorType: string,
  message: string | RegExp,
])[] = [
  ["missing.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'missing'/],
  ["a\0b.c", "Runtime.ImportModuleError", /^Error: Cannot find module/],
  [".handler", "Runtime.ImportModuleError", /^Error: Cannot find module/],
  ["index.missing", "Runtime.HandlerNotFound", "index.missing is undefined or not exported"],
  ["index.__proto__", "Runtime.HandlerNotFound", "index.__proto__ is undefined or not exported"],
  [
    "index.constructor",
    "Runtime.HandlerNotFound",
    "index.constructor is undefined or not exported",
  ],
  ["index.number", "Runtime.HandlerNotFound", "index.number is not a function"],
  ["index", "Runtime.MalformedHandlerName", "Bad handler"],
  [long(128), "Runtime.MalformedHandlerName", "Bad handler"],
  ...["../../etc/passwd.handler", "dir/../index.handler", ".."].map(
    (name) =>
      [
        name,
        "Runtime.MalformedHandlerName",
        `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
      ] as const,
  ),
  ["/etc/nothing.handler", "Runtime.ImportModuleError", /^Error: Cannot find module/],
  ["broken.handler", "Runtime.UserCodeSyntaxError", /^SyntaxError: /],
];

describe("functions that are refused", () => {
  let target: Target;
  let zip: Uint8Array;

  before(async () => {
    target = await openTarget();
    zip = await zipOf({
      "index.mjs": "export const handler = async (event) => event; export const number = 1;",
      "broken.mjs": "export const = 1;",
    });
    await create({ FunctionName: "there" });
    await waitUntilFunctionActiveV2(
      { client: target.lambda, maxWaitTime: 20 },
      { FunctionName: "there" },
    );
    await target.settle();
  });
  after(() => target[Symbol.asyncDispose]());

  const create = (settings: Settings) =>
    target.lambda.send(
      new CreateFunctionCommand({
        FunctionName: "bad",
        ...SOUND,
        Code: { ZipFile: zip },
        ...settings,
      }),
    );
  const send = (command: object) => refusalOf(target.lambda.send(command as GetFunctionCommand));

  for (const [cases, code] of [
    [INVALID, "InvalidParameterValueException"],
    [BROKEN, "ValidationException"],
  ] as const)
    for (const [settings, message] of cases)
      test(`${code}: ${JSON.stringify(settings).slice(0, 80)}`, async () => {
        assertRefusal(await refusalOf(create(settings)), code, 400, message);
        await target.unchanged();
      });

  test("six layers are one too many", async () => {
    const Layers = Array.from({ length: 6 }, () => layer("nowhere"));
    const [code] = await refusalOf(create({ Layers }));
    assert.equal(code, "InvalidParameterValueException");
    await target.unchanged();
  });

  test("what cannot be created cannot be made of what is there, either", async () => {
    const FunctionName = "there";
    for (const [{ FunctionName: name, Tags, Runtime, Handler, ...settings }, message] of [
      ...INVALID,
      ...BROKEN,
    ]) {
      if (
        name !== undefined ||
        Tags !== undefined ||
        !(Runtime || Handler || Object.keys(settings).length)
      )
        continue;
      if (settings.Architectures || settings.PackageType) continue; // UpdateFunctionConfiguration does not take them
      const change = { ...settings, ...(Runtime && { Runtime }), ...(Handler && { Handler }) };
      const [, status, text] = await send(
        new UpdateFunctionConfigurationCommand({ FunctionName, ...change }),
      );
      assert.equal(status, 400);
      if (typeof message === "string") assert.equal(text, message);
      else assert.match(text, message);
    }
    await target.unchanged();
  });

  for (const name of NAMES)
    test(`no function, alias, layer or qualifier is named ${JSON.stringify(name).slice(0, 60)}`, async () => {
      const Content = { ZipFile: zip };
      const calls: Readonly<Record<string, readonly object[]>> = {
        functionName: [
          new CreateFunctionCommand({ FunctionName: name, ...SOUND, Code: Content }),
          new GetFunctionCommand({ FunctionName: name }),
          new InvokeCommand({ FunctionName: name }),
          new InvokeCommand({ FunctionName: name, InvocationType: "Event" }),
          new DeleteFunctionCommand({ FunctionName: name }),
        ],
        name: [new CreateAliasCommand({ FunctionName: "there", Name: name, FunctionVersion: "1" })],
        layerName: [
          new PublishLayerVersionCommand({ LayerName: name, Content }),
          new GetLayerVersionCommand({ LayerName: name, VersionNumber: 1 }),
        ],
        qualifier: [new GetFunctionCommand({ FunctionName: "there", Qualifier: name })],
        resource: [
          new TagResourceCommand({ Resource: name, Tags: { k: "v" } }),
          new ListTagsCommand({ Resource: name }),
        ],
      };
      for (const [member, commands] of Object.entries(calls))
        for (const command of commands) {
          const refusal = await send(command);
          assertRefusal(refusal, "ValidationException", 400, /^1 validation error detected: /);
          assert.ok(
            refusal[2].includes(`' at '${member}' failed to satisfy constraint: Member must `),
          );
        }
      await target.unchanged();
    });

  test("functions of other accounts and regions are not this account's to make", async () => {
    for (const [arn, code, status] of [
      ["arn:aws:lambda:us-east-1:999999999999:function:there", "AccessDeniedException", 403],
      ["arn:aws:lambda:eu-west-1:000000000000:function:there", "ResourceNotFoundException", 404],
    ] as const) {
      assertRefusal(await refusalOf(create({ FunctionName: arn })), code, status, /./);
      assertRefusal(
        await send(new GetFunctionCommand({ FunctionName: arn })),
        "ResourceNotFoundException",
        404,
        /./,
      );
    }
    await target.unchanged();
  });

  test("names that objects have of themselves are names like any other", async () => {
    for (const FunctionName of ["__proto__", "constructor", "toString"]) {
      const tags = JSON.parse('{"__proto__":"a","constructor":"b"}');
      const Environment = { Variables: { constructor: "c", hasOwnProperty: "d" } };
      const { FunctionArn = "" } = await create({ FunctionName, Tags: tags, Environment });
      const { Tags } = await target.lambda.send(new ListTagsCommand({ Resource: FunctionArn }));
      assert.deepEqual(Object.entries(Tags ?? {}), Object.entries(tags));
      const { Configuration } = await target.lambda.send(new GetFunctionCommand({ FunctionName }));
      assert.deepEqual({ ...Configuration?.Environment?.Variables }, Environment.Variables);
      await target.lambda.send(new DeleteFunctionCommand({ FunctionName }));
    }
  });

  for (const [Handler, errorType, message] of HANDLERS)
    test(`handler ${JSON.stringify(Handler).slice(0, 40)}: ${errorType}`, async () => {
      const FunctionName = "handled";
      await create({ FunctionName, Handler });
      const { FunctionError, Payload } = await target.lambda.send(
        new InvokeCommand({ FunctionName }),
      );
      const failure = JSON.parse(Buffer.from(Payload ?? []).toString());
      assert.deepEqual(
        [FunctionError, failure.errorType],
        ["Unhandled", errorType],
        failure.errorMessage,
      );
      if (typeof message === "string") assert.equal(failure.errorMessage, message);
      else assert.match(failure.errorMessage, message);
      await target.lambda.send(new DeleteFunctionCommand({ FunctionName }));
    });
});
