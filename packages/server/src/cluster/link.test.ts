import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { YunqueError } from "../domain/errors.ts";
import type { Invocation, InvocationStream } from "../domain/invocation.ts";
import { systemClock } from "../ports/clock.ts";
import { ExecutorError, SnapshotError } from "../ports/executor.ts";
import { invocation, plainDeployment } from "../runtimes/runtimes.fixture.ts";
import { type Home, Link } from "./link.ts";
import { LINK_WINDOW } from "./link-frames.ts";
import { type LinkServer, serveLinks } from "./link-server.ts";

const REPORT = { durationMs: 1.5, billedMs: 2, maxMemoryMB: 64, queuedMs: 0.25 };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A home that does what a test says. */
class TestHome implements Home {
  readonly seen: { readonly id: string; readonly invocation: Invocation }[] = [];
  readonly errands: string[] = [];
  answer: (invocation: Invocation) => Promise<Uint8Array> = async ({ payload }) => payload;
  body: () => AsyncIterable<Uint8Array> = async function* () {};
  failing: unknown;

  invoke: Home["invoke"] = async ({ id }, received) => {
    this.seen.push({ id, invocation: received });
    if (this.failing) throw this.failing;
    return {
      requestId: received.requestId,
      payload: await this.answer(received),
      logTail: Buffer.from("the tail"),
      report: { ...REPORT, initMs: 7, startMs: { code: 1, allocation: 2.5 } },
    };
  };

  stream: Home["stream"] = async (deployment, received): Promise<InvocationStream> => {
    this.seen.push({ id: deployment.id, invocation: received });
    return {
      requestId: received.requestId,
      contentType: "text/plain; ☃",
      body: this.body(),
      completion: Promise.resolve({
        errorCode: "Unhandled",
        errorDetails: '{"errorType":"☃"}',
        logTail: Buffer.from("tail"),
        report: REPORT,
      }),
    };
  };

  expect: Home["expect"] = ({ id }) => void this.errands.push(`expect ${id}`);
  retire: Home["retire"] = (id) => void this.errands.push(`retire ${id}`);
  initialise: Home["initialise"] = async ({ id }) => {
    this.errands.push(`initialise ${id}`);
    if (this.failing) throw this.failing;
  };
}

