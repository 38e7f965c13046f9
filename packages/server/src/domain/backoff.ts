/** A wait that doubles each time, up to the longest. `times`: 0 for the first. Any unit. */
export const doubling = (first: number, times: number, longest: number): number =>
  Math.min(longest, first * 2 ** Math.min(times, 30));
