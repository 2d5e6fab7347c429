/** Length of one bucket in milliseconds. */
const BUCKET_MS = 30 * 60_000;
/** Buckets of a day. */
export const BUCKETS = 48;

/** Buckets that are shown of what is to come. */
export const BUCKETS_AHEAD = 12;

/** The same day with what is to come after it. */
export function withAhead({ since, until }: TimelineWindow): TimelineWindow {
  return { since, until: new Date(Date.parse(until) + BUCKETS_AHEAD * BUCKET_MS).toISOString() };
}

/** Where an instant is in a window, from 0 to 1; what is outside is at its edge. */
export function placeIn({ since, until }: TimelineWindow, instant: number): number {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  return Math.min(1, Math.max(0, (instant - from) / (to - from)));
}

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
