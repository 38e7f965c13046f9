import assert from "node:assert/strict";
import { systemClock } from "../ports/clock.ts";
import { type Front, type FrontOptions, openFront } from "./front.ts";

/** A front on a free port of the loopback; a defect fails the test. */
export const openTestFront = (options: Partial<FrontOptions>): Promise<Front> =>
  openFront({
    host: "127.0.0.1",
    port: 0,
    direct: [],
    routes: [],
    fast: true,
    connections: 1_000,
    clock: systemClock,
    onDefect: (error) => assert.ifError(error),
    ...options,
  });
