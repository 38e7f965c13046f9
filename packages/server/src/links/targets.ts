/** Which service takes a message, by the ARN of its target. */
import { type TargetMessage, type Targets, Undeliverable } from "../ports/targets.ts";

/** What one service takes. */
export type TargetKind = Targets;

/** `kinds`: by the third part of their ARNs, `sqs`, `lambda`. They may be asked for late: services need each other. */
export function createTargets(kinds: Readonly<Record<string, () => TargetKind>>): Targets {
  const made = new Map<string, TargetKind>();
  const kindOf = (arn: string): TargetKind | undefined => {
    const [prefix, , service = ""] = arn.split(":");
    const kind = made.get(service);
    if (kind !== undefined || prefix !== "arn" || !Object.hasOwn(kinds, service)) return kind;
    const making = kinds[service]?.();
    if (making !== undefined) made.set(service, making);
    return making;
  };
  return {
    async deliver(message: TargetMessage) {
      const kind = kindOf(message.target);
      if (kind === undefined) throw new Undeliverable(`${message.target} takes no messages`);
      await kind.deliver(message);
    },
    async exists(arn) {
      return (await kindOf(arn)?.exists(arn)) ?? false;
    },
  };
}
