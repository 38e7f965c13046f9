/** The patterns of AWS's models are Java's: the whole value must match. JavaScript needs a few of them translated. */
const compiled = new Map<string, RegExp>();

/** Whether a value satisfies a pattern of a model. */
export function matchesPattern(pattern: string, value: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = compilePattern(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

/** @throws SyntaxError where a new model brings syntax that is not translated yet; a test compiles them all. */
export function compilePattern(pattern: string): RegExp {
  const insensitive = pattern.startsWith("(?i)");
  const source = `^(?:${translate(insensitive ? pattern.slice(4) : pattern)})$`;
  const flags = insensitive ? "is" : "s";
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    return new RegExp(source, flags); // such as `[\w-_]`, which Unicode mode refuses
  }
}

/** Java's names of POSIX character classes. */
const POSIX: Readonly<Record<string, string>> = {
  Alnum: "0-9A-Za-z",
  Alpha: "A-Za-z",
  ASCII: "\\x00-\\x7f",
  Cntrl: "\\x00-\\x1f\\x7f",
  Digit: "0-9",
  Graph: "\\x21-\\x7e",
  Lower: "a-z",
  Print: "\\x20-\\x7e",
  Punct: "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
  Upper: "A-Z",
};

function translate(pattern: string): string {
  let inClass = false;
  return pattern.replace(/\\p\{(\w+)\}|\\.|[[\]]/gs, (token, name: string | undefined) => {
    if (token === "[") inClass = true;
    if (token === "]") inClass = false;
    const range = name === undefined ? undefined : POSIX[name];
    if (range === undefined) return token;
    return inClass ? range : `[${range}]`;
  });
}
