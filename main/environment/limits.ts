/**
 * What the system takes when a program is started. On POSIX in bytes, on Windows in UTF-16 units.
 *
 * Linux: one string `NAME=value` with its closing NUL is at most 32 pages (MAX_ARG_STRLEN, execve(2)); all of argv and
 * env together, with a pointer for each string, a quarter of the stack limit, which is 2 MiB with the usual 8 MiB.
 * macOS: 1 MiB for all (ARG_MAX in sys/syslimits.h). Windows: 32,767 for one variable (SetEnvironmentVariable), and no
 * limit for all since Vista. What is kept free is for argv.
 */
interface SystemLimits {
  readonly oneString: number;
  readonly allStrings: number;
}

const KEPT_FREE_FOR_ARGV = 256 * 1024;
const POINTER_BYTES = 8;

/** The longest string that may stand in argv, its NUL included. */
export function longestArgument(platform: NodeJS.Platform): number {
  return limitsOf(platform).oneString;
}

function limitsOf(platform: NodeJS.Platform): SystemLimits {
  if (platform === "win32") return { oneString: 32_767, allStrings: Number.POSITIVE_INFINITY };
  if (platform === "darwin")
    return { oneString: 1024 * 1024 - KEPT_FREE_FOR_ARGV, allStrings: 1024 * 1024 - KEPT_FREE_FOR_ARGV };
  return { oneString: 128 * 1024, allStrings: 2 * 1024 * 1024 - KEPT_FREE_FOR_ARGV };
}

export interface SizeProblem {
  /** The variable that is too long by itself, or null where it is all of them together. */
  readonly key: string | null;
  readonly size: number;
  readonly limit: number;
}

/** Whether the system would take this env, judged before anything is started; null means yes. */
export function judgeSize(env: Readonly<Record<string, string>>, platform: NodeJS.Platform): SizeProblem | null {
  const limits = limitsOf(platform);
  let all = 0;
  for (const [key, value] of Object.entries(env)) {
    const size = stringSize(`${key}=${value}`, platform);
    if (size > limits.oneString) return { key, size, limit: limits.oneString };
    all += size + POINTER_BYTES;
  }
  return all > limits.allStrings ? { key: null, size: all, limit: limits.allStrings } : null;
}

/** The size of a string of argv or env as the system counts it, its NUL included. */
export function stringSize(text: string, platform: NodeJS.Platform): number {
  return (platform === "win32" ? text.length : Buffer.byteLength(text)) + 1;
}