let directory = "";
let path = "";
let home: TestHome;
let server: LinkServer;
let link: Link;
const defects: unknown[] = [];
const deployment = plainDeployment("code");

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "yunque-link-"));
  path = join(directory, "home");
  home = new TestHome();
  server = await serveLinks(path, home, (error) => defects.push(error));
  link = new Link(path, systemClock);
});
afterEach(async () => {
  link.close();
  server.close();
  await rm(directory, { recursive: true });
  assert.deepEqual(defects.splice(0), []);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe("an invocation over a link", () => {
  test("arrives as it was sent, and so does its answer", async () => {
    const sent = invocation({ a: "☃" }, { kind: "async", clientContext: '{"b":"☃"}' });
    const result = await link.invoke(deployment, sent);
    const { invocation: received, id } = home.seen[0] ?? assert.fail();
    assert.equal(id, deployment.id);
    assert.deepEqual(
      {
        requestId: received.requestId,
        kind: received.kind,
        payload: text(received.payload),
        invokedFunctionArn: received.invokedFunctionArn,
        traceId: received.traceId,
        clientContext: received.clientContext,
      },
      { ...sent, payload: text(sent.payload) },
    );
    assert.deepEqual(
      { ...result, payload: text(result.payload), logTail: text(result.logTail) },
      {
        requestId: sent.requestId,
        payload: '{"a":"☃"}',
        logTail: "the tail",
        report: { ...REPORT, initMs: 7, startMs: { code: 1, allocation: 2.5 } },
      },
    );
  });

  test("carries no log where nobody wants it", async () => {
    const { logTail } = await link.invoke(deployment, invocation({}, { wantsLog: false }));
    assert.equal(logTail.length, 0);
  });

  test("may be large, and one of many", async () => {
    const texts = Array.from({ length: 200 }, (_, n) =>
      String(n).repeat(n % 10 === 0 ? 60_000 : 5),
    );
    home.answer = async ({ payload }) => {
      if (payload.length % 2 === 0) await new Promise(setImmediate);
      return payload;
    };
    const results = await Promise.all(
      texts.map((each) => link.invoke(deployment, invocation(each))),
    );
    assert.deepEqual(
      results.map(({ payload }) => JSON.parse(text(payload))),
      texts,
    );
  });

  test("fails as it failed at home", async () => {
    for (const failure of [
      new YunqueError("FunctionThrottled", "Rate Exceeded.", { reason: "R" }),
      new ExecutorError("closing", "it stops"),
      new Error("a defect"),
    ]) {
      home.failing = failure;
      await assert.rejects(link.invoke(deployment, invocation()), (error: Error) => {
        assert.deepEqual({ ...error }, { ...failure });
        assert.deepEqual([error.name, error.message], [failure.name, failure.message]);
        return true;
      });
    }
  });

  test("tells home that its caller is gone", async () => {
    const gone = new AbortController();
    home.answer = ({ signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => resolve(Buffer.from("dropped")));
      });
    const answer = link.invoke(deployment, invocation({}, { signal: gone.signal }));
    await until(() => home.seen.length === 1);
    gone.abort();
    assert.equal(text((await answer).payload), "dropped");
  });

  test("fails where its home ends; the next one finds the home that took its place", async () => {
    home.answer = () => new Promise(() => {});
    const lost = link.invoke(deployment, invocation());
    await until(() => home.seen.length === 1);
    server.close();
    await assert.rejects(lost, { name: "ExecutorError", fault: "internal" });
    const waiting = link.invoke(deployment, invocation("again"));
    await rm(path, { force: true });
    home = new TestHome();
    server = await serveLinks(path, home, (error) => defects.push(error));
    assert.equal(text((await waiting).payload), '"again"');
    assert.equal(home.seen[0]?.id, deployment.id);
  });
});

describe("a stream over a link", () => {
  const read = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
    let all = "";
    for await (const bytes of body) all += text(bytes);
    return all;
  };

  test("arrives with how it began and how it ended", async () => {
    home.body = async function* () {
      yield Buffer.from("one ");
      yield Buffer.from("x".repeat(700_000));
    };
    const { contentType, body, completion } = await link.stream(deployment, invocation());
    assert.equal(contentType, "text/plain; ☃");
    assert.equal(await read(body), `one ${"x".repeat(700_000)}`);
    const { logTail, ...end } = await completion;
    assert.deepEqual(end, {
      errorCode: "Unhandled",
      errorDetails: '{"errorType":"☃"}',
      report: REPORT,
    });
    assert.equal(text(logTail), "tail");
  });

  test("is held back while nobody reads it", async () => {
    const piece = 64 * 1024;
    let given = 0;
    home.body = async function* () {
      for (let n = 0; n < 100; n++) {
        given += piece;
        yield new Uint8Array(piece);
      }
    };
    const { body } = await link.stream(deployment, invocation());
    const chunks = body[Symbol.asyncIterator]();
    await until(() => given >= LINK_WINDOW);
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    assert.ok(given <= LINK_WINDOW + piece, `${given} bytes were given`);
    let taken = 0;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      taken += next.value.length;
    assert.equal(taken, 100 * piece);
  });

  test("that breaks off with its home does not look whole", async () => {
    home.body = async function* () {
      yield Buffer.from("half");
      await new Promise(() => {});
    };
    const { body, completion } = await link.stream(deployment, invocation());
    const chunks = body[Symbol.asyncIterator]();
    assert.equal(text((await chunks.next()).value ?? new Uint8Array()), "half");
    server.close();
    assert.equal((await chunks.next()).done, true);
    assert.equal((await completion).errorCode, "Unhandled");
  });
});

describe("errands over a link", () => {
  test("reach the home", async () => {
    link.expect(deployment);
    link.retire("old");
    await link.initialise(deployment);
    assert.deepEqual(home.errands, [
      `expect ${deployment.id}`,
      "retire old",
      `initialise ${deployment.id}`,
    ]);
    home.failing = new SnapshotError("Runtime.ImportModuleError", "no such module");
    await assert.rejects(link.initialise(deployment), {
      name: "SnapshotError",
      errorType: "Runtime.ImportModuleError",
    });
  });
});
