/** The negative WASI errno that refused file system calls return. */
export const FILE_SYSTEM = { readOnly: -69 } as const;

const words = (text: string) => text.trim().split(/\s+/);

/** Allowed functions: they only read clocks, random numbers and Python's own files, and change no state. */
export const ALLOWED_IMPORTS: ReadonlySet<string> = new Set(
  words(`
    _PyEM_TrampolineCall_JS _Py_CheckEmscriptenSignals_Helper _Py_emscripten_runtime can_run_sync_js
    __syscall_faccessat __syscall_fstat64 __syscall_getcwd __syscall_getdents64
    __syscall_getuid32_js __syscall_lstat64 __syscall_newfstatat __syscall_readlinkat __syscall_stat64
    __syscall_fadvise64 __syscall_statfs64 __syscall_fstatfs64
    fd_fdstat_get fd_pread fd_seek environ_get environ_sizes_get random_get
    clock_res_get clock_time_get emscripten_date_now emscripten_get_now _emscripten_get_progname
    _tzset_js _timegm_js _mktime_js _localtime_js _gmtime_js
    emscripten_get_heap_max emscripten_runtime_keepalive_push emscripten_runtime_keepalive_pop
    throw_no_gil saveState restoreState capture_stderr restore_stderr
  `),
);

/** Functions that would change Python's files. They are refused, because later evaluations could read the changes. */
export const READ_ONLY_IMPORTS: ReadonlySet<string> = new Set(
  words(`
    __syscall_chdir __syscall_fchdir __syscall_chmod __syscall_fchmod __syscall_fchmodat2 __syscall_fchown32
    __syscall_fchownat __syscall_ftruncate64 __syscall_truncate64 __syscall_mkdirat __syscall_mknodat
    __syscall_renameat __syscall_rmdir __syscall_symlinkat __syscall_unlinkat __syscall_utimensat
    __syscall_fallocate __syscall_fdatasync __syscall_umask_js
  `),
);

const FORBIDDEN = -63;

/** Other refused functions, each with the error code that it returns. */
export const DENIED_IMPORTS: ReadonlyMap<string, number> = new Map([
  ...words(`
    __syscall_accept4 __syscall_bind __syscall_connect __syscall_getpeername __syscall_getsockname
    __syscall_getsockopt __syscall_listen __syscall_recvfrom __syscall_recvmsg __syscall_sendmsg __syscall_sendto
    __syscall_socket __syscall_poll __syscall_pipe __syscall_dup __syscall_dup3 __syscall_ioctl _mmap_js
  `).map((name): [string, number] => [name, FORBIDDEN]),
  ['fd_pwrite', -FORBIDDEN],
  ['fd_sync', -FORBIDDEN],
  ['_emscripten_system', -52],
  // The error EAI_FAIL: host names cannot be resolved.
  ['getaddrinfo', -4],
  ['getnameinfo', -4],
]);
