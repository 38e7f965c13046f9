import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogBatch, LogShipper } from "./log-shipper.ts";

const line = (message: string) => ({ timestamp: 1, message });

function shipper() {
  const sent: LogBatch[][] = [];
  const carrier = {
    backlog: 0,
    send: (batches: readonly LogBatch[]) => void sent.push([...batches]),
  };
  return { sent, carrier, logs: new LogShipper(carrier) };
}

test("lines leave together and in order", () => {
  const { logs, sent } = shipper();
  logs.append("g", "s", [line("1"), line("2")]);
  logs.append("g", "t", [line("3")]);
  assert.deepEqual(sent, []);
  logs.flush();
  logs.flush();
  assert.deepEqual(sent, [
    [
      { group: "g", stream: "s", lines: [line("1"), line("2")] },
      { group: "g", stream: "t", lines: [line("3")] },
    ],
  ]);
});

test("many lines do not wait", () => {
  const { logs, sent } = shipper();
  logs.append("g", "s", [line("x".repeat(300_000))]);
  assert.equal(sent.length, 1);
});

test("what nobody takes is dropped and counted", () => {
  const { logs, sent, carrier } = shipper();
  carrier.backlog = 1e9;
  logs.append("g", "s", [line("1"), line("2")]);
  logs.append("g", "t", [line("3")]);
  logs.append("h", "s", [line("4")]);
  carrier.backlog = 0;
  logs.append("g", "s", [line("5")]);
  logs.flush();
  assert.deepEqual(
    sent.flat().map(({ group, stream, lines }) => [group, stream, lines[0]?.message]),
    [
      ["g", "s", "5"],
      ["g", "platform", "3 log lines were dropped here"],
      ["h", "platform", "1 log lines were dropped here"],
    ],
  );
});
