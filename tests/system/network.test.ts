/** What functions reach of the network: the stricter of what the platform gives and what they ask for. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { create, deploy, type Settings } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

/** Whether it reaches the platform, and a server of its own. */
const LOOK = `
  const { createServer, connect } = require("node:net");
  const reaches = (port) => new Promise((resolve) => connect(port, "127.0.0.1")
    .on("connect", function () { this.destroy(); resolve(true); }).on("error", () => resolve(false)));
  exports.handler = async () => {
    const platform = await reaches(Number(new URL(process.env.AWS_ENDPOINT_URL).port));
    const server = createServer((peer) => peer.destroy());
    const listening = await new Promise((resolve) => server.on("error", () => resolve(false))
      .listen(0, "127.0.0.1", () => resolve(true)));
    const own = listening && await reaches(server.address().port);
    server.close();
    return [platform, own];
  };`;

const HOST = "[true,true]";
const LOOPBACK_ONLY = "[false,true]";
const NONE = "[false,false]";

for (const [widest, expected] of [
  ["host", { nothing: HOST, host: HOST, "loopback-only": LOOPBACK_ONLY, none: NONE }],
  [
    "loopback-only",
    { nothing: LOOPBACK_ONLY, host: LOOPBACK_ONLY, "loopback-only": LOOPBACK_ONLY, none: NONE },
  ],
  ["none", { nothing: NONE, host: NONE, "loopback-only": NONE, none: NONE }],
] as const) {
  const started = await startPlatform({ flags: ["--network", widest] }).catch(
    (error: Error) => error,
  );
  const reason = /without a sandbox functions cannot be kept.*/.exec(String(started))?.[0];
  if (started instanceof Error && reason === undefined) throw started;

  describe(`network ${widest}`, { skip: reason ?? false }, () => {
    const platform = started as TestPlatform;
    let client: LambdaClient;
    before(() => {
      client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    });
    after(async () => {
      client.destroy();
      assert.equal(await platform.stop(), 0, platform.log());
    });

    for (const [asked, reached] of Object.entries(expected))
      test(`a function that asks for ${asked}`, async () => {
        await deploy(client, asked, { "index.js": LOOK }, settingsOf(asked));
        assert.equal(await look(client, asked), reached);
      });

    test("it can ask for less later, and for nothing that there is not", async () => {
      await deploy(client, "later", { "index.js": LOOK }, settingsOf("nothing"));
      const update = (YUNQUE_NETWORK: string) =>
        client.send(
          new UpdateFunctionConfigurationCommand({
            FunctionName: "later",
            Environment: { Variables: { YUNQUE_NETWORK } },
          }),
        );
      await assert.rejects(update("internet"), {
        name: "InvalidParameterValueException",
        message: /YUNQUE_NETWORK.*\[host, loopback-only, none\]/,
      });
      await update("none");
      assert.equal(await look(client, "later"), NONE);
    });
  });
}

describe("without a sandbox", () => {
  test("a platform that shall give less network does not start", async () => {
    const flags = ["--isolation", "none", "--network", "none"];
    await assert.rejects(startPlatform({ flags }), /without a sandbox functions cannot be kept/);
  });

  test("a function that asks for less is refused, and says why; one made earlier does not run", async () => {
    const platform = await startPlatform({ flags: ["--isolation", "none"] });
    const client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    try {
      await assert.rejects(create(client, "less", { "index.js": LOOK }, settingsOf("none")), {
        name: "InvalidParameterValueException",
        message: /without a sandbox.*--isolation auto/,
      });
      await deploy(client, "all", { "index.js": LOOK }, settingsOf("host"));
      assert.equal(await look(client, "all"), HOST);
    } finally {
      client.destroy();
      assert.equal(await platform.stop(), 0, platform.log());
    }
  });
});

function settingsOf(asked: string): Settings {
  const Variables: Record<string, string> = asked === "nothing" ? {} : { YUNQUE_NETWORK: asked };
  return { MemorySize: 1_769, Timeout: 20, Environment: { Variables } };
}

async function look(client: LambdaClient, FunctionName: string): Promise<string> {
  const answer = await client.send(new InvokeCommand({ FunctionName }));
  return answer.Payload?.transformToString() ?? "";
}
