/** Deploys the shop to a real platform, and follows orders through it: well, through an outage, and by its schedule. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPlatform, type TestPlatform } from "../../tests/platform.ts";
import { type Clients, clientsOf, type Deployed, deploy } from "./deploy.ts";
import {
  deadLetters,
  noteOf,
  placeOrder,
  post,
  redrive,
  reports,
  setBank,
  stepsOf,
  until,
} from "./run.ts";

let platform: TestPlatform;
let clients: Clients;
let shop: Deployed;
before(async () => {
  platform = await startPlatform();
  clients = clientsOf(platform.origin);
  await deploy(clients, () => {});
  // Safe to repeat; and the next minute is near enough.
  shop = await deploy(clients, () => {}, `at(${soon()})`);
});
after(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await platform.stop();
});

/** Two seconds from now, in UTC, as a schedule has it. */
const soon = (): string => new Date(Date.now() + 2_000).toISOString().slice(0, 19);

const order = { customer: "ada@example.com", items: [{ sku: "lark", quantity: 2 }] };
const ALL = ["mail", "order", "payment", "stock"];
const place = () => placeOrder(platform.origin, shop.url, order);
const isThrough = async (id: string) => (await stepsOf(clients, id)).length === ALL.length;

test("an order goes by way of bus, queue, function and topic to a letter", async () => {
  const id = await place();
  await until("the letter", () => isThrough(id));
  assert.deepEqual(await stepsOf(clients, id), ALL);
  assert.deepEqual(await noteOf(clients, `orders/${id}/payment.json`), { total: 40 });
  assert.deepEqual(await noteOf(clients, `orders/${id}/mail.json`), {
    to: "ada@example.com",
    text: "On its way to you: 2 x lark",
  });
});

test("what is no order is refused", async () => {
  for (const body of ["", "{", "{}", JSON.stringify({ ...order, items: [{ sku: "lark" }] })]) {
    const { status } = await post(platform.origin, shop.url, body);
    assert.equal(status, 400, body);
  }
});

test("payments that fail end as dead letters, and come back when they are redriven", async () => {
  await setBank(clients, "down");
  const ids = await Promise.all([place(), place(), place()]);
  await until("three dead letters", async () => (await deadLetters(clients, shop)) === 3);
  for (const id of ids) assert.deepEqual(await stepsOf(clients, id), ["order"]);

  await setBank(clients, "up");
  await redrive(clients, shop);
  await until("three letters", async () => (await Promise.all(ids.map(isThrough))).every(Boolean));
  assert.equal(await deadLetters(clients, shop), 0);
});

test("the schedule's report counts what there is", async () => {
  await until("a report", async () => (await reports(clients)).length > 0);
  const [key = ""] = await reports(clients);
  const { time, steps } = (await noteOf(clients, key)) as { time: string; steps: object };
  assert.equal(key, `reports/${time}.json`);
  assert.equal(typeof steps, "object");
});
