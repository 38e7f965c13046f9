import {
  AddPermissionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  RemovePermissionCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import type { Recordings } from "../harness.ts";
import { ACCOUNT, fifoName, newName, type SnsFixture } from "./fixture.ts";

const tag = (Key: string, Value: string): Tag => ({ Key, Value });

export function playTopics({ play }: Recordings, sns: () => SnsFixture): void {
  const create = (Name: string, more: object = {}) =>
    sns().send(new CreateTopicCommand({ Name, ...more }));
  const attributes = (TopicArn: string) => sns().send(new GetTopicAttributesCommand({ TopicArn }));
  const remove = (TopicArn: string) => sns().send(new DeleteTopicCommand({ TopicArn }));
  const tags = (ResourceArn: string) => sns().send(new ListTagsForResourceCommand({ ResourceArn }));
  const policy = async (TopicArn: string) =>
    ((await attributes(TopicArn))["Attributes"] as { Policy: unknown }).Policy;

  play("TestSNSTopicCrud::test_create_topic_with_attributes", async (answers) => {
    const topic = await sns().topic({
      Name: fifoName(),
      Attributes: { DisplayName: "TestTopic", SignatureVersion: "2", FifoTopic: "true" },
    });
    answers.equal("get-topic-attrs", await attributes(topic));
    answers.equal("get-attrs-nonexistent-topic", await attributes(`${topic}x`));
    answers.equal("get-attrs-malformed-topic", await attributes("nonsense"));
  });

  play("TestSNSTopicCrud::test_tags", async (answers) => {
    const ResourceArn = await sns().topic();
    const tagged = (...Tags: Tag[]) => sns().send(new TagResourceCommand({ ResourceArn, Tags }));
    answers.equal("duplicate-key-error", await tagged(tag("k1", "v1"), tag("k1", "v2")));
    await tagged(tag("k1", "v1"), tag("k2", "v2"));
    answers.equal("list-created-tags", await tags(ResourceArn));
    await sns().send(new UntagResourceCommand({ ResourceArn, TagKeys: ["k1"] }));
    answers.equal("list-after-delete-tags", await tags(ResourceArn));
    await tagged(tag("k2", "v2b"));
    answers.equal("list-after-update-tags", await tags(ResourceArn));
  });

  play("TestSNSTopicCrud::test_create_duplicate_topic_with_more_tags", async (answers) => {
    const name = newName();
    await create(name);
    answers.equal("exception-duplicate", await create(name, { Tags: [tag("key1", "value1")] }));
  });

  play("TestSNSTopicCrud::test_create_duplicate_topic_check_idempotency", async (answers) => {
    const name = newName();
    const [a, b] = [tag("a", "1"), tag("b", "2")];
    answers.equal("response-created", await create(name, { Tags: [a, b] }));
    for (const [index, Tags] of [[a], [], [b]].entries())
      answers.equal(`response-same-arn-${index}`, await create(name, { Tags }));
  });

  play("TestSNSTopicCrud::test_delete_topic_idempotency", async (answers) => {
    const topic = await sns().topic();
    answers.equal("delete-topic", await remove(topic));
    answers.equal("delete-topic-again", await remove(topic));
  });

  play("TestSNSTopicCrud::test_tags_removed_after_deletion", async (answers) => {
    const Name = newName();
    const topic = await sns().topic({ Name, Tags: [tag("k1", "v1"), tag("k2", "v2")] });
    answers.equal("list-created-tags", await tags(topic));
    await remove(topic);
    await sns().topic({ Name });
    answers.equal("list-empty-tags", await tags(topic));
  });

  const grant = (TopicArn: string, Label: string, ActionName = ["Publish"]) =>
    sns().send(new AddPermissionCommand({ TopicArn, Label, ActionName, AWSAccountId: [ACCOUNT] }));

  play("TestSNSTopicCrudV2::test_topic_add_permission", async (answers) => {
    const topic = await sns().topic();
    answers.equal("add-permission-response", await grant(topic, "test"));
    answers.equal("topic-policy-after-permission", await policy(topic));
  });

  play("TestSNSTopicCrudV2::test_topic_add_multiple_permissions", async (answers) => {
    const topic = await sns().topic();
    const actions = ["Publish", "Subscribe"];
    answers.equal("add-permission-response", await grant(topic, "test", actions));
    answers.equal("topic-policy-after-permission", await policy(topic));
  });

  play("TestSNSTopicCrudV2::test_add_permission_errors", async (answers) => {
    const topic = await sns().topic();
    await grant(topic, "test");
    answers.equal("duplicate-label", await grant(topic, "test"));
    answers.equal("topic-not-found", await grant(`${topic}x`, "test"));
    answers.equal("invalid-action", await grant(topic, "other", ["Nothing"]));
  });

  play("TestSNSTopicCrudV2::test_remove_permission_errors", async (answers) => {
    const TopicArn = `${await sns().topic()}x`;
    const command = new RemovePermissionCommand({ TopicArn, Label: "test" });
    answers.equal("topic-not-found", await sns().send(command));
  });
}
