/** What the server listens on: a directory for its unix socket, or on Windows a port of 127.0.0.1. */
export interface Listening {
  readonly directory: string;
  readonly port: number;
}

/**
 * What a server is for: `serve` is the one in use; on `read` nothing can be changed; `build` fills a data directory that only
 * whoever started it knows; what `scratch` holds is thrown away.
 */
export type ServerUse = "serve" | "read" | "build" | "scratch";

/** Tables and indexes are written to their files alone where they are new, in place of a log of each row besides. */
const BUILD = {
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "1GB",
  maintenance_work_mem: "128MB",
  autovacuum: "off",
};

const USES: Readonly<Record<ServerUse, Readonly<Record<string, string>>>> = {
  serve: {},
  read: { default_transaction_read_only: "on" },
  build: BUILD,
  scratch: { ...BUILD, fsync: "off", full_page_writes: "off" },
};

/**
 * The arguments of `postgres`. It serves one operator: small memory, few processes, no TCP on POSIX. Its log holds no
 * values: errors of statements are not written there (they reach whoever sent the statement), and no statement is. What it is
 * used for lasts as long as the server does, and leaves nothing behind in its directory.
 */
export function serverArguments(dataDirectory: string, listening: Listening, use: ServerUse = "serve"): string[] {
  const listens =
    process.platform === "win32"
      ? { listen_addresses: "127.0.0.1" }
      : {
          listen_addresses: "",
          unix_socket_directories: `"${listening.directory.replaceAll('"', '""')}"`,
          unix_socket_permissions: "0700",
        };
  const settings = {
    ...listens,
    port: String(listening.port),
    max_connections: "40",
    shared_buffers: "32MB",
    huge_pages: "off",
    // Without worker processes of its own for input and output, replication and parallel plans, it needs half the memory.
    io_method: "sync",
    max_logical_replication_workers: "0",
    max_worker_processes: "4",
    max_wal_senders: "4",
    jit: "off",
    max_wal_size: "256MB",
    timezone: "UTC",
    log_timezone: "UTC",
    log_destination: "stderr",
    logging_collector: "off",
    log_line_prefix: "%m [%p] ",
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_statement: "none",
    log_min_duration_statement: "-1",
    log_parameter_max_length: "0",
    log_parameter_max_length_on_error: "0",
    log_checkpoints: "off",
    log_connections: "",
    log_disconnections: "off",
    ...USES[use],
  };
  return ["-D", dataDirectory, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
