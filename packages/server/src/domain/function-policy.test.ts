import assert from "node:assert/strict";
import { test } from "node:test";
import { allowsPublicUrl, policyDocument, statementOf, withStatement } from "./function-policy.ts";

const grant = {
  statementId: "s",
  action: "lambda:InvokeFunction",
  principal: "*",
  resource: "arn",
};

test("principals are everybody, a service, an account or an ARN", () => {
  const of = (principal: string) => statementOf({ ...grant, principal }, "us-east-1").Principal;
  assert.equal(of("*"), "*");
  assert.deepEqual(of("s3.amazonaws.com"), { Service: "s3.amazonaws.com" });
  assert.deepEqual(of("123456789012"), { AWS: "arn:aws:iam::123456789012:root" });
  assert.deepEqual(of("arn:aws:iam::123456789012:user/u"), {
    AWS: "arn:aws:iam::123456789012:user/u",
  });
  assert.throws(() => of("invalid.nonaws.com"), { message: /^The provided principal was invalid/ });
});

test("a statement's document is in AWS's order", () => {
  const statement = statementOf(
    { ...grant, sourceArn: "src", sourceAccount: "123456789012" },
    "us-east-1",
  );
  assert.equal(
    policyDocument(withStatement(undefined, statement)),
    '{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"s","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"arn","Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"},"ArnLike":{"AWS:SourceArn":"src"}}}]}',
  );
});

test("a URL is public only where a statement lets everybody in without asking for more", () => {
  const open = { ...grant, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" };
  const allows = (one: Parameters<typeof statementOf>[0]) =>
    allowsPublicUrl(withStatement(undefined, statementOf(one, "us-east-1")));
  assert.equal(allowsPublicUrl(undefined), false);
  assert.equal(allows(open), true);
  assert.equal(allows({ ...open, principal: "123456789012" }), false);
  assert.equal(allows({ ...open, functionUrlAuthType: "AWS_IAM" }), false);
  assert.equal(allows({ ...open, sourceAccount: "123456789012" }), false);
  assert.equal(allows({ ...open, action: "lambda:InvokeFunction" }), false);
});
