/**
 * What Lambda itself writes into a function's log: START, END, REPORT and INIT_START lines, or the same as JSON events.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
import type { Deployment } from "../../domain/deployment.ts";
import type { InvocationReport } from "../../domain/invocation.ts";
import { initializationType } from "../environment.ts";
import type { Failure } from "../failures.ts";

/** How INIT_START names a runtime. */
export interface RuntimeIdentity {
  readonly version: string;
  readonly arn: string;
}

/** How an invocation or an init ended, where not well. */
export interface Ending {
  readonly status: "timeout" | "error";
  /** For example Runtime.ExitError. A timeout has none. */
  readonly errorType?: string | undefined;
}

/** One method per line; `now` is in milliseconds since the epoch. */
export interface PlatformLines {
  initStart(now: number, runtime: RuntimeIdentity): string | undefined;
  /** Only for an init that failed. */
  initReport(now: number, initMs: number, phase: "init" | "invoke", ending: Ending): string;
  /** SnapStart: an instance that was initialised ahead of time is about to be used. */
  restoreStart(now: number, runtime: RuntimeIdentity): string | undefined;
  restoreReport(now: number, restoreMs: number, ending?: Ending): string | undefined;
  start(now: number, requestId: string): string | undefined;
  /** Undefined where the format has no such line. */
  end(requestId: string): string | undefined;
  report(
    now: number,
    requestId: string,
    report: InvocationReport,
    ending?: Ending,
  ): string | undefined;
  /** Why an invocation failed. Undefined where the report says it all. */
  failure(now: number, requestId: string, failure: Failure): string | undefined;
  /** What Yunque has to say besides. */
  note(now: number, text: string): string;
}

/** In the format that the function is configured for. */
export const platformLines = (deployment: Deployment): PlatformLines =>
  deployment.logFormat === "JSON"
    ? atLevel(deployment, jsonLines(deployment))
    : textLines(deployment);

/** Lambda: at the system log level WARN only what went wrong is told. */
function atLevel({ systemLogLevel }: Deployment, lines: PlatformLines): PlatformLines {
  if (systemLogLevel !== "WARN") return lines;
  return {
    ...lines,
    initStart: () => undefined,
    restoreStart: () => undefined,
    start: () => undefined,
    restoreReport: (now, restoreMs, ending) =>
      ending && lines.restoreReport(now, restoreMs, ending),
    report: (now, requestId, report, ending) =>
      ending && lines.report(now, requestId, report, ending),
  };
}

function textLines({ version, memoryMB }: Deployment): PlatformLines {
  return {
    note: (_now, text) => `[yunque] ${text}`,
    failure: (now, requestId, { status, reason, errorType }) =>
      status === "timeout"
        ? `${new Date(now).toISOString()} ${requestId} ${reason}`
        : `RequestId: ${requestId} Error: ${reason}\n${errorType}`,
    initStart: (_now, runtime) =>
      `INIT_START Runtime Version: ${runtime.version}\tRuntime Version ARN: ${runtime.arn}`,
    initReport: (_now, initMs, phase, ending) =>
      `INIT_REPORT Init Duration: ${initMs.toFixed(2)} ms\tPhase: ${phase}\t${status(ending)}`,
    restoreStart: (_now, runtime) =>
      `RESTORE_START Runtime Version: ${runtime.version}\tRuntime Version ARN: ${runtime.arn}`,
    restoreReport: (_now, restoreMs, ending) =>
      `RESTORE_REPORT Restore Duration: ${restoreMs.toFixed(2)} ms${ending ? `\t${status(ending)}` : ""}`,
    start: (_now, requestId) => `START RequestId: ${requestId} Version: ${version}`,
    end: (requestId) => `END RequestId: ${requestId}`,
    report(_now, requestId, report, ending) {
      const init =
        report.initMs === undefined ? "" : `Init Duration: ${report.initMs.toFixed(2)} ms\t`;
      return (
        `REPORT RequestId: ${requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\t` +
        `Billed Duration: ${report.billedMs} ms\tMemory Size: ${memoryMB} MB\t` +
        `Max Memory Used: ${report.maxMemoryMB} MB\t${init}${restored(report)}` +
        (ending ? status(ending) : "")
      );
    },
  };
}

const restored = ({ restoreMs }: InvocationReport): string =>
  restoreMs === undefined
    ? ""
    : `Restore Duration: ${restoreMs.toFixed(2)} ms\tBilled Restore Duration: ${Math.ceil(restoreMs)} ms\t`;

const status = ({ status, errorType }: Ending): string =>
  errorType ? `Status: ${status}\tError Type: ${errorType}` : `Status: ${status}`;

function jsonLines(deployment: Deployment): PlatformLines {
  const { version, memoryMB, functionName } = deployment;
  const type = initializationType(deployment);
  const event = (now: number, type: string, record: object): string =>
    JSON.stringify({ time: new Date(now).toISOString(), type: `platform.${type}`, record });
  return {
    note: (now, message) => {
      const timestamp = new Date(now).toISOString();
      return JSON.stringify({ timestamp, level: "WARN", message: `[yunque] ${message}` });
    },
    failure: () => undefined,
    initStart: (now, runtime) =>
      event(now, "initStart", {
        initializationType: type,
        phase: "init",
        runtimeVersion: runtime.version,
        runtimeVersionArn: runtime.arn,
        functionName,
        functionVersion: version,
      }),
    initReport: (now, durationMs, phase, { status, errorType }) =>
      event(now, "initReport", {
        initializationType: type,
        phase,
        status,
        ...(errorType ? { errorType } : {}),
        metrics: { durationMs: rounded(durationMs) },
      }),
    restoreStart: (now, runtime) =>
      event(now, "restoreStart", {
        runtimeVersion: runtime.version,
        runtimeVersionArn: runtime.arn,
        functionName,
        functionVersion: version,
      }),
    restoreReport: (now, durationMs, ending) =>
      event(now, "restoreReport", {
        status: ending?.status ?? "success",
        ...(ending?.errorType ? { errorType: ending.errorType } : {}),
        metrics: { durationMs: rounded(durationMs) },
      }),
    start: (now, requestId) => event(now, "start", { requestId, version }),
    end: () => undefined,
    report: (now, requestId, report, ending) =>
      event(now, "report", {
        requestId,
        metrics: {
          durationMs: rounded(report.durationMs),
          billedDurationMs: report.billedMs,
          memorySizeMB: memoryMB,
          maxMemoryUsedMB: report.maxMemoryMB,
          ...(report.initMs === undefined ? {} : { initDurationMs: rounded(report.initMs) }),
          ...(report.restoreMs === undefined
            ? {}
            : {
                restoreDurationMs: rounded(report.restoreMs),
                billedRestoreDurationMs: Math.ceil(report.restoreMs),
              }),
        },
        status: ending?.status ?? "success",
        ...(ending?.errorType ? { errorType: ending.errorType } : {}),
      }),
  };
}

const rounded = (ms: number): number => Number(ms.toFixed(3));
