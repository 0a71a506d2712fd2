export type Settings = Readonly<{ [name: string]: string | number | boolean }>;

const DEFAULTS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  shared_buffers: '512MB',
  max_connections: 200,
  max_wal_size: '4GB',
  jit: false,
  huge_pages: false,
};

/** Safe only for data that may vanish with the process. */
const EPHEMERAL: Settings = {
  fsync: false,
  synchronous_commit: false,
  full_page_writes: false,
  wal_level: 'minimal',
  max_wal_senders: 0,
};

/**
 * SECURITY A64: no personal data in the server's log. An error's main line can quote a value as well
 * (`invalid input syntax for type date: "…"`), so that level is left out: PostgreSQL ranks LOG above ERROR.
 */
const PRIVACY: Settings = {
  log_error_verbosity: 'terse',
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
  log_min_error_statement: 'panic',
  log_min_messages: 'log',
  log_statement: 'none',
  log_min_duration_statement: -1,
  log_destination: 'stderr',
  logging_collector: false,
};

/**
 * Environment for `postgres`. glibc gives memory back to the system after every answer longer than 128 kB in all its copies, and
 * must then ask for each page of it again: kept instead, up to 4 MB for each connection (`mallopt(3)`; other C libraries ignore it).
 */
export const MEMORY = {
  MALLOC_TRIM_THRESHOLD_: '4194304',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TOP_PAD_: '1048576',
} as const;

/** Arguments for `postgres`; the caller may change the defaults, never what keeps the log clean. */
export function settingsFor(options: { settings?: Settings; ephemeral?: boolean }): string[] {
  const all = { ...DEFAULTS, ...(options.ephemeral ? EPHEMERAL : {}), ...options.settings, ...PRIVACY };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${written(value)}`]);
}

function written(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
