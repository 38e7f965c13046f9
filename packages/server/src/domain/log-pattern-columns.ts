/** `[ip, user, ..., status = 4*, bytes > 1000]`: lines of words, each of them named. */
import { readCondition, readValue, Scanner } from "./log-pattern-scanner.ts";
import { compare, LogPatternError } from "./log-pattern-value.ts";

interface Column {
  readonly name: string;
  readonly test: ((value: string) => boolean) | undefined;
}

export interface ColumnsPattern {
  /** The words by their columns' names, where the line is of the pattern. */
  columns(message: string): Readonly<Record<string, string>> | undefined;
}

/** The text between the brackets. @throws LogPatternError */
export function columnsPattern(source: string): ColumnsPattern {
  const scanner = new Scanner(source);
  const columns: (Column | "...")[] = [];
  while (!scanner.done) {
    columns.push(scanner.take("...") ? "..." : column(scanner, columns.length + 1));
    if (!scanner.done) scanner.expect(",");
  }
  const rest = columns.indexOf("...");
  if (rest !== columns.lastIndexOf("...")) throw new LogPatternError("one ... at most");
  const head = columns.slice(0, rest < 0 ? columns.length : rest) as Column[];
  const tail = rest < 0 ? [] : (columns.slice(rest + 1) as Column[]);
  return {
    columns(message) {
      const words = wordsOf(message);
      if (columns.length > 0 && rest < 0 && words.length !== head.length) return undefined;
      if (words.length < head.length + tail.length) return undefined;
      const found: Record<string, string> = Object.create(null);
      const between = words.length - tail.length;
      for (const [index, word] of words.entries()) {
        const place = index < head.length ? head[index] : tail[index - between];
        if (place?.test?.(word) === false) return undefined;
        found[`$${place?.name ?? index + 1}`] = word;
      }
      return found;
    },
  };
}

function column(scanner: Scanner, position: number): Column {
  let name: string | undefined;
  let compared = false;
  const test = readCondition<(value: string) => boolean>(scanner, () => {
    const own = scanner.match(/[A-Za-z0-9_.#@-]+/y);
    if (name !== undefined && own !== name) throw new LogPatternError("one name per column");
    name ??= own;
    const operator = scanner.operator();
    if (operator === undefined) return () => true;
    compared = true;
    return compare(operator, readValue(scanner));
  });
  return { name: name ?? String(position), test: compared ? test : undefined };
}

/** Words are apart by spaces; what is in brackets or double quotes is one. */
const wordsOf = (message: string): string[] =>
  Array.from(message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g), ([, a, b, c]) => a ?? b ?? c ?? "");
