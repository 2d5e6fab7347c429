import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { SigningMode } from "../../../preload/contract/webhooks.ts";

/** Seconds since 1970 have fewer digits for a long time to come; a number beyond is milliseconds. */
const FIRST_MILLISECONDS = 100_000_000_000;

const LONGEST_BEARER = 1_000;

/** What a delivery proves itself by. */
export type Proof =
  | { readonly kind: "unneeded" }
  | {
      readonly kind: "presented";
      /** Whether it was made with this signing key; takes the same time whatever of it is wrong. */
      readonly madeWith: (signingKey: string) => boolean;
      /** Names what was signed, where that counts once; null where the mode knows no such thing. */
      readonly once: { readonly digest: string; readonly at: Date } | null;
    }
  /** For the log of deliveries; who sent it is not told. */
  | { readonly kind: "refused"; readonly code: "proof_missing" | "proof_stale"; readonly why: string };

interface Presented {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly now: Date;
  readonly replayWindowSeconds: number;
}

/** What a delivery presents by the rules of a mode, before any key is looked at. */
export function readProof(mode: SigningMode, presented: Presented): Proof {
  switch (mode) {
    case "none":
      return { kind: "unneeded" };
    case "bearer":
      return bearer(presented);
    case "hmac_sha256":
      return timestamped(presented);
    case "github_hmac":
      return github(presented);
  }
}

function bearer({ headers }: Presented): Proof {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || token.length > LONGEST_BEARER) {
    return missing("The header Authorization holds no bearer token.");
  }
  return { kind: "presented", madeWith: (key) => same(digest(token), digest(key)), once: null };
}

function timestamped({ headers, body, now, replayWindowSeconds }: Presented): Proof {
  const text = one(headers["x-paperclip-timestamp"]);
  if (text === null || !/^\d{1,16}$/.test(text)) {
    return missing("The header X-Paperclip-Timestamp holds no time in seconds or milliseconds.");
  }
  const signature = readSignature(one(headers["x-paperclip-signature"]));
  if (signature === null) return missing("The header X-Paperclip-Signature holds no SHA-256 in hex.");
  const at = new Date(Number(text) < FIRST_MILLISECONDS ? Number(text) * 1_000 : Number(text));
  const skew = (now.getTime() - at.getTime()) / 1_000;
  if (!(Math.abs(skew) <= replayWindowSeconds)) {
    const which = skew > 0 ? "behind" : "ahead of";
    const why = `Its timestamp is ${Math.round(Math.abs(skew))} s ${which} this machine's clock, and ${replayWindowSeconds} s are taken.`;
    return { kind: "refused", code: "proof_stale", why };
  }
  const signed = Buffer.concat([Buffer.from(`${text}.`), body]);
  return {
    kind: "presented",
    madeWith: (key) => same(signature, createHmac("sha256", key).update(signed).digest()),
    once: { digest: digest(signed).toString("hex"), at },
  };
}

function github({ headers, body }: Presented): Proof {
  const signature =
    readSignature(one(headers["x-hub-signature-256"])) ?? readSignature(one(headers["x-paperclip-signature"]));
  if (signature === null) return missing("The header X-Hub-Signature-256 holds no SHA-256 in hex.");
  const madeWith = (key: string) => same(signature, createHmac("sha256", key).update(body).digest());
  return { kind: "presented", madeWith, once: null };
}

/** 32 bytes of `sha256=HEX` or HEX; null where it is neither. */
function readSignature(text: string | null): Buffer | null {
  const hex = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(text ?? "")?.[1];
  return hex === undefined ? null : Buffer.from(hex, "hex");
}

function missing(why: string): Proof {
  return { kind: "refused", code: "proof_missing", why };
}

/** The headers that prove a delivery to be one of whoever has the signing key, as `readProof` reads them. */
export function proofHeaders(mode: SigningMode, signingKey: string, body: Buffer, now: Date): IncomingHttpHeaders {
  const signature = (...parts: (string | Buffer)[]) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", signingKey)).digest("hex");
  switch (mode) {
    case "none":
      return {};
    case "bearer":
      return { authorization: `Bearer ${signingKey}` };
    case "hmac_sha256": {
      const timestamp = String(now.getTime());
      return {
        "x-paperclip-timestamp": timestamp,
        "x-paperclip-signature": `sha256=${signature(`${timestamp}.`, body)}`,
      };
    }
    case "github_hmac":
      return { "x-hub-signature-256": `sha256=${signature(body)}` };
  }
}

const one = (header: string | string[] | undefined): string | null =>
  typeof header === "string" ? header.trim() : null;
const digest = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();
/** Both are 32 bytes. */
const same = (left: Buffer, right: Buffer): boolean => timingSafeEqual(left, right);
