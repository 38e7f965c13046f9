const MB = 2 ** 20;

/** Bytes that should stay available on a machine of `total`: a tenth of it, from 128 MB to 1 GB. */
export const enoughMemory = (total: number): number =>
  Math.min(1_024 * MB, Math.max(128 * MB, total / 10));
