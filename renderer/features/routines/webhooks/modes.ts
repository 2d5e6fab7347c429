import type { SigningMode } from "../../../../preload/contract/webhooks.ts";
import type { Option } from "../../../ui/field.tsx";

/** How a sender can prove itself, the strongest that many can do first. */
export const MODES: readonly (Option & { readonly id: SigningMode })[] = [
  { id: "hmac_sha256", label: "Signature with a timestamp", detail: "HMAC-SHA256; each delivery counts once" },
  { id: "github_hmac", label: "GitHub signature", detail: "HMAC-SHA256 over the body, as GitHub and Gitea send it" },
  { id: "bearer", label: "Bearer token", detail: "The signing key in the header Authorization" },
  { id: "none", label: "None", detail: "Whoever knows the address may start the routine" },
];

export const modeLabel = (mode: SigningMode): string => MODES.find(({ id }) => id === mode)?.label ?? mode;
