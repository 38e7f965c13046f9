/**
 * Node.js flags that Lambda sets: experimental features that Node.js 20 and 22 have on by default, Lambda has off,
 * until NODE_OPTIONS says otherwise. https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */

/** A feature, and from which version on Node.js knows its flag. */
interface Experiment {
  readonly name: string;
  /** By major version: the first minor one. */
  readonly known: Readonly<Record<string, number>>;
}

const EXPERIMENTS: readonly Experiment[] = [
  { name: "experimental-require-module", known: { 20: 17, 22: 0 } },
  { name: "experimental-detect-module", known: { 22: 0 } },
];

/** The flags for a version of Node.js, for example 22.21.1, with a function's NODE_OPTIONS. */
export function moduleFlags(version: string, nodeOptions = ""): string[] {
  const [major = "", minor] = version.split(".");
  const wanted = nodeOptions.split(/\s+/);
  return EXPERIMENTS.filter(
    ({ name, known }) =>
      Number(minor) >= (known[major] ?? Infinity) && !wanted.includes(`--${name}`),
  ).map(({ name }) => `--no-${name}`);
}
