import assert from "node:assert/strict";
import { test } from "node:test";
import { loadService } from "../model.ts";
import { Query } from "../query-string.ts";
import { formTree, readFormStructure } from "./form.ts";
import { Malformed } from "./malformed.ts";

const read = (service: string, operation: string, form: string) => {
  const input = loadService(service).operations.get(operation)?.input;
  assert.ok(input);
  return readFormStructure(input, formTree(Query.parse(form)));
};

test("reads lists, structures and maps by their numbers, in whatever order they come", () => {
  assert.deepEqual(
    read(
      "iam",
      "TagRole",
      "RoleName=r+1&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=%C3%A9&Tags.member.1.Value=v",
    ),
    {
      RoleName: "r 1",
      Tags: [
        { Key: "é", Value: "v" },
        { Key: "b", Value: "" },
      ],
    },
  );
  assert.deepEqual(
    read(
      "sns",
      "SetEndpointAttributes",
      "EndpointArn=a&Attributes.entry.1.key=k&Attributes.entry.1.value=v",
    ),
    { EndpointArn: "a", Attributes: { k: "v" } },
  );
});

test("reads the flattened names of SQS", () => {
  assert.deepEqual(
    read(
      "sqs",
      "SendMessage",
      "MessageBody=hi&MessageAttribute.1.Name=n&MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.DataType=String",
    ),
    { MessageBody: "hi", MessageAttributes: { n: { StringValue: "v", DataType: "String" } } },
  );
  assert.deepEqual(
    read("sqs", "CreateQueue", "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5"),
    {
      QueueName: "q",
      Attributes: { DelaySeconds: "5" },
    },
  );
});

test("an empty list is an empty list", () => {
  assert.deepEqual(read("iam", "TagRole", "RoleName=r&Tags="), { RoleName: "r", Tags: [] });
});

test("keeps keys called __proto__ as keys", () => {
  const { Attributes } = read(
    "sns",
    "SetEndpointAttributes",
    "Attributes.entry.1.key=__proto__&Attributes.entry.1.value=v&__proto__.x=1",
  );
  assert.deepEqual(Object.keys(Attributes as object), ["__proto__"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("refuses values of another kind, entries without a key, and broken encoding", () => {
  for (const form of ["MaxItems=many", "MaxItems=0x10", "MaxItems="])
    assert.throws(() => read("iam", "ListRoles", form), Malformed);
  assert.throws(
    () => read("sns", "SetEndpointAttributes", "Attributes.entry.1.value=v"),
    Malformed,
  );
  for (const form of ["a=%", "a=%zz", "a=%ff"]) assert.throws(() => Query.parse(form), Malformed);
});

test("refuses forms of a size or depth that no operation needs", () => {
  assert.throws(() => formTree(Query.parse("a=1&".repeat(60_000))), /too many parameters/);
  assert.throws(() => formTree(Query.parse(`${"a.".repeat(5000)}b=1`)), /nested too deeply/);
});
