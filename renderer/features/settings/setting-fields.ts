/**
 * Messages by the name of a setting. The control plane names a setting by its place in the file, such as
 * `runs.concurrency`, of which the last part is the setting.
 */
export function settingFields(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([place, message]) => [place.split(".").at(-1) ?? place, message]),
  );
}
