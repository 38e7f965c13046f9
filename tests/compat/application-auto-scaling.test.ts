/** Application Auto Scaling through AWS's own JavaScript client, scaling real provisioned concurrency. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  ApplicationAutoScalingClient,
  type ApplicationAutoScalingServiceException,
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  GetPredictiveScalingForecastCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  PutScheduledActionCommand,
  type PutScheduledActionCommandInput,
  paginateDescribeScalableTargets,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import {
  CreateAliasCommand,
  GetProvisionedConcurrencyConfigCommand,
  LambdaClient,
  PublishVersionCommand,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ServiceNamespace = "lambda";
const ScalableDimension = "lambda:function:ProvisionedConcurrency";
const NAME = { ServiceNamespace, ScalableDimension } as const;
const LIVE = { ...NAME, ResourceId: "function:scaled:live" } as const;
const METRIC = "LambdaProvisionedConcurrencyUtilization";

describe("Application Auto Scaling, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: ApplicationAutoScalingClient;
  let lambda: LambdaClient;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-autoscaling-"));
    await start();
    await deploy(lambda, "scaled", { "index.mjs": "export const handler = async () => 1;" });
    await lambda.send(new PublishVersionCommand({ FunctionName: "scaled" }));
    for (const Name of ["live", "a", "b", "c"])
      await lambda.send(
        new CreateAliasCommand({ FunctionName: "scaled", Name, FunctionVersion: "1" }),
      );
  });
  after(async () => {
    close();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    platform = await startPlatform({ dataDir });
    const settings = { ...clientSettings(platform.origin), maxAttempts: 1 };
    client = new ApplicationAutoScalingClient(settings);
    lambda = new LambdaClient(settings);
  }
  function close(): void {
    client.destroy();
    lambda.destroy();
  }

  const register = (more: Partial<RegisterScalableTargetCommandInput> = {}) =>
    client.send(new RegisterScalableTargetCommand({ ...LIVE, ...more }));
  const putPolicy = (more: Partial<PutScalingPolicyCommandInput> = {}) =>
    client.send(new PutScalingPolicyCommand({ ...LIVE, PolicyName: "p", ...more }));
  const putAction = (more: Partial<PutScheduledActionCommandInput> = {}) =>
    client.send(new PutScheduledActionCommand({ ...LIVE, ScheduledActionName: "s", ...more }));
  const tracking = (more: object = {}) => ({
    PolicyType: "TargetTrackingScaling" as const,
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 0.7,
      PredefinedMetricSpecification: { PredefinedMetricType: METRIC },
      ...more,
    } as PutScalingPolicyCommandInput["TargetTrackingScalingPolicyConfiguration"],
  });
  const target = async () => {
    const command = new DescribeScalableTargetsCommand({
      ...NAME,
      ResourceIds: [LIVE.ResourceId],
    });
    return (await client.send(command)).ScalableTargets?.[0];
  };
  const activities = async () =>
    (await client.send(new DescribeScalingActivitiesCommand(LIVE))).ScalingActivities ?? [];

  /** What a call is refused with: its error's name and words. */
  async function refusal(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      const { name, message } = error as ApplicationAutoScalingServiceException;
      return `${name}: ${message}`;
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }

  /** Asks until the answer is there; the test's own time limit ends a wait in vain. */
  async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function provisioned() {
    const { RequestedProvisionedConcurrentExecutions: requested, Status } = await lambda.send(
      new GetProvisionedConcurrencyConfigCommand({ FunctionName: "scaled", Qualifier: "live" }),
    );
    return Status === "READY" ? requested : undefined;
  }

  it("a target is registered, and has its minimum of provisioned concurrency", {
    timeout: 60_000,
  }, async () => {
    const { ScalableTargetARN } = await register({
      MinCapacity: 1,
      MaxCapacity: 4,
      Tags: { team: "a" },
    });
    assert.match(
      ScalableTargetARN ?? "",
      /^arn:aws:application-autoscaling:us-east-1:\d{12}:scalable-target\/[a-zA-Z0-9-]+$/,
    );
    const found = await target();
    assert.deepEqual(
      { ...found, CreationTime: found?.CreationTime instanceof Date },
      {
        ...LIVE,
        MinCapacity: 1,
        MaxCapacity: 4,
        RoleARN:
          "arn:aws:iam::000000000000:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
        CreationTime: true,
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
        ScalableTargetARN,
      },
    );
    const done = await eventually(async () =>
      (await activities()).find(({ StatusCode }) => StatusCode === "Successful"),
    );
    assert.equal(done.Cause, "minimum capacity was set to 1");
    assert.equal(done.Description, "Setting desired concurrency to 1.");
    assert.equal(
      done.StatusMessage,
      "Successfully set desired concurrency to 1. Change successfully fulfilled by lambda.",
    );
    assert.ok(done.EndTime instanceof Date);
    assert.equal(await provisioned(), 1);
  });

  it("registering again changes what is named, and nothing else", async () => {
    const before = await target();
    await register({ MaxCapacity: 6, SuspendedState: { DynamicScalingInSuspended: true } });
    await register({ SuspendedState: { ScheduledScalingSuspended: true } });
    assert.deepEqual(await target(), {
      ...before,
      MaxCapacity: 6,
      SuspendedState: {
        DynamicScalingInSuspended: true,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: true,
      },
    });
    await register({
      SuspendedState: { DynamicScalingInSuspended: false, ScheduledScalingSuspended: false },
    });
  });

  it("a registration that breaks a rule is refused in AWS's words", async () => {
    const bounds = { MinCapacity: 1, MaxCapacity: 2 };
    const refused = (more: Partial<RegisterScalableTargetCommandInput>) =>
      refusal(register({ ...bounds, ...more }));
    const unsupported =
      "ValidationException: Unsupported service namespace, resource type or scalable dimension";
    assert.equal(
      await refused({ MinCapacity: 3 }),
      "ValidationException: Maximum capacity cannot be less than minimum capacity",
    );
    assert.equal(
      await refused({ MinCapacity: -1 }),
      "ValidationException: Minimum capacity cannot be less than 0",
    );
    assert.equal(
      await refused({ ResourceId: "function:scaled:$LATEST" }),
      "ValidationException: $LATEST is not a supported qualifier for Auto Scaling",
    );
    assert.equal(await refused({ ResourceId: "function:scaled" }), unsupported);
    assert.equal(await refused({ ServiceNamespace: "ecs" }), unsupported);
    assert.equal(
      await refused({ ScalableDimension: "dynamodb:table:ReadCapacityUnits" }),
      unsupported,
    );
    assert.match(
      await refused({ ResourceId: "function:nobody:live" }),
      /^ValidationException: .*function:nobody:live/,
    );
    assert.match(
      await refusal(register({ ResourceId: "function:scaled:a", MaxCapacity: 2 })),
      /^ValidationException: /,
    );
    assert.match(
      await refused({ ScalableDimension: "nothing:at:all" as never }),
      /^ValidationException: 1 validation error detected: Value 'nothing:at:all' at 'scalableDimension'/,
    );
  });

  it("targets are listed in pages, with tokens of their own listing", async () => {
    for (const alias of ["a", "b", "c"])
      await register({
        ResourceId: `function:scaled:${alias}`,
        MinCapacity: 0,
        MaxCapacity: 1,
      });
    const pages: (string | undefined)[][] = [];
    const config = { client, pageSize: 2 };
    for await (const page of paginateDescribeScalableTargets(config, { ServiceNamespace }))
      pages.push((page.ScalableTargets ?? []).map(({ ResourceId }) => ResourceId));
    assert.deepEqual(pages, [
      ["function:scaled:a", "function:scaled:b"],
      ["function:scaled:c", "function:scaled:live"],
    ]);
    const first = await client.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace, MaxResults: 1 }),
    );
    const { NextToken } = first;
    const again = (Command: typeof DescribeScalingPoliciesCommand, token?: string) =>
      refusal(client.send(new Command({ ServiceNamespace, NextToken: token })));
    assert.match(await again(DescribeScalingPoliciesCommand, NextToken), /^InvalidNextToken/);
    assert.match(await again(DescribeScalingPoliciesCommand, "nonsense"), /^InvalidNextToken/);
    for (const MaxResults of [0, 51])
      assert.match(
        await refusal(
          client.send(new DescribeScalableTargetsCommand({ ServiceNamespace, MaxResults })),
        ),
        /^ValidationException/,
      );
    assert.match(
      await refusal(client.send(new DescribeScalableTargetsCommand(NAME))),
      /^ValidationException/,
    );
    const other = new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" });
    assert.deepEqual((await client.send(other)).ScalableTargets, []);
    for (const alias of ["a", "b", "c"])
      await client.send(
        new DeregisterScalableTargetCommand({ ...NAME, ResourceId: `function:scaled:${alias}` }),
      );
  });

  it("tags are listed, added and removed", async () => {
    const ResourceARN = (await target())?.ScalableTargetARN ?? "";
    const tags = async () =>
      (await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
    assert.deepEqual(await tags(), { team: "a" });
    await client.send(new TagResourceCommand({ ResourceARN, Tags: { team: "b", stage: "x" } }));
    assert.deepEqual(await tags(), { team: "b", stage: "x" });
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["team", "none"] }));
    assert.deepEqual(await tags(), { stage: "x" });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, "v"]));
    const error = await client.send(new TagResourceCommand({ ResourceARN, Tags: many })).then(
      () => undefined,
      (refused) => refused,
    );
    assert.deepEqual([error?.name, error?.ResourceName], ["TooManyTagsException", ResourceARN]);
    assert.match(
      await refusal(client.send(new TagResourceCommand({ ResourceARN, Tags: { "aws:x": "" } }))),
      /^ValidationException/,
    );
    const unknown = `${ResourceARN}0`;
    assert.match(
      await refusal(client.send(new ListTagsForResourceCommand({ ResourceARN: unknown }))),
      /^ResourceNotFoundException/,
    );
  });

  it("a target tracking policy is put, described, changed and deleted", async () => {
    const { PolicyARN, Alarms } = await putPolicy(
      tracking({ ScaleInCooldown: 60, ScaleOutCooldown: 30 }),
    );
    assert.match(
      PolicyARN ?? "",
      /^arn:aws:autoscaling:us-east-1:\d{12}:scalingPolicy:[0-9a-f-]{36}:resource\/lambda\/function:scaled:live:policyName\/p$/,
    );
    assert.deepEqual(
      Alarms?.map(({ AlarmName }) => AlarmName?.replace(/[0-9a-f-]{36}$/, "")),
      [
        "TargetTracking-function:scaled:live-AlarmHigh-",
        "TargetTracking-function:scaled:live-AlarmLow-",
      ],
    );
    const described = async () =>
      (await client.send(new DescribeScalingPoliciesCommand({ ...LIVE, PolicyNames: ["p"] })))
        .ScalingPolicies?.[0];
    const before = await described();
    assert.deepEqual(
      { ...before, CreationTime: before?.CreationTime instanceof Date },
      {
        PolicyARN,
        PolicyName: "p",
        ...LIVE,
        ...tracking({ ScaleInCooldown: 60, ScaleOutCooldown: 30 }),
        Alarms,
        CreationTime: true,
      },
    );
    await putPolicy(tracking({ DisableScaleIn: true }));
    assert.deepEqual(await described(), {
      ...before,
      ...tracking({ DisableScaleIn: true }),
      Alarms: Alarms?.slice(0, 1),
    });
    assert.equal(
      await refusal(putPolicy({ PolicyName: "q", ...tracking() })),
      "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    );
    await client.send(new DeleteScalingPolicyCommand({ ...LIVE, PolicyName: "p" }));
    assert.equal(await described(), undefined);
    assert.equal(
      await refusal(client.send(new DeleteScalingPolicyCommand({ ...LIVE, PolicyName: "p" }))),
      `ObjectNotFoundException: No scaling policy found for service namespace: lambda, resource ID: ${LIVE.ResourceId}, scalable dimension: ${ScalableDimension}, policy name: p`,
    );
  });

  it("a policy that breaks a rule is refused in AWS's words", async () => {
    const refused = async (more: Partial<PutScalingPolicyCommandInput>) =>
      refusal(putPolicy({ ...tracking(), ...more }));
    assert.equal(
      await refused(tracking({ PredefinedMetricSpecification: undefined })),
      "ValidationException: PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
    );
    const CustomizedMetricSpecification = { MetricName: "m", Namespace: "n", Statistic: "Average" };
    assert.equal(
      await refused(tracking({ CustomizedMetricSpecification })),
      "ValidationException: Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.",
    );
    assert.match(
      await refused(
        tracking({ CustomizedMetricSpecification, PredefinedMetricSpecification: undefined }),
      ),
      /^NotImplemented: Yunque does not track a CustomizedMetricSpecification yet/,
    );
    const PredefinedMetricType = "DynamoDBReadCapacityUtilization";
    assert.equal(
      await refused(tracking({ PredefinedMetricSpecification: { PredefinedMetricType } })),
      `ValidationException: Scalable dimension ${ScalableDimension} only supports the following predefined metric types: ${METRIC}`,
    );
    for (const TargetValue of [0, -1, 70])
      assert.match(await refused(tracking({ TargetValue })), /^ValidationException: Target value/);
    assert.match(await refused(tracking({ ScaleInCooldown: -1 })), /^ValidationException/);
    assert.equal(
      await refused({ TargetTrackingScalingPolicyConfiguration: undefined }),
      "ValidationException: TargetTrackingScaling policy configuration must be specified",
    );
    assert.match(await refused({ PolicyType: undefined }), /^ValidationException/);
    assert.match(await refused({ PolicyType: "StepScaling" }), /^ValidationException: StepScaling/);
    assert.equal(
      await refused({ ResourceId: "function:scaled:a" }),
      `ObjectNotFoundException: No scalable target registered for service namespace: lambda, resource ID: function:scaled:a, scalable dimension: ${ScalableDimension}`,
    );
  });

  it("a scheduled action is put, described, changed and deleted", async () => {
    const StartTime = new Date("2198-01-01T00:00:00Z");
    const EndTime = new Date("2199-01-01T00:00:00Z");
    const bounds = { MinCapacity: 2, MaxCapacity: 3 };
    const Schedule = "cron(0 8 ? * MON-FRI *)";
    await putAction({
      Schedule,
      Timezone: "Europe/Madrid",
      StartTime,
      EndTime,
      ScalableTargetAction: bounds,
    });
    const described = async () =>
      (await client.send(new DescribeScheduledActionsCommand(LIVE))).ScheduledActions?.[0];
    const before = await described();
    assert.match(
      before?.ScheduledActionARN ?? "",
      /^arn:aws:autoscaling:us-east-1:\d{12}:scheduledAction:[0-9a-f-]{36}:resource\/lambda\/function:scaled:live:scheduledActionName\/s$/,
    );
    assert.deepEqual(
      { ...before, CreationTime: before?.CreationTime instanceof Date },
      {
        ScheduledActionName: "s",
        ScheduledActionARN: before?.ScheduledActionARN,
        ...LIVE,
        Schedule,
        Timezone: "Europe/Madrid",
        StartTime,
        EndTime,
        ScalableTargetAction: bounds,
        CreationTime: true,
      },
    );
    await putAction({ Schedule: "rate(1 day)" });
    const { StartTime: _start, EndTime: _end, ...rest } = before ?? {};
    assert.deepEqual(await described(), { ...rest, Schedule: "rate(1 day)" });
    await client.send(new DeleteScheduledActionCommand({ ...LIVE, ScheduledActionName: "s" }));
    assert.equal(await described(), undefined);
    assert.equal(
      await refusal(
        client.send(new DeleteScheduledActionCommand({ ...LIVE, ScheduledActionName: "s" })),
      ),
      `ObjectNotFoundException: No scheduled action found for service namespace: lambda, resource ID: ${LIVE.ResourceId}, scalable dimension: ${ScalableDimension}, scheduled action name: s`,
    );
  });

  it("a scheduled action that breaks a rule is refused in AWS's words", async () => {
    const refused = (more: Partial<PutScheduledActionCommandInput>) =>
      refusal(
        putAction({
          Schedule: "rate(1 day)",
          ScalableTargetAction: { MinCapacity: 1 },
          ...more,
        }),
      );
    const expression = "ValidationException: Invalid schedule expression. Details:";
    assert.equal(
      await refused({ Schedule: "every day" }),
      `${expression} Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).`,
    );
    assert.equal(
      await refused({ Schedule: "cron(0 0 * * * *)" }),
      `${expression} Invalid CRON expression.`,
    );
    assert.match(await refused({ Schedule: "at(tomorrow)" }), /Invalid schedule at DateTime/);
    assert.match(await refused({ Schedule: "rate(0 minutes)" }), /Invalid schedule frequency/);
    assert.match(await refused({ Timezone: "Mars/Olympus" }), /^ValidationException: .*Mars/);
    assert.equal(
      await refused({ ScalableTargetAction: {} }),
      "ValidationException: At least one of minimum capacity and maximum capacity should be provided",
    );
    assert.equal(
      await refused({ ScalableTargetAction: undefined }),
      "ValidationException: ScalableTargetAction must be set",
    );
    assert.equal(
      await refused({ ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 1 } }),
      "ValidationException: Maximum capacity cannot be less than minimum capacity",
    );
    assert.equal(
      await refused({ StartTime: new Date(2000), EndTime: new Date(1000) }),
      "ValidationException: StartTime must be before EndTime",
    );
    assert.match(await refused({ Schedule: undefined }), /^ValidationException/);
    assert.match(
      await refused({ ScheduledActionName: "a:b" }),
      /^ValidationException: 1 validation error detected: Value 'a:b' at 'scheduledActionName'/,
    );
    assert.match(
      await refused({ ResourceId: "function:scaled:a" }),
      /^ObjectNotFoundException: No scalable target registered for service namespace: lambda/,
    );
  });

  it("a scheduled action really scales, and what was acknowledged outlives kill -9", {
    timeout: 60_000,
  }, async () => {
    await putPolicy(tracking());
    const soon = new Date(Date.now() + 6000).toISOString().slice(0, 19);
    await putAction({
      Schedule: `at(${soon})`,
      ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 5 },
    });
    close();
    await platform.kill();
    await start();
    const told = await eventually(async () =>
      (await activities()).find(({ Cause }) => Cause === "scheduled action name s was triggered"),
    );
    assert.equal(told.Description, "Setting min capacity to 2 and max capacity to 5");
    assert.equal(told.StatusMessage, "Successfully set min capacity to 2 and max capacity to 5");
    await eventually(async () => (await provisioned()) === 2);
    const { MinCapacity, MaxCapacity } = (await target()) ?? {};
    assert.deepEqual([MinCapacity, MaxCapacity], [2, 5]);
    const { ScalingPolicies } = await client.send(new DescribeScalingPoliciesCommand(LIVE));
    assert.equal(ScalingPolicies?.length, 1);
  });

  it("a target that is deregistered takes its policies and actions with it, and leaves the capacity", async () => {
    await client.send(new DeregisterScalableTargetCommand(LIVE));
    assert.equal(await target(), undefined);
    const { ScalingPolicies } = await client.send(new DescribeScalingPoliciesCommand(LIVE));
    const { ScheduledActions } = await client.send(new DescribeScheduledActionsCommand(LIVE));
    assert.deepEqual([ScalingPolicies, ScheduledActions], [[], []]);
    assert.equal(await provisioned(), 2);
    assert.ok((await activities()).length > 0);
    assert.equal(
      await refusal(client.send(new DeregisterScalableTargetCommand(LIVE))),
      `ObjectNotFoundException: No scalable target found for service namespace: lambda, resource ID: ${LIVE.ResourceId}, scalable dimension: ${ScalableDimension}`,
    );
  });

  it("forecasts have no behaviour yet, and say so", async () => {
    const command = new GetPredictiveScalingForecastCommand({
      ...LIVE,
      PolicyName: "p",
      StartTime: new Date(0),
      EndTime: new Date(1),
    });
    assert.match(await refusal(client.send(command)), /^NotImplemented: /);
  });
});
