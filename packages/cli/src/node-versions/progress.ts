import { stat } from "node:fs/promises";

const EVERY_MS = 500;

/** Says on stderr that something is being downloaded; on a terminal, how much of it is there. Call the answer at its end. */
export function showDownload(what: string, file: string): () => void {
  const { stderr } = process;
  if (!stderr.isTTY) {
    stderr.write(`downloading ${what}\n`);
    return () => {};
  }
  const show = async () => {
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (!ended) stderr.write(`\rdownloading ${what} ${Math.floor(bytes / 2 ** 20)} MB`);
  };
  let ended = false;
  const timer = setInterval(() => void show(), EVERY_MS);
  void show();
  return () => {
    ended = true;
    clearInterval(timer);
    stderr.write("\n");
  };
}
