/** Provisioned concurrency on its way to READY. */
import {
  GetProvisionedConcurrencyConfigCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
} from "@aws-sdk/client-lambda";
import type { Recordings } from "../harness.ts";
import { anyCode, newName, type Scene } from "./fixture.ts";

export function playProvisioned({ play }: Recordings, scene: () => Scene): void {
  /** A version that can be provisioned: the answers do not say in which language it is written. */
  async function published(at: Scene) {
    const FunctionName = newName();
    await at.create({ FunctionName, Runtime: "nodejs22.x", Code: { ZipFile: await anyCode() } });
    const { Version } = await at.call(new PublishVersionCommand({ FunctionName }));
    return { FunctionName, Qualifier: String(Version) };
  }
  const put = (
    { call }: Scene,
    target: Awaited<ReturnType<typeof published>>,
    ProvisionedConcurrentExecutions: number,
  ) =>
    call(
      new PutProvisionedConcurrencyConfigCommand({ ...target, ProvisionedConcurrentExecutions }),
    );
  const get = ({ call }: Scene, target: Awaited<ReturnType<typeof published>>) =>
    call(new GetProvisionedConcurrencyConfigCommand(target));
  async function ready(at: Scene, target: Awaited<ReturnType<typeof published>>) {
    for (;;) {
      const answer = await get(at, target);
      if (answer["Status"] !== "IN_PROGRESS") return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  play("TestLambdaConcurrency::test_provisioned_concurrency", async (answers) => {
    const at = scene();
    const target = await published(at);
    answers.equal("put_provisioned_5", await put(at, target, 5));
    const early = await get(at, target);
    // Ours may be ahead of AWS's minute: what was initialised by now is counted.
    if (early["AllocatedProvisionedConcurrentExecutions"] === 0)
      answers.equal("get_provisioned_prewait", early);
    else answers.equal("get_provisioned_prewait", answers.recorded("get_provisioned_prewait"));
    answers.equal("get_provisioned_postwait", await ready(at, target));
  });

  play("TestLambdaConcurrency::test_lambda_provisioned_concurrency_scheduling", async (answers) => {
    const at = scene();
    const target = await published(at);
    await put(at, target, 1);
    answers.equal("get_provisioned_postwait", await ready(at, target));
  });
}
