/** Calls made by many at once, each its next when its last is done. */
export interface Repeated {
  /** A second, all together. */
  readonly rate: number;
  /** A second of processor time, of all threads together. */
  readonly perCpuSecond: number;
  /** Of each, in milliseconds. */
  readonly latencies: readonly number[];
}

/** So many callers repeat `call` for about so long; it is told who calls, and which of its calls it is. */
export async function repeated(
  callers: number,
  seconds: number,
  call: (caller: number, n: number) => Promise<void>,
): Promise<Repeated> {
  const latencies: number[] = [];
  const processor = process.cpuUsage();
  const started = performance.now();
  const until = started + seconds * 1000;
  const repeat = async (_: unknown, caller: number) => {
    for (let n = 0, now = performance.now(); now < until; n++) {
      await call(caller, n);
      const before = now;
      now = performance.now();
      latencies.push(now - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, repeat));
  const rate = (latencies.length * 1000) / (performance.now() - started);
  const { user, system } = process.cpuUsage(processor);
  return { rate, perCpuSecond: (latencies.length * 1e6) / (user + system), latencies };
}
