import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownGroups } from "./own-groups.ts";

describe("the platform's own control groups", () => {
  it("version 1: a directory per controller, several of which may share one", () => {
    const { v1, v2 } = ownGroups(
      [
        "30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
        "31 24 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory",
        "32 24 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
      ].join("\n"),
      "5:memory:/user/a\n4:cpu,cpuacct:/\n1:name=systemd:/init.scope\n",
    );
    assert.equal(v1.get("memory"), "/sys/fs/cgroup/memory/user/a");
    assert.equal(v1.get("cpu"), "/sys/fs/cgroup/cpu,cpuacct");
    assert.equal(v1.get("pids"), undefined);
    assert.equal(v2, undefined);
  });

  it("version 2: one directory", () => {
    const mountinfo = "26 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";
    const { v2 } = ownGroups(mountinfo, "0::/user.slice/user-1000.slice/run-7.scope\n");
    assert.equal(v2, "/sys/fs/cgroup/user.slice/user-1000.slice/run-7.scope");
  });

  it("both at once", () => {
    const { v1, v2 } = ownGroups(
      [
        "31 24 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
        "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      ].join("\n"),
      "3:pids:/\n0::/\n",
    );
    assert.equal(v1.get("pids"), "/sys/fs/cgroup/pids");
    assert.equal(v2, "/sys/fs/cgroup/unified");
  });

  it("in a container only what lies below the mounted part can be reached", () => {
    const mountinfo = "31 24 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory";
    const inside = ownGroups(mountinfo, "5:memory:/docker/abc/x\n");
    assert.equal(inside.v1.get("memory"), "/sys/fs/cgroup/memory/x");
    assert.equal(ownGroups(mountinfo, "5:memory:/other\n").v1.get("memory"), undefined);
  });

  it("a path with spaces is read as the kernel writes it", () => {
    const mountinfo = "31 24 0:27 / /my\\040groups rw - cgroup2 cgroup2 rw";
    assert.equal(ownGroups(mountinfo, "0::/a\n").v2, "/my groups/a");
  });

  it("none where the machine has none", () => {
    const { v1, v2 } = ownGroups("22 1 254:0 / / rw - ext4 /dev/vda rw", "");
    assert.equal(v1.size, 0);
    assert.equal(v2, undefined);
  });
});
