/** Writes lines to a log store until it is killed, and says which ones are durable. */
import { EmbeddedLogs } from "../../packages/server/src/engines/embedded/logs.ts";

const [directory = "", group = "", begin = "0"] = process.argv.slice(2);
const logs = new EmbeddedLogs(directory);
const filler = "x".repeat(20_000);

for (let next = Number(begin); ; ) {
  const lines = Array.from({ length: 40 }, () => {
    const timestamp = next++;
    return { timestamp, message: `${timestamp} ${filler}` };
  });
  logs.append(group, "s", lines);
  await logs.sync(group);
  process.send?.(next - 1);
}
