import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findPolicyFault, isPublicPolicy } from "./bucket-policy.ts";

const statement = {
  Effect: "Allow",
  Principal: { AWS: "111111111111" },
  Action: ["s3:GetObject", "s3:Put*"],
  Resource: ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
};
const policy = (...statements: object[]) => JSON.stringify({ Statement: statements });
const faultOf = (more: object) => findPolicyFault(policy({ ...statement, ...more }), "b");

describe("a policy of a bucket", () => {
  it("is JSON about this bucket", () => {
    assert.equal(findPolicyFault(policy(statement), "b"), undefined);
    const json = "Policies must be valid JSON and the first byte must be '{'";
    for (const text of ["", "[]", "{", " {}", '{"Statement": [1]}'])
      assert.equal(findPolicyFault(text, "b"), json, text);
    assert.equal(findPolicyFault("{}", "b"), "Missing required field Statement");
    assert.equal(faultOf({ Effect: undefined }), "Missing required field Effect");
    assert.equal(faultOf({ Principal: undefined }), "Missing required field Principal");
    assert.equal(faultOf({ Action: undefined }), "Missing required field Action");
    assert.equal(faultOf({ Resource: undefined }), "Missing required field Resource");
    assert.equal(faultOf({ Resource: "arn:aws:s3:::bucket/*" }), "Policy has invalid resource");
    assert.equal(faultOf({ Resource: 7 }), "Policy has invalid resource");
    assert.equal(faultOf({ Action: "lambda:Invoke" }), "Policy has invalid action");
  });

  it("is public where anybody may do something without a condition", () => {
    const isPublic = (more: object) => isPublicPolicy(policy({ ...statement, ...more }));
    assert.equal(isPublic({}), false);
    assert.equal(isPublic({ Principal: "*" }), true);
    assert.equal(isPublic({ Principal: { AWS: ["1", "*"] } }), true);
    assert.equal(isPublic({ Principal: "*", Effect: "Deny" }), false);
    assert.equal(isPublic({ Principal: "*", Condition: { Bool: {} } }), false);
  });
});
