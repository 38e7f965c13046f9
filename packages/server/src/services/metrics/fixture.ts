/** What the tests of this folder share. */
import type { MetricName } from "./model.ts";

export const SCOPE = { account: "111111111111", region: "us-east-1" } as const;

export const METRIC: MetricName = {
  namespace: "Shop",
  name: "Orders",
  dimensions: [{ Name: "Country", Value: "PE" }],
};
