// Reads the queue of payments. While the bank is down each of them fails by itself: it comes back, and after three times
// it is a dead letter.
import { exists, keep, tell } from "./shop.mjs";

export async function handler({ Records }) {
  const down = await exists("bank-is-down");
  const batchItemFailures = [];
  for (const { messageId, body } of Records) {
    const { detail } = JSON.parse(body);
    if (down) {
      console.warn(`order ${detail.id}: the bank does not answer`);
      batchItemFailures.push({ itemIdentifier: messageId });
      continue;
    }
    await keep(detail.id, "payment", { total: totalOf(detail) });
    await tell("PaymentAccepted", detail);
  }
  return { batchItemFailures };
}

const PRICE = 20;
const totalOf = ({ items }) => items.reduce((sum, { quantity }) => sum + quantity * PRICE, 0);
