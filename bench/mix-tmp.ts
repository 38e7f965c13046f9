import { LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../tests/deploy.ts";
import { clientSettings, startPlatform } from "../tests/platform.ts";
import { load } from "./load.ts";
import { quantile } from "./figure.ts";
const H = `exports.handler = async ({ ms }) => { if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms)); return ms; };`;
const p = await startPlatform();
const c = new LambdaClient(clientSettings(p.origin));
await deploy(c, "m", { "index.js": H }, { MemorySize: 1769 });
const path = "/2015-03-31/functions/m/invocations";
for (const body of [['{"ms":0}', '{"ms":50}'], ['{"ms":0}', '{"ms":50}'], ['{"ms":50}'], ['{"ms":50}']]) {
  const l = await load({ origin: p.origin, path, body }, 16, 5);
  const s = [...l.byBody.at(-1)!];
  console.log(body.length, s.length, [0.01, 0.5, 0.75, 0.9, 0.95, 0.99, 1].map((q) => quantile(s, q).toFixed(1)).join(" "), "fast", [0.5, 0.9, 0.99].map((q) => quantile([...l.byBody[0]!], q).toFixed(1)).join(" "));
}
await p.stop();
