import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { YunqueError } from "../domain/errors.ts";
import { Channel, ChannelClosed } from "./channel.ts";

interface Doer {
  add(a: number, b: number): number;
  note(word: string): void;
  fail(): Promise<never>;
  hang(): Promise<void>;
}

describe("a channel", () => {
  const noted: string[] = [];
  const defects: unknown[] = [];
  const server = createServer();
  let asking: Channel<Doer>;
  let other: Socket;

  before(async () => {
    const path = join(tmpdir(), `yunque-channel-${randomUUID()}`);
    await once(server.listen(path), "listening");
    const accepted = once(server, "connection");
    asking = new Channel<Doer>(connect(path), {}, (error) => defects.push(error));
    [other] = (await accepted) as [Socket];
    new Channel(
      other,
      {
        add: (a: number, b: number) => a + b,
        note: (word: string) => void noted.push(word),
        fail: () => Promise.reject(new YunqueError("FunctionThrottled", "no", { reason: "R" })),
        hang: () => new Promise(() => {}),
      },
      (error) => defects.push(error),
    );
  });
  after(() => {
    asking.close();
    server.close();
  });

  test("answers each question with its own answer", async () => {
    const sums = Array.from({ length: 100 }, (_, n) => asking.ask("add", n, 1));
    assert.deepEqual(
      await Promise.all(sums),
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
  });

  test("has things take effect in the order in which they were told", async () => {
    for (let n = 0; n < 50; n++) asking.tell("note", String(n));
    await asking.ask("add", 1, 1);
    assert.deepEqual(
      noted,
      Array.from({ length: 50 }, (_, n) => String(n)),
    );
  });

  test("brings errors as what they were", async () => {
    await assert.rejects(asking.ask("fail"), {
      code: "FunctionThrottled",
      details: { reason: "R" },
    });
    await assert.rejects(asking.ask("nothing" as "fail"), /no procedure nothing/);
  });

  test("tells nobody what failed that nobody waits for, but as a defect", async () => {
    asking.tell("fail");
    await asking.ask("add", 1, 1);
    await new Promise(setImmediate);
    assert.equal((defects.splice(0)[0] as YunqueError).code, "FunctionThrottled");
  });

  test("fails what was asked when the other end is gone, and everything after", async () => {
    const hanging = asking.ask("hang");
    other.destroy();
    await assert.rejects(hanging, ChannelClosed);
    await asking.closed;
    await assert.rejects(asking.ask("add", 1, 2), ChannelClosed);
    asking.tell("note", "nobody hears it");
    assert.deepEqual(defects, []);
  });
});
