/** Settings of text messages, kept for those who read them back: nobody sends any, so nobody opts out of them. */
import type { Records } from "../../ports/records.ts";
import type { Caller } from "./context.ts";
import { topicError } from "./errors.ts";
import type { Attributes } from "./model.ts";
import { smsSpace } from "./spaces.ts";

export interface SmsOperations {
  attributes(caller: Caller, names: readonly string[]): Promise<Attributes>;
  setAttributes(caller: Caller, attributes: Attributes): Promise<void>;
  /** @throws YunqueError where that is no number. */
  checkNumber(number: string): void;
}

/** https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html */
const ATTRIBUTES = new Set([
  "MonthlySpendLimit",
  "DeliveryStatusIAMRole",
  "DeliveryStatusSuccessSamplingRate",
  "DefaultSenderID",
  "DefaultSMSType",
  "UsageReportS3Bucket",
]);
const TYPES = ["Promotional", "Transactional"];
const MAX_VALUE = 2048;

const wrong = (message: string) => topicError("TopicInvalid", message);

export function createSmsOperations(records: Records): SmsOperations {
  return {
    async attributes(caller, names) {
      const found = await records.list<string>(smsSpace(caller));
      const wanted = found.filter(({ id }) => names.length === 0 || names.includes(id));
      return Object.fromEntries(wanted.map(({ id, value }) => [id, value]));
    },
    async setAttributes(caller, attributes) {
      for (const [name, value] of Object.entries(attributes)) {
        if (!ATTRIBUTES.has(name)) throw wrong(`${name} is not a valid attribute`);
        if (name === "DefaultSMSType" && !TYPES.includes(value)) throw wrong(`${name} is invalid`);
        if (value.length > MAX_VALUE) throw wrong(`${name} is invalid`);
      }
      const space = smsSpace(caller);
      await records.commit(
        Object.entries(attributes).map(([id, value]) => ({ put: value, space, id })),
      );
    },
    checkNumber(number) {
      if (!/^\+?[1-9]\d{1,14}$/.test(number))
        throw wrong(`Invalid parameter: PhoneNumber Reason: input incorrectly formatted`);
    },
  };
}
