/** Sizes of code, requests, environments, and what an account uses. */
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetAccountSettingsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { clientSettings } from "../../../platform.ts";
import { zipOf } from "../../../zip.ts";
import type { Recordings } from "../harness.ts";
import { newName, ROLE, type Scene } from "./fixture.ts";

const ZIPPED = 52_428_800;
const UNZIPPED = 262_144_000;
const CREATE_REQUEST = 70_167_211;

export function playLimits({ play }: Recordings, scene: () => Scene): void {
  const create = ({ call }: Scene, more: Partial<CreateFunctionCommandInput>) =>
    call(
      new CreateFunctionCommand({
        FunctionName: newName("test_lambda"),
        Runtime: "python3.12",
        Handler: "handler.handler",
        Role: ROLE,
        Timeout: 10,
        Code: {},
        ...more,
      }),
    );

  /** Puts a zip with one file of this size into a bucket of the scene's own. */
  async function uploaded({ origin, region }: Scene, size: number) {
    const s3 = new S3Client({ ...clientSettings(origin), region, forcePathStyle: true });
    const S3Bucket = newName("bucket");
    const S3Key = "test_lambda.zip";
    await fetch(`${origin}/${S3Bucket}`, { method: "PUT" });
    const Body = await zipOfFile(size);
    await s3.send(new PutObjectCommand({ Bucket: S3Bucket, Key: S3Key, Body }));
    s3.destroy();
    return { S3Bucket, S3Key };
  }

  for (const name of ["test_oversized_lambda", "test_oversized_unzipped_lambda"])
    play(`TestLambdaSizeLimits::${name}`, async (answers) => {
      const at = scene();
      const Code = await uploaded(at, UNZIPPED);
      answers.equal("invalid_param_exc", await create(at, { Code }));
    });

  play("TestLambdaSizeLimits::test_large_lambda", async (answers) => {
    const at = scene();
    const Code = await uploaded(at, UNZIPPED - 1000);
    answers.equal("create_function_large_zip", await create(at, { Code }));
  });

  play("TestLambdaSizeLimits::test_oversized_request_create_lambda", async (answers) => {
    const ZipFile = Buffer.alloc(ZIPPED - 1024);
    const largeKey = "#".repeat(CREATE_REQUEST - ZIPPED + 1024 * 1024);
    const Environment = { Variables: { largeKey } };
    answers.equal("invalid_param_exc", await create(scene(), { Code: { ZipFile }, Environment }));
  });

  play("TestLambdaSizeLimits::test_oversized_zipped_create_lambda", async (answers) => {
    const ZipFile = Buffer.alloc(ZIPPED);
    answers.equal("invalid_param_exc", await create(scene(), { Code: { ZipFile } }));
  });

  /** So many bytes of JSON, names and quotes included. */
  const environment = (bytes: number) => ({
    Variables: { LARGE_VAR: "x".repeat(bytes - '{"LARGE_VAR":""}'.length) },
  });

  play("TestLambdaSizeLimits::test_large_environment_variables_fails", async (answers) => {
    const ZipFile = await zipOf({ "handler.py": "" });
    const Environment = environment(4097);
    answers.equal(
      "failed_create_fn_result",
      await create(scene(), { Code: { ZipFile }, Environment }),
    );
  });

  play("TestLambdaSizeLimits::test_lambda_envvars_near_limit_succeeds", async (answers) => {
    answers.equal(
      "successful_create_fn_result",
      await scene().deploy({ Environment: environment(4096) }),
    );
  });

  play("TestLambdaAccountSettings::test_account_settings_total_code_size", async (answers) => {
    const { create: createAndWait, call } = scene();
    const used = async () => {
      const { AccountUsage } = await call(new GetAccountSettingsCommand({}));
      return (AccountUsage as { TotalCodeSize: number }).TotalCodeSize;
    };
    let before = await used();
    const grown = async (name: string) => {
      const now = await used();
      answers.equal(`total_code_size_diff_${name}`, now - before);
      before = now;
    };
    const FunctionName = newName();
    const ZipFile = await zipOfSize(276);
    await createAndWait({ FunctionName, Code: { ZipFile } });
    await grown("create_function");
    await call(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, Publish: true }));
    await grown("update_function");
    const layer = { LayerName: newName("layer"), Content: { ZipFile: await zipOfSize(169) } };
    await call(new PublishLayerVersionCommand(layer));
    await grown("publish_layer");
    await call(new PublishLayerVersionCommand(layer));
    await grown("publish_layer_version");
  });
}

const zips = new Map<number, Promise<Uint8Array>>();

/** A zip with one file of this size, which takes seconds to make: each is made once. */
function zipOfFile(size: number): Promise<Uint8Array> {
  const made = zips.get(size) ?? zipOf({ "handler.py": Buffer.alloc(size, "#") });
  zips.set(size, made);
  return made;
}

/** A zip of just so many bytes: a comment fills it up. */
async function zipOfSize(bytes: number): Promise<Uint8Array> {
  const zip = Buffer.from(await zipOf({ "index.js": "" }));
  const comment = bytes - zip.length;
  zip.writeUInt16LE(comment, zip.length - 2);
  return Buffer.concat([zip, Buffer.alloc(comment, " ")]);
}
