import type { QueueRef } from "../../domain/queue-name.ts";

export type MoveStatus = "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";

/** A task as it is stored, under the name of the dead-letter queue and the time at which it was started. */
export interface MoveTask {
  readonly id: string;
  readonly source: QueueRef;
  readonly sourceArn: string;
  /** Absent: each message goes to the queue that it was a dead letter of. */
  readonly destinationArn?: string;
  readonly perSecond?: number;
  readonly started: number;
  readonly status: MoveStatus;
  readonly moved: number;
  readonly toMove: number;
  /** AWS's code. */
  readonly failure?: string;
}

export const tasksSpace = ({ account, region }: QueueRef): string =>
  `${account}/${region}/queue-move-tasks`;

export const taskId = ({ source, started, id }: MoveTask): string =>
  `${source.name} ${String(started).padStart(15, "0")} ${id}`;
