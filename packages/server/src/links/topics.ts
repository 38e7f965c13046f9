/** What other services do with topics: they publish to them. */
import { YunqueError } from "../domain/errors.ts";
import { parseTopicArn } from "../domain/topic-name.ts";
import { Undeliverable } from "../ports/targets.ts";
import type { Topics } from "../services/topics/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages are published. */
export function topicTargets(topics: Topics): TargetKind {
  return {
    async deliver({ target, body, subject, attributes = {}, groupId, deduplicationId, traceId }) {
      const parsed = parseTopicArn(target);
      if (parsed === undefined || parsed.subscription !== undefined)
        throw new Undeliverable(`${target} names no topic`, "RESOURCE_NOT_FOUND");
      const { account, region } = parsed;
      const text = Buffer.from(body).toString("utf8");
      const message = { topicArn: target, text, subject, attributes, groupId, deduplicationId };
      try {
        await topics.publish({ account, region, traceId }, message);
      } catch (error) {
        if (!(error instanceof YunqueError)) throw error;
        if (error.code === "TopicNotFound")
          throw new Undeliverable("the topic does not exist", "RESOURCE_NOT_FOUND");
        if (error.code === "TopicInvalid" || error.code === "TopicValueInvalid")
          throw new Undeliverable(error.message);
        throw error;
      }
    },
    async exists(arn) {
      const parsed = parseTopicArn(arn);
      return parsed !== undefined && parsed.subscription === undefined
        ? topics.exists(parsed, parsed.name)
        : false;
    },
  };
}
