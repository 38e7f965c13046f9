// Subscribed to the topic, for what is shipped: writes to the customer. Here the letter goes into the bucket.
import { keep } from "./shop.mjs";

export async function handler({ Records }) {
  for (const { Sns } of Records) {
    const { id, customer, items } = JSON.parse(Sns.Message);
    const goods = items.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(", ");
    await keep(id, "mail", { to: customer, text: `On its way to you: ${goods}` });
  }
}
