/** Numbers about what the platform does, for people and alarms. Recording never fails and never waits. */
export interface Metrics {
  /** Adds to a counter. */
  count(name: string, dimensions: Dimensions, value?: number): void;

  /** Adds one value to a distribution: milliseconds, bytes, ... as the name says. */
  observe(name: string, dimensions: Dimensions, value: number): void;
}

/** What a number is about, in AWS's words: `FunctionName`, ... The same names always come in the same order. */
export type Dimensions = Readonly<Record<string, string>>;
