/** Functions that attack the machine, the platform and each other: each is held, and everybody else goes on meanwhile. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { announcementDirectory } from "../../packages/server/src/admin/announcement.ts";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { ATTACKS, PRELUDE } from "./escape-attacks.ts";

/** What without walls is found: the attempts prove something. */
const REACHED_WITHOUT_WALLS = ["finding the platform's token", "being more important than others"];

for (const tier of ["bubblewrap", "unshare", "none"]) {
  const started = await startPlatform({ flags: ["--isolation", tier] }).catch(
    (error: Error) => error,
  );
  const reason = /the sandbox \w+ does not work here: .*/.exec(String(started))?.[0];
  if (started instanceof Error && reason === undefined) throw started;
  const attacks =
    tier === "none" ? ATTACKS.filter(({ name }) => REACHED_WITHOUT_WALLS.includes(name)) : ATTACKS;

  describe(`attacked from inside of ${tier}`, { skip: reason ?? false, concurrency: 4 }, () => {
    const platform = started as TestPlatform;
    let client: LambdaClient;
    let token: string;
    before(async () => {
      client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
      token = (await readFile(join(platform.dataDir, "admin-token"), "utf8")).trim();
      await deploy(client, "neighbour", {
        "index.js": "exports.handler = async (event) => event;",
      });
    });
    after(async () => {
      client.destroy();
      assert.equal(await platform.stop(), 0, platform.log());
    });

    for (const attack of attacks)
      test(attack.name, { timeout: 60_000 }, async (t) => {
        if (attack.needs !== undefined && (await lacks(platform, token, /nameless|without a name/)))
          return t.skip("not held here, and health says so");
        const name = attack.name.replace(/\W+/g, "-");
        const code = `${PRELUDE}; exports.handler = async (event) => { ${attack.body} };`;
        const settings = { MemorySize: 512, Timeout: 10, ...attack.settings };
        await deploy(client, name, { "index.js": code }, settings);
        const event = {
          dataDir: platform.dataDir,
          announcements: announcementDirectory(),
          hint: token,
        };
        const attacking = invoke(client, name, event);
        await everybodyAnswers(platform, client, attacking);
        const outcome = await attacking;
        if (tier === "none") assert.doesNotMatch(outcome, attack.contained);
        else assert.match(outcome, attack.contained);
        await everybodyAnswers(platform, client);
      });
  });
}

/** Payload and error of an invocation, as one text. */
async function invoke(client: LambdaClient, FunctionName: string, event: unknown): Promise<string> {
  const answer = await client.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
  );
  return answer.Payload?.transformToString() ?? "";
}

/** The platform and another function answer, again and again until the attack is over. */
async function everybodyAnswers(
  { origin }: TestPlatform,
  client: LambdaClient,
  attack: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  let over = false;
  const ended = attack.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  do {
    const word = JSON.stringify(Math.random());
    assert.equal(await invoke(client, "neighbour", JSON.parse(word)), word);
    assert.equal((await fetch(`${origin}/_yunque/health`)).status, 200);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100))]);
  } while (!over);
}

/** Whether the platform says itself that it does not hold this. */
async function lacks({ origin }: TestPlatform, token: string, wall: RegExp): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  const health = (await (await fetch(`${origin}/_yunque/health`, { headers })).json()) as {
    isolation: { lacks: { wall: string }[] };
  };
  return health.isolation.lacks.some((each) => wall.test(each.wall));
}
