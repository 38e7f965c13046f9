import type { DatabaseSync, StatementSync } from "node:sqlite";
import { YunqueError } from "../../domain/errors.ts";
import { translated } from "./storage-faults.ts";

/** What a writer's thread says of one call: its result, or that it failed. */
export type Answer<Result> = Result | Failure;
export interface Failure {
  /** A code of ports/storage-errors.ts. */
  readonly failure: string;
  readonly message: string;
}

export const isFailure = (answer: unknown): answer is Failure =>
  typeof answer === "object" && answer !== null && "failure" in answer;

/** One transaction after another on a connection of one's own. */
export class Transactions {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
  }

  /** Does the work, all or none; what SQLite cannot do is answered, and nothing was kept then. */
  run<T>(work: () => T): T | Failure {
    try {
      this.#begin.run();
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#rollback.run();
      return failureOf(translated(this.#path, error));
    }
  }
}

function failureOf(error: unknown): Failure {
  const failure = error instanceof YunqueError ? error.code : "StorageFailed";
  return { failure, message: error instanceof Error ? error.message : String(error) };
}
