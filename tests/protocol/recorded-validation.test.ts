/** AWS's own validation errors, as recorded: the wire must say the same of the same values, to the letter. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AwsError } from "../../packages/server/src/aws/error.ts";
import {
  loadService,
  type Member,
  type Operation,
  type Service,
  type Shape,
} from "../../packages/server/src/aws/model.ts";
import { quirksOf } from "../../packages/server/src/aws/quirks/index.ts";
import { validate, validationMessage } from "../../packages/server/src/aws/validate.ts";

const RECORDINGS = join(import.meta.dirname, "../../../shared/data/aws-recordings");
const SERVICES = ["apigateway", "cloudformation", "cloudwatch", "events", "iam", "lambda", "logs"];

/** Texts that are left out, by a part of them. */
const SKIPPED: readonly (readonly [part: string, reason: string])[] = [
  ["<template-body>", "the recording has a placeholder for the value"],
  ["PutEventsRequestEntry(", "the recording shows members that newer models do not have"],
  ["'second-invalid-target-id'", "the recording has a placeholder for the value"],
];

const missing = existsSync(RECORDINGS) ? false : "AWS's recordings are not beside this checkout";
for (const service of SERVICES)
  test(`${service} words broken constraints as AWS does`, { skip: missing }, (context) => {
    const failures: string[] = [];
    let same = 0;
    for (const message of recordedMessages(service)) {
      const skip = SKIPPED.find(([part]) => message.includes(part));
      if (skip !== undefined) context.diagnostic(`left out: ${message.slice(0, 120)} (${skip[1]})`);
      else if (reproduces(loadService(service), message)) same++;
      else failures.push(message);
    }
    assert.deepEqual(failures, []);
    assert.ok(same > 0);
    context.diagnostic(`${same} messages`);
  });

function recordedMessages(service: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of globSync("**/*.json", { cwd: join(RECORDINGS, service) })) {
    const collect = (value: unknown): void => {
      if (typeof value === "string" && /^\d+ validation errors? detected: /.test(value))
        found.add(value);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
    };
    collect(JSON.parse(readFileSync(join(RECORDINGS, service, file), "utf8")));
  }
  return found;
}

/** Whether some operation of the service, given the values that the message shows, answers this very message. */
function reproduces(service: Service, message: string): boolean {
  const parts = [
    ...message.matchAll(
      /Value(?: '([^']*)'| (null))? at '([^']+)' failed to satisfy constraint: /g,
    ),
  ];
  return [...service.operations.values()].some((operation) => {
    const input: Record<string, unknown> = {};
    for (const [, value, isNull, path = ""] of parts)
      if (isNull === undefined && !place(operation, input, path, value ?? "!".repeat(40)))
        return false;
    if (operation.input === undefined) return false;
    const paths = new Set(parts.map(([, , , path = ""]) => withoutPrefix(operation, path)));
    const found = validate(operation.input, input, service.requiredOnly).filter(({ path }) =>
      paths.has(path),
    );
    if (found.length === 0) return false;
    const error =
      quirksOf(service.name).refuse?.(found, operation) ??
      new AwsError("ValidationException", validationMessage(found));
    return error.message === message;
  });
}

const withoutPrefix = ({ name }: Operation, path: string) =>
  path.replace(`${name.slice(0, 1).toLowerCase()}${name.slice(1)}Input.`, "");

/** Sets a value where AWS's path leads. False where the operation has no such member. */
function place(
  operation: Operation,
  input: Record<string, unknown>,
  path: string,
  text: string,
): boolean {
  let shape: Shape | undefined = operation.input;
  let target: Record<string, unknown> | unknown[] = input;
  const steps = withoutPrefix(operation, path).split(".");
  for (const [index, step] of steps.entries()) {
    if (shape === undefined || step === "member") continue;
    let key: string | number = step;
    let next: Shape;
    if (shape.kind === "list") {
      key = Number(step) - 1;
      next = shape.item.shape;
    } else if (shape.kind === "structure" || shape.kind === "union") {
      const wanted: string = step.toLowerCase();
      const member: Member | undefined = shape.members.find(
        ({ name }) => name.toLowerCase() === wanted,
      );
      if (member === undefined) return false;
      key = member.name;
      next = member.shape;
    } else return false;
    shape = next;
    const owner = target as Record<string | number, unknown>;
    if (index === steps.length - 1) owner[key] = valueFrom(shape, text);
    else owner[key] ??= shape.kind === "list" ? [] : {};
    target = owner[key] as Record<string, unknown>;
  }
  return true;
}

function valueFrom(shape: Shape, text: string): unknown {
  if (shape.kind === "list") return text === "[]" ? [] : text.slice(1, -1).split(", ");
  return ["integer", "long", "double", "float"].includes(shape.kind) ? Number(text) : text;
}
