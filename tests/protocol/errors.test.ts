/** Every modelled error of every operation: what the door throws reaches the official SDK as its own class. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CATALOG } from "../../packages/server/src/aws/api/catalog.ts";
import { AwsError } from "../../packages/server/src/aws/error.ts";
import {
  loadService,
  readModel,
  type StructureShape,
} from "../../packages/server/src/aws/model.ts";
import { carriesOf, randomInput } from "./calls.ts";
import { comparable, firstDifference } from "./comparable.ts";
import { CONFUSED_ERRORS, SKIPPED } from "./exceptions.ts";
import { Random } from "./random.ts";
import { createClient, type SdkClient, sdkOf } from "./sdk.ts";
import { randomStructure } from "./values.ts";
import { doorsOf, startWire, type Wire } from "./wire.ts";

const SEED = 7;
const services = CATALOG.map(({ service }) => service);

describe("every modelled error of every operation", () => {
  let wire: Wire;
  let thrown: AwsError | undefined;
  let passed = 0;

  before(async () => {
    wire = await startWire(
      doorsOf(services, async () => {
        throw thrown;
      }),
    );
  });

  after(async () => {
    await wire.close();
    console.log(`${passed} pairs of operation and error`);
  });

  for (const name of services) {
    test(name, async () => {
      const service = loadService(name);
      const client = createClient(name, wire.origin);
      const random = new Random(SEED);
      const failures: string[] = [];
      for (const [operation, { errors = [] }] of Object.entries(readModel(name).operations)) {
        const found = service.operations.get(operation);
        if (SKIPPED[`${name} ${operation}`] !== undefined) continue;
        const Command = sdkOf(name)[`${operation}Command`];
        assert.ok(found && Command);
        if (found.method === "HEAD") continue; // the answer has no body to say more than its status
        const command = () => new Command(randomInput(service, found, random, 0));
        for (const error of errors) {
          if (CONFUSED_ERRORS[`${name} ${error}`] !== undefined) continue;
          const shape = service.error(error);
          assert.ok(shape);
          const members = randomStructure(shape, {
            random,
            density: 1,
            carries: carriesOf(service),
          });
          const difference = await differenceOf(shape, members, client, command());
          if (difference === undefined) passed++;
          else failures.push(`${operation} ${error}: ${difference}`);
        }
      }
      client.destroy();
      assert.deepEqual(failures, []);
      assert.deepEqual(wire.defects, []);
    });
  }

  async function differenceOf(
    shape: StructureShape,
    members: Record<string, unknown>,
    client: SdkClient,
    command: object,
  ): Promise<string | undefined> {
    const text = shape.members.find((member) => member.name.toLowerCase() === "message")?.name;
    const message = "what went wrong";
    if (text !== undefined) delete members[text];
    thrown = new AwsError(shape.name, message, { members });
    const error: unknown = await client.send(command).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Error)) return "no error came back";
    const { name } = error;
    if (name !== shape.name) return `it came back as ${name}: ${error.message}`;
    if (error.constructor.name !== shape.name) return `it came back as a ${error.constructor.name}`;
    if (error.message !== message) return `its message came back as ${error.message}`;
    const seen = Object.keys(members).map((key) => [key, (error as never)[key]]);
    return firstDifference(await comparable(Object.fromEntries(seen)), await comparable(members));
  }
});
