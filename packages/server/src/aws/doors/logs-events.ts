import { randomUUID } from "node:crypto";
import { groupNamed, type LogService } from "../../services/logs/index.ts";
import type { LogsApi, StartLiveTailRequest, StartLiveTailResponseStream } from "../api/logs.ts";
import type { AwsContext, Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { groupOf } from "./logs-groups.ts";
import { eventOutput, filteredOutput, sequenceToken } from "./logs-shapes.ts";

/** Log events: put, read, found, followed. */
export function logsEvents(service: LogService): Door<LogsApi> {
  const { events } = service;
  return {
    async PutLogEvents(input, context) {
      const { logGroupName, logStreamName, logEvents } = input;
      const rejected = await events.put(context, logGroupName, logStreamName, logEvents);
      return {
        nextSequenceToken: sequenceToken(Date.now()),
        ...(Object.keys(rejected).length > 0
          ? {
              rejectedLogEventsInfo: {
                tooNewLogEventStartIndex: rejected.tooNewStart,
                tooOldLogEventEndIndex: rejected.tooOldEnd,
                expiredLogEventEndIndex: rejected.expiredEnd,
              },
            }
          : {}),
      };
    },

    async GetLogEvents(input, context) {
      const group = groupOf(context, input);
      const page = await events.get(context, group, input.logStreamName, {
        from: input.startTime,
        // CloudWatch Logs: events at this time or later are not in the answer.
        to: input.endTime === undefined ? undefined : input.endTime - 1,
        token: input.nextToken,
        limit: input.limit,
        fromHead: input.startFromHead,
      });
      return {
        events: page.events.map(eventOutput),
        nextForwardToken: page.forward,
        nextBackwardToken: page.backward,
      };
    },

    async FilterLogEvents(input, context) {
      const found = await events.filter(context, groupOf(context, input), {
        from: input.startTime,
        to: input.endTime,
        streams: input.logStreamNames,
        streamPrefix: input.logStreamNamePrefix,
        pattern: input.filterPattern,
        token: input.nextToken,
        limit: input.limit,
      });
      return {
        events: found.events.map(filteredOutput),
        searchedLogStreams: [],
        nextToken: found.token,
      };
    },

    async StartLiveTail(input, context) {
      return { responseStream: await tail(service, input, context) };
    },
  };
}

async function tail(
  service: LogService,
  input: StartLiveTailRequest,
  context: AwsContext,
): Promise<AsyncIterable<StartLiveTailResponseStream>> {
  const { logGroupIdentifiers, logStreamNames, logStreamNamePrefixes } = input;
  const one = logGroupIdentifiers.length === 1;
  if (!one && (logStreamNames !== undefined || logStreamNamePrefixes !== undefined))
    throw new AwsError(
      "InvalidParameterException",
      "Log streams can only be named where one log group is followed.",
    );
  if (logStreamNames !== undefined && logStreamNamePrefixes !== undefined)
    throw new AwsError(
      "InvalidParameterException",
      "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.",
    );
  const arns = new Map(logGroupIdentifiers.map((arn) => [groupNamed(context, arn), arn]));
  const updates = await service.liveTail(
    context,
    {
      groups: [...arns.keys()],
      streams: logStreamNames,
      prefixes: logStreamNamePrefixes,
      pattern: input.logEventFilterPattern,
    },
    context.signal,
  );
  return session();

  async function* session(): AsyncGenerator<StartLiveTailResponseStream> {
    yield {
      sessionStart: {
        requestId: context.requestId,
        sessionId: randomUUID(),
        logGroupIdentifiers,
        logStreamNames: logStreamNames ?? [],
        logStreamNamePrefixes: logStreamNamePrefixes ?? [],
        logEventFilterPattern: input.logEventFilterPattern ?? "",
      },
    };
    for await (const { events, sampled } of updates)
      yield {
        sessionUpdate: {
          sessionMetadata: { sampled },
          sessionResults: events.map((event) => ({
            logStreamName: event.stream,
            logGroupIdentifier: `${context.account}:${event.group}`,
            ...eventOutput(event),
          })),
        },
      };
  }
}
