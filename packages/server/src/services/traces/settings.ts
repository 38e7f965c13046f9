/** What an account says of all of its traces. */
import type { Scope } from "../../domain/scope.ts";
import type { TracesDependencies } from "./context.ts";
import { settingsSpace } from "./spaces.ts";

/** Stored and told; documents are encrypted by nothing but the disk. */
export interface Encryption {
  readonly type: "NONE" | "KMS";
  readonly keyId: string | undefined;
}

export class Settings {
  readonly #context: Pick<TracesDependencies, "records">;

  constructor(context: Pick<TracesDependencies, "records">) {
    this.#context = context;
  }

  async encryption(scope: Scope): Promise<Encryption> {
    const found = await this.#context.records.get<Encryption>(settingsSpace(scope), "encryption");
    return found?.value ?? { type: "NONE", keyId: undefined };
  }

  async putEncryption(scope: Scope, encryption: Encryption): Promise<void> {
    await this.#context.records.commit([
      { put: encryption, space: settingsSpace(scope), id: "encryption" },
    ]);
  }
}
