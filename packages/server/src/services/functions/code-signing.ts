/** Code signing configurations: stored and reported. Yunque verifies no signatures of code. */
import { randomInt } from "node:crypto";
import type { CodeSigningConfig } from "../../domain/code-signing.ts";
import type { FunctionHead } from "../../domain/function.ts";
import { functionArn, lambdaArn } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Records } from "../../ports/records.ts";
import type { FunctionsContext } from "./context.ts";
import { conflict, functionError } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { CODE_SIGNING, FUNCTIONS, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";
import { targetOf, unqualified } from "./target.ts";

export interface CodeSigningChange {
  readonly description?: string | undefined;
  readonly signingProfileVersionArns?: readonly string[] | undefined;
  readonly untrustedArtifacts?: CodeSigningConfig["untrustedArtifacts"] | undefined;
}

export interface CodeSigningOperations {
  create(scope: Scope, request: CodeSigningChange): Promise<CodeSigningConfig>;
  get(scope: Scope, arn: string): Promise<CodeSigningConfig>;
  update(scope: Scope, arn: string, change: CodeSigningChange): Promise<CodeSigningConfig>;
  delete(scope: Scope, arn: string): Promise<void>;
  list(scope: Scope, page: PageRequest): Promise<Page<CodeSigningConfig>>;
  /** ARNs of the functions that use it. */
  functions(scope: Scope, arn: string, page: PageRequest): Promise<Page<string>>;
  /** The ARN of the configuration that a function uses; undefined for none. */
  ofFunction(scope: Scope, functionName: string): Promise<{ name: string; arn?: string }>;
  assign(scope: Scope, functionName: string, arn: string | undefined): Promise<{ name: string }>;
}

export function createCodeSigning(context: FunctionsContext): CodeSigningOperations {
  const { records, store, clock } = context;

  async function read(scope: Scope, arn: string) {
    const found = await records.get<CodeSigningConfig>(spaceOf(scope, CODE_SIGNING), idOf(arn));
    if (found === undefined || found.value.arn !== arn)
      throw notFoundUntyped(`The Lambda code signing configuration ${arn} can not be found.`);
    return found;
  }

  async function usersOf(scope: Scope, arn: string): Promise<string[]> {
    const heads = [...(await readSpace<FunctionHead>(records, spaceOf(scope, FUNCTIONS))).values()];
    return heads
      .filter((head) => head.codeSigningConfigArn === arn)
      .map((head) => functionArn(scope, head.name));
  }

  return {
    async create(scope, request) {
      const id = `csc-${randomId()}`;
      const config = merged(
        {
          id,
          arn: lambdaArn(scope, "code-signing-config", id),
          signingProfileVersionArns: [],
          untrustedArtifacts: "Warn",
          modifiedAt: clock.now(),
        },
        request,
      );
      await records.commit([{ put: config, space: spaceOf(scope, CODE_SIGNING), id, expect: 0 }]);
      return config;
    },
    async get(scope, arn) {
      return (await read(scope, arn)).value;
    },
    async update(scope, arn, change) {
      const { value, revision } = await read(scope, arn);
      const config = merged({ ...value, modifiedAt: clock.now() }, change);
      const space = spaceOf(scope, CODE_SIGNING);
      await records.commit([{ put: config, space, id: value.id, expect: revision }]);
      return config;
    },
    async delete(scope, arn) {
      const { value, revision } = await read(scope, arn);
      if ((await usersOf(scope, arn)).length > 0)
        throw conflict(
          "You can't delete the code signing configuration as it is currently used by a function.",
        );
      const space = spaceOf(scope, CODE_SIGNING);
      await records.commit([{ delete: true, space, id: value.id, expect: revision }]);
    },
    async list(scope, page) {
      const found = await readSpace<CodeSigningConfig>(records, spaceOf(scope, CODE_SIGNING));
      const all = [...found.values()];
      return pageOf(all, page, ({ id }) => id);
    },
    async functions(scope, arn, page) {
      await read(scope, arn);
      return pageOf(await usersOf(scope, arn), page, (one) => one);
    },
    async ofFunction(scope, functionName) {
      const { head, name } = await store.get(unqualified(targetOf(scope, functionName)));
      const arn = head.codeSigningConfigArn;
      return arn === undefined ? { name } : { name, arn };
    },
    async assign(scope, functionName, arn) {
      if (arn !== undefined) await requireCodeSigningConfig(records, scope, arn);
      return await store.edit(unqualified(targetOf(scope, functionName)), ({ head, name }) => {
        const { codeSigningConfigArn: _, ...rest } = head;
        return {
          head: arn === undefined ? rest : { ...rest, codeSigningConfigArn: arn },
          result: { name },
        };
      });
    },
  };
}

/** @throws YunqueError `CodeSigningConfigUnknown` unless it exists. */
export async function requireCodeSigningConfig(
  records: Records,
  scope: Scope,
  arn: string,
): Promise<void> {
  const found = await records.get<CodeSigningConfig>(spaceOf(scope, CODE_SIGNING), idOf(arn));
  if (found?.value.arn !== arn)
    throw functionError(
      "CodeSigningConfigUnknown",
      `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    );
}

function merged(before: CodeSigningConfig, change: CodeSigningChange): CodeSigningConfig {
  const description = change.description ?? before.description;
  return {
    ...before,
    ...(description === undefined ? {} : { description }),
    signingProfileVersionArns: change.signingProfileVersionArns ?? before.signingProfileVersionArns,
    untrustedArtifacts: change.untrustedArtifacts ?? before.untrustedArtifacts,
  };
}

const idOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";
const randomId = (): string =>
  Array.from({ length: 17 }, () => LETTERS[randomInt(LETTERS.length)]).join("");

/** AWS answers this one error without its Type. */
const notFoundUntyped = (message: string) =>
  functionError("FunctionNotFound", message, { untyped: true });
