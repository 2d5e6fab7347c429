const CODE = /^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}$/;

/**
 * A recovery code as it was made, from how people write one down: in lower case, in groups, over several lines, or as the
 * file of `age-keygen` with its comment lines. Null where it is none, whatever its check sum.
 */
export function readCode(text: string): string | null {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => !line.trimStart().startsWith("#"));
  const code = lines.join("").replaceAll(/\s+/g, "").toUpperCase();
  return CODE.test(code) ? code : null;
}
