/** Numbers of the system calls that the filter names. Source: asm/unistd_64.h (x86_64), asm-generic/unistd.h (arm64). */

export interface SystemCall {
  readonly x64: number;
  /** Absent where arm64 never had the call. */
  readonly arm64?: number;
}

/** Since Linux 5.1 a new call has one number on all machines. */
const everywhere = (number: number): SystemCall => ({ x64: number, arm64: number });

/** The newest call that was known when the filter was written (Linux 6.17: file_setattr). */
export const NEWEST = 469;

/** Calls that the filter looks at together with their arguments. */
export const INSPECTED = {
  clone: { x64: 56, arm64: 220 },
  clone3: everywhere(435),
  socket: { x64: 41, arm64: 198 },
  ioctl: { x64: 16, arm64: 29 },
  personality: { x64: 135, arm64: 92 },
} as const satisfies Record<string, SystemCall>;

/** Calls that make memory which no process need map: only a control group would count it. */
export const UNCOUNTED: Readonly<Record<string, SystemCall>> = {
  memfd_create: { x64: 319, arm64: 279 },
  shmget: { x64: 29, arm64: 194 },
};

/** Calls that no function has any business with, grouped by what they would reach. */
export const DENIED: Readonly<Record<string, Readonly<Record<string, SystemCall>>>> = {
  "mounts and roots": {
    mount: { x64: 165, arm64: 40 },
    umount2: { x64: 166, arm64: 39 },
    pivot_root: { x64: 155, arm64: 41 },
    chroot: { x64: 161, arm64: 51 },
    open_tree: everywhere(428),
    move_mount: everywhere(429),
    fsopen: everywhere(430),
    fsconfig: everywhere(431),
    fsmount: everywhere(432),
    fspick: everywhere(433),
    mount_setattr: everywhere(442),
    statmount: everywhere(457),
    listmount: everywhere(458),
    open_tree_attr: everywhere(467),
    quotactl: { x64: 179, arm64: 60 },
    quotactl_fd: everywhere(443),
    fanotify_init: { x64: 300, arm64: 262 },
    name_to_handle_at: { x64: 303, arm64: 264 },
    open_by_handle_at: { x64: 304, arm64: 265 },
    sysfs: { x64: 139 },
    ustat: { x64: 136 },
    uselib: { x64: 134 },
  },
  "namespaces and host names": {
    unshare: { x64: 272, arm64: 97 },
    setns: { x64: 308, arm64: 268 },
    sethostname: { x64: 170, arm64: 161 },
    setdomainname: { x64: 171, arm64: 162 },
  },
  "other processes": {
    ptrace: { x64: 101, arm64: 117 },
    process_vm_readv: { x64: 310, arm64: 270 },
    process_vm_writev: { x64: 311, arm64: 271 },
    process_madvise: everywhere(440),
    pidfd_getfd: everywhere(438),
    kcmp: { x64: 312, arm64: 272 },
    migrate_pages: { x64: 256, arm64: 238 },
    move_pages: { x64: 279, arm64: 239 },
  },
  "kernel interfaces with a history": {
    bpf: { x64: 321, arm64: 280 },
    io_uring_setup: everywhere(425),
    io_uring_enter: everywhere(426),
    io_uring_register: everywhere(427),
    userfaultfd: { x64: 323, arm64: 282 },
    perf_event_open: { x64: 298, arm64: 241 },
    add_key: { x64: 248, arm64: 217 },
    request_key: { x64: 249, arm64: 218 },
    keyctl: { x64: 250, arm64: 219 },
    memfd_secret: everywhere(447),
    modify_ldt: { x64: 154 },
    lookup_dcookie: { x64: 212, arm64: 18 },
    nfsservctl: { x64: 180, arm64: 42 },
    mbind: { x64: 237, arm64: 235 },
    get_mempolicy: { x64: 239, arm64: 236 },
    set_mempolicy: { x64: 238, arm64: 237 },
    set_mempolicy_home_node: everywhere(450),
  },
  "the machine": {
    reboot: { x64: 169, arm64: 142 },
    kexec_load: { x64: 246, arm64: 104 },
    kexec_file_load: { x64: 320, arm64: 294 },
    init_module: { x64: 175, arm64: 105 },
    finit_module: { x64: 313, arm64: 273 },
    delete_module: { x64: 176, arm64: 106 },
    create_module: { x64: 174 },
    query_module: { x64: 178 },
    get_kernel_syms: { x64: 177 },
    _sysctl: { x64: 156 },
    ioperm: { x64: 173 },
    iopl: { x64: 172 },
    swapon: { x64: 167, arm64: 224 },
    swapoff: { x64: 168, arm64: 225 },
    acct: { x64: 163, arm64: 89 },
    syslog: { x64: 103, arm64: 116 },
    vhangup: { x64: 153, arm64: 58 },
    settimeofday: { x64: 164, arm64: 170 },
    clock_settime: { x64: 227, arm64: 112 },
  },
};
