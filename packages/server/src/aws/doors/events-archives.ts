/** Archives and replays of EventBridge. */
import type { Buses, DescribedArchive } from "../../services/buses/index.ts";
import type { EventsApi } from "../api/events.ts";
import type { Door } from "../context.ts";
import { archiveOutput, replayOutput } from "./events-shapes.ts";

type ArchiveDoor = Pick<
  Door<EventsApi>,
  | "CreateArchive"
  | "DescribeArchive"
  | "UpdateArchive"
  | "DeleteArchive"
  | "ListArchives"
  | "StartReplay"
  | "DescribeReplay"
  | "ListReplays"
  | "CancelReplay"
>;

export const archiveMethods = ({ archives, replays }: Buses): ArchiveDoor => ({
  async CreateArchive(input, context) {
    return changed(
      await archives.create(context, {
        name: input.ArchiveName,
        busArn: input.EventSourceArn,
        description: input.Description,
        pattern: input.EventPattern,
        kmsKey: input.KmsKeyIdentifier,
        retentionDays: input.RetentionDays,
      }),
    );
  },

  async DescribeArchive(input, context) {
    const archive = await archives.describe(context, input.ArchiveName);
    return {
      ...archiveOutput(archive),
      ArchiveArn: archive.arn,
      Description: archive.description,
      EventPattern: archive.pattern,
      KmsKeyIdentifier: archive.kmsKey,
    };
  },

  async UpdateArchive(input, context) {
    return changed(
      await archives.update(context, input.ArchiveName, {
        description: input.Description,
        pattern: input.EventPattern,
        kmsKey: input.KmsKeyIdentifier,
        retentionDays: input.RetentionDays,
      } as Parameters<typeof archives.update>[2]),
    );
  },

  async DeleteArchive(input, context) {
    await archives.delete(context, input.ArchiveName);
    return {};
  },

  async ListArchives(input, context) {
    const { items, token } = await archives.list(context, {
      prefix: input.NamePrefix,
      busArn: input.EventSourceArn,
      state: input.State,
      limit: input.Limit,
      token: input.NextToken,
    });
    return { Archives: items.map(archiveOutput), NextToken: token };
  },

  async StartReplay(input, context) {
    const { arn, state, started } = await replays.start(context, {
      name: input.ReplayName,
      description: input.Description,
      archiveArn: input.EventSourceArn,
      from: input.EventStartTime.getTime(),
      to: input.EventEndTime.getTime(),
      busArn: input.Destination.Arn,
      rules: input.Destination.FilterArns,
    });
    return { ReplayArn: arn, State: state, ReplayStartTime: new Date(started) };
  },

  async DescribeReplay(input, context) {
    const replay = await replays.describe(context, input.ReplayName);
    return {
      ...replayOutput(replay),
      ReplayArn: replay.arn,
      Description: replay.description,
      Destination: { Arn: replay.busArn, FilterArns: replay.rules && [...replay.rules] },
    };
  },

  async ListReplays(input, context) {
    const { items, token } = await replays.list(context, {
      prefix: input.NamePrefix,
      state: input.State,
      archiveArn: input.EventSourceArn,
      limit: input.Limit,
      token: input.NextToken,
    });
    return { Replays: items.map(replayOutput), NextToken: token };
  },

  async CancelReplay(input, context) {
    const { arn, state, reason } = await replays.cancel(context, input.ReplayName);
    return { ReplayArn: arn, State: state, StateReason: reason };
  },
});

const changed = ({ arn, created }: DescribedArchive) => ({
  ArchiveArn: arn,
  State: "ENABLED" as const,
  CreationTime: new Date(created),
});
