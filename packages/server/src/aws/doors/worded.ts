/** A door whose methods throw errors in the words of its protocol. */
export function worded<D extends object>(door: D, inWords: (error: unknown) => unknown): D {
  const wrapped = Object.entries(door).map(([name, method]) => {
    const call = method as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]) => {
        try {
          return await call(...args);
        } catch (error) {
          throw inWords(error);
        }
      },
    ];
  });
  return Object.fromEntries(wrapped) as D;
}
