import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

/** What goes wrong with event buses. docs/reference/errors.md repeats it. */
export const BUS_ERRORS = {
  BusObjectUnknown: user(
    "There is no such event bus, rule, archive, replay, connection or API destination here.",
  ),
  BusObjectExists: user("An object of this kind has that name already."),
  BusParameterInvalid: user("A parameter breaks a rule of EventBridge; the message says which."),
  EventPatternInvalid: user("The event pattern is not valid; the message says why, and where."),
  BusLimitReached: user("The account, bus or rule has as many of these as it may have."),
  BusRuleManaged: user("Rules of this name belong to the platform."),
  BusPolicyTooLong: user("The policy of the event bus would be longer than 10,240 bytes."),
  ReplayNotRunning: user("The replay is over already."),
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type BusErrorCode = keyof typeof BUS_ERRORS;

export const busError = (code: BusErrorCode, message: string): YunqueError =>
  new YunqueError(code, message);

export const invalid = (message: string): YunqueError => busError("BusParameterInvalid", message);

/** AWS's form for one parameter. */
export const invalidParameter = (name: string, reason?: string): YunqueError =>
  invalid(`Parameter ${name} is not valid.${reason === undefined ? "" : ` Reason: ${reason}`}`);

export const unknown = (what: string): YunqueError =>
  busError("BusObjectUnknown", `${what} does not exist.`);

export const exists = (what: string): YunqueError =>
  busError("BusObjectExists", `${what} already exists.`);

export const limitReached = (): YunqueError =>
  busError("BusLimitReached", "The requested resource exceeds the maximum number allowed.");
