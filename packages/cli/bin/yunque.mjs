#!/usr/bin/env node
// The command `yunque`, on any Node.js that npm itself runs on.
import { fileURLToPath } from "node:url";
import { launch } from "./launch.mjs";
import { findNode } from "./node26.mjs";

const program = new URL("../src/main.ts", import.meta.url);

if (findNode() === process.execPath) await import(program);
else {
  // `yunque up` counts its start from here on: the launcher's own time is part of it.
  const YUNQUE_STARTED = String(performance.timeOrigin);
  launch([fileURLToPath(program), ...process.argv.slice(2)], { ...process.env, YUNQUE_STARTED });
}
