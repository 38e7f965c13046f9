/**
 * Starts a platform (or takes the one that runs on the port), deploys the shop and shows three orders on their way: one
 * that goes through, one that fails while the bank is down, and its way back.
 * `node tools/node.mjs examples/orders/demo.ts [--port N] [--exit]`
 */
import { parseArgs } from "node:util";
import { findPlatform } from "../media/platform.ts";
import { clientsOf, deploy } from "./deploy.ts";
import { deadLetters, placeOrder, redrive, setBank, stepsOf, until } from "./run.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "4566" }, exit: { type: "boolean", default: false } },
});
const platform = await findPlatform(Number(values.port), []);
console.log(platform.said);
try {
  await show(platform.origin);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
  platform.stop();
}
if (values.exit) platform.stop();
else if (platform.ended && process.exitCode !== 1)
  console.log("\nThe platform is up; Ctrl-C stops it.");
await platform.ended;

async function show(origin: string): Promise<void> {
  const clients = clientsOf(origin);
  const shop = await deploy(clients, (step) => console.log(`  ${step}`));
  const order = { customer: "ada@example.com", items: [{ sku: "lark", quantity: 2 }] };
  const place = () => placeOrder(origin, shop.url, order);
  const through = async (id: string) => (await stepsOf(clients, id)).includes("mail");

  const started = performance.now();
  const first = await place();
  await until("the letter", () => through(first));
  const ms = Math.round(performance.now() - started);
  console.log(`\nOrder ${first}: payment, stock and mail in ${ms} ms`);

  await setBank(clients, "down");
  const second = await place();
  console.log(`\nThe bank is down. Order ${second} is tried three times ...`);
  await until("a dead letter", async () => (await deadLetters(clients, shop)) > 0);
  console.log("... and is a dead letter.");

  await setBank(clients, "up");
  await redrive(clients, shop);
  await until("the letter", () => through(second));
  console.log("The bank is back, the dead letter is redriven: the order is through.");
  for (const client of Object.values(clients)) client.destroy();
}
