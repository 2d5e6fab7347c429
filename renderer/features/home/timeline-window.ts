/** Length of one bucket in milliseconds. */
const BUCKET_MS = 30 * 60_000;
/** Buckets of a day. */
export const BUCKETS = 48;

export interface TimelineWindow {
  readonly since: string;
  readonly until: string;
}

/** The day that ends with the half hour of `now` (milliseconds since 1970), so that the question stays the same for that long. */
export function windowAt(now: number): TimelineWindow {
  const until = Math.ceil((now + 1) / BUCKET_MS) * BUCKET_MS;
  return { since: new Date(until - BUCKETS * BUCKET_MS).toISOString(), until: new Date(until).toISOString() };
}

/** When a bucket begins. */
export function bucketStart({ since }: TimelineWindow, bucket: number): string {
  return new Date(Date.parse(since) + bucket * BUCKET_MS).toISOString();
}

/** The clock times to write on the axis, each with its place from 0 to 1: every sixth hour of the machine's zone. */
export function axisOf({ since, until }: TimelineWindow): readonly { readonly at: number; readonly label: string }[] {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  const marks: { at: number; label: string }[] = [];
  for (let instant = from; instant < to; instant += BUCKET_MS) {
    const date = new Date(instant);
    if (date.getMinutes() !== 0 || date.getHours() % 6 !== 0) continue;
    const label = `${String(date.getHours()).padStart(2, "0")}:00`;
    marks.push({ at: (instant - from) / (to - from), label });
  }
  return marks;
}
