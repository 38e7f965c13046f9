import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exited, failurePayload, outOfMemory, timedOut, tooLarge } from "./failures.ts";

const payload = (failure: Parameters<typeof failurePayload>[0]) =>
  JSON.parse(Buffer.from(failurePayload(failure, "id-1")).toString());

describe("failures in Lambda's words", () => {
  for (const [exit, words] of [
    [{ code: 1, signal: null }, "Runtime exited with error: exit status 1"],
    [{ code: 0, signal: null }, "Runtime exited without providing a reason"],
    [{ code: null, signal: null }, "Runtime exited without providing a reason"],
    [{ code: null, signal: "SIGKILL" }, "Runtime exited with error: signal: killed"],
    [{ code: null, signal: "SIGSEGV" }, "Runtime exited with error: signal: segmentation fault"],
    [{ code: null, signal: "SIGABRT" }, "Runtime exited with error: signal: aborted"],
    [{ code: null, signal: "SIGRTMIN" }, "Runtime exited with error: signal: SIGRTMIN"],
  ] as const)
    it(`says "${words}"`, () =>
      assert.deepEqual(payload(exited(exit)), {
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: id-1 Error: ${words}`,
      }));

  it("says after how many seconds it timed out, with two digits", () => {
    assert.equal(timedOut(900_000).reason, "Task timed out after 900.00 seconds");
    assert.deepEqual(payload(timedOut(3_000)), {
      errorType: "Sandbox.Timedout",
      errorMessage: "RequestId: id-1 Error: Task timed out after 3.00 seconds",
    });
  });

  it("says that the memory was not enough, and that a response is too large", () => {
    assert.equal(payload(outOfMemory).errorType, "Runtime.OutOfMemory");
    assert.deepEqual(JSON.parse(Buffer.from(tooLarge(6_291_556)).toString()), {
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });
});
