/** Text as one word of a shell's command line, whatever is in it. */
export function shellWord(text: string): string {
  if (text.includes("\0")) throw new RangeError("NUL in a program's start");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export const shellWords = (words: readonly string[]): string => words.map(shellWord).join(" ");
