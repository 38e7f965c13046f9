import { compileLogPattern, type LogPattern, LogPatternError } from "../../domain/log-pattern.ts";
import { invalid } from "./errors.ts";

/** A caller's filter pattern. @throws YunqueError InvalidLogs */
export function compiled(pattern: string): LogPattern {
  try {
    return compileLogPattern(pattern);
  } catch (error) {
    if (error instanceof LogPatternError) throw invalid(`Invalid filter pattern: ${error.message}`);
    throw error;
  }
}
