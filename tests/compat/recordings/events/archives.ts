import type { Recordings } from "../harness.ts";
import { ACCOUNT, ENTRY, type EventsFixture, newName, PATTERN } from "./fixture.ts";

export function playArchives({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object) => open().events(operation, input);
  const arn = (kind: string, name: string) => `arn:aws:events:us-east-1:${ACCOUNT}:${kind}/${name}`;
  const archive = async (bus: string) => {
    const ArchiveName = newName();
    const input = {
      ArchiveName,
      EventSourceArn: arn("event-bus", bus),
      Description: "description of the archive",
      EventPattern: JSON.stringify(PATTERN),
      RetentionDays: 1,
    };
    return { ArchiveName, input, made: await send("CreateArchive", input) };
  };
  const busOf = async (kind: string) => (kind === "custom" ? await open().bus() : "default");

  play("test_create_list_describe_update_delete_archive[default]", async (answers) => {
    const { ArchiveName, made } = await archive("default");
    answers.equal("create-archive", made);
    answers.equal("list-archives", await send("ListArchives", { NamePrefix: ArchiveName }));
    answers.equal("describe-archive", await send("DescribeArchive", { ArchiveName }));
    const updated = await send("UpdateArchive", { ArchiveName, Description: "updated" });
    answers.equal("update-archive", updated);
    answers.equal("delete-archive", await send("DeleteArchive", { ArchiveName }));
  });

  for (const kind of ["default", "custom"]) {
    play(`test_create_archive_error_duplicate[${kind}]`, async (answers) => {
      const { input } = await archive(await busOf(kind));
      answers.equal("create-archive-duplicate-error", await send("CreateArchive", input));
    });
    play(`test_list_archive_state_enabled[${kind}]`, async (answers) => {
      const { ArchiveName } = await archive(await busOf(kind));
      const listed = await send("ListArchives", { State: "ENABLED", NamePrefix: ArchiveName });
      answers.equal("list-archives-state-enabled", listed);
    });
  }

  play("test_describe_archive_error_unknown_archive", async (answers) => {
    const refused = await send("DescribeArchive", { ArchiveName: newName() });
    answers.equal("describe-archive-unknown-archive-error", refused);
  });

  play("test_delete_archive_error_unknown_archive", async (answers) => {
    const refused = await send("DeleteArchive", { ArchiveName: newName() });
    answers.equal("delete-archive-unknown-archive-error", refused);
  });

  play("test_list_archive_with_name_prefix[custom]", async (answers) => {
    const { ArchiveName } = await archive(await open().bus());
    const list = (NamePrefix: string) => send("ListArchives", { NamePrefix });
    answers.equal("list-archives-with-name-prefix", await list(ArchiveName.slice(0, 8)));
    answers.equal("list-archives-with-full-name", await list(ArchiveName));
    answers.equal("list-archives-not-existing-archive", await list("doesnotexist"));
  });

  play("test_list_archive_error_unknown_source_arn", async (answers) => {
    const EventSourceArn = arn("event-bus", newName());
    const refused = await send("ListArchives", { EventSourceArn });
    answers.equal("list-archives-unknown-event-bus-error", refused);
  });

  const replay = (name: string, archiveName: string, bus: string, more: object = {}) =>
    send("StartReplay", {
      ReplayName: name,
      EventSourceArn: arn("archive", archiveName),
      EventStartTime: Date.now() / 1000 - 60,
      EventEndTime: Date.now() / 1000,
      Destination: { Arn: arn("event-bus", bus) },
      ...more,
    });
  const completed = async (ReplayName: string) => {
    for (;;) {
      const { State } = await send("DescribeReplay", { ReplayName });
      if (State === "COMPLETED") return;
    }
  };

  play("test_start_replay_error_unknown_event_bus", async (answers) => {
    const { ArchiveName } = await archive(await open().bus());
    const unknown = await replay(newName(), ArchiveName, newName());
    answers.equal("start-replay-unknown-event-bus-error", unknown);
    const wrong = await replay(newName(), ArchiveName, await open().bus());
    answers.equal("start-replay-wrong-event-bus-error", wrong);
  });

  play("test_start_replay_error_unknown_archive", async (answers) => {
    const refused = await replay(newName(), newName(), "default");
    answers.equal("start-replay-unknown-archive-error", refused);
  });

  play("test_start_replay_error_invalid_end_time[10]", async (answers) => {
    const { ArchiveName } = await archive("default");
    const now = Date.now() / 1000;
    const times = { EventStartTime: now, EventEndTime: now - 10 };
    const refused = await replay(newName(), ArchiveName, "default", times);
    answers.equal("start-replay-invalid-end-time-error", refused);
  });

  play("test_describe_replay_error_unknown_replay", async (answers) => {
    const refused = await send("DescribeReplay", { ReplayName: newName() });
    answers.equal("describe-replay-unknown-replay-error", refused);
  });

  play("test_list_replays_with_prefix", async (answers) => {
    const bus = await open().bus();
    const { ArchiveName } = await archive(bus);
    await open().put(bus, [ENTRY]);
    const prefix = newName();
    const name = `${prefix}-test-replay`;
    await replay(name, ArchiveName, bus);
    await completed(name);
    const list = async (NamePrefix: string) =>
      withoutLast(await send("ListReplays", { NamePrefix }));
    answers.equal("list-replays-with-full-name", await list(name));
    answers.equal("list-replays-with-prefix", await list(prefix));
  });

  play("test_list_replay_with_limit", async (answers) => {
    const bus = await open().bus();
    const { ArchiveName } = await archive(bus);
    await open().put(bus, [ENTRY]);
    const NamePrefix = newName();
    for (let n = 0; n < 6; n += 1) {
      await replay(`${NamePrefix}-test-replay-${n}`, ArchiveName, bus);
      await completed(`${NamePrefix}-test-replay-${n}`);
    }
    const first = await send("ListReplays", { NamePrefix, Limit: 3 });
    answers.equal("list-replays-with-limit", withoutLast(first));
    const { NextToken } = first;
    const second = await send("ListReplays", { NamePrefix, NextToken });
    answers.equal("list-replays-with-limit-next-token", withoutLast(second));
  });
}

/** What AWS knew of the last event only later. */
function withoutLast(listed: Record<string, unknown>): Record<string, unknown> {
  const replays = listed["Replays"] as readonly Record<string, unknown>[];
  return {
    ...listed,
    Replays: replays.map(({ EventLastReplayedTime: _, ...rest }) => rest),
  };
}
