/** Every command, noun first. A command's module is loaded when it is used: `yunque up` pays for nothing else. */
import type { Command } from "commander";

export interface Noun {
  readonly name: string;
  readonly summary: string;
  /** Used by scripts of ours alone. */
  readonly hidden?: true;
  load(): Promise<{ readonly create: () => Command }>;
}

export const nouns: readonly Noun[] = [
  {
    name: "up",
    summary: "start the platform",
    load: () => import("./commands/up.ts"),
  },
  {
    name: "functions",
    summary: "list, create, invoke, read, analyze and delete functions",
    load: () => import("./commands/functions/functions.ts"),
  },
  {
    name: "logs",
    summary: "read log groups",
    load: () => import("./commands/logs/logs.ts"),
  },
  {
    name: "build",
    summary: "bundle a Node.js function: smaller, and faster to start",
    load: () => import("./commands/build.ts"),
  },
  {
    name: "runtimes",
    summary: "list, install and remove versions of Node.js for functions",
    load: () => import("./commands/runtimes/runtimes.ts"),
  },
  {
    name: "cost",
    summary: "show what functions cost, and how much of it was used",
    load: () => import("./commands/cost.ts"),
  },
  {
    name: "services",
    summary: "show which operations of AWS are implemented",
    load: () => import("./commands/services.ts"),
  },
  {
    name: "doctor",
    summary: "show what this machine has and lacks, and the command that adds it",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "config",
    summary: "show the configuration in effect, and where each value comes from",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "__complete",
    summary: "what a shell asks for when somebody presses Tab",
    hidden: true,
    load: () => import("./commands/complete.ts"),
  },
];
