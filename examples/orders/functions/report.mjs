// Called by a schedule: how many orders there are, and how far they have come.
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client();
const Bucket = process.env.BUCKET;

export async function handler({ time }) {
  const steps = {};
  for await (const { Key } of objects("orders/")) {
    const step = Key.split("/").at(-1).replace(".json", "");
    steps[step] = (steps[step] ?? 0) + 1;
  }
  const Body = JSON.stringify({ time, steps });
  await s3.send(new PutObjectCommand({ Bucket, Key: `reports/${time}.json`, Body }));
}

async function* objects(Prefix) {
  let ContinuationToken;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
    yield* page.Contents ?? [];
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
}
