/** Programs and settings beside the platform that make more of it. */

import { lookup } from "node:dns/promises";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Check } from "./check.ts";
import { installCommand } from "./install.ts";
import { tool } from "./tool.ts";

export const python = tool({ name: "python3", gives: "runs Python functions" });
export const ffmpeg = tool({
  name: "ffmpeg",
  flag: "-version",
  gives: "media functions; examples/media brings its own where this is missing",
});
export const aws = tool({
  name: "aws",
  package: "awscli",
  gives: "AWS's command line: aws --endpoint-url",
});

export const localNames: Check = {
  name: "*.localhost names",
  gives: "function URLs by host name; by path they work without",
  examine: async () => {
    const found = await lookup("yunque.localhost").catch(() => undefined);
    if (found) return { status: "ok", found: found.address };
    return {
      status: "weak",
      found: "programs other than browsers and curl do not find them",
      fix: LOCAL_NAMES,
    };
  },
};

const LOCAL_NAMES = existsSync("/usr/bin/apt-get")
  ? installCommand("libnss-myhostname")
  : "switch on systemd-resolved, which knows them";

/** Each connection and each instance takes some. */
const ENOUGH_FILES = 4096;

export const openFiles: Check = {
  name: "open files",
  gives: "many connections and instances at once",
  examine: async () => {
    const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
    const limit = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
    if (limit === undefined) return { status: "ok", found: "not told by this system" };
    const enough = limit === "unlimited" || Number(limit) >= ENOUGH_FILES;
    return enough
      ? { status: "ok", found: limit }
      : { status: "weak", found: limit, fix: "ulimit -n 65536" };
  },
};
