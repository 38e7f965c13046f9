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

/** Words of one class between white space, as in values of headers: a pattern that backtracks without end. */
const WORDS = /\[ \\t\]\*(\[[^\]]+\])\+\(\[ \\t\]\+\1\+\)\*\[ \\t\]\*/g;

function translate(pattern: string): string {
  let inClass = false;
  // Their class has the space in it, so this says the same: something of the class, and tabs wherever they like.
  const linear = pattern.replace(WORDS, "\\t*$1(?:\\t|$1)*");
  return linear.replace(/\\p\{(\w+)\}|\\.|[[\]]/gs, (token, name: string | undefined) => {
    if (token === "[") inClass = true;
    if (token === "]") inClass = false;
    const range = name === undefined ? undefined : POSIX[name];
    if (range === undefined) return token;
    return inClass ? range : `[${range}]`;
  });
}
