import type { Recordings } from "../harness.ts";

/** What of S3 is recorded and not there yet, or can be no other way. Each reason says what would lift it. */
export function skipRecordings({ skip }: Recordings): void {
  skip("there is no KMS yet that makes keys and knows whether there is one", /kms/i);
  skip(
    "who signed is verified once there are identities",
    /signature_auth|different_headers|bad_headers|metadata_with_sig_s3\[|malformed_policy/,
  );
  skip("objects are not replicated: a configuration that does nothing is not taken", /Replication/);
  skip(
    "the function of the recording writes to a table: tables come with their own issue",
    "TestS3NotificationsToLambda::test_create_object_put_via_dynamodb",
  );
  skip(
    "AWS answers a duplicate tag with an internal error of its own; here it is an InvalidTag",
    "TestS3BucketObjectTagging::test_create_bucket_with_tags_exc",
  );
  skip(
    "aws-global is no region of a signature here: such requests are taken for the default region",
    "TestS3::test_create_bucket_aws_global",
  );
  skip(
    "recorded in 2023, before listings told of checksums; the same test of 2026 is played",
    "TestS3::test_list_objects_v2_with_prefix",
  );
}
