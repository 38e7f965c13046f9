import type { Scope } from "../../domain/scope.ts";
import { xrayTraceId } from "../../domain/trace-header.ts";
import {
  type Group,
  MAX_DOCUMENTS,
  type Tags,
  type Traces,
  tracesError,
} from "../../services/traces/index.ts";
import type { GroupSummary, XrayApi } from "../api/xray.ts";
import type { Door } from "../context.ts";
import { worded } from "./worded.ts";
import { xrayError } from "./xray-errors.ts";
import { invalid, named, ruleArn, samplingDoor, tagsOf } from "./xray-sampling.ts";
import { graphService, timeSeries, traceSummary } from "./xray-shapes.ts";

/** X-Ray: traces of one BatchGetTraces or GetTraceGraph. */
const MAX_TRACES = 5;

/** X-Ray on AWS's wire. */
export function createXrayDoor(traces: Traces): Door<XrayApi> {
  const { queries, groups, rules, settings } = traces;
  const door: Door<XrayApi> = {
    ...samplingDoor(traces),

    async PutTraceSegments({ TraceSegmentDocuments }, context) {
      const refused = await traces.put(context, TraceSegmentDocuments);
      return {
        UnprocessedTraceSegments: refused.map(({ id, code }) => ({
          Id: id,
          ErrorCode: code,
          Message: `Invalid segment. ErrorCode: ${code}`,
        })),
      };
    },
    async PutTelemetryRecords() {
      return {};
    },

    async GetTraceSummaries(input, context) {
      const range = { from: input.StartTime.getTime(), to: input.EndTime.getTime() };
      const page = await queries.summaries(context, range, input.FilterExpression, input.NextToken);
      return {
        TraceSummaries: page.traces.map(traceSummary),
        ApproximateTime: new Date(),
        TracesProcessedCount: page.scanned,
        NextToken: page.token,
      };
    },
    async BatchGetTraces({ TraceIds }, context) {
      const ids = idsOf(TraceIds);
      const found = await queries.documents(context, ids);
      const known = new Set(found.map(({ view }) => view.id));
      return {
        Traces: found.map(({ view, documents }) => ({
          Id: view.id,
          Duration: Math.round(view.duration * 1000) / 1000,
          LimitExceeded: documents.length >= MAX_DOCUMENTS,
          Segments: documents.map(({ id, text }) => ({ Id: id, Document: text })),
        })),
        UnprocessedTraceIds: ids.filter((id) => !known.has(id)),
      };
    },
    async GetTraceGraph({ TraceIds }, context) {
      const graph = await queries.traceGraph(context, idsOf(TraceIds));
      return { Services: graph.map(graphService) };
    },
    async GetServiceGraph(input, context) {
      const { StartTime, EndTime } = input;
      const range = { from: StartTime.getTime(), to: EndTime.getTime() };
      const graph = await queries.serviceGraph(context, range, groupAsked(input));
      return {
        StartTime,
        EndTime,
        Services: graph.map(graphService),
        ContainsOldGroupVersions: false,
      };
    },
    async GetTimeSeriesServiceStatistics(input, context) {
      const range = { from: input.StartTime.getTime(), to: input.EndTime.getTime() };
      const points = await queries.overTime(
        context,
        range,
        input.Period ?? 60,
        groupAsked(input),
        input.EntitySelectorExpression,
      );
      return {
        TimeSeriesServiceStatistics: points.map(timeSeries),
        ContainsOldGroupVersions: false,
      };
    },

    async CreateGroup(input, context) {
      const { InsightsConfiguration: insights } = input;
      const group = await groups.create(context, {
        name: input.GroupName,
        filter: input.FilterExpression,
        insights: insights?.InsightsEnabled ?? false,
        notifications: insights?.NotificationsEnabled ?? false,
        tags: tagsOf(input.Tags),
      });
      return { Group: groupOutput(context, group) };
    },
    async GetGroup({ GroupName, GroupARN }, context) {
      const group = await groups.find(context, named(GroupName, GroupARN, "a group"));
      return { Group: groupOutput(context, group) };
    },
    async GetGroups(_input, context) {
      const all = await groups.list(context);
      return { Groups: all.map((group) => groupOutput(context, group)) };
    },
    async UpdateGroup(input, context) {
      const name = named(input.GroupName, input.GroupARN, "a group");
      const { InsightsConfiguration: insights } = input;
      const group = await groups.update(context, name, {
        ...(input.FilterExpression === undefined ? {} : { filter: input.FilterExpression }),
        ...(insights?.InsightsEnabled === undefined ? {} : { insights: insights.InsightsEnabled }),
        ...(insights?.NotificationsEnabled === undefined
          ? {}
          : { notifications: insights.NotificationsEnabled }),
      });
      return { Group: groupOutput(context, group) };
    },
    async DeleteGroup({ GroupName, GroupARN }, context) {
      await groups.delete(context, named(GroupName, GroupARN, "a group"));
      return {};
    },

    async GetEncryptionConfig(_input, context) {
      const { type, keyId } = await settings.encryption(context);
      return { EncryptionConfig: { Type: type, KeyId: keyId, Status: "ACTIVE" } };
    },
    async PutEncryptionConfig({ Type, KeyId }, context) {
      if ((Type === "KMS") !== (KeyId !== undefined))
        throw invalid(
          Type === "KMS" ? "KeyId is required for KMS" : "KeyId must be empty for type NONE",
        );
      await settings.putEncryption(context, { type: Type, keyId: KeyId });
      return { EncryptionConfig: { Type, KeyId, Status: "UPDATING" } };
    },

    async ListTagsForResource({ ResourceARN }, context) {
      const { tags } = await resource(context, ResourceARN);
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
    async TagResource({ ResourceARN, Tags }, context) {
      const { retag } = await resource(context, ResourceARN);
      await retag((before) => ({ ...before, ...tagsOf(Tags) }));
      return {};
    },
    async UntagResource({ ResourceARN, TagKeys }, context) {
      const { retag } = await resource(context, ResourceARN);
      await retag((before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key))),
      );
      return {};
    },
  };
  return worded(door, xrayError);

  /** The group or rule that an ARN names. */
  async function resource(
    scope: Scope,
    arn: string,
  ): Promise<{ tags: Tags; retag(next: (before: Tags) => Tags): Promise<void> }> {
    const group = (await groups.list(scope)).find((each) => groupArn(scope, each) === arn);
    if (group !== undefined)
      return { tags: group.tags, retag: (next) => groups.retag(scope, group.name, next) };
    const all = await rules.list(scope);
    const found = all.find(({ rule }) => ruleArn(scope, rule.name) === arn);
    if (found === undefined)
      throw tracesError("TraceResourceUnknown", `Resource not found: ${arn}`);
    return { tags: found.tags, retag: (next) => rules.retag(scope, found.rule.name, next) };
  }
}

function idsOf(ids: readonly string[]): string[] {
  if (ids.length > MAX_TRACES) throw invalid(`At most ${MAX_TRACES} trace ids can be specified`);
  const all = ids.map((id) => xrayTraceId(id.toLowerCase()));
  for (const id of all)
    if (!/^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(id)) throw invalid("Invalid trace id");
  return [...new Set(all)];
}

/** Without either the whole account is meant. */
function groupAsked(input: {
  readonly GroupName?: string | undefined;
  readonly GroupARN?: string | undefined;
}): string | undefined {
  const { GroupName, GroupARN } = input;
  if (GroupName === undefined && GroupARN === undefined) return undefined;
  const name = named(GroupName, GroupARN, "a group");
  return name === "Default" ? undefined : name;
}

const groupArn = ({ account, region }: Scope, { name, id }: Group): string =>
  `arn:aws:xray:${region}:${account}:group/${name}/${id}`;

const groupOutput = (scope: Scope, group: Group): GroupSummary => ({
  GroupName: group.name,
  GroupARN: groupArn(scope, group),
  FilterExpression: group.filter,
  InsightsConfiguration: {
    InsightsEnabled: group.insights,
    NotificationsEnabled: group.notifications,
  },
});
