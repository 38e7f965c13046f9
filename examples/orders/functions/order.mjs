// POST /: takes an order, tells the bus, and answers at once. Whatever else happens to it happens by events.
import { randomUUID } from "node:crypto";
import { keep, tell } from "./shop.mjs";

export async function handler({ body, isBase64Encoded }) {
  const order = orderIn(isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
  if (!order)
    return answer(400, { message: "an order has a customer and items: [{sku, quantity}]" });
  const id = randomUUID();
  await keep(id, "order", order);
  await tell("OrderPlaced", { id, ...order });
  return answer(202, { id });
}

function orderIn(text) {
  try {
    const { customer, items } = JSON.parse(text);
    const whole = ({ sku, quantity }) =>
      typeof sku === "string" && Number.isInteger(quantity) && quantity > 0;
    if (
      typeof customer === "string" &&
      Array.isArray(items) &&
      items.length > 0 &&
      items.every(whole)
    )
      return { customer, items };
  } catch {
    // what is no JSON is no order
  }
  return undefined;
}

const answer = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
