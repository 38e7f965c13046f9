import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Lambda } from "../lambda.ts";
import type { Subject, SubjectOptions } from "./subject.ts";
import { LAMBDA_MEMORY_MB, LIMITS, unpackInto } from "./unpack-into.ts";

/** The package of a function on the platform, with its layers. @throws Failure */
export async function subjectFromPlatform(
  { client, sdk }: Lambda,
  name: string,
  options: SubjectOptions & { readonly qualifier?: string },
  directory: string,
): Promise<Subject> {
  const { qualifier } = options;
  const asked = {
    FunctionName: name,
    ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
  };
  const { Configuration = {}, Code } = await client.send(new sdk.GetFunctionCommand(asked));
  const code = join(directory, "code");
  const zip = await download(Code?.Location, name);
  unpackInto(zip, code, name);
  const layers = [];
  for (const [index, { Arn = "" }] of (Configuration.Layers ?? []).entries()) {
    const { Content } = await client.send(new sdk.GetLayerVersionByArnCommand({ Arn }));
    const place = join(directory, `layer-${index}`);
    unpackInto(await download(Content?.Location, Arn), place, Arn);
    layers.push({ name: Arn, directory: place });
  }
  return {
    name,
    functionName: Configuration.FunctionName ?? name,
    runtime: options.runtime ?? Configuration.Runtime,
    handler: options.handler ?? Configuration.Handler,
    memoryMB: options.memory ?? Configuration.MemorySize ?? LAMBDA_MEMORY_MB,
    environment: { ...Configuration.Environment?.Variables, ...options.env },
    code,
    layers,
    opt: await overlay(layers, join(directory, "opt")),
    zipped: zip.length,
  };
}

async function download(location: string | undefined, name: string): Promise<Uint8Array> {
  if (location === undefined) throw new Failure(`${name} has no package that can be downloaded`);
  const response = await fetch(location).catch((error: Error) => {
    throw new Failure(`the package of ${name} cannot be downloaded: ${error.message}`);
  });
  if (!response.ok || response.body === null)
    throw new Failure(`the package of ${name} cannot be downloaded: status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > LIMITS.unpackedBytes)
      throw new Failure(`the package of ${name} is larger than 250 MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Later layers lie over earlier ones. */
async function overlay(layers: Subject["layers"], opt: string): Promise<string> {
  await mkdir(opt);
  for (const { directory } of layers)
    await cp(directory, opt, { recursive: true, force: true, verbatimSymlinks: true });
  return opt;
}
