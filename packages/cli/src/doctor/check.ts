/** One thing that a machine may have or lack. */
export interface Check {
  readonly name: string;
  /** Without something required the platform does not run. */
  readonly required?: true;
  /** What it is good for. */
  readonly gives: string;
  examine(): Promise<Finding>;
}

/** `weak`: it is there, but not as well as it could be. */
export interface Finding {
  readonly status: "ok" | "weak" | "missing";
  /** What is there: a version, a size, a path. */
  readonly found: string;
  /** The command, or the step, that makes it good. */
  readonly fix?: string;
  /** What it consists of, a line or more each. */
  readonly details?: readonly string[];
}

/** What `yunque doctor --json` prints of each check. */
export interface Report extends Finding {
  readonly name: string;
  readonly required: boolean;
  readonly gives: string;
}

/** Examines everything at once. A check that fails itself says so, and counts as missing. */
export function examineAll(checks: readonly Check[]): Promise<Report[]> {
  return Promise.all(
    checks.map(async ({ name, required = false, gives, examine }) => {
      const finding = await examine().catch(
        (error: Error): Finding => ({ status: "missing", found: error.message }),
      );
      return { name, required, gives, ...finding };
    }),
  );
}
