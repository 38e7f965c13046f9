/**
 * Works with an engine's shards until it is killed, and says on stdout what was acknowledged, a line each, at once:
 * `added N NUMBER` after record N was added, `sealed N` after a shard was sealed, `trimmed N` after what came before N was
 * trimmed. Arguments: the data directory, the first N.
 */
import { writeSync } from "node:fs";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { recordOf, sealedShard, TRIMMED } from "./shard-state.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const { shards } = await openEmbeddedEngine({ directory });
let next = Number(first);

const say = (line: string) => writeSync(1, `${line}\n`);

say("ready");
await Promise.all([adder(), adder(), adder(), sealer(), trimmer()]);

async function adder(): Promise<never> {
  for (;;) {
    const names = Array.from({ length: 1 + (next % 7) }, () => next++);
    const numbers = await shards.append(
      names.map((n) => recordOf(n)),
      Date.now(),
    );
    for (const [index, n] of names.entries()) say(`added ${n} ${numbers[index]}`);
  }
}

async function sealer(): Promise<never> {
  for (;;) {
    const n = next++;
    await shards.append([recordOf(n, sealedShard(n))], Date.now());
    await shards.seal(sealedShard(n));
    say(`sealed ${n}`);
  }
}

async function trimmer(): Promise<never> {
  for (;;) {
    const names = Array.from({ length: 5 }, () => next++);
    for (const n of names) await shards.append([recordOf(n, TRIMMED)], n);
    const before = names[2] ?? 0;
    await shards.trim(TRIMMED, before);
    say(`trimmed ${before}`);
  }
}
