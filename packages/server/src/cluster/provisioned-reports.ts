/** How far provisioned concurrency is, as its home tells the primary: often enough for who waits for it. */
import type { Executor, FunctionConcurrency, ProvisionedState } from "../ports/executor.ts";

/** The states of a function by version or alias. */
export type ProvisionedReport = readonly (readonly [qualifier: string, state: ProvisionedState])[];

const REPORT_MS = 100;

/** Watches the functions of this home that have any, and tells what has changed. */
export class ProvisionedReports {
  readonly #executor: Pick<Executor, "provisioned">;
  readonly #tell: (functionArn: string, report: ProvisionedReport) => void;
  /** Qualifiers by function, and what was told last. */
  readonly #watched = new Map<string, { readonly qualifiers: ReadonlySet<string>; told: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    executor: Pick<Executor, "provisioned">,
    tell: (functionArn: string, report: ProvisionedReport) => void,
  ) {
    this.#executor = executor;
    this.#tell = tell;
  }

  /** The function has these limits from now on. */
  watch(functionArn: string, { provisioned }: FunctionConcurrency): void {
    const qualifiers = new Set(provisioned.map(({ qualifier }) => qualifier));
    if (qualifiers.size === 0) this.#watched.delete(functionArn);
    else this.#watched.set(functionArn, { qualifiers, told: "" });
    if (this.#watched.size === 0) this.close();
    else this.#timer ??= setInterval(() => this.#look(), REPORT_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [functionArn, watched] of this.#watched) {
      const report = [...watched.qualifiers].flatMap((qualifier) => {
        const state = this.#executor.provisioned(functionArn, qualifier);
        return state === undefined ? [] : [[qualifier, state] as const];
      });
      const text = JSON.stringify(report);
      if (text === watched.told) continue;
      watched.told = text;
      this.#tell(functionArn, report);
    }
  }
}
