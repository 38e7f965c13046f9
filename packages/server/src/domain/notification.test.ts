import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findRuleFault, meets, type NotificationRule } from "./notification.ts";
import { formEncode, notificationMessage, type ObjectEvent } from "./notification-event.ts";

const rule = (more: Partial<NotificationRule> = {}): NotificationRule => ({
  id: "a",
  kind: "function",
  destination: "arn:aws:lambda:us-east-1:000000000000:function:f",
  events: ["s3:ObjectCreated:*"],
  ...more,
});

describe("rules of a bucket", () => {
  const fault = (first: Partial<NotificationRule>, second: Partial<NotificationRule>) =>
    findRuleFault([rule(first), rule({ id: "b", ...second })])?.fault;

  it("two that an event can meet at once overlap", () => {
    assert.equal(fault({}, {}), "overlap");
    assert.equal(fault({}, { events: ["s3:ObjectCreated:Put"] }), "overlap");
  });

  it("filters that can both hold are ambiguous", () => {
    assert.equal(fault({ prefix: "in/" }, { prefix: "in/deep/" }), "ambiguous");
    assert.equal(fault({ suffix: ".jpg" }, { suffix: "2.jpg" }), "ambiguous");
    assert.equal(fault({ prefix: "in/" }, { suffix: ".jpg" }), "ambiguous");
    assert.equal(fault({ prefix: "in/", suffix: ".jpg" }, { prefix: "in/" }), "ambiguous");
  });

  it("filters that exclude each other, and other events, are fine", () => {
    assert.equal(fault({ prefix: "in/" }, { prefix: "out/" }), undefined);
    assert.equal(fault({ suffix: ".jpg" }, { suffix: ".png" }), undefined);
    assert.equal(
      fault({ prefix: "a", suffix: ".jpg" }, { prefix: "a", suffix: ".png" }),
      undefined,
    );
    assert.equal(fault({}, { events: ["s3:ObjectRemoved:*"] }), undefined);
  });

  it("ids are unique and events known", () => {
    assert.equal(fault({}, { id: "a", events: ["s3:ObjectRemoved:*"] }), "sameId");
    assert.deepEqual(findRuleFault([rule({ events: ["s3:Nonsense"] })]), {
      fault: "event",
      event: "s3:Nonsense",
    });
  });
});

describe("an event meets a rule", () => {
  it("by its name, exactly or under a star", () => {
    assert.ok(meets(rule(), "s3:ObjectCreated:Put", "k"));
    assert.ok(meets(rule({ events: ["s3:ObjectCreated:Put"] }), "s3:ObjectCreated:Put", "k"));
    assert.equal(meets(rule(), "s3:ObjectRemoved:Delete", "k"), false);
  });

  it("by the start and the end of the key", () => {
    const filtered = rule({ prefix: "in/", suffix: ".jpg" });
    assert.ok(meets(filtered, "s3:ObjectCreated:Put", "in/a.jpg"));
    assert.equal(meets(filtered, "s3:ObjectCreated:Put", "in/a.png"), false);
    assert.equal(meets(filtered, "s3:ObjectCreated:Put", "out/a.jpg"), false);
  });
});

describe("the message of an event", () => {
  const event: ObjectEvent = {
    name: "s3:ObjectCreated:Put",
    time: 0,
    account: "000000000000",
    region: "us-east-1",
    bucket: "b",
    owner: "owner",
    principal: "caller",
    sourceIp: "127.0.0.1",
    requestId: "R",
    hostId: "H",
    key: "a b/ü+@.jpg",
    size: 3,
    etag: "e",
    sequencer: "01",
  };

  it("has the members of version 2.1", () => {
    assert.deepEqual(notificationMessage(event, "rule"), {
      Records: [
        {
          eventVersion: "2.1",
          eventSource: "aws:s3",
          awsRegion: "us-east-1",
          eventTime: "1970-01-01T00:00:00.000Z",
          eventName: "ObjectCreated:Put",
          userIdentity: { principalId: "caller" },
          requestParameters: { sourceIPAddress: "127.0.0.1" },
          responseElements: { "x-amz-request-id": "R", "x-amz-id-2": "H" },
          s3: {
            s3SchemaVersion: "1.0",
            configurationId: "rule",
            bucket: { name: "b", ownerIdentity: { principalId: "owner" }, arn: "arn:aws:s3:::b" },
            object: { key: "a+b/%C3%BC%2B%40.jpg", size: 3, eTag: "e", sequencer: "01" },
          },
        },
      ],
    });
  });

  it("of later events has another version, and says what only they know", () => {
    const moved = { ...event, name: "s3:LifecycleTransition", storageClass: "GLACIER" };
    const text = JSON.stringify(notificationMessage(moved, "r"));
    assert.match(text, /"eventVersion":"2\.3"/);
    assert.match(text, /"transitionEventData":\{"destinationStorageClass":"GLACIER"\}/);
    const restore = { until: 0, storageClass: "GLACIER" };
    const back = { ...event, name: "s3:ObjectRestore:Completed", restore };
    const restored = JSON.stringify(notificationMessage(back, "r"));
    assert.match(restored, /"eventVersion":"2\.1"/);
    assert.match(restored, /"lifecycleRestorationExpiryTime":"1970-01-01T00:00:00.000Z"/);
  });

  it("says only the key of an object that is gone", () => {
    const { size: _, etag: __, ...gone } = event;
    const text = JSON.stringify(
      notificationMessage({ ...gone, name: "s3:ObjectRemoved:Delete" }, "r"),
    );
    assert.match(text, /"object":\{"key":"[^"]+","sequencer":"01"\}/);
  });
});

it("keys are encoded as in a form, slashes and all", () => {
  assert.equal(formEncode("a/b c!'()~*-_.%"), "a/b+c%21%27%28%29%7E*-_.%25");
});
