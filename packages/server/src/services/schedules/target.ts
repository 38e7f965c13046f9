/** The targets that a schedule may have: templated ones, by their ARNs, and universal ones, which are any operation. */
import type { Scope } from "../../domain/scope.ts";
import { invalid, scheduleError } from "./errors.ts";
import type { ScheduleTarget } from "./model.ts";

export interface TargetRequest {
  readonly arn: string;
  readonly roleArn: string;
  readonly input?: string | undefined;
  readonly deadLetter?: string | undefined;
  readonly maxAgeSeconds?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly events?: { readonly source: string; readonly detailType: string } | undefined;
  readonly kinesis?: { readonly partitionKey: string } | undefined;
  readonly sqs?: { readonly groupId?: string | undefined } | undefined;
  /** Parameters of targets that nothing serves yet, by their names in AWS's model. */
  readonly others?: readonly string[];
}

/** Whether an operation can be called, as universal targets name it: `sqs`, `sendMessage`. */
export type UniversalCalls = (
  service: string,
  action: string,
) => "served" | "unserved" | "no-service" | "no-action";

/** RetryPolicy: where it is absent. */
const MAX_AGE_SECONDS = 86_400;
const MAX_RETRIES = 185;
/** Scheduler: quota of a payload. */
const MAX_INPUT_BYTES = 256 << 10;

interface Templated {
  /** What stands behind region and account. */
  readonly resource: RegExp;
  /** Target.Input: these take nothing but JSON. */
  readonly json: boolean;
}

/** Templated targets that are served, by the third part of their ARNs. */
const TEMPLATED: Readonly<Record<string, Templated>> = {
  lambda: {
    resource: /^function:[a-zA-Z0-9-_]{1,140}(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?$/,
    json: true,
  },
  sqs: { resource: /^[a-zA-Z0-9-_]{1,80}(\.fifo)?$/, json: false },
  sns: { resource: /^[a-zA-Z0-9-_]{1,256}(\.fifo)?$/, json: false },
  events: { resource: /^event-bus\/[/.\-_A-Za-z0-9]{1,256}$/, json: true },
  kinesis: { resource: /^stream\/[a-zA-Z0-9_.-]{1,128}$/, json: false },
};
/** Scheduler's other templated targets. */
const UNSERVED = [
  "codebuild",
  "codepipeline",
  "ecs",
  "firehose",
  "inspector",
  "sagemaker",
  "states",
] as const;

/** Scheduler: universal targets change something; what begins so only reads. */
const READ_ONLY =
  /^(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchget|batchdescribe|batchread|transactget|adminget|adminlist|testmigration|retrieve|testconnection|translatedocument|isauthorized|isauthorizedwithtoken|invokemodel)/i;

/** @throws YunqueError InvalidSchedule, ScheduleTargetUnserved */
export function checkTarget(scope: Scope, target: TargetRequest, calls: UniversalCalls): void {
  const { arn, input } = target;
  if (input !== undefined && Buffer.byteLength(input) > MAX_INPUT_BYTES)
    throw invalid(`The input for the target is larger than ${MAX_INPUT_BYTES} bytes.`);
  const universal = universalOf(arn);
  if (universal === undefined) checkTemplated(scope, target);
  else checkUniversal(target, universal, calls);
}

function checkTemplated(scope: Scope, target: TargetRequest): void {
  const { arn, input } = target;
  const [prefix, partition = "", service = "", region, account = "", ...rest] = arn.split(":");
  if (prefix !== "arn" || !/^aws(-[a-z]+)*$/.test(partition) || rest.length === 0)
    throw invalid("Provided Arn is not in correct format.");
  if ((UNSERVED as readonly string[]).includes(service))
    throw scheduleError("ScheduleTargetUnserved", `Yunque does not serve targets of ${service}`);
  const templated = Object.hasOwn(TEMPLATED, service) ? TEMPLATED[service] : undefined;
  if (templated === undefined) throw invalid(`${service} is not a supported service for a target.`);
  if (!/^\d{12}$/.test(account) || !templated.resource.test(rest.join(":")))
    throw invalid("Provided Arn is not in correct format.");
  if (region !== scope.region)
    throw invalid(`The target ARN provided does not match the current region ${scope.region}.`);
  checkParameters(service, target);
  if (templated.json) checkJson(input);
}

/** What a universal target names; undefined where the ARN is of another kind. */
export function universalOf(
  arn: string,
): { readonly service: string; readonly action: string } | undefined {
  const [, service, action] =
    /^arn:aws(?:-[a-z]+)*:scheduler:::aws-sdk:([a-z0-9]{1,64}):([A-Za-z0-9]{1,128})$/.exec(arn) ??
    [];
  return service === undefined || action === undefined ? undefined : { service, action };
}

function checkUniversal(
  target: TargetRequest,
  { service, action }: { readonly service: string; readonly action: string },
  calls: UniversalCalls,
): void {
  const served = calls(service, action);
  if (served === "no-service") throw invalid(`${service} is not a supported service for a target.`);
  if (READ_ONLY.test(action) || served === "no-action")
    throw invalid(`${action} API is not supported.`);
  if (served === "unserved")
    throw scheduleError("ScheduleTargetUnserved", `Yunque does not serve ${service}:${action} yet`);
  checkParameters("", target);
  if (target.input === undefined)
    throw invalid("You must provide an input to set this target for your schedule.");
  checkJson(target.input);
}

/** Each kind of target has parameters of its own, and none of another kind's. */
function checkParameters(service: string, target: TargetRequest): void {
  const { events, kinesis, sqs, others = [] } = target;
  const given: readonly (readonly [name: string, of: string, isThere: boolean])[] = [
    ["EventBridgeParameters", "events", events !== undefined],
    ["KinesisParameters", "kinesis", kinesis !== undefined],
    ["SqsParameters", "sqs", sqs !== undefined],
    ...others.map((name) => [name, "", true] as const),
  ];
  for (const [name, of, isThere] of given)
    if (isThere && (of === "" || of !== service))
      throw invalid(`Parameters ${name} not supported for the target.`);
  const isFifo = target.arn.endsWith(".fifo");
  if (service === "events" && events === undefined) throw missing("EventBridgeParameters");
  if (service === "kinesis" && kinesis === undefined) throw missing("KinesisParameters");
  if (service !== "sqs") return;
  if (isFifo && sqs?.groupId === undefined)
    throw missing(sqs === undefined ? "SqsParameters" : "MessageGroupId");
  if (!isFifo && sqs?.groupId !== undefined)
    throw invalid("Parameters MessageGroupId not valid for the target.");
}

const missing = (name: string) => invalid(`Parameters ${name} must be specified.`);

function checkJson(input: string | undefined): void {
  if (input === undefined) return;
  try {
    JSON.parse(input);
  } catch {
    throw invalid("JSON syntax error in input for the target.");
  }
}

/** What is kept of a target that was asked for. */
export function targetOf(request: TargetRequest): ScheduleTarget {
  const { arn, roleArn, input, deadLetter, events, kinesis, sqs } = request;
  return {
    arn,
    roleArn,
    maxAgeSeconds: request.maxAgeSeconds ?? MAX_AGE_SECONDS,
    maxRetries: request.maxRetries ?? MAX_RETRIES,
    ...(input === undefined ? {} : { input }),
    ...(deadLetter === undefined ? {} : { deadLetter }),
    ...(events === undefined ? {} : { events }),
    ...(kinesis === undefined ? {} : { kinesis }),
    ...(sqs === undefined
      ? {}
      : { sqs: sqs.groupId === undefined ? {} : { groupId: sqs.groupId } }),
  };
}
