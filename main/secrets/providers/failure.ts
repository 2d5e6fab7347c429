import type { ErrorCode } from "../../../preload/contract/errors.ts";
import { Refusal } from "../../contract/refusal.ts";

/** What went wrong at a provider, classified. Its own text may hold names, values and addresses, and goes no further. */
export type ProviderReason = Extract<
  ErrorCode,
  | "access_denied"
  | "throttled"
  | "not_found"
  | "conflict"
  | "invalid_request"
  | "provider_unavailable"
  | "provider_error"
>;

/** A classified failure of a provider. It carries neither the provider's text nor the error that it came from. */
export class ProviderFault extends Error {
  override readonly name = "ProviderFault";
  readonly reason: ProviderReason;
  /** Whether the provider may have done what it was asked to, because no answer said that it did not. */
  readonly unsure: boolean;

  constructor(reason: ProviderReason, unsure = false) {
    super(reason);
    this.reason = reason;
    this.unsure = unsure;
  }
}

/** One safe sentence for each reason, without its subject, and what to do. */
const WORDS: Readonly<Record<ProviderReason, { readonly what: string; readonly next: string }>> = {
  access_denied: {
    what: "refused access, or no credentials for it were found",
    next: "Check the credentials and permissions that this app runs with; docs/SECRETS.md lists both.",
  },
  throttled: { what: "was asked too often", next: "Wait a minute, then try again." },
  not_found: {
    what: "has no such secret or version, or it waits for its deletion",
    next: "Check the reference and the region of its provider vault.",
  },
  conflict: {
    what: "has a secret of this name already, or one that still waits for its deletion",
    next: "Choose another key, or remove that secret at the provider first.",
  },
  invalid_request: {
    what: "did not accept the request, or the secret cannot be used",
    next: "Check the settings of the provider vault and the reference.",
  },
  provider_unavailable: {
    what: "did not answer in time or could not be reached",
    next: "Check the network and the endpoint of the provider vault, then try again.",
  },
  provider_error: {
    what: "answered in a way that cannot be used",
    next: "Try again; if it stays, check the endpoint of the provider vault and the state of the provider.",
  },
};

/** The reason in words, such as `AWS Secrets Manager was asked too often.` */
export function reasonText(label: string, reason: ProviderReason): string {
  return `${label} ${WORDS[reason].what}.`;
}

export function reasonNext(reason: ProviderReason): string {
  return WORDS[reason].next;
}

/** A fault as a refusal. `what` says what did not happen, such as `No secret was created`. */
export function faultRefusal(fault: ProviderFault, label: string, what: string): Refusal {
  return new Refusal(fault.reason, `${what}: ${reasonText(label, fault.reason)}`, { next: reasonNext(fault.reason) });
}

/** The fault in an error; whatever else was thrown counts as an answer that cannot be used. */
export function asFault(error: unknown): ProviderFault {
  return error instanceof ProviderFault ? error : new ProviderFault("provider_error", true);
}
