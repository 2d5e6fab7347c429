import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits as text that is safe in a URL and a header. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Compares in constant time, whatever the lengths. */
export function sameToken(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
