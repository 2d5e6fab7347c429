/** What the server listens on: a directory for its unix socket, or on Windows a port of 127.0.0.1. */
export interface Listening {
  readonly directory: string;
  readonly port: number;
}

/**
 * The arguments of `postgres`. It serves one operator: small memory, few processes, no TCP on POSIX. Its log holds no
 * values: errors of statements are not written there (they reach whoever sent the statement), and no statement is. `readOnly`
 * lasts as long as the server does, and leaves nothing behind in its directory.
 */
export function serverArguments(dataDirectory: string, listening: Listening, readOnly = false): string[] {
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
    ...(readOnly ? { default_transaction_read_only: "on" } : {}),
  };
  return ["-D", dataDirectory, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
